//! One number: its keys, its connection if it has one, and what it remembers between connections.
//!
//! Connecting, linking and unlinking take turns. The file with the keys stays open between connections; before it is
//! removed, everything that holds it is gone.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::MutexGuard as Turn;
use ulak_core::clock::{DAY, Millis};
use ulak_core::session::cause::Cause;
use ulak_core::session::client::{BoxFuture, ClientConfig, ClientError, Limits, LinkHow, Notes, SessionClient};
use ulak_core::session::messenger::{LookingUp, Messenger, Outgoing, Sending};
use whatsapp_rust::bot::Bot;
use whatsapp_rust::pair_code::PairCodeOptions;
use whatsapp_rust::store::SqliteStore;
use whatsapp_rust::wacore::iq::keepalive::KeepaliveSpec;
use whatsapp_rust::wacore::store::DevicePropsOverride;
use whatsapp_rust::waproto::whatsapp::device_props::PlatformType;
use whatsapp_rust::{CacheConfig, MexError, TokioRuntime};

use crate::WhatsApp;
use crate::event_reader::{EventReader, Parts, Purpose, tell_receipts};
use crate::inbox::Inbox;
use crate::keys;
use crate::limits;
use crate::lookup;
use crate::polls::Polls;
use crate::queue::Queue;
use crate::running::Running;
use crate::transport::Dial;
use crate::unconfirmed::{self, Unconfirmed};
use crate::upload::Uploads;

/// The name among the linked devices on the owner's phone.
const DEVICE_NAME: &str = "Ulak";
/// A phone that could not open a message asks for it again when it comes online. A week is promised; the library looks
/// for what is too old only now and then.
const SENT_COPIES: Millis = 8 * DAY;
/// How long a question about health waits.
const CHECK: Duration = Duration::from_secs(15);
const LIMITS: Duration = Duration::from_secs(30);
const LOOK_UP: Duration = Duration::from_secs(60);
/// Tasks of an ended connection may hold the keys a moment longer.
const RELEASE_ROUNDS: u32 = 100;
const RELEASE_ROUND: Duration = Duration::from_millis(50);

pub struct NumberLine {
    network: WhatsApp,
    config: ClientConfig,
    /// Opened with the first connection, which is the first time that a runtime is certain.
    lasting: OnceLock<Lasting>,
    keys: tokio::sync::Mutex<Option<Arc<SqliteStore>>>,
    running: Mutex<Option<Arc<Running>>>,
    /// Phones whose hidden identity core has been told.
    told: Mutex<HashSet<String>>,
}

/// What outlives a connection.
struct Lasting {
    queue: Queue,
    unconfirmed: Arc<Unconfirmed>,
    uploads: Arc<Uploads>,
    /// What the phone calls itself, as it said when it was linked.
    name: Arc<OnceLock<String>>,
}

type Keys<'a> = Turn<'a, Option<Arc<SqliteStore>>>;

impl NumberLine {
    pub fn new(network: WhatsApp, config: ClientConfig) -> Self {
        Self {
            network,
            config,
            lasting: OnceLock::new(),
            keys: tokio::sync::Mutex::default(),
            running: Mutex::default(),
            told: Mutex::default(),
        }
    }

    pub(crate) fn running(&self) -> Option<Arc<Running>> {
        self.slot().clone()
    }

    pub(crate) fn notes(&self) -> &Arc<dyn Notes> {
        &self.config.notes
    }

    pub(crate) fn is_news(&self, phone: &str) -> bool {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(phone.to_owned())
    }

    async fn open(&self) -> Result<(), ClientError> {
        let mut keys = self.keys.lock().await;
        if let Some(running) = self.running()
            && !running.is_over().await
        {
            return Ok(());
        }
        if !self.config.file.exists() {
            return Err(ClientError::NotLinked);
        }
        let (bot, events) = self.prepare_bot(&mut keys, Purpose::Talk).await?;
        if bot.client().pn().is_none() {
            return Err(ClientError::NotLinked);
        }
        let lasting = self.lasting();
        let left = lasting.unconfirmed.left();
        if !left.is_empty() {
            lasting.unconfirmed.told();
            tell_receipts(&lasting.queue, &lasting.unconfirmed, left);
        }
        *self.slot() = Some(Running::start(bot, events));
        Ok(())
    }

