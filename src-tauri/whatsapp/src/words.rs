//! What a person's message says: its text, what it quotes, and the vote in it. Pure.

use ulak_core::session::client::Attached;
use whatsapp_rust::prelude::{MessageExt as _, MessageField, wa};
use whatsapp_rust::waproto::whatsapp::message_association::AssociationType;

use crate::fetch::attached;

/// A message that is worth telling core about.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// The text is empty where there is none: a voice note, a picture without a caption.
    Words {
        text: String,
        quotes: Option<String>,
        attached: Option<Attached>,
    },
    Vote(Vote),
    /// An emoji put to an earlier message; empty where it is taken back.
    Reaction {
        to: String,
        emoji: String,
    },
}

/// The answer to a poll, still encrypted.
#[derive(Debug, PartialEq, Eq)]
pub struct Vote {
    pub poll: String,
    pub payload: Vec<u8>,
    pub iv: Vec<u8>,
}

/// Longer than any emoji, with all that it is joined of.
const EMOJI: usize = 32;

/// `None` for what says nothing: a key, a deleted message.
pub fn said(message: &wa::Message) -> Option<Said> {
    let base = message.get_base_message();
    if let Some(reaction) = base.reaction_message.as_option() {
        let to = reaction.key.as_option()?.id.clone()?;
        let emoji = reaction.text.as_deref().unwrap_or_default().trim();
        return Some(Said::Reaction { to, emoji: emoji.chars().take(EMOJI).collect() });
    }
    if let Some(vote) = vote(base) {
        return Some(Said::Vote(vote));
    }
    let text = text(base).unwrap_or_default().trim();
    let attached = attached(base);
    if text.is_empty() && attached.is_none() {
        return None;
    }
    Some(Said::Words { text: text.to_owned(), quotes: quotes(base), attached })
}

/// The message that a later one takes the place of, and what it says since. The library has opened the encrypted form
/// and gives both in this one.
pub fn edited(message: &wa::Message) -> Option<(&str, &wa::Message)> {
    let base = message.get_base_message();
    let wrapped = base.edited_message.as_option().and_then(|wrapper| wrapper.message.as_option());
    let change = wrapped.unwrap_or(base).protocol_message.as_option()?;
    if change.r#type != Some(wa::message::protocol_message::Type::MESSAGE_EDIT) {
        return None;
    }
    Some((change.key.as_option()?.id.as_deref()?, change.edited_message.as_option()?))
}

/// The message that the photos and films of one album have above them.
pub fn album(message: &wa::Message) -> Option<&str> {
    let parts = [message, message.get_base_message()];
    parts.into_iter().find_map(|part| {
        let association = part.message_context_info.as_option()?.message_association.as_option()?;
        let is_album = association.association_type == Some(AssociationType::MEDIA_ALBUM);
        association.parent_message_key.as_option().filter(|_| is_album)?.id.as_deref()
    })
}

fn vote(base: &wa::Message) -> Option<Vote> {
    let update = base.poll_update_message.as_option()?;
    let vote = update.vote.as_option()?;
    Some(Vote {
        poll: update.poll_creation_message_key.as_option()?.id.clone()?,
        payload: vote.enc_payload.clone()?,
        iv: vote.enc_iv.clone()?,
    })
}

fn text(base: &wa::Message) -> Option<&str> {
    base.text_content().or_else(|| base.get_caption()).or_else(|| {
        // Answers to buttons and lists, which phones still send to what other programs sent.
        let template =
            base.template_button_reply_message.as_option().and_then(|it| it.selected_display_text.as_deref());
        let list = || base.list_response_message.as_option().and_then(|it| it.title.as_deref());
        let button = || base.buttons_response_message.as_option().and_then(|it| it.selected_button_id.as_deref());
        template.or_else(list).or_else(button)
    })
}

