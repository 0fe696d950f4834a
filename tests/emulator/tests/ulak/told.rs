//! What goes wrong on the wire, seen from both ends: what the owner is told by the whole Ulak, and what the recipient
//! saw.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use ulak_core::app::{App, Direct, NumberView};
use ulak_core::campaign::live::WaitKind;
use ulak_core::category::Category;
use ulak_core::clock::{Clock, DAY, HOUR, MINUTE, Millis, SystemClock};
use ulak_core::ids::{CampaignId, MessageId, SessionId};
use ulak_core::inbound::store::replies::ReplyQuery;
use ulak_core::ledger::Book;
use ulak_core::outbox::state::PartState;
use ulak_core::outbox::store::recipients::StepKind;
use ulak_core::page::Place;
use ulak_core::session::cause::Cause;
use ulak_emulator::{Emulator, Fault, Habits, Kick, Rule};

use crate::harness::{AYSE, BUDI, DEADLINE, OWNER, emulator};
use crate::shop;

/// How much faster Ulak's waits pass here. A connection that is made on a busy computer still fits into them.
const FACTOR: Millis = 10;
/// For waits with the server away: nothing is under way that could be late.
const FASTER: Millis = 600;

/// Ulak's clock in the test's hand.
struct Hand(Mutex<Pace>);

struct Pace {
    real: Millis,
    shown: Millis,
    factor: Millis,
}

impl Hand {
    fn new() -> Arc<Self> {
        let now = SystemClock.now();
        Arc::new(Self(Mutex::new(Pace { real: now, shown: now, factor: FACTOR })))
    }

    fn run_at(&self, factor: Millis) {
        let now = self.now();
        *self.0.lock().unwrap() = Pace { real: SystemClock.now(), shown: now, factor };
    }

    /// The computer slept, or somebody set its clock.
    fn jump(&self, by: Millis) {
        self.0.lock().unwrap().shown += by;
    }
}

impl Clock for Hand {
    fn now(&self) -> Millis {
        let pace = self.0.lock().unwrap();
        pace.shown + (SystemClock.now() - pace.real) * pace.factor
    }

    fn real_wait(&self, until: Millis) -> Duration {
        let wait = u64::try_from(until - self.now()).unwrap_or(0);
        Duration::from_micros(wait * 1_000 / self.0.lock().unwrap().factor.unsigned_abs())
    }
}

struct Shop {
    app: Arc<App>,
    clock: Arc<Hand>,
    number: SessionId,
    folder: TempDir,
}

impl Shop {
    async fn open(emulator: &Emulator) -> Self {
        let folder = TempDir::new().unwrap();
        let clock = Hand::new();
        let app = shop::open(folder.path(), &emulator.chat_url(), clock.clone()).await;
        let number = shop::link(&app, async |code| drop(emulator.scan(&code, OWNER).await.unwrap())).await;
        Self { app, clock, number, folder }
    }

    async fn say(&self, to: &str, text: &str) -> MessageId {
        self.app
            .outbox()
            .send_direct(&Direct {
                to: to.to_owned(),
                text: text.to_owned(),
                category: Category::Notification,
                ..Direct::default()
            })
            .await
            .unwrap()
    }

