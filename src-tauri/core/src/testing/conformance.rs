//! What every way to reach people must do, whatever stands behind it.
//!
//! The double of the tests, the practice number and WhatsApp over the emulator go through the same checks, so that
//! what a journey shows with the double is true of real numbers. A further kind of messenger gets a `Subject` and
//! calls `messenger`; one that is linked and connected gets a `Connection` too and calls `client`.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::numbers::{Always, outgoing as part};
use crate::session::cause::Cause;
use crate::session::client::{BoxFuture, Closed, Heard, SessionClient, Signal};
use crate::session::messenger::{Messenger, Outcome, Outgoing, Receipt, ReceiptKind, Sending};

/// Nothing waits for it to pass: it only ends a check that would hang.
const DEADLINE: Duration = Duration::from_secs(60);

/// A way to send, and the people behind it.
pub trait Subject {
    fn messenger(&self) -> Arc<dyn Messenger>;
    /// Two who read at once what they get.
    fn people(&self) -> [String; 2];
    /// Somebody who cannot be reached at all.
    fn absent(&self) -> String;
    /// The next tick, confirmed.
    fn tick(&mut self) -> BoxFuture<'_, Receipt>;
    /// The wire ids of what phones show, one for each bubble.
    fn shown(&self) -> Vec<String>;
}

/// A number that is linked and not connected, and its server.
pub trait Connection: Subject {
    fn client(&self) -> Arc<dyn SessionClient>;
    /// The next of `Connected`, `Closed` and `Reply`.
    fn heard(&mut self) -> BoxFuture<'_, Heard>;
    /// One of the people writes to the number.
    fn write(&mut self, text: &str) -> BoxFuture<'_, ()>;
    /// Ends when the server knows that the number has taken everything that was written to it.
    fn taken(&mut self) -> BoxFuture<'_, ()>;
    /// Messages reach their phones, and the sender is not told of it.
    fn swallow_acks(&mut self);
    /// The sender is told again.
    fn let_acks_through(&mut self);
    /// Ends when a phone shows the message.
    fn arrived(&mut self, wire_id: &str) -> BoxFuture<'_, ()>;
    /// The server ends the connection.
    fn break_connection(&mut self);
}

/// The checks that need nothing but a way to send.
pub async fn messenger(subject: &mut impl Subject) {
    what_is_accepted_arrives_and_is_read(subject).await;
    a_repeat_is_shown_once(subject).await;
    a_refusal_is_certain(subject).await;
    what_is_too_late_is_not_sent(subject).await;
    what_is_not_wanted_any_more_is_not_sent(subject).await;
    two_people_can_be_served_at_a_time(subject).await;
    a_try_that_was_given_up_can_be_repeated(subject).await;
}

/// The checks of a number with a connection, those above among them.
pub async fn client(number: &mut impl Connection) {
    without_a_connection_nothing_is_sent(number).await;
    connect(number).await;
    number.client().check().await.unwrap_or_else(|error| unreachable!("a connected number answers: {error}"));
    messenger(number).await;
    a_broken_connection_ends_every_wait(number).await;
    a_disconnect_ends_every_wait_and_is_no_news(number).await;
    what_people_write_comes_in_order(number).await;
    what_was_not_confirmed_comes_again(number).await;
}

async fn what_is_accepted_arrives_and_is_read(subject: &mut impl Subject) {
    let [one, _] = subject.people();
    assert_eq!(send(subject, &one, "3EB0C0F001").await, Outcome::Accepted);
    ticks(subject, "3EB0C0F001").await;
    assert_eq!(bubbles(subject, "3EB0C0F001"), 1);
}

/// A part of unknown outcome is tried again under its wire id, so a repeat must be harmless and be answered like any.
async fn a_repeat_is_shown_once(subject: &mut impl Subject) {
    let [one, _] = subject.people();
    for wire_id in ["3EB0C0F002", "3EB0C0F002", "3EB0C0F007"] {
        assert_eq!(send(subject, &one, wire_id).await, Outcome::Accepted);
    }
    // Messages to one person arrive in order, so the repeat is there by now.
    ticks(subject, "3EB0C0F007").await;
    assert_eq!(bubbles(subject, "3EB0C0F002"), 1);
}

