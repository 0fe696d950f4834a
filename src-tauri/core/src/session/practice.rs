//! The practice number: looks and behaves like a linked number, sends nothing anywhere.
//!
//! It plays the server and the phones behind it. What its people saw stands in the phones' log (`log`), written when the
//! part reaches the simulated server and before the outbox learns of it. A part that comes again under the same wire id
//! is acked and not shown again, as real phones do.

mod log;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::{Notify, mpsc};

use super::cause::Cause;
use super::client::Reply;
use super::messenger::{Arrived, Content, Messenger, Outcome, Outgoing, Receipt, ReceiptKind, Sending};
use crate::clock::{MINUTE, Millis, SECOND, SharedClock, is_ahead};

pub use log::{PHONE_LOG, PhoneLog, Phones};

/// A part is read so many times the usual delay after it was sent, at the latest.
const LONGEST_DELAYS: u64 = 7;
/// All parts of a first campaign go out within so long, or within two seconds each where that is less.
const FIRST_RUN: Millis = MINUTE;
/// How many in a hundred of those who read a question answer it.
const ANSWERING: u64 = 70;

/// How the practice people behave, in percent, and how long things usually take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct PracticeOptions {
    pub read_percent: u8,
    /// Phones that are not on WhatsApp: refused for good.
    pub fail_percent: u8,
    /// Phones that are switched off: accepted and never delivered.
    pub unreachable_percent: u8,
    pub delay_ms: u32,
}

impl Default for PracticeOptions {
    fn default() -> Self {
        Self { read_percent: 80, fail_percent: 0, unreachable_percent: 0, delay_ms: 1_500 }
    }
}

/// What is to be different from now on; the rest stays as it was.
#[derive(Clone, Copy, Debug, Default)]
pub struct PracticeChange {
    pub read_percent: Option<u8>,
    pub fail_percent: Option<u8>,
    pub unreachable_percent: Option<u8>,
    pub delay_ms: Option<u32>,
}

impl PracticeOptions {
    #[must_use]
    pub fn changed(self, change: &PracticeChange) -> Self {
        Self {
            read_percent: change.read_percent.unwrap_or(self.read_percent),
            fail_percent: change.fail_percent.unwrap_or(self.fail_percent),
            unreachable_percent: change.unreachable_percent.unwrap_or(self.unreachable_percent),
            delay_ms: change.delay_ms.unwrap_or(self.delay_ms),
        }
    }
}

pub struct PracticeNumber {
    options: Mutex<PracticeOptions>,
    clock: SharedClock,
    phones: Mutex<Phones>,
    due: Mutex<BinaryHeap<Reverse<(Millis, String, ReceiptKind)>>>,
    changed: Notify,
    receipts: mpsc::Sender<Arrived>,
    replies: mpsc::Sender<Reply>,
    handed_over: AtomicU64,
    /// Milliseconds between two sends while it hurries; 0 while its pace counts.
    gap: AtomicI64,
}

impl PracticeNumber {
    /// What the people do and write goes to `receipts` and `replies`.
    pub fn new(
        phones: Phones,
        options: PracticeOptions,
        clock: SharedClock,
        receipts: mpsc::Sender<Arrived>,
        replies: mpsc::Sender<Reply>,
    ) -> Self {
        Self {
            options: Mutex::new(options),
            clock,
            phones: Mutex::new(phones),
            due: Mutex::default(),
            changed: Notify::new(),
            receipts,
            replies,
            handed_over: AtomicU64::new(0),
            gap: AtomicI64::new(0),
        }
    }

    pub fn set_options(&self, options: PracticeOptions) {
        *locked(&self.options) = options;
    }

    /// Whoever practises for the first time sees the end of it, however long the list. Without parts its pace counts.
    pub fn hurry(&self, parts: Option<i64>) {
        self.gap.store(parts.map_or(0, first_gap), Ordering::SeqCst);
    }

