//! Webhooks: what a receiver of another program gets, over real sockets, however it behaves.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use ulak_core::app::{Problem, WebhookEdit};
use ulak_core::clock::{Clock, DAY, HOUR, Millis};
use ulak_core::contact::Standing;
use ulak_core::feed::KEPT_FOR;
use ulak_core::ids::WebhookId;
use ulak_core::session::client::Signal;
use ulak_core::session::messenger::ReceiptKind;
use ulak_core::testing::World;
use ulak_core::testing::numbers::{BRISK, reply};
use ulak_core::webhook::signature::Secret;
use ulak_core::webhook::store::DeliveryState;
use ulak_core::webhook::{PausedFor, Poster, Setback, Topic};
use ulak_outward::HttpPoster;

use crate::at;

const EVERYTHING: [Topic; 6] =
    [Topic::Messages, Topic::Replies, Topic::OptOuts, Topic::Numbers, Topic::Campaigns, Topic::Credits];

/// How the receiver takes one request.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Takes,
    Says(u16),
    /// It speaks no HTTP.
    Babbles,
    /// It takes it, and says so when nobody listens any more.
    TakesLate,
}

/// A request as it came in.
#[derive(Clone, Debug)]
struct Seen {
    id: String,
    event: String,
    /// Of what was told about a message.
    message: Option<String>,
    taken: bool,
    body: Value,
}

/// A receiver on this computer.
struct Receiver {
    address: SocketAddr,
    secret: Arc<Mutex<Option<Secret>>>,
    manners: Arc<Mutex<VecDeque<Manner>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    late: Arc<Notify>,
    serving: Option<JoinHandle<()>>,
}

impl Receiver {
    async fn up() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut receiver = Self {
            address: listener.local_addr().unwrap(),
            secret: Arc::default(),
            manners: Arc::default(),
            seen: Arc::default(),
            late: Arc::default(),
            serving: None,
        };
        receiver.serve(listener);
        receiver
    }

    fn serve(&mut self, listener: TcpListener) {
        let (secret, manners, seen, late) =
            (self.secret.clone(), self.manners.clone(), self.seen.clone(), self.late.clone());
        self.serving = Some(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let manner = manners.lock().unwrap().pop_front().unwrap_or(Manner::Takes);
                let (secret, seen, late) = (secret.lock().unwrap().clone(), seen.clone(), late.clone());
                tokio::spawn(async move { take(stream, manner, secret, &seen, &late).await });
            }
        }));
    }

    /// Nothing listens there any more.
    async fn down(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            let _ = serving.await;
        }
    }

    async fn up_again(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener);
    }

    fn behaves(&self, manners: impl IntoIterator<Item = Manner>) {
        self.manners.lock().unwrap().extend(manners);
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    fn events(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.event).collect()
    }

    async fn hooked(world: &World, topics: &[Topic]) -> (Self, WebhookId) {
        let receiver = Self::up().await;
        let url = format!("http://{}/hook?key=1", receiver.address);
        let edit = WebhookEdit { id: None, name: "Shop".to_owned(), url, near: false, topics: topics.to_vec() };
        let saved = world.app.webhooks().save(&edit).await.unwrap();
        let shown = saved.secret.unwrap();
        let bytes = data_encoding::BASE64.decode(shown.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
        *receiver.secret.lock().unwrap() = Some(Secret::of(bytes.try_into().unwrap()));
        (receiver, saved.webhook.id)
    }
}