async fn a_refusal_is_certain(subject: &mut impl Subject) {
    let (absent, [one, _]) = (subject.absent(), subject.people());
    let outcome = send(subject, &absent, "3EB0C0F003").await;
    assert!(matches!(&outcome, Outcome::Refused(cause) if !cause.may_pass()), "{outcome:?}");
    // What comes after it says that nothing of it is still under way.
    assert_eq!(send(subject, &one, "3EB0C0F004").await, Outcome::Accepted);
    ticks(subject, "3EB0C0F004").await;
    assert_eq!(bubbles(subject, "3EB0C0F003"), 0);
}

/// The sending hours hold for the wire: whoever looks at the time only before a look-up or an upload is too early.
async fn what_is_too_late_is_not_sent(subject: &mut impl Subject) {
    let [one, _] = subject.people();
    let late = Outgoing { not_after: Some(0), ..part(&one, "3EB0C0F008") };
    is_held_back(subject, late, Cause::HoursClosed, "3EB0C0F009").await;
}

/// So do a cancel, a pause and an opt-out.
async fn what_is_not_wanted_any_more_is_not_sent(subject: &mut impl Subject) {
    let [one, _] = subject.people();
    let unwanted = Outgoing { wanted: Arc::new(Always(false)), ..part(&one, "3EB0C0F010") };
    is_held_back(subject, unwanted, Cause::HeldBack, "3EB0C0F011").await;
}

/// `next` says that nothing of the part is still under way.
async fn is_held_back(subject: &mut impl Subject, part: Outgoing, cause: Cause, next: &str) {
    let (messenger, to, wire_id) = (subject.messenger(), part.to.clone(), part.wire_id.clone());
    let outcome = in_time(messenger.send(part)).await;
    assert_eq!(outcome, Outcome::Refused(cause));
    assert_eq!(send(subject, &to, next).await, Outcome::Accepted);
    ticks(subject, next).await;
    assert_eq!(bubbles(subject, &wire_id), 0);
}

async fn two_people_can_be_served_at_a_time(subject: &mut impl Subject) {
    let [one, two] = subject.people();
    let messenger = subject.messenger();
    let both =
        async { tokio::join!(messenger.send(part(&one, "3EB0C0F005")), messenger.send(part(&two, "3EB0C0F006"))) };
    assert_eq!(in_time(both).await, (Outcome::Accepted, Outcome::Accepted));
    ticks_of(subject, &["3EB0C0F005", "3EB0C0F006"]).await;
    assert_eq!((bubbles(subject, "3EB0C0F005"), bubbles(subject, "3EB0C0F006")), (1, 1));
}

/// Whoever waits for an outcome may stop waiting at any moment: the part is then of unknown outcome like any other.
async fn a_try_that_was_given_up_can_be_repeated(subject: &mut impl Subject) {
    let [one, _] = subject.people();
    for polls in [1, 2, 5, 30] {
        let wire_id = format!("3EB0C0F1{polls:02}");
        let messenger = subject.messenger();
        give_up_after(polls, messenger.send(part(&one, &wire_id))).await;
        assert_eq!(send(subject, &one, &wire_id).await, Outcome::Accepted);
        ticks(subject, &wire_id).await;
        assert_eq!(bubbles(subject, &wire_id), 1, "given up after {polls} looks");
    }
}

async fn without_a_connection_nothing_is_sent(number: &mut impl Connection) {
    let [one, _] = number.people();
    let outcome = send(number, &one, "3EB0C0F020").await;
    assert!(matches!(&outcome, Outcome::Refused(cause) if cause.may_pass()), "{outcome:?}");
    assert!(number.client().check().await.is_err());
    assert!(number.shown().is_empty());
}

async fn a_broken_connection_ends_every_wait(number: &mut impl Connection) {
    let outcome = swallowed(number, "3EB0C0F030", async |number| number.break_connection()).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    let Signal::Closed(Closed::Lost { .. }) = heard(number).await.signal else {
        unreachable!("the end of a connection is told");
    };
    repeat(number, "3EB0C0F030").await;
}

async fn a_disconnect_ends_every_wait_and_is_no_news(number: &mut impl Connection) {
    let client = number.client();
    let outcome = swallowed(number, "3EB0C0F031", async |_| client.disconnect().await).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    // The first news is that of the next connection.
    repeat(number, "3EB0C0F031").await;
}

