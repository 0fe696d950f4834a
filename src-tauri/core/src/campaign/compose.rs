//! One contact's message: skipped with a reason, or rendered and laid out in parts. Pure.

use std::collections::HashSet;

use crate::contact::made_up::is_made_up;
use crate::contact::permission::{Purpose, may_receive};
use crate::contact::phone::Phone;
use crate::contact::store::audience::Person;
use crate::ids::LinkPreviewId;
use crate::media::{Attached, MediaKind};
use crate::outbox::price::Prices;
use crate::outbox::state::{PartKind, SkipReason};
use crate::template::choice::twice;
use crate::template::{Missing, Offer, Segment, Template, render, whatsapp_length};
use crate::text::is_blank;

pub const CAPTION_LIMIT: usize = 1024;
pub const TEXT_LIMIT: usize = 4096;
/// As many as a person scrolls through in a chat.
pub const MOST_FILES: usize = 10;

pub type Sha256 = [u8; 32];

/// What is the same for everybody.
#[derive(Clone, Debug)]
pub struct Content {
    /// With numbered answers at its end.
    pub template: Template,
    pub offer: Option<Offer>,
    pub media: Vec<Attached>,
    /// Goes with the text where that is a part of its own.
    pub link_preview: Option<LinkPreviewId>,
    pub purpose: Purpose,
    /// Those whom Ulak made up to practise with get it too.
    pub to_made_up: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Composed {
    Skipped { reason: SkipReason, variable: Option<String> },
    Message { text: String, answers: Option<Answers>, parts: Vec<Layout> },
}

/// The answers as one person reads them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Of a poll; numbered answers ask in the text.
    pub question: Option<String>,
    pub options: Vec<String>,
}

/// One bubble.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    pub media: Option<Attached>,
    pub with_text: bool,
    pub poll: bool,
}

impl Layout {
    pub fn kind(&self) -> PartKind {
        match &self.media {
            Some(file) => file.kind.into(),
            None if self.poll => PartKind::Poll,
            None => PartKind::Text,
        }
    }
}

/// The credits of all bubbles.
pub fn price(parts: &[Layout], prices: Prices) -> i64 {
    parts.iter().map(|part| prices.of(part.kind())).sum()
}

impl Content {
    /// Every variable, each once.
    pub fn variables(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.texts().flat_map(Template::variables) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The variables that something else stands in for where they have no value.
    pub fn with_fallback(&self) -> Vec<&str> {
        let segments = self.texts().flat_map(|text| &text.segments);
        let names = segments.filter_map(|segment| match segment {
            Segment::Variable { name, fallback: Some(_) } => Some(name.as_str()),
            Segment::Variable { .. } | Segment::Text(_) => None,
        });
        names.collect()
    }

    fn texts(&self) -> impl Iterator<Item = &Template> {
        let offer = self.offer.iter().flat_map(|offer| offer.question.iter().chain(&offer.options));
        std::iter::once(&self.template).chain(offer)
    }
}

pub fn compose(content: &Content, person: &Person) -> Composed {
    if !content.to_made_up && is_made_up(&person.name, &person.phone) {
        return Composed::Skipped { reason: SkipReason::MadeUp, variable: None };
    }
    if let Err(refusal) = may_receive(content.purpose, &person.facts) {
        return Composed::Skipped { reason: refusal.into(), variable: None };
    }
    match fill(content, person) {
        Err(missing) => Composed::Skipped { reason: SkipReason::MissingVariable, variable: Some(missing.0) },
        // WhatsApp takes no such poll.
        Ok((_, Some(Answers { question: Some(_), options }))) if twice(&options).is_some() => {
            Composed::Skipped { reason: SkipReason::SameOptions, variable: None }
        }
        Ok((text, answers)) => {
            let poll = answers.as_ref().is_some_and(|answers| answers.question.is_some());
            match layout(&content.media, &text, poll) {
                parts if parts.is_empty() => Composed::Skipped { reason: SkipReason::Empty, variable: None },
                parts => Composed::Message { parts, text, answers },
            }
        }
    }
}

/// Who of an audience is written to so far. Of several contacts that are one WhatsApp account the first gets the message.
#[derive(Default)]
pub struct Reached(HashSet<u64>);

impl Reached {
    /// Those who are written to already, by their phones.
    pub fn of(phones: &[String]) -> Self {
        Self(phones.iter().filter_map(|phone| Phone::from_e164(phone)).map(Phone::subscriber).collect())
    }