    /// Looks again whenever something changed, and now and then, because a wait that passes changes nothing.
    async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let mut events = self.app.events().subscribe();
        let seen = tokio::time::timeout(DEADLINE, async {
            loop {
                if let Some(seen) = look().await {
                    return seen;
                }
                let _ = tokio::time::timeout(Duration::from_millis(50), events.recv()).await;
            }
        });
        match seen.await {
            Ok(seen) => seen,
            Err(_) => panic!("{what} did not come; the number is {:?}", self.number().await),
        }
    }

    async fn number(&self) -> NumberView {
        self.app.numbers().list().await.unwrap().into_iter().find(|number| number.id == self.number).unwrap()
    }

    async fn number_is(&self, state: &str) -> NumberView {
        self.until(state, async || Some(self.number().await).filter(|number| number.state == state)).await
    }

    async fn is(&self, campaign: MessageId, state: PartState) {
        let all = async || self.app.outbox().parts_of(campaign).await.unwrap().iter().all(|part| part.state == state);
        self.until(&format!("{state:?}"), async || all().await.then_some(())).await;
    }

    async fn is_read_by_all(&self, campaign: CampaignId) {
        let counts = async || self.app.campaigns().live(campaign).await.unwrap().counts;
        let all = async || Some(counts().await).filter(|counts| counts.read == counts.total());
        self.until("everybody's tick", all).await;
    }

    async fn waits(&self, kind: WaitKind) {
        let waits = async || self.app.home().now_view().await.unwrap().wait.kind == kind;
        self.until(&format!("{kind:?}"), async || waits().await.then_some(())).await;
    }

    /// The number has answered: from here on another try is of a connection that ended.
    async fn has_answered(&self) {
        self.until("an answer", async || (self.number().await.tries == 0).then_some(())).await;
    }

    async fn waits_for_the_line(&self) {
        self.until("the end of the connection", async || (self.number().await.state != "connected").then_some(()))
            .await;
    }

    /// The server is there again, and nobody waits for the next try.
    async fn tries_at_once(&self) {
        // At this moment a try may be under way, which has no next one yet.
        let next = self.until("another try", async || {
            let number = self.number().await;
            if number.state == "connected" { Some(None) } else { number.next_try_at.map(Some) }
        });
        if let Some(next) = next.await {
            self.clock.jump((next - self.app.now()).max(0));
        }
    }

    /// The newest replies: what was written, and the message that it answers.
    async fn replies(&self) -> Vec<(String, Option<MessageId>)> {
        let query = ReplyQuery { place: Place::first(9), ..ReplyQuery::default() };
        let rows = self.app.replies().list(&query).await.unwrap().rows;
        rows.into_iter().map(|row| (row.text, row.message_id)).collect()
    }

    /// What the recipient's page tells of the tries that ended without an ack.
    async fn tries(&self, message: MessageId) -> Vec<(StepKind, String)> {
        let steps = self.app.outbox().recipient(message).await.unwrap().steps;
        let tries = steps.into_iter().filter(|step| matches!(step.kind, StepKind::Try | StepKind::Unknown));
        tries.map(|step| (step.kind, step.cause.unwrap_or_default())).collect()
    }

    async fn cause(&self, campaign: MessageId) -> Option<String> {
        self.app.outbox().parts_of(campaign).await.unwrap().remove(0).cause
    }

    /// Credits settled so far, and held.
    async fn credits(&self) -> (i64, i64) {
        self.app.credits().ledger_holds().await.unwrap();
        let balance = self.app.credits().balance(Book::Real).await.unwrap();
        (balance.settled, balance.held)
    }
}

fn unknown(cause: &str) -> Vec<(StepKind, String)> {
    vec![(StepKind::Unknown, cause.to_owned())]
}

fn tried(cause: &str) -> Vec<(StepKind, String)> {
    vec![(StepKind::Try, cause.to_owned())]
}

