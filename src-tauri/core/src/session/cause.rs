//! Why a part was not accepted, why a number is shut: a closed list of words, whatever a messenger's own codes are.
//!
//! A messenger says what its codes mean in these words; the outbox, the supervisor and the screens ask a cause what
//! follows from it. Every question is one match over all causes, so that a further cause cannot be left without answers.

use serde::{Serialize, Serializer};

use crate::stored::stored_words;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The number was not connected, so nothing left the computer.
    NotConnected,
    /// The part's file is still on the way up.
    Uploading,
    /// The sending hours closed before it could be handed over.
    HoursClosed,
    /// It was paused, cancelled or forbidden before it could be handed over.
    HeldBack,
    /// Who it is for wants nothing, as the look-up of their phone has shown: the next look at the contact knows.
    AskedToStop,
    /// The prepared file is gone.
    MediaGone,
    /// What was to be sent, or what became of it, could not be read from the database or written there.
    Unreadable,
    /// The messenger could not bring the file up.
    UploadFailed,
    /// The messenger was asked whether it knows the phone, and gave no answer to that.
    LookupFailed,
    /// It could not be encrypted, or what that needs could not be stored.
    NotPrepared,
    /// The server gave no keys for the person's phone, so that it could open nothing.
    NoKeys,
    /// The messenger cannot make a message of it, or an address of its phone.
    InvalidMessage,
    /// The practice phones could not write it down.
    PracticeLog,
    NotOnWhatsapp,
    /// The messenger knows the person under another phone, as the look-up has shown: the next try goes there.
    OtherPhone,
    /// No new chats for now, and a retry prolongs it: the reach-out lock.
    NewChatsLocked,
    /// The same for somebody whom the number has talked with: the lock reaches further than usual.
    AllChatsLocked,
    /// The quota of new chats is used up.
    NewChatsUsedUp,
    /// Too many requests.
    TooFast,
    /// A temporary or lasting ban.
    Banned,
    /// Of a number alone: nobody answers it. What was begun is repeated, nothing fresh is begun.
    Unheard,
    /// The connection ended before the answer.
    ConnectionLost,
    /// The messenger waited for the server's answer for as long as it does.
    NoAck,
    /// The messenger itself did not answer in time.
    NoAnswer,
    /// Handing it over failed at a point from which it may have gone out.
    NotWritten,
    /// The app ended between handing it over and learning the outcome.
    Interrupted,
    /// An earlier part of the same message failed, so the rest would hang in the air.
    EarlierPart,
    /// No number could send it, so it was handed over to e-mail.
    ByMail,
    /// It may have arrived. Nobody found out: within a day, by ten repeats, or before its number was gone.
    OutcomeUnknown,
    /// The server refused it with this code of its own, and another try may be taken.
    Refused(String),
    /// The server refused this message or its recipient with this code of its own, and would refuse them again.
    Rejected(String),
}
stored_words!(Cause {
    NotConnected = "not_connected",
    Uploading = "uploading",
    HoursClosed = "hours_closed",
    HeldBack = "held_back",
    AskedToStop = "asked_to_stop",
    MediaGone = "media_gone",
    Unreadable = "unreadable",
    UploadFailed = "upload_failed",
    LookupFailed = "lookup_failed",
    NotPrepared = "not_prepared",
    NoKeys = "no_keys",
    InvalidMessage = "invalid_message",
    PracticeLog = "practice_log",
    NotOnWhatsapp = "not_on_whatsapp",
    OtherPhone = "other_phone",
    NewChatsLocked = "new_chats_locked",
    AllChatsLocked = "all_chats_locked",
    NewChatsUsedUp = "new_chats_used_up",
    TooFast = "too_fast",
    Banned = "banned",
    Unheard = "unheard",
    ConnectionLost = "connection_lost",
    NoAck = "no_ack",
    NoAnswer = "no_answer",
    NotWritten = "not_written",
    Interrupted = "interrupted",
    EarlierPart = "earlier_part",
    ByMail = "by_mail",
    OutcomeUnknown = "outcome_unknown";
    Refused = "refused_",
    Rejected = "rejected_",
});

/// For whom a number is shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shut {
    /// Only people whom it has not talked with.
    NewChats,
    Everything,
}

use Cause::*;

impl Cause {
    /// Of a refusal: another try can help.
    pub fn may_pass(&self) -> bool {
        match self {
            NotConnected | Uploading | HoursClosed | HeldBack | AskedToStop | Unreadable | UploadFailed
            | LookupFailed | NotPrepared | NoKeys | PracticeLog | NewChatsLocked | AllChatsLocked | NewChatsUsedUp
            | TooFast | Banned | OtherPhone | Refused(_) => true,
            MediaGone | InvalidMessage | NotOnWhatsapp | Rejected(_) => false,
            Unheard | ConnectionLost | NoAck | NoAnswer | NotWritten | Interrupted | EarlierPart | ByMail
            | OutcomeUnknown => false,
        }
    }