    pub fn compose(&mut self, content: &Content, person: &Person) -> Composed {
        let composed = compose(content, person);
        match composed {
            Composed::Message { .. } if self.0.contains(&person.account) => {
                return Composed::Skipped { reason: SkipReason::SamePerson, variable: None };
            }
            // A phone that WhatsApp does not know keeps the message from no other of the person.
            Composed::Message { .. } if person.on_whatsapp != Some(false) => {
                self.0.insert(person.account);
            }
            _ => {}
        }
        composed
    }
}

fn fill(content: &Content, person: &Person) -> Result<(String, Option<Answers>), Missing> {
    let filled = |template: &Template| render(template, |variable| person.value(variable));
    let text = filled(&content.template)?;
    let Some(offer) = &content.offer else { return Ok((text, None)) };
    let question = offer.question.as_ref().map(filled).transpose()?;
    let options = offer.options.iter().map(filled).collect::<Result<_, _>>()?;
    Ok((text, Some(Answers { question, options })))
}

/// Where exactly one file can carry a caption and the text fits, they are one part. Otherwise the files come first and
/// the text behind them. A poll is the last part.
pub fn layout(media: &[Attached], text: &str, poll: bool) -> Vec<Layout> {
    let has_text = !is_blank(text);
    let carrier =
        carrier(media.iter().map(|file| file.kind)).filter(|_| has_text && whatsapp_length(text) <= CAPTION_LIMIT);
    let file = |(index, file): (usize, &Attached)| Layout {
        media: Some(file.clone()),
        with_text: carrier == Some(index),
        poll: false,
    };
    let mut parts: Vec<Layout> = media.iter().enumerate().map(file).collect();
    if has_text && carrier.is_none() {
        parts.push(Layout { with_text: true, ..Layout::default() });
    }
    if poll {
        parts.push(Layout { with_text: true, poll: true, ..Layout::default() });
    }
    parts
}

/// The place of the only file that can carry a caption. Sound carries none, and takes it from no other.
pub fn carrier(kinds: impl Iterator<Item = MediaKind>) -> Option<usize> {
    let mut carriers = (0..).zip(kinds).filter(|(_, kind)| kind.takes_caption()).map(|(index, _)| index);
    let first = carriers.next()?;
    carriers.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::contact::permission::Facts;
    use crate::ids::IdGenerator;

    fn person(name: &str) -> Person {
        Person {
            id: IdGenerator::at(0).next(),
            phone: "+905325550142".into(),
            name: name.into(),
            email: String::new(),
            fields: BTreeMap::new(),
            facts: Facts { consented: true, ..Facts::default() },
            account: 905_325_550_142,
            on_whatsapp: None,
        }
    }

    fn content(text: &str, pictures: u8) -> Content {
        let picture = |number| Attached { sha256: [number; 32], kind: MediaKind::Image, name: None };
        let media = (0..pictures).map(picture).collect();
        let template = Template::parse(text).unwrap();
        Content { template, offer: None, media, link_preview: None, purpose: Purpose::default(), to_made_up: false }
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
        // Of this text nothing can be seen.
        assert_eq!((parts("\u{3164}\u{200d}", 2).len(), parts("\u{2800}", 0)), (2, vec![]));
    }

    #[test]
    fn a_text_follows_a_voice_note_and_captions_a_film_or_a_document() {
        let captioned = |kind| {
            let file = Attached { sha256: [1; 32], kind, name: None };
            layout(&[file], "Hi", false).iter().any(|part| part.media.is_some() && part.with_text)
        };
        assert!([MediaKind::Image, MediaKind::Video, MediaKind::Document].into_iter().all(captioned));
        assert!(![MediaKind::Voice, MediaKind::Audio].into_iter().any(captioned));
    }

    #[test]
    fn sound_carries_no_caption_and_a_poll_follows_everything() {
        let file = |kind| Attached { sha256: [1; 32], kind, name: None };
        let shape = |kinds: &[MediaKind], text: &str, poll| {
            let files: Vec<Attached> = kinds.iter().copied().map(file).collect();
            let parts = layout(&files, text, poll);
            parts.iter().map(|part| (part.media.is_some(), part.with_text, part.poll)).collect::<Vec<_>>()
        };
        assert_eq!(shape(&[MediaKind::Voice], "Hi", false), [(true, false, false), (false, true, false)]);
        assert_eq!(
            shape(&[MediaKind::Voice, MediaKind::Image], "Hi", false),
            [(true, false, false), (true, true, false)]
        );
        assert_eq!(shape(&[MediaKind::Image], "Hi", true), [(true, true, false), (false, true, true)]);
        assert_eq!(shape(&[], "", true), [(false, true, true)]);
    }

    #[test]
    fn the_answers_are_filled_too_and_a_gap_in_one_skips_the_contact() {
        use crate::template::{Choice, ChoiceStyle};
        let choice = |option: &str| Choice {
            style: ChoiceStyle::Poll,
            question: "Hangisi, {{name}}?".into(),
            options: vec![option.into(), "Hayır".into()],
        };
        let mut content = content("", 0);
        content.offer = choice("Evet").offer().unwrap();
        let Composed::Message { answers, parts, .. } = compose(&content, &person("Elif")) else { panic!("skipped") };
        let options = vec!["Evet".to_owned(), "Hayır".to_owned()];
        assert_eq!(answers, Some(Answers { question: Some("Hangisi, Elif?".into()), options }));
        assert_eq!(parts.len(), 1);
        content.offer = choice("{{frame}}").offer().unwrap();
        assert_eq!(content.variables(), ["name", "frame"]);
        let skipped = Composed::Skipped { reason: SkipReason::MissingVariable, variable: Some("frame".into()) };
        assert_eq!(compose(&content, &person("Elif")), skipped);
    }

    #[test]
    fn whose_poll_would_say_the_same_twice_gets_none() {
        use crate::template::{Choice, ChoiceStyle};
        let of = |style, name: &str| {
            let options = vec!["{{name}}".into(), "Elif Nur".into()];
            let choice = Choice { style, question: "Kim gelsin?".into(), options };
            let content = Content { offer: choice.offer().unwrap(), ..content("Merhaba", 0) };
            compose(&content, &person(name))
        };
        let skipped = Composed::Skipped { reason: SkipReason::SameOptions, variable: None };
        for same in ["Elif Nur", "elif nur", " Elif  Nur ", "Elif\u{a0}Nur"] {
            assert_eq!(of(ChoiceStyle::Poll, same), skipped, "{same:?}");
        }
        assert!(matches!(of(ChoiceStyle::Poll, "Elif"), Composed::Message { .. }));
        // Lines have their numbers.
        assert!(matches!(of(ChoiceStyle::Numbered, "Elif Nur"), Composed::Message { .. }));
    }

    #[test]
    fn of_one_account_the_first_who_gets_anything_gets_the_message() {
        let mut reached = Reached::default();
        let skipped = |composed| match composed {
            Composed::Skipped { reason, .. } => Some(reason),
            Composed::Message { .. } => None,
        };
        let mut of = |name: &str, account| {
            let person = Person { account, ..person(name) };
            skipped(reached.compose(&content("Hi {{name}}", 0), &person))
        };
        assert_eq!(of("", 1), Some(SkipReason::MissingVariable));
        assert_eq!((of("Elif", 1), of("Elif", 2)), (None, None));
        assert_eq!(of("Elif Kaya", 1), Some(SkipReason::SamePerson));
    }

    #[test]
    fn an_unfilled_variable_skips_the_contact_and_names_it() {
        let composed = compose(&content("Hi {{name}}", 0), &person(" "));
        let variable = Some("name".to_owned());
        assert_eq!(composed, Composed::Skipped { reason: SkipReason::MissingVariable, variable });
    }

    #[test]
    fn whom_ulak_made_up_gets_practice_alone() {
        let sample = Person { phone: "+905385550100".into(), ..person("Ayşe Yılmaz") };
        let skipped = Composed::Skipped { reason: SkipReason::MadeUp, variable: None };
        assert_eq!(compose(&content("Hi", 0), &sample), skipped);
        let practice = Content { to_made_up: true, ..content("Hi", 0) };
        assert!(matches!(compose(&practice, &sample), Composed::Message { .. }));
        let customer = Person { name: "Nil Tan".into(), ..sample };
        assert!(matches!(compose(&content("Hi", 0), &customer), Composed::Message { .. }));
    }

    #[test]
    fn without_consent_or_a_stated_basis_nobody_is_written_to() {
        let mut stranger = person("Elif");
        stranger.facts.consented = false;
        let mut content = content("Hi", 0);
        let skipped = Composed::Skipped { reason: SkipReason::NoConsent, variable: None };
        assert_eq!(compose(&content, &stranger), skipped);
        content.purpose.on_basis = true;
        assert!(matches!(compose(&content, &stranger), Composed::Message { .. }));
    }
}