/// One request, checked as the scheme says and answered in this manner.
async fn take(mut stream: TcpStream, manner: Manner, secret: Option<Secret>, seen: &Mutex<Vec<Seen>>, late: &Notify) {
    let mut bytes = Vec::new();
    let (head, body) = loop {
        let mut some = [0; 4096];
        let read = stream.read(&mut some).await.unwrap_or(0);
        bytes.extend_from_slice(&some[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if body.len() >= length.unwrap() {
                break (text[..head.len()].to_owned(), body.to_owned());
            }
        }
        if read == 0 {
            return;
        }
    };
    let header = |name: &str| {
        let found = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
        found.and_then(|line| line.split_once(": ")).map(|(_, value)| value.to_owned()).unwrap()
    };
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp").parse().unwrap());
    assert_eq!(header("webhook-signature"), secret.unwrap().sign(&id, timestamp, &body));
    let body: Value = serde_json::from_str(&body).unwrap();
    let event = body["type"].as_str().unwrap().to_owned();
    let message = body["data"]["message"].as_str().map(str::to_owned);
    let taken = matches!(manner, Manner::Takes | Manner::TakesLate);
    seen.lock().unwrap().push(Seen { id, event, message, taken, body });
    let answer = match manner {
        Manner::Takes => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        Manner::Says(status) => format!("HTTP/1.1 {status} So\r\nlocation: /else\r\ncontent-length: 0\r\n\r\n"),
        Manner::Babbles => "I am no web server\r\n\r\n".to_owned(),
        Manner::TakesLate => {
            late.notified().await;
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned()
        }
    };
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Lets webhooks do what is due until `until`, moving the clock to each moment that they wait for.
async fn tell_until(world: &World, poster: &dyn Poster, until: Millis) {
    loop {
        match world.app.webhooks().step(poster).await.unwrap() {
            Some(next) if next <= world.clock.now() => {}
            Some(next) if next < until => world.clock.set(next),
            _ => break,
        }
    }
    world.clock.set(until.max(world.clock.now()));
}

/// Told, and nothing more is due at this moment.
async fn tell(world: &World) {
    tell_until(world, &HttpPoster::default(), world.clock.now()).await;
}

/// So many people got a message; their wire ids.
async fn sent_campaign(world: &mut World, people: usize) -> Result<Vec<String>, Problem> {
    world.contacts(people).await?;
    world.schedule("Merhaba").await?;
    world.run_until(at(0, 13, 0)).await?;
    Ok(world.numbers[0].phone.sent().into_iter().map(|sent| sent.wire_id).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_is_slow_wrong_and_down_is_told_everything_and_in_order() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let (mut receiver, hook) = Receiver::hooked(&world, &[Topic::Messages, Topic::Campaigns]).await;
    let wire_ids = sent_campaign(&mut world, 3).await?;
    receiver.behaves([
        Manner::Says(500),
        Manner::Says(301),
        Manner::Babbles,
        Manner::TakesLate,
        Manner::Takes,
        Manner::Says(503),
        Manner::Takes,
        Manner::TakesLate,
    ]);
    let impatient = HttpPoster::within(Duration::from_millis(400));
    tell_until(&world, &impatient, at(0, 13, 1)).await;
    receiver.down().await;
    world.receipts(ReceiptKind::Delivered, &wire_ids).await?;
    world.receipts(ReceiptKind::Read, &wire_ids).await?;
    tell_until(&world, &impatient, at(0, 14, 1)).await;
    let while_down = world.app.webhooks().list().await?.remove(0);
    assert!(while_down.counts.waiting > 0 && while_down.counts.dead == 0, "{while_down:?}");
    receiver.up_again().await;
    receiver.late.notify_waiters();
    tell_until(&world, &impatient, at(1, 13, 0)).await;

    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut events_of_id: BTreeMap<String, String> = BTreeMap::new();
    for seen in receiver.seen() {
        let before = events_of_id.entry(seen.id.clone()).or_insert_with(|| seen.event.clone());
        assert_eq!(*before, seen.event, "an id is one thing however often it is told");
        if let (true, Some(message)) = (seen.taken, seen.message) {
            let states = told.entry(message).or_default();
            if states.last() != Some(&seen.event) {
                states.push(seen.event);
            }
        }
    }
    assert_eq!(told.len(), 3);
    for states in told.values() {
        assert_eq!(states, &["message.sent", "message.delivered", "message.read"]);
    }
    assert!(receiver.events().contains(&"campaign.finished".to_owned()));
    let view = world.app.webhooks().list().await?.remove(0);
    assert_eq!((view.counts.waiting, view.counts.dead, view.failures), (0, 0, 0));
    let taken = world.app.webhooks().deliveries(hook, DeliveryState::Taken).await?;
    assert_eq!(taken.len(), 10, "nine states and the end of the campaign");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_taken_for_a_day_is_given_up_and_can_be_sent_again() -> Result<(), Problem> {
    let mut world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let (mut receiver, hook) = Receiver::hooked(&world, &[Topic::Messages]).await;
    receiver.down().await;
    sent_campaign(&mut world, 2).await?;
    tell_until(&world, &HttpPoster::default(), at(0, 13, 0) + 2 * DAY).await;
    let dead = world.app.webhooks().deliveries(hook, DeliveryState::Dead).await?;
    assert_eq!(dead.len(), 2);
    assert!(dead.iter().all(|one| one.setback == Some(Setback::Unreachable)), "{dead:?}");
    assert!(world.app.notices().iter().any(|notice| notice.problem.code == "webhook.gave_up"));
    receiver.up_again().await;
    assert_eq!(world.app.webhooks().replay(hook, Some(dead[0].id)).await?, 1);
    assert_eq!(world.app.webhooks().replay(hook, None).await?, 1);
    tell_until(&world, &HttpPoster::default(), world.clock.now() + HOUR).await;
    assert_eq!(receiver.seen().len(), 2);
    // A start knows what was told.
    let world = world.restart().await?;
    tell(&world).await;
    assert_eq!(receiver.seen().len(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_told_what_it_wants_while_it_is_not_paused() -> Result<(), Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let elif = world.contact("Elif", "+905325550142").await?;
    let (receiver, hook) = Receiver::hooked(&world, &EVERYTHING).await;
    let webhooks = world.app.webhooks().clone();
    let stop = Signal::Reply(reply("R1", "+905325550142", "STOP", at(0, 12, 1)));
    world.hear(world.numbers[0].id, &stop).await?;
    tell(&world).await;
    // Two things go side by side, so either may be there first.
    let mut seen = receiver.seen();
    seen.sort_by(|one, other| one.event.cmp(&other.event));
    let said = &seen[1].body["data"];
    let mut events = receiver.events();
    events.sort();
    assert_eq!(events, ["contact.opted_out", "reply.received"]);
    assert_eq!(
        (&said["opt_out"], &said["from"], &said["text"]),
        (&true.into(), &"+905325550142".into(), &"STOP".into())
    );
    assert_eq!(seen[0].body["data"]["contact"], elif.to_string().as_str());

    assert_eq!(webhooks.test_over(hook, &HttpPoster::default()).await?.status, Some(204));
    assert_eq!(receiver.seen().last().unwrap().body["type"], "ulak.test");

    webhooks.pause(hook, true).await?;
    let other = world.contact("Okan", "+905325550143").await?;
    world.app.people().set_standing(other, Standing::Black).await?;
    tell(&world).await;
    assert_eq!(receiver.seen().len(), 3);
    webhooks.pause(hook, false).await?;
    tell(&world).await;
    assert_eq!(receiver.events().last().unwrap(), "contact.opted_out", "it goes on where it was");

    // Who is gone is told nothing more, and what it did not take waits.
    receiver.behaves([Manner::Says(410)]);
    let third = world.contact("Deniz", "+905325550144").await?;
    world.app.people().set_standing(third, Standing::Black).await?;
    tell(&world).await;
    let view = webhooks.list().await?.remove(0);
    assert_eq!((view.paused, view.counts.waiting), (Some(PausedFor::Gone), 1));
    webhooks.pause(hook, false).await?;
    tell(&world).await;
    assert_eq!(webhooks.list().await?[0].counts.waiting, 0);

    // The credits run low once, until some are put in.
    let before = receiver.seen().len();
    world.app.credits().adjust(ulak_core::ledger::Book::Real, -950, "test").await?;
    tell(&world).await;
    tell(&world).await;
    assert_eq!(receiver.events()[before..], ["credits.low"]);
    assert_eq!(receiver.seen().last().unwrap().body["data"]["free"], 50);

    webhooks.delete(hook).await?;
    assert_eq!(webhooks.list().await?.len(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_was_paused_for_longer_than_the_feed_reaches_is_told_that_it_missed_something()
-> Result<(), Problem> {
    let world = World::with_numbers(at(0, 12, 0), &[BRISK]).await?;
    let elif = world.contact("Elif", "+905325550142").await?;
    let (receiver, hook) = Receiver::hooked(&world, &[Topic::OptOuts]).await;
    world.app.webhooks().pause(hook, true).await?;
    world.app.people().set_standing(elif, Standing::Black).await?;
    while ulak_core::agenda::step(world.app.agenda()).await?.is_none() {}
    world.clock.set(at(0, 12, 0) + KEPT_FOR + 2 * HOUR);
    while ulak_core::agenda::step(world.app.agenda()).await?.is_none() {}
    world.app.webhooks().pause(hook, false).await?;
    tell(&world).await;
    assert_eq!(receiver.events(), ["changes.missed"]);
    Ok(())
}

#[tokio::test]
async fn an_address_that_may_not_be_reached_is_refused_when_it_is_saved_and_when_it_is_connected_to()
-> Result<(), Problem> {
    let world = World::at(at(0, 12, 0)).await?;
    let edit = |url: &str, topics: &[Topic]| WebhookEdit {
        id: None,
        name: String::new(),
        url: url.to_owned(),
        near: false,
        topics: topics.to_vec(),
    };
    let refused = async |url: &str, topics: &[Topic]| {
        world.app.webhooks().save(&edit(url, topics)).await.err().map(|problem| problem.code)
    };
    let code = |code: &str| Some(code.to_owned());
    assert_eq!(refused("http://shop.example/", &EVERYTHING).await, code("webhook.not_secret"));
    assert_eq!(refused("https://10.0.0.8/", &EVERYTHING).await, code("webhook.private"));
    assert_eq!(refused("https://user:word@shop.example/", &EVERYTHING).await, code("webhook.credentials"));
    assert_eq!(refused("https://shop.example/", &[]).await, code("webhook.no_topic"));
    // A name of the internet that leads to this computer is not connected to.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let post = ulak_core::webhook::Post {
        url: format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port()),
        reach: ulak_core::webhook::address::Reach::Near,
        id: "msg_1".to_owned(),
        timestamp: 0,
        signature: "v1,".to_owned(),
        body: "{}".to_owned(),
    };
    let answer = HttpPoster::default().post(post).await;
    assert_eq!(answer, ulak_core::webhook::Answer::Nothing(Setback::Address));
    Ok(())
}