fn quotes(base: &wa::Message) -> Option<String> {
    let stanza = |context: &MessageField<wa::ContextInfo>| context.as_option()?.stanza_id.clone();
    macro_rules! first {
        ($($field:ident),+) => {
            [$(base.$field.as_option().and_then(|it| stanza(&it.context_info))),+].into_iter().flatten().next()
        };
    }
    first!(
        extended_text_message,
        image_message,
        video_message,
        audio_message,
        document_message,
        sticker_message,
        location_message,
        contact_message,
        template_button_reply_message,
        list_response_message,
        buttons_response_message
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulak_core::session::client::AttachedKind;
    use whatsapp_rust::prelude::MessageBuilderExt as _;

    fn words(text: &str, quotes: Option<&str>) -> Option<Said> {
        Some(Said::Words { text: text.to_owned(), quotes: quotes.map(str::to_owned), attached: None })
    }

    #[test]
    fn a_text_is_told_with_what_it_quotes() {
        assert_eq!(said(&wa::Message::text(" STOP ")), words("STOP", None));
        let context = wa::ContextInfo { stanza_id: Some("3EB0".to_owned()), ..Default::default() };
        assert_eq!(said(&wa::Message::text_with_context("2", context)), words("2", Some("3EB0")));
    }

    #[test]
    fn a_disappearing_message_is_a_message() {
        let wrapped = wa::Message {
            ephemeral_message: MessageField::some(wa::message::FutureProofMessage {
                message: MessageField::some(wa::Message::text("hello")),
            }),
            ..Default::default()
        };
        assert_eq!(said(&wrapped), words("hello", None));
    }

    #[test]
    fn a_voice_note_says_something() {
        let voice = wa::Message { audio_message: MessageField::some(Default::default()), ..Default::default() };
        let Some(Said::Words { text, attached: Some(attached), .. }) = said(&voice) else { panic!("it is told") };
        assert_eq!((text.as_str(), attached.kind), ("", AttachedKind::Audio));
        assert_eq!(said(&wa::Message::default()), None);
    }

    #[test]
    fn a_reaction_is_told_with_what_it_is_put_to_and_so_is_its_end() {
        let reaction = |emoji: &str| {
            let key = wa::MessageKey { id: Some("3EB0".to_owned()), ..Default::default() };
            let reaction = wa::message::ReactionMessage {
                key: MessageField::some(key),
                text: Some(emoji.to_owned()),
                ..Default::default()
            };
            said(&wa::Message { reaction_message: MessageField::some(reaction), ..Default::default() })
        };
        let told = |emoji: &str| Some(Said::Reaction { to: "3EB0".to_owned(), emoji: emoji.to_owned() });
        assert_eq!(reaction("\u{1f44d}\u{1f3fd}"), told("\u{1f44d}\u{1f3fd}"));
        assert_eq!(reaction(""), told(""));
        assert_eq!(reaction(&"x".repeat(5_000)), told(&"x".repeat(EMOJI)), "no emoji is that long");
        let nothing = wa::Message { reaction_message: MessageField::some(Default::default()), ..Default::default() };
        assert_eq!(said(&nothing), None, "put to nothing");
    }

    #[test]
    fn an_edit_names_what_it_takes_the_place_of() {
        let kind = wa::message::protocol_message::Type::MESSAGE_EDIT;
        let change = |kind| wa::Message {
            protocol_message: MessageField::some(wa::message::ProtocolMessage {
                key: MessageField::some(wa::MessageKey { id: Some("AC01".to_owned()), ..Default::default() }),
                r#type: Some(kind),
                edited_message: MessageField::some(wa::Message::text("STOP")),
                ..Default::default()
            }),
            ..Default::default()
        };
        let wrapped = wa::Message {
            edited_message: MessageField::some(wa::message::FutureProofMessage {
                message: MessageField::some(change(kind)),
            }),
            ..Default::default()
        };
        for message in [change(kind), wrapped] {
            let (original, words) = edited(&message).unwrap();
            assert_eq!((original, said(words)), ("AC01", self::words("STOP", None)));
        }
        assert_eq!(edited(&change(wa::message::protocol_message::Type::REVOKE)), None);
        assert_eq!(edited(&wa::Message::text("STOP")), None);
    }

    #[test]
    fn a_vote_names_its_poll() {
        let update = wa::message::PollUpdateMessage {
            poll_creation_message_key: MessageField::some(wa::MessageKey {
                id: Some("3EB0".to_owned()),
                ..Default::default()
            }),
            vote: MessageField::some(wa::message::PollEncValue { enc_payload: Some(vec![1]), enc_iv: Some(vec![2]) }),
            ..Default::default()
        };
        let message = wa::Message { poll_update_message: MessageField::some(update), ..Default::default() };
        let vote = Vote { poll: "3EB0".to_owned(), payload: vec![1], iv: vec![2] };
        assert_eq!(said(&message), Some(Said::Vote(vote)));
    }
}
