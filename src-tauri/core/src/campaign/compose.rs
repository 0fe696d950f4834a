//! One contact's message: skipped with a reason, or rendered and laid out in parts. Pure.

use super::audience::Person;
use crate::contact::Standing;
use crate::media::Attached;
use crate::outbox::state::SkipReason;
use crate::template::{Template, render, whatsapp_length};

pub const CAPTION_LIMIT: usize = 1024;
pub const TEXT_LIMIT: usize = 4096;
/// As many as a person scrolls through in a chat.
pub const MOST_FILES: usize = 10;

pub type Sha256 = [u8; 32];

/// What is the same for everybody.
#[derive(Clone, Debug)]
pub struct Content {
    pub template: Template,
    pub media: Vec<Attached>,
    /// The owner stated why these people may be written to, so a contact needs no consent of its own.
    pub basis_stated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Composed {
    Skipped { reason: SkipReason, variable: Option<String> },
    Message { text: String, parts: Vec<Layout> },
}

/// One bubble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub media: Option<Attached>,
    pub with_text: bool,
}

pub fn compose(content: &Content, person: &Person) -> Composed {
    if let Some(reason) = unwanted(content, person) {
        return Composed::Skipped { reason, variable: None };
    }
    match render(&content.template, |variable| person.value(variable)) {
        Err(missing) => Composed::Skipped { reason: SkipReason::MissingVariable, variable: Some(missing.0) },
        Ok(text) if text.trim().is_empty() && content.media.is_empty() => {
            Composed::Skipped { reason: SkipReason::Empty, variable: None }
        }
        Ok(text) => Composed::Message { parts: layout(&content.media, &text), text },
    }
}

fn unwanted(content: &Content, person: &Person) -> Option<SkipReason> {
    match person.standing {
        Standing::Black => Some(SkipReason::BlackList),
        Standing::Gray => Some(SkipReason::GrayList),
        Standing::Normal if person.withdrawn => Some(SkipReason::OptedOut),
        Standing::Normal if !person.consented && !content.basis_stated => Some(SkipReason::NoConsent),
        Standing::Normal => None,
    }
}

/// One file that can carry a caption and a text that fits go as one part; otherwise the files come first, the text last.
pub fn layout(media: &[Attached], text: &str) -> Vec<Layout> {
    let has_text = !text.trim().is_empty();
    if let ([only], true) = (media, has_text)
        && only.kind.takes_caption()
        && whatsapp_length(text) <= CAPTION_LIMIT
    {
        return vec![Layout { media: Some(only.clone()), with_text: true }];
    }
    let mut parts: Vec<Layout> =
        media.iter().map(|file| Layout { media: Some(file.clone()), with_text: false }).collect();
    if has_text {
        parts.push(Layout { media: None, with_text: true });
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::ids::Mint;
    use crate::media::MediaKind;

    fn person(name: &str) -> Person {
        Person {
            id: Mint::at(0).next(),
            phone: "+905325550142".into(),
            name: name.into(),
            email: String::new(),
            fields: BTreeMap::new(),
            standing: Standing::Normal,
            consented: true,
            withdrawn: false,
        }
    }

    fn content(text: &str, pictures: u8) -> Content {
        let picture = |number| Attached { sha256: [number; 32], kind: MediaKind::Image, name: None };
        let media = (0..pictures).map(picture).collect();
        Content { template: Template::parse(text).unwrap(), media, basis_stated: false }
    }

    fn parts(text: &str, pictures: u8) -> Vec<(bool, bool)> {
        match compose(&content(text, pictures), &person("Elif")) {
            Composed::Message { parts, .. } => {
                parts.iter().map(|part| (part.media.is_some(), part.with_text)).collect()
            }
            Composed::Skipped { .. } => vec![],
        }
    }

    #[test]
    fn a_caption_of_1024_stays_with_the_photo_and_1025_follows_it() {
        let fits = "👓".repeat(512);
        assert_eq!(parts(&fits, 1), [(true, true)]);
        assert_eq!(parts(&(fits + "a"), 1), [(true, false), (false, true)]);
    }

    #[test]
    fn two_photos_come_first_and_the_text_last() {
        assert_eq!(parts("Hi", 2), [(true, false), (true, false), (false, true)]);
        assert_eq!(parts("", 2), [(true, false), (true, false)]);
        assert_eq!(parts("Hi", 0), [(false, true)]);
    }

    #[test]
    fn a_text_follows_a_voice_note_and_captions_a_film_or_a_document() {
        let captioned = |kind| {
            let file = Attached { sha256: [1; 32], kind, name: None };
            layout(&[file], "Hi").iter().any(|part| part.media.is_some() && part.with_text)
        };
        assert!([MediaKind::Image, MediaKind::Video, MediaKind::Document].into_iter().all(captioned));
        assert!(![MediaKind::Voice, MediaKind::Audio].into_iter().any(captioned));
    }

    #[test]
    fn an_unfilled_variable_skips_the_contact_and_names_it() {
        let composed = compose(&content("Hi {{name}}", 0), &person(" "));
        let variable = Some("name".to_owned());
        assert_eq!(composed, Composed::Skipped { reason: SkipReason::MissingVariable, variable });
    }

    #[test]
    fn without_consent_or_a_stated_basis_nobody_is_written_to() {
        let mut stranger = person("Elif");
        stranger.consented = false;
        let mut content = content("Hi", 0);
        let skipped = Composed::Skipped { reason: SkipReason::NoConsent, variable: None };
        assert_eq!(compose(&content, &stranger), skipped);
        content.basis_stated = true;
        assert!(matches!(compose(&content, &stranger), Composed::Message { .. }));
        stranger.withdrawn = true;
        assert!(matches!(compose(&content, &stranger), Composed::Skipped { reason: SkipReason::OptedOut, .. }));
        stranger.standing = Standing::Black;
        assert!(matches!(compose(&content, &stranger), Composed::Skipped { reason: SkipReason::BlackList, .. }));
    }
}