/// What was of unknown outcome is accepted over the next connection, and shown once.
async fn repeat(number: &mut impl Connection, wire_id: &str) {
    let [one, _] = number.people();
    connect(number).await;
    assert_eq!(send(number, &one, wire_id).await, Outcome::Accepted);
    ticks(number, wire_id).await;
    assert_eq!(bubbles(number, wire_id), 1);
}

async fn what_people_write_comes_in_order(number: &mut impl Connection) {
    let texts: Vec<String> = (1..=5).map(|place| format!("answer {place}")).collect();
    for text in &texts {
        number.write(text).await;
    }
    for text in &texts {
        assert_eq!(reply(number, true).await.1, *text);
    }
    in_time(number.taken()).await;
}

async fn what_was_not_confirmed_comes_again(number: &mut impl Connection) {
    number.write("DUR").await;
    let (first, _) = reply(number, false).await;
    again(number).await;
    assert_eq!(reply(number, true).await, (first, "DUR".to_owned()));
    in_time(number.taken()).await;
    // What was confirmed does not.
    again(number).await;
    number.write("the next").await;
    assert_eq!(reply(number, true).await.1, "the next");
}

async fn connect(number: &mut impl Connection) {
    number.client().connect().await.unwrap_or_else(|error| unreachable!("a linked number connects: {error}"));
    let signal = heard(number).await.signal;
    assert!(matches!(signal, Signal::Connected), "{signal:?}");
}

/// A new connection; what waits at the server may come before the word that it stands.
async fn again(number: &mut impl Connection) {
    number.client().disconnect().await;
    number.client().connect().await.unwrap_or_else(|error| unreachable!("a linked number connects: {error}"));
}

/// Sends a part whose ack never comes, and lets the connection end once its phone shows it.
async fn swallowed<N: Connection>(number: &mut N, wire_id: &str, end: impl AsyncFnOnce(&mut N)) -> Outcome {
    let [one, _] = number.people();
    // Of a try that was given up, a repeat may still come in: it must not use up the silence.
    number.swallow_acks();
    let (messenger, part) = (number.messenger(), part(&one, wire_id));
    let waiting = tokio::spawn(async move { messenger.send(part).await });
    in_time(number.arrived(wire_id)).await;
    end(number).await;
    number.let_acks_through();
    in_time(waiting).await.unwrap_or_else(|error| unreachable!("sending does not panic: {error}"))
}

/// Id and text of the next thing that somebody wrote.
async fn reply(number: &mut impl Connection, confirm: bool) -> (String, String) {
    loop {
        let Heard { signal, confirm: answer, .. } = heard(number).await;
        let Signal::Reply(reply) = signal else { continue };
        if let Some(answer) = answer.filter(|_| confirm) {
            let _ = answer.send(());
        }
        return (reply.id, reply.text);
    }
}

async fn heard(number: &mut impl Connection) -> Heard {
    in_time(number.heard()).await
}

async fn send(subject: &impl Subject, to: &str, wire_id: &str) -> Outcome {
    let messenger = subject.messenger();
    in_time(messenger.send(part(to, wire_id))).await
}

/// Both ticks, in whatever order: whoever carries them need not keep it.
async fn ticks(subject: &mut impl Subject, wire_id: &str) {
    ticks_of(subject, &[wire_id]).await;
}

/// Both ticks of each of them, in whatever order they come.
async fn ticks_of(subject: &mut impl Subject, wire_ids: &[&str]) {
    let both = |wire_id: &&str| [ReceiptKind::Delivered, ReceiptKind::Read].map(|kind| ((*wire_id).to_owned(), kind));
    let mut missing: BTreeSet<_> = wire_ids.iter().flat_map(both).collect();
    while !missing.is_empty() {
        let tick = in_time(subject.tick()).await;
        missing.remove(&(tick.wire_id, tick.kind));
    }
}

fn bubbles(subject: &impl Subject, wire_id: &str) -> usize {
    subject.shown().iter().filter(|shown| *shown == wire_id).count()
}

/// Looks so often whether there is an outcome, and lets go.
async fn give_up_after(polls: usize, mut sending: Sending<'_>) {
    for _ in 0..polls {
        if poll_fn(|context| Poll::Ready(sending.as_mut().poll(context).is_ready())).await {
            return;
        }
        tokio::task::yield_now().await;
    }
}

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(DEADLINE, what).await;
    done.unwrap_or_else(|_| unreachable!("what a check waits for never came"))
}