    /// A number that is linked anew gets new keys.
    async fn begin_link(&self, purpose: Purpose) -> Result<(), ClientError> {
        let mut keys = self.keys.lock().await;
        self.end_running().await;
        self.remove_keys(&mut keys).await?;
        let (bot, events) = self.prepare_bot(&mut keys, purpose).await?;
        *self.slot() = Some(Running::start(bot, events));
        Ok(())
    }

    async fn prepare_bot(&self, keys: &mut Keys<'_>, purpose: Purpose) -> Result<(Bot, Arc<EventReader>), ClientError> {
        let store = match keys.as_ref() {
            Some(store) => Arc::clone(store),
            None => Arc::clone(keys.insert(keys::open(&self.config.file, &self.config.key).await?)),
        };
        let lasting = self.lasting();
        let events = EventReader::new(Parts {
            purpose: purpose.clone(),
            queue: lasting.queue.clone(),
            unconfirmed: Arc::clone(&lasting.unconfirmed),
            uploads: Arc::clone(&lasting.uploads),
            name: Arc::clone(&lasting.name),
            polls: Polls { notes: Arc::clone(&self.config.notes), clock: self.config.clock.clone() },
            passkeys: self.network.passkeys.clone(),
            clock: self.config.clock.clone(),
        });
        let bot = self.build(store, &events, purpose).await.map_err(|error| ClientError::Keys(error.to_string()))?;
        events.put_on(&bot.client());
        Ok((bot, events))
    }

    async fn build(
        &self,
        store: Arc<SqliteStore>,
        events: &Arc<EventReader>,
        purpose: Purpose,
    ) -> Result<Bot, whatsapp_rust::bot::BotBuilderError> {
        let used = last_version(&store).await;
        let version = self.network.versions.current(&self.network.web, used, self.config.clock.now()).await;
        let dial = Dial { url: Arc::clone(&self.network.url), backlog: self.lasting().queue.backlog() };
        let caches =
            CacheConfig { sent_message_ttl_secs: SENT_COPIES.unsigned_abs() / 1_000, ..CacheConfig::default() };
        let mut builder = Bot::builder()
            .with_backend_arc(store)
            .with_transport_factory(dial)
            .with_http_client(self.network.web.clone())
            .with_runtime(TokioRuntime)
            .with_version(version)
            .with_cache_config(caches)
            .with_inbound_durability_hook(Inbox(Arc::clone(events)));
        if purpose.is_linking() {
            let device = DevicePropsOverride::new().with_os(DEVICE_NAME).with_platform_type(PlatformType::DESKTOP);
            builder = builder.with_device_props(device);
        }
        if let Purpose::LinkByCode(options) = purpose {
            builder = builder.with_pair_code(options);
        }
        builder.build().await
    }

    async fn end_running(&self) {
        // It stays there until then: whoever stops waiting must not make a second one beside it.
        if let Some(running) = self.running() {
            running.end().await;
            self.slot().take();
        }
    }

    async fn leave(&self) -> Result<(), ClientError> {
        let mut keys = self.keys.lock().await;
        if let Some(running) = self.running().filter(|running| running.can_send()) {
            running.say_goodbye().await;
        }
        self.end_running().await;
        self.remove_keys(&mut keys).await
    }

    async fn remove_keys(&self, keys: &mut Keys<'_>) -> Result<(), ClientError> {
        if let Some(store) = keys.take() {
            let gone = Arc::downgrade(&store);
            drop(store);
            for _ in 0..RELEASE_ROUNDS {
                if gone.strong_count() == 0 {
                    break;
                }
                tokio::time::sleep(RELEASE_ROUND).await;
            }
        }
        keys::remove(&self.config.file).map_err(|error| ClientError::Keys(error.to_string()))
    }

    async fn ping(&self) -> Result<Millis, ClientError> {
        let running = self.connected()?;
        let clock = &self.config.clock;
        let before = clock.now();
        running.client.execute(KeepaliveSpec::with_timeout(CHECK)).await.map_err(|_| ClientError::NoAnswer)?;
        Ok((clock.now() - before).max(0))
    }

