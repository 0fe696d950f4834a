//! One connection from its beginning to its end. The library runs it; when it ends, for whatever reason, the library
//! is shut down, everybody who waits for an ack is told, and the last signal goes out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use ulak_core::clock::{Millis, SECOND};
use whatsapp_rust::bot::{Bot, BotHandle};
use whatsapp_rust::store::commands::DeviceCommand;
use whatsapp_rust::{Client, NodeFilter, OwnedNodeRef};

use crate::event_reader::EventReader;
use crate::heard::stream_trouble;

/// The library waits for its own last writes a few seconds.
const SHUTDOWN: Duration = Duration::from_secs(20);
const GOODBYE: Duration = Duration::from_secs(10);
/// How long the library may take to tell that a phone has accepted, once it knows who the phone is.
const TOLD: Duration = Duration::from_secs(5);

pub struct Running {
    pub client: Arc<Client>,
    pub events: Arc<EventReader>,
    silent: Arc<AtomicBool>,
    /// True from when it is to end, at the latest from before the last signal goes out.
    over: Arc<AtomicBool>,
    ended: watch::Receiver<bool>,
}

impl Running {
    pub fn start(bot: Bot, events: Arc<EventReader>) -> Arc<Self> {
        let client = bot.client();
        // When to try again is core's decision.
        client.enable_auto_reconnect.store(false, Ordering::SeqCst);
        let (tell, ended) = watch::channel(false);
        let silent = Arc::new(AtomicBool::new(false));
        let over = Arc::new(AtomicBool::new(false));
        tokio::spawn(hear_server_time(Arc::clone(&client), Arc::clone(&events), ended.clone()));
        tokio::spawn(run(bot.spawn(), Arc::clone(&events), Arc::clone(&silent), Arc::clone(&over), tell));
        Arc::new(Self { client, events, silent, over, ended })
    }

    /// Whether it ends; answers when it has. Who heard its last signal and connects again may come before its end.
    pub async fn is_over(&self) -> bool {
        if !self.over.load(Ordering::SeqCst) {
            return false;
        }
        self.has_ended().await;
        true
    }

    async fn has_ended(&self) {
        // Fails only when the task is gone, and then it has ended too.
        let _ = self.ended.clone().wait_for(|ended| *ended).await;
    }

    /// Connected, logged in, and not about to end.
    pub fn can_send(&self) -> bool {
        self.events.ready.load(Ordering::SeqCst) && self.client.is_connected() && self.client.is_logged_in()
    }

    /// Tells WhatsApp that this device is gone. The library ends the connection with it.
    pub async fn say_goodbye(&self) {
        self.silent.store(true, Ordering::SeqCst);
        if tokio::time::timeout(GOODBYE, self.client.logout()).await.is_err() {
            tracing::warn!("WhatsApp did not answer that the device is gone");
        }
    }

    /// Ends the connection without a last signal.
    pub async fn end(&self) {
        self.silent.store(true, Ordering::SeqCst);
        self.over.store(true, Ordering::SeqCst);
        self.events.stop.notify_one();
        self.has_ended().await;
    }
}

async fn run(
    mut handle: BotHandle,
    events: Arc<EventReader>,
    silent: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
    ended: watch::Sender<bool>,
) {
    let client = handle.client();
    let mut trouble = listen(&client);
    loop {
        tokio::select! {
            () = &mut handle => break,
            () = events.stop.notified() => break,
            node = &mut trouble => {
                if node.is_ok_and(|node| note_trouble(&events, &node)) {
                    break;
                }
                trouble = listen(&client);
            }
        }
    }
    // The library may have ended before this task was asked.
    if let Ok(Some(node)) = trouble.try_recv() {
        note_trouble(&events, &node);
    }
    events.ready.store(false, Ordering::SeqCst);
    // The library tells it in a task of its own, and the server may have ended the connection before.
    if events.purpose.is_linking() && client.pn().is_some() {
        let _ = tokio::time::timeout(TOLD, events.accepted.notified()).await;
    }
    if events.was_linked() {
        // The library takes over the phone's settings and address book at a first connection, which it tells by the
        // empty name: a business's is filled in already. It is put back where the settings bring none.
        client.persistence_manager().process_command(DeviceCommand::SetPushName(String::new())).await;
    }
    if tokio::time::timeout(SHUTDOWN, handle.shutdown()).await.is_err() {
        tracing::warn!("a connection took too long to shut down");
    }
    // Not before: the library may still be about to tell of an ack that came just before the end.
    events.acks.close();
    over.store(true, Ordering::SeqCst);
    if !silent.load(Ordering::SeqCst) {
        events.queue.push(events.last_signal());
    }
    let _ = ended.send(true);
}

type Trouble = whatsapp_rust::futures::channel::oneshot::Receiver<Arc<OwnedNodeRef>>;

/// The library tells no event of an error of the stream that it means to reconnect after.
fn listen(client: &Client) -> Trouble {
    client.wait_for_node(NodeFilter::tag("stream:error"))
}

/// Tells how far this computer's clock is from the server's, as soon as a stanza shows the server's.
async fn hear_server_time(client: Arc<Client>, events: Arc<EventReader>, mut ended: watch::Receiver<bool>) {
    let tag = if events.purpose.is_linking() { "iq" } else { "success" };
    let over = async move {
        let _ = ended.wait_for(|ended| *ended).await;
    };
    tokio::pin!(over);
    loop {
        tokio::select! {
            node = client.wait_for_node(NodeFilter::tag(tag)) => match node.map(|node| time_of(&node)) {
                Ok(None) => {}
                Ok(Some(time)) => return events.hear_time(time),
                Err(_) => return,
            },
            () = &mut over => return,
        }
    }
}

/// When the server sent it.
fn time_of(node: &OwnedNodeRef) -> Option<Millis> {
    let seconds: Millis = node.get().get_attr("t")?.as_str().parse().ok()?;
    (seconds > 0).then(|| seconds.saturating_mul(SECOND))
}

/// Answers whether the connection is to end.
fn note_trouble(events: &EventReader, node: &OwnedNodeRef) -> bool {
    let code = node.get().get_attr("code").map(|code| code.as_str().into_owned());
    let closed = stream_trouble(code.as_deref().unwrap_or_default());
    let ends = closed.is_some();
    closed.into_iter().for_each(|closed| events.close_because(closed));
    ends
}

impl Drop for Running {
    fn drop(&mut self) {
        self.silent.store(true, Ordering::SeqCst);
        self.events.stop.notify_one();
    }
}
