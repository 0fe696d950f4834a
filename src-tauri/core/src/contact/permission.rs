//! Who may be written to: one rule, as a pure function and as a fragment of SQL that says the same.
//!
//! Everybody who asks goes through one of the two: composing and reviewing, single sends, retries, and the statement
//! that claims a part. A test compares them over every combination. The rule looks at the phone that is written to:
//! the row of the contact, the row of whoever has that phone at this moment, and the opt-outs of the phone itself.
//! A withdrawal takes back the consent to promotion; a STOP is an opt-out from everything. Whoever was just sent a
//! promotion waits for the next one as long as the owner has set.

use crate::category::Category;
use crate::clock::Millis;
use crate::contact::Standing;
use crate::stored::stored_words;

/// Why somebody may not be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The person said so, or is no longer among the contacts.
    OptedOut,
    BlackList,
    GrayList,
    NoConsent,
    /// The last promotion was too short a time ago.
    Promoted,
}

stored_words!(Refusal {
    OptedOut = "opted_out",
    BlackList = "black_list",
    GrayList = "gray_list",
    NoConsent = "no_consent",
    Promoted = "promoted",
});

/// What a message is for, and on what it rests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purpose {
    pub category: Category,
    /// The owner stated why these people may be written to, so a contact needs no consent of its own.
    pub on_basis: bool,
}

/// What is known of a contact and of its phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub standing: Standing,
    pub consented: bool,
    /// The consent was taken back.
    pub withdrawn: bool,
    /// The phone is opted out from everything.
    pub suppressed: bool,
    /// A promotion went to the phone, or may have, so short a time ago that the next one waits.
    pub promoted: bool,
}

impl Facts {
    /// With whoever has the phone that is written to: the stricter of the two, by the consent of the contact.
    #[must_use]
    pub fn with_holder(self, holder: Option<Self>) -> Self {
        let Some(holder) = holder else { return self };
        Self {
            standing: self.standing.max(holder.standing),
            withdrawn: self.withdrawn || holder.withdrawn,
            suppressed: self.suppressed || holder.suppressed,
            promoted: self.promoted || holder.promoted,
            ..self
        }
    }
}

pub fn may_receive(purpose: Purpose, facts: &Facts) -> Result<(), Refusal> {
    let promotion = !purpose.category.is_transactional();
    match facts.standing {
        _ if facts.suppressed => Err(Refusal::OptedOut),
        Standing::Black => Err(Refusal::BlackList),
        Standing::Gray if promotion => Err(Refusal::GrayList),
        _ if promotion && facts.withdrawn => Err(Refusal::OptedOut),
        _ if promotion && !facts.consented && !purpose.on_basis => Err(Refusal::NoConsent),
        _ if promotion && facts.promoted => Err(Refusal::Promoted),
        Standing::Normal | Standing::Gray => Ok(()),
    }
}

/// The phone that a message to `$phone` is addressed to.
macro_rules! account_of {
    ($phone:literal) => {
        concat!("coalesce((SELECT a.account FROM accounts a WHERE a.phone = ", $phone, "), ", $phone, ")")
    };
}

/// The subscribers of the person with `$subscriber`: itself, and by what was looked up those that WhatsApp has for one
/// account with it. Each stands for both spellings of a number.
macro_rules! keys_of {
    ($subscriber:literal) => {
        concat!(
            "(SELECT ",
            $subscriber,
            " UNION ALL SELECT a.account_subscriber FROM accounts a WHERE a.subscriber = ",
            $subscriber,
            " UNION ALL SELECT b.subscriber FROM accounts b WHERE b.account_subscriber = ",
            $subscriber,
            " UNION ALL SELECT b.subscriber FROM accounts a JOIN accounts b ON b.account_subscriber = a.account_subscriber
                        WHERE a.subscriber = ",
            $subscriber,
            ")"
        )
    };
}

/// Where the rule is asked of a stored message: `m` is the message, `c` its contact, `h` whoever has the phone.
macro_rules! addressed {
    () => {
        "messages m LEFT JOIN contacts c ON c.id = m.contact_id LEFT JOIN contacts h ON h.phone = m.phone"
    };
}

/// When a message goes out, and how long a promotion keeps the next one back.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub at: Millis,
    pub promotion_gap: Millis,
}

/// Whether a promotion went to a person less than `$gap` before `$at`. One from the future counts for nothing: the clock
/// was set back.
macro_rules! promoted {
    ($subscriber:literal, $at:literal, $gap:expr) => {
        concat!(
            "EXISTS (SELECT 1 FROM promotions r WHERE r.subscriber IN ",
            $crate::contact::permission::keys_of!($subscriber),
            " AND ",
            $at,
            " - r.at BETWEEN 0 AND ",
            $gap,
            " - 1"
        )
    };
}

/// Whether `$holds` of a contact `t` that is the same person as the one with the phone of `m`, under another spelling.
macro_rules! another {
    ($holds:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM contacts t WHERE t.subscriber IN ",
            $crate::contact::permission::keys_of!("m.subscriber"),
            " AND ",
            $holds,
            ")"
        )
    };
}

/// Over `addressed!`, at `$at` and with `$gap` between two promotions: the word of a `Refusal`, NULL where the person may be written to.
macro_rules! refusal {
    ($at:literal, $gap:expr) => {
        concat!(
            "CASE
             WHEN c.id IS NULL OR EXISTS (SELECT 1 FROM suppressions s WHERE s.address = m.phone AND s.lifted_at IS NULL)
                 THEN 'opted_out'
             WHEN c.standing = 'black' OR h.standing = 'black' THEN 'black_list'
             WHEN m.category <> 'promotion' THEN NULL
             WHEN c.standing = 'gray' OR h.standing = 'gray' OR ",
            $crate::contact::permission::another!("t.standing = 'gray'"),
            " THEN 'gray_list'
             WHEN c.consent_withdrawn_at IS NOT NULL OR h.consent_withdrawn_at IS NOT NULL OR ",
            $crate::contact::permission::another!("t.consent_withdrawn_at IS NOT NULL"),
            " THEN 'opted_out'
             WHEN c.consent_source IS NULL AND m.on_basis = 0 THEN 'no_consent'
             WHEN ",
            $crate::contact::permission::promoted!("m.subscriber", $at, $gap),
            " AND r.message_id <> m.id) THEN 'promoted'
         END"
        )
    };
}

/// The `Facts` of contacts `c`, five columns in their order. Its two arguments are those of a `Moment`.
macro_rules! facts {
    () => {
        concat!(
            "c.standing, c.consent_source IS NOT NULL, c.consent_withdrawn_at IS NOT NULL,
             EXISTS (SELECT 1 FROM suppressions s WHERE s.address = c.phone AND s.lifted_at IS NULL), ",
            $crate::contact::permission::promoted!("c.subscriber", "?", "?"),
            ")"
        )
    };
}

pub(crate) use {account_of, addressed, another, facts, keys_of, promoted, refusal};

/// The fragments, for the test that compares them with the function.
#[cfg(any(test, feature = "testing"))]
pub mod for_tests {
    pub const ADDRESSED: &str = addressed!();
    /// Its arguments are those of a `Moment`.
    pub const REFUSAL: &str = refusal!("?1", "?2");
}