    async fn ask_limits(&self) -> Result<Limits, ClientError> {
        let running = self.connected()?;
        match tokio::time::timeout(LIMITS, limits::ask(&running.client)).await {
            Ok(Ok(limits)) => Ok(limits),
            Ok(Err(MexError::ExtensionError { message, .. })) => Err(ClientError::Refused(message)),
            Ok(Err(_)) | Err(_) => Err(ClientError::NoAnswer),
        }
    }

    fn linking(&self) -> Result<Arc<EventReader>, ClientError> {
        self.running().map(|running| Arc::clone(&running.events)).ok_or(ClientError::NoPasskeyAsked)
    }

    fn connected(&self) -> Result<Arc<Running>, ClientError> {
        self.running().filter(|running| running.can_send()).ok_or(ClientError::NotConnected)
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<Running>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lasting(&self) -> &Lasting {
        self.lasting.get_or_init(|| {
            let config = &self.config;
            Lasting {
                queue: Queue::open(config.session, config.signals.clone()),
                unconfirmed: Arc::new(Unconfirmed::open(&keys::beside(&config.file, unconfirmed::SUFFIX))),
                uploads: Uploads::new(Arc::clone(&config.notes), config.clock.clone()),
                name: Arc::default(),
            }
        })
    }
}

/// The version of the last connection with these keys.
async fn last_version(store: &SqliteStore) -> (u32, u32, u32) {
    use whatsapp_rust::store::DeviceStore as _;
    let device = store.load().await.ok().flatten();
    device.map_or((0, 0, 0), |it| (it.app_version_primary, it.app_version_secondary, it.app_version_tertiary))
}

fn link_purpose(how: LinkHow) -> Purpose {
    match how {
        LinkHow::Qr => Purpose::LinkByQr,
        LinkHow::PairingCode { phone } => {
            Purpose::LinkByCode(PairCodeOptions { phone_number: phone, ..PairCodeOptions::default() })
        }
    }
}

impl Messenger for NumberLine {
    fn send(&self, part: Outgoing) -> Sending<'_> {
        Box::pin(self.hand_over(part))
    }

    fn look_up(&self, phones: Vec<String>) -> LookingUp<'_> {
        Box::pin(async move {
            let running = self.running().filter(|running| running.can_send()).ok_or(Cause::NotConnected)?;
            let looking = lookup::look_up(&running.client, &running.events, &phones);
            tokio::time::timeout(LOOK_UP, looking).await.unwrap_or(Err(Cause::NoAnswer))
        })
    }
}

impl SessionClient for NumberLine {
    fn connect(&self) -> BoxFuture<'_, Result<(), ClientError>> {
        Box::pin(self.open())
    }

    fn disconnect(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let _turn = self.keys.lock().await;
            self.end_running().await;
        })
    }

    fn link(&self, how: LinkHow) -> BoxFuture<'_, Result<(), ClientError>> {
        Box::pin(self.begin_link(link_purpose(how)))
    }

    fn use_passkey(&self) -> BoxFuture<'_, Result<(), ClientError>> {
        Box::pin(async { self.linking()?.use_passkey().await })
    }

    fn confirm_passkey(&self) -> BoxFuture<'_, Result<(), ClientError>> {
        Box::pin(async { self.linking()?.confirm_passkey().await })
    }

    fn unlink(&self) -> BoxFuture<'_, Result<(), ClientError>> {
        Box::pin(self.leave())
    }

    fn check(&self) -> BoxFuture<'_, Result<Millis, ClientError>> {
        Box::pin(self.ping())
    }

    fn limits(&self) -> BoxFuture<'_, Result<Limits, ClientError>> {
        Box::pin(self.ask_limits())
    }

    fn say(&self, to: String, text: String) -> BoxFuture<'_, Result<(), ClientError>> {
        Box::pin(async move { self.say_plainly(&to, &text).await })
    }

    fn fetch(&self, place: String, most: u64) -> BoxFuture<'_, Result<Vec<u8>, ClientError>> {
        Box::pin(async move { self.fetch_file(&place, most).await })
    }
}