    /// What a server does when a phone comes back: the ticks of these parts, which it had taken, were lost with the last
    /// run.
    pub fn deliver_missed(&self, wire_ids: impl IntoIterator<Item = (String, String)>) {
        for (wire_id, phone) in wire_ids {
            self.expect_receipts(&wire_id, &phone);
        }
    }

    /// Every tick that this number owed is among the `applied` ones.
    pub fn is_quiet(&self, applied: u64) -> bool {
        locked(&self.due).is_empty() && self.handed_over.load(Ordering::SeqCst) == applied
    }

    /// Taken and counted under one lock, so that no tick is ever neither due nor handed over.
    fn pop_due(&self) -> Option<Receipt> {
        let mut due = locked(&self.due);
        let Reverse((at, wire_id, kind)) = due.pop()?;
        self.handed_over.fetch_add(1, Ordering::SeqCst);
        Some(Receipt { wire_id, kind, at })
    }

    /// Hands receipts over as they fall due, until the receiver is gone.
    pub async fn run(&self) {
        loop {
            let next = locked(&self.due).peek().map(|Reverse((at, _, _))| *at);
            match next {
                Some(at) if !self.is_ahead(at) => {
                    let Some(receipt) = self.pop_due() else { continue };
                    if self.receipts.send(receipt.into()).await.is_err() {
                        return;
                    }
                }
                Some(at) => {
                    let wait = tokio::time::sleep(self.clock.real_wait(at));
                    tokio::select! { () = wait => {}, () = self.changed.notified() => {} }
                }
                None => self.changed.notified().await,
            }
        }
    }

    fn is_ahead(&self, at: Millis) -> bool {
        let delay = u64::from(locked(&self.options).delay_ms);
        is_ahead(at, self.clock.now(), millis(delay * LONGEST_DELAYS))
    }

    async fn take(&self, part: Outgoing) -> Outcome {
        let options = *locked(&self.options);
        // An answer that took longer than the gap would be the pace.
        let delay = self.gap().map_or(u64::MAX, |gap| 2 * gap.unsigned_abs()).min(u64::from(options.delay_ms));
        let wait = i64::try_from(delay / 4 + spread(&part.wire_id, "ack", delay / 4)).unwrap_or(0);
        tokio::time::sleep(self.clock.real_wait(self.clock.now() + wait)).await;
        if percent(&part.to, "on WhatsApp") < u64::from(options.fail_percent) {
            return Outcome::Refused(Cause::NotOnWhatsapp);
        }
        if let Some(held_back) = part.held_back(self.clock.as_ref()).await {
            return held_back;
        }
        let shown = locked(&self.phones).show(&part, self.clock.now());
        match shown {
            Ok(()) => {
                if let (Some(read), Some(choice)) = (self.expect_receipts(&part.wire_id, &part.to), choose(&part)) {
                    self.expect_reply(part, choice, read);
                }
                Outcome::Accepted
            }
            Err(error) => {
                tracing::warn!(%error, "the practice phones cannot write their log");
                Outcome::Refused(Cause::PracticeLog)
            }
        }
    }

    /// Says when it will be read.
    fn expect_receipts(&self, wire_id: &str, phone: &str) -> Option<Millis> {
        let options = *locked(&self.options);
        if percent(phone, "reachable") < u64::from(options.unreachable_percent) {
            return None;
        }
        let delay = u64::from(options.delay_ms);
        let delivered = self.clock.now() + millis(delay / 2 + spread(wire_id, "delivered", delay));
        let mut due = locked(&self.due);
        due.push(Reverse((delivered, wire_id.to_owned(), ReceiptKind::Delivered)));
        let read = (percent(wire_id, "reads") < u64::from(options.read_percent))
            .then(|| delivered + millis(delay + spread(wire_id, "read", delay * 4)));
        if let Some(read) = read {
            due.push(Reverse((read, wire_id.to_owned(), ReceiptKind::Read)));
        }
        drop(due);
        self.changed.notify_one();
        read
    }