/// Everybody of these saw their message once.
fn saw_once(emulator: &Emulator, people: usize) {
    let mut saw: Vec<String> = emulator.seen().into_iter().map(|seen| seen.to).collect();
    saw.sort();
    let count = saw.len();
    saw.dedup();
    assert_eq!((saw.len(), count), (people, people));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_the_ack_the_message_is_seen_once_and_costs_one_credit() {
    let faults = [
        (Fault::DropBeforeAck { accepted: true }, unknown("connection_lost")),
        (Fault::DropBeforeAck { accepted: false }, unknown("connection_lost")),
        (Fault::NoAck, unknown("no_answer")),
        (Fault::DropAfterAck, vec![]),
        (Fault::AckTwice, vec![]),
        (Fault::AckLate { ms: 300 }, vec![]),
    ];
    for (fault, told) in faults {
        let emulator = emulator().await;
        // The receipts would settle the question before it is shown.
        emulator.set_habits(AYSE, Some(Habits { held: true, ..Habits::default() })).unwrap();
        let shop = Shop::open(&emulator).await;
        emulator.fault(Rule::once(fault.clone()));
        let campaign = shop.say(AYSE, "Hazır").await;
        shop.until(&format!("{fault:?}: sent"), async || {
            let parts = shop.app.outbox().parts_of(campaign).await.unwrap();
            parts.iter().all(|part| part.state == PartState::Sent).then_some(())
        })
        .await;
        let tries = shop.tries(campaign).await;
        // On a busy computer the library may drop the ack that came just before the end of the line.
        let or_lost = matches!(fault, Fault::DropAfterAck) && tries == unknown("connection_lost");
        assert!(tries == told || or_lost, "{fault:?}: {tries:?}");
        shop.number_is("connected").await;
        emulator.wait_until(|_| emulator.release_receipts() > 0, DEADLINE).await.unwrap();
        shop.is(campaign, PartState::Read).await;
        saw_once(&emulator, 1);
        assert_eq!(shop.credits().await, (1, 0), "{fault:?}");
        shop.app.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_in_any_order_and_after_days_end_in_read() {
    let habits = [
        Habits { doubled: true, ..Habits::default() },
        Habits { reversed: true, ..Habits::default() },
        Habits { before_ack: true, ..Habits::default() },
        Habits { held: true, ..Habits::default() },
    ];
    let emulator = emulator().await;
    let shop = Shop::open(&emulator).await;
    for (turn, habits) in (1..).zip(habits) {
        emulator.set_habits(AYSE, Some(habits)).unwrap();
        let campaign = shop.say(AYSE, "Hazır").await;
        if habits.held {
            shop.is(campaign, PartState::Sent).await;
            shop.clock.jump(3 * DAY);
            emulator.wait_until(|_| emulator.release_receipts() > 0, DEADLINE).await.unwrap();
        }
        shop.is(campaign, PartState::Read).await;
        assert_eq!(emulator.seen().len(), turn);
        assert_eq!(shop.credits().await, (turn as i64, 0), "{habits:?}");
    }
    shop.app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_shuts_the_number_in_words_and_keeps_the_message_and_its_credit() {
    for (code, cause, wait) in [
        (463, Cause::NewChatsLocked, WaitKind::NewChats),
        (475, Cause::NewChatsUsedUp, WaitKind::NewChats),
        (429, Cause::TooFast, WaitKind::Shut),
    ] {
        let emulator = emulator().await;
        let shop = Shop::open(&emulator).await;
        emulator.fault(Rule::once(Fault::Nack { code }));
        let campaign = shop.say(AYSE, "Hazır").await;
        shop.waits(wait).await;
        assert_eq!(shop.tries(campaign).await, tried(&cause.to_string()));
        let shut = shop.number().await.shut.expect("the number is shut");
        assert_eq!(shut.cause, cause);
        assert!(shut.until.is_some_and(|until| until > shop.app.now()));
        assert_eq!(emulator.seen(), []);
        assert_eq!(shop.credits().await, (0, 1));
        // When the time is over, it goes out.
        shop.clock.jump(DAY + HOUR);
        shop.is(campaign, PartState::Read).await;
        saw_once(&emulator, 1);
        shop.app.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_repeat_would_change_fails_with_its_cause_and_gives_the_credit_back() {
    let emulator = emulator().await;
    let shop = Shop::open(&emulator).await;
    emulator.fault(Rule::once(Fault::Nack { code: 479 }).recipient(AYSE));
    emulator.set_absent(BUDI, true);
    for (to, cause) in [(AYSE, "rejected_479"), (BUDI, "not_on_whatsapp")] {
        let campaign = shop.say(to, "Hazır").await;
        shop.is(campaign, PartState::Failed).await;
        assert_eq!(shop.cause(campaign).await.as_deref(), Some(cause));
        assert_eq!(shop.credits().await, (0, 0));
    }
    assert_eq!(emulator.seen(), []);
    assert_eq!(shop.number().await.state, "connected");
    shop.app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_is_made_again_and_the_picture_is_whole() {
    let emulator = emulator().await;
    let shop = Shop::open(&emulator).await;
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/media");
    let faults = [("cmyk.jpg", Fault::UploadDrop), ("deep.png", Fault::UploadRefused { status: 503 })];
    for (before, (picture, fault)) in faults.into_iter().enumerate() {
        emulator.fault(Rule::once(fault.clone()));
        let media = vec![pictures.join(picture)];
        let wish = Direct { to: AYSE.to_owned(), media, category: Category::Notification, ..Direct::default() };
        let campaign = shop.app.outbox().send_direct(&wish).await.unwrap();
        shop.is(campaign, PartState::Read).await;
        let seen = emulator.seen();
        assert_eq!(seen.len(), before + 1, "{fault:?}");
        assert_eq!((&seen[before].broken, seen[before].media.is_some()), (&None, true));
        assert_eq!(emulator.faults(), [], "the upload met its fault");
    }
    shop.app.close().await;
}

/// Cuts the line, and refuses the number at the door from now on.
fn shut_out(emulator: &Emulator, reason: u16, code: Option<u32>) {
    let expire = code.map(|_| 7_200);
    emulator.fault(Rule::always(Fault::Refuse { reason, code, expire, message: None }).owner(OWNER));
    emulator.kick(OWNER, Kick::Drop).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_at_the_door_is_told_and_the_message_waits() {
    let bans = [101, 102, 103, 104, 106].map(|code| (402, Some(code), "banned"));
    let others = [(401, None, "logged_out"), (403, None, "locked"), (405, None, "outdated"), (406, None, "banned")];
    for (reason, code, state) in bans.into_iter().chain(others) {
        let emulator = emulator().await;
        let shop = Shop::open(&emulator).await;
        shut_out(&emulator, reason, code);
        let number = shop.number_is(state).await;
        assert_eq!(number.ban.as_ref().map(|ban| u32::from(ban.code)), code.or((reason == 406).then_some(406)));
        let campaign = shop.say(AYSE, "Hazır").await;
        shop.waits(WaitKind::NotConnected).await;
        assert_eq!(shop.credits().await, (0, 1), "{reason} {code:?}");
        assert_eq!(emulator.seen(), []);
        if code.is_some() {
            // Once, when the ban has ended.
            let until = number.ban.and_then(|ban| ban.until).expect("the ban has an end");
            emulator.clear_faults();
            shop.clock.jump(until - shop.app.now());
            shop.is(campaign, PartState::Read).await;
            saw_once(&emulator, 1);
        }
        shop.app.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_the_server_gives_a_reason_for_is_told() {
    for (kick, state) in [
        (Kick::Replaced, "replaced"),
        (Kick::StreamError { code: 401 }, "logged_out"),
        (Kick::StreamError { code: 516 }, "logged_out"),
    ] {
        let emulator = emulator().await;
        let shop = Shop::open(&emulator).await;
        emulator.kick(OWNER, kick).unwrap();
        shop.number_is(state).await;
        let campaign = shop.say(AYSE, "Hazır").await;
        shop.waits(WaitKind::NotConnected).await;
        if state == "replaced" {
            shop.app.numbers().reconnect_number(shop.number).await.unwrap();
            shop.is(campaign, PartState::Read).await;
        }
        saw_once(&emulator, usize::from(state == "replaced"));
        shop.app.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_trouble_and_a_busy_one_are_tried_again_in_their_time() {
    let emulator = emulator().await;
    let shop = Shop::open(&emulator).await;
    shop.has_answered().await;
    emulator.kick(OWNER, Kick::StreamError { code: 503 }).unwrap();
    shop.until("the end of the connection", async || (shop.number().await.tries > 0).then_some(())).await;
    shop.number_is("connected").await;
    emulator.kick(OWNER, Kick::StreamError { code: 429 }).unwrap();
    let number = shop.number_is("disconnected").await;
    let wait = number.next_try_at.expect("it is tried again") - shop.app.now();
    assert!((3 * MINUTE..=6 * MINUTE).contains(&wait), "after a 429 the number keeps away for minutes, not {wait} ms");
    let campaign = shop.say(AYSE, "Hazır").await;
    shop.clock.jump(wait);
    shop.is(campaign, PartState::Read).await;
    saw_once(&emulator, 1);
    shop.app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_falls_silent_is_left_and_the_message_is_seen_once() {
    let emulator = emulator().await;
    let shop = Shop::open(&emulator).await;
    shop.has_answered().await;
    emulator.fault(Rule::always(Fault::Silence).owner(OWNER));
    let campaign = shop.say(AYSE, "Hazır").await;
    shop.until("another connection", async || (shop.number().await.tries > 0).then_some(())).await;
    assert_eq!(emulator.seen(), []);
    emulator.clear_faults();
    shop.is(campaign, PartState::Read).await;
    saw_once(&emulator, 1);
    assert_eq!(shop.credits().await, (1, 0));
    shop.app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_for_an_hour_is_found_again_and_the_campaign_goes_on() {
    const PEOPLE: usize = 12;
    let emulator = emulator().await;
    let shop = Shop::open(&emulator).await;
    let campaign = campaign_of(&shop, PEOPLE).await;
    emulator.wait_until(|record| record.seen.len() >= PEOPLE / 3, DEADLINE).await.unwrap();
    emulator.close_server().await;
    shop.waits(WaitKind::NotConnected).await;
    let gone = shop.app.now();
    shop.clock.run_at(FASTER);
    let number = shop.number_is("needs_attention").await;
    assert!(number.tries >= 10, "{number:?}");
    shop.until("an hour", async || (shop.app.now() - gone >= HOUR).then_some(())).await;
    shop.clock.run_at(FACTOR);
    assert!(shop.number().await.tries < 40, "a server that is gone is not hammered");
    emulator.open_server().await.unwrap();
    shop.tries_at_once().await;
    shop.is_read_by_all(campaign).await;
    saw_once(&emulator, PEOPLE);
    assert_eq!(shop.credits().await, (PEOPLE as i64, 0));
    shop.app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_night_asleep_in_the_middle_of_a_campaign_costs_nobody_their_message() {
    const PEOPLE: usize = 12;
    let emulator = emulator().await;
    let shop = Shop::open(&emulator).await;
    let campaign = campaign_of(&shop, PEOPLE).await;
    emulator.wait_until(|record| record.seen.len() >= PEOPLE / 3, DEADLINE).await.unwrap();
    // The lid is closed: the server takes the laptop for gone, and the clock is hours further when it opens.
    emulator.kick(OWNER, Kick::Drop).unwrap();
    shop.clock.jump(9 * HOUR);
    shop.is_read_by_all(campaign).await;
    saw_once(&emulator, PEOPLE);
    assert_eq!(shop.credits().await, (PEOPLE as i64, 0));
    shop.app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_answers_is_said_by_whoever_was_written_to_under_another_spelling() {
    const SPELT: &str = "+5511987650123";
    const ACCOUNT: &str = "+551187650123";
    let emulator = emulator().await;
    emulator.set_alias(SPELT, ACCOUNT);
    let shop = Shop::open(&emulator).await;
    let message = shop.say(SPELT, "Pronto").await;
    shop.is(message, PartState::Read).await;
    assert_eq!((emulator.seen_by(ACCOUNT).len(), emulator.seen_by(SPELT).len()), (1, 0));
    emulator.reply(ACCOUNT, OWNER, "Obrigada").await.unwrap();
    let said = async || shop.replies().await == [("Obrigada".to_owned(), Some(message))];
    shop.until("her answer", async || said().await.then_some(())).await;
    emulator.reply(ACCOUNT, OWNER, "STOP").await.unwrap();
    let category = Category::Notification;
    let wish = Direct { to: SPELT.to_owned(), text: "Mais".to_owned(), category, ..Direct::default() };
    shop.until("her opt-out", async || (shop.replies().await.len() == 2).then_some(())).await;
    assert!(shop.app.outbox().send_direct(&wish).await.is_err(), "she gets nothing under either spelling");
    shop.app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_a_backlog_is_heard_before_that_persons_part_goes_out() {
    const PEOPLE: usize = 6;
    const WAITING: usize = 60;
    let emulator = emulator().await;
    let shop = Shop::open(&emulator).await;
    shop.has_answered().await;
    shop::bring_in(&shop.app, shop.folder.path(), PEOPLE).await;
    emulator.close_server().await;
    shop.waits_for_the_line().await;
    // Whoever is first in the campaign writes much, and the word as the last but one.
    for at in 0..WAITING {
        let text = if at + 2 == WAITING { "STOP" } else { "Merhaba" };
        emulator.reply(&shop::person(0), OWNER, text).await.unwrap();
    }
    let campaign = shop::draft(&shop.app, &[shop.number], None).await;
    shop.app.campaigns().schedule_campaign(campaign, false).await.unwrap();
    emulator.open_server().await.unwrap();
    shop.tries_at_once().await;
    let counts = shop.until("the others' ticks", async || {
        let counts = shop.app.campaigns().live(campaign).await.unwrap().counts;
        (counts.read + 1 == counts.total()).then_some(counts)
    });
    assert_eq!(counts.await.skipped, 1);
    assert_eq!(emulator.seen_by(&shop::person(0)), []);
    saw_once(&emulator, PEOPLE - 1);
    shop.app.close().await;
}

async fn campaign_of(shop: &Shop, people: usize) -> CampaignId {
    shop::bring_in(&shop.app, shop.folder.path(), people).await;
    let campaign = shop::draft(&shop.app, &[shop.number], None).await;
    shop.app.campaigns().schedule_campaign(campaign, false).await.unwrap();
    campaign
}