    /// Of a refusal: the try says nothing against the part, so it is none of the few that the part has.
    pub fn is_no_fault(&self) -> bool {
        match self {
            NotConnected | Uploading | HoursClosed | HeldBack | AskedToStop => true,
            MediaGone | Unreadable | UploadFailed | LookupFailed | NotPrepared | NoKeys | InvalidMessage
            | PracticeLog | NotOnWhatsapp | OtherPhone | NewChatsLocked | AllChatsLocked | NewChatsUsedUp | TooFast
            | Banned | Unheard | ConnectionLost | NoAck | NoAnswer | NotWritten | Interrupted | EarlierPart
            | ByMail | OutcomeUnknown | Refused(_) | Rejected(_) => false,
        }
    }

    /// Of a refusal: what is in the way goes in an hour, if it goes, and not in seconds.
    pub fn lasts(&self) -> bool {
        matches!(self, NoKeys)
    }

    /// Of a refusal: nothing was handed to the server and nothing refused by it, so the try takes no place in a cap, a
    /// batch or the pace.
    pub fn never_left(&self) -> bool {
        match self {
            NotConnected | Uploading | HoursClosed | HeldBack | MediaGone | Unreadable | OtherPhone => true,
            AskedToStop | UploadFailed | LookupFailed | NotPrepared | NoKeys | InvalidMessage | PracticeLog
            | NotOnWhatsapp | NewChatsLocked | AllChatsLocked | NewChatsUsedUp | TooFast | Banned | Unheard
            | ConnectionLost | NoAck | NoAnswer | NotWritten | Interrupted | EarlierPart | ByMail | OutcomeUnknown
            | Refused(_) | Rejected(_) => false,
        }
    }

    /// Of a refusal: the server gave it, so the number is heard. Others are made on this computer.
    pub fn is_an_answer(&self) -> bool {
        match self {
            NoKeys | NotOnWhatsapp | NewChatsLocked | AllChatsLocked | NewChatsUsedUp | TooFast | Banned
            | Refused(_) | Rejected(_) => true,
            NotConnected | Uploading | HoursClosed | HeldBack | AskedToStop | OtherPhone | MediaGone | Unreadable
            | UploadFailed | LookupFailed | NotPrepared | InvalidMessage | PracticeLog | Unheard | ConnectionLost
            | NoAck | NoAnswer | NotWritten | Interrupted | EarlierPart | ByMail | OutcomeUnknown => false,
        }
    }

    /// Of a refusal: whether the connection is in order. None where it says nothing of that.
    pub fn connection_works(&self) -> Option<bool> {
        match self {
            Uploading | HoursClosed | HeldBack => None,
            NotConnected | UploadFailed | ConnectionLost | NoAck | NoAnswer | NotWritten | Interrupted | Unheard => {
                Some(false)
            }
            AskedToStop | MediaGone | Unreadable | LookupFailed | NotPrepared | NoKeys | InvalidMessage
            | PracticeLog | NotOnWhatsapp | OtherPhone | NewChatsLocked | AllChatsLocked | NewChatsUsedUp | TooFast
            | Banned | EarlierPart | ByMail | OutcomeUnknown | Refused(_) | Rejected(_) => Some(true),
        }
    }

    /// For whom such a refusal shuts its number.
    pub fn shuts(&self) -> Option<Shut> {
        match self {
            NewChatsLocked | NewChatsUsedUp => Some(Shut::NewChats),
            AllChatsLocked | TooFast | Banned => Some(Shut::Everything),
            NotConnected | Uploading | HoursClosed | HeldBack | AskedToStop | MediaGone | Unreadable | UploadFailed
            | LookupFailed | NotPrepared | NoKeys | InvalidMessage | PracticeLog | NotOnWhatsapp | OtherPhone
            | Unheard | ConnectionLost | NoAck | NoAnswer | NotWritten | Interrupted | EarlierPart | ByMail
            | OutcomeUnknown | Refused(_) | Rejected(_) => None,
        }
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn those(question: impl Fn(&Cause) -> bool) -> Vec<Cause> {
        let coded = [Refused("500".to_owned()), Rejected("400".to_owned())];
        Cause::ALL.into_iter().chain(coded).filter(question).collect()
    }

    #[test]
    fn what_never_left_was_answered_by_nobody_and_shuts_nothing() {
        for cause in those(Cause::never_left) {
            assert!(!cause.is_an_answer() && cause.shuts().is_none(), "{cause}");
        }
    }

    #[test]
    fn what_is_no_fault_of_the_part_passes() {
        for cause in those(Cause::is_no_fault) {
            assert!(cause.may_pass(), "{cause}");
        }
    }

    #[test]
    fn what_shuts_a_number_is_an_answer_over_a_sound_connection_and_passes() {
        let shutting = those(|cause| cause.shuts().is_some());
        assert_eq!(shutting.len(), 5);
        for cause in shutting {
            assert!(cause.is_an_answer() && cause.may_pass(), "{cause}");
            assert_eq!(cause.connection_works(), Some(true), "{cause}");
        }
    }

    #[test]
    fn a_code_that_nobody_described_is_kept_as_it_is() {
        for word in ["refused_777", "rejected_17", "refused_of a_later_version", "refused_"] {
            assert_eq!(word.parse::<Cause>().unwrap().to_string(), word);
        }
        for word in ["", "refused", "of a later version"] {
            assert!(word.parse::<Cause>().is_err(), "{word}");
        }
    }
}