    /// An answer that is not written before the end of this run never comes, as it happens with people.
    fn expect_reply(&self, part: Outgoing, choice: Choice, read: Millis) {
        let at = read + millis(u64::from(locked(&self.options).delay_ms));
        let (wait, replies) = (self.clock.real_wait(at), self.replies.clone());
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let reply = Reply {
                edits: None,
                id: format!("{}-reply", part.wire_id),
                phone: Some(part.to),
                lid: None,
                text: choice.text,
                quotes: Some(part.wire_id),
                chosen: choice.chosen,
                push_name: String::new(),
                attached: None,
                reaction: false,
                at,
            };
            let _ = replies.send(reply).await;
        });
    }
}

/// What a person answers to a question.
struct Choice {
    text: String,
    chosen: Vec<String>,
}

/// Most people choose one of what is offered: a poll's option by a tap, a numbered line by its number.
fn choose(part: &Outgoing) -> Option<Choice> {
    if percent(&part.to, "answers") >= ANSWERING {
        return None;
    }
    let pick = |count: usize| usize::try_from(spread(&part.wire_id, "answer", u64::try_from(count).ok()?)).ok();
    match &part.content {
        Content::Poll { options, .. } => {
            let option = options.get(pick(options.len())?)?.clone();
            Some(Choice { text: String::new(), chosen: vec![option] })
        }
        Content::Text { text, .. } | Content::Media { caption: Some(text), .. } => {
            let offered = Some(numbered_lines(text)).filter(|lines| *lines > 1)?;
            Some(Choice { text: (pick(offered)? + 1).to_string(), chosen: Vec::new() })
        }
        Content::Media { .. } => None,
    }
}

/// How many lines at the end of a text are numbered, from 1 on.
fn numbered_lines(text: &str) -> usize {
    let number = |line: &str| line.split_once(". ").and_then(|(number, _)| number.parse::<usize>().ok());
    let Some(last) = text.lines().last().and_then(number) else { return 0 };
    let counted = text.lines().rev().zip((1..=last).rev()).filter(|(line, place)| number(line) == Some(*place)).count();
    if counted == last { last } else { 0 }
}

impl Messenger for PracticeNumber {
    fn send(&self, part: Outgoing) -> Sending<'_> {
        Box::pin(self.take(part))
    }

    fn gap(&self) -> Option<Millis> {
        Some(self.gap.load(Ordering::SeqCst)).filter(|gap| *gap > 0)
    }
}

/// Between two of so many parts of a first campaign.
pub fn first_gap(parts: Millis) -> Millis {
    (FIRST_RUN / parts.max(1)).clamp(1, 2 * SECOND)
}

/// The same person behaves the same way after a restart: chance comes from a hash, not from a generator.
fn percent(who: &str, what: &str) -> u64 {
    spread(who, what, 100)
}

fn spread(who: &str, what: &str, below: u64) -> u64 {
    let digest = Sha256::new().chain_update(what).chain_update(who).finalize();
    let number = digest.iter().take(8).fold(0u64, |number, byte| (number << 8) | u64::from(*byte));
    number % below.max(1)
}

fn millis(ms: u64) -> Millis {
    Millis::try_from(ms).unwrap_or(Millis::MAX / 2)
}

/// A poisoned lock only means that another task panicked; the data behind these locks is whole at every step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{first_gap, numbered_lines};

    #[test]
    fn a_first_campaign_is_through_in_a_minute_or_in_two_seconds_a_part() {
        assert_eq!([1, 10, 30].map(first_gap), [2_000, 2_000, 2_000]);
        for parts in [60, 1_000, 20_000] {
            assert!(first_gap(parts) * parts <= 60_000, "{parts}");
        }
        assert_eq!((first_gap(0), first_gap(1_000_000)), (2_000, 1));
    }

    #[test]
    fn only_lines_that_count_from_one_are_a_question() {
        assert_eq!(numbered_lines("Geliyor musunuz?\n1. Evet\n2. Hayır"), 2);
        for text in
            ["", "Merhaba", "Yer: 3. kat", "Kampanya\n2026. yıla kadar", "Bakın\n1. Evet\n3. Hayır", "99999999999. x"]
        {
            assert_eq!(numbered_lines(text), 0, "{text}");
        }
    }
}
