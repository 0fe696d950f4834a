//! A bare client at the emulator: its own dialler without Nagle's delay, an HTTP client that takes the emulator's media
//! host over plain HTTP, an SQLite store, and its events in order.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;
use ulak_emulator::{Emulator, Options};
use whatsapp_rust::bot::{Bot, BotHandle};
use whatsapp_rust::http::{HttpClient, HttpRequest, HttpResponse};
use whatsapp_rust::store::{SqliteStore, SqliteStoreConfig};
use whatsapp_rust::transport::{Transport, TransportEvent, TransportFactory, from_websocket};
use whatsapp_rust::types::events::{ChannelEventHandler, Event, Receipt, ServerAck};
use whatsapp_rust::types::presence::ReceiptType;
use whatsapp_rust::wacore::net::{StreamingHttpResponse, UploadBody};
use whatsapp_rust::waproto::whatsapp::Message;
use whatsapp_rust::{Client, Jid, SendOptions, TokioRuntime, anyhow, async_channel};

pub const OWNER: &str = "905550000001";
pub const SECOND_OWNER: &str = "905550000002";
pub const AYSE: &str = "905550001001";
pub const BUDI: &str = "628123450001";

/// Generous, because the machine may be busy; nothing waits for it to pass.
pub const DEADLINE: Duration = Duration::from_secs(30);

pub struct Dialler(pub String);

#[async_trait]
impl TransportFactory for Dialler {
    async fn create_transport(
        &self,
    ) -> Result<(Arc<dyn Transport>, async_channel::Receiver<TransportEvent>), anyhow::Error> {
        let address = self.0.trim_start_matches("ws://").split('/').next().unwrap();
        let stream = tokio::net::TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let uri = self.0.parse()?;
        let (socket, _) = tokio_websockets::ClientBuilder::from_uri(uri).connect_on(stream).await?;
        Ok(from_websocket(socket))
    }
}

/// The library names media hosts with `https://`; the emulator's one is plain.
pub struct PlainLoopback(whatsapp_rust_ureq_http_client::UreqHttpClient);

fn plain(mut request: HttpRequest) -> HttpRequest {
    if let Some(rest) = request.url.strip_prefix("https://127.0.0.1:") {
        request.url = format!("http://127.0.0.1:{rest}");
    }
    request
}

#[async_trait]
impl HttpClient for PlainLoopback {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, anyhow::Error> {
        self.0.execute(plain(request)).await
    }

    fn supports_streaming(&self) -> bool {
        self.0.supports_streaming()
    }

    fn execute_streaming(&self, request: HttpRequest) -> Result<StreamingHttpResponse, anyhow::Error> {
        self.0.execute_streaming(plain(request))
    }

    fn supports_upload_streaming(&self) -> bool {
        self.0.supports_upload_streaming()
    }

    fn execute_upload(
        &self,
        request: HttpRequest,
        body: UploadBody,
        length: u64,
    ) -> Result<HttpResponse, anyhow::Error> {
        self.0.execute_upload(plain(request), body, length)
    }
}

pub async fn emulator() -> Emulator {
    Emulator::start(Options::default()).await.unwrap()
}

/// A client that runs. Its store is a file in `folder`, so that another run can go on from it.
pub struct Running {
    pub client: Arc<Client>,
    events: async_channel::Receiver<Arc<Event>>,
    passed: tokio::sync::Mutex<Vec<Arc<Event>>>,
    bot: BotHandle,
    folder: TempDir,
}

impl Running {
    pub async fn start(emulator: &Emulator) -> Self {
        Self::start_in(emulator, TempDir::new().unwrap()).await
    }

    pub async fn start_in(emulator: &Emulator, folder: TempDir) -> Self {
        Self::start_at(emulator.chat_url(), folder).await
    }

    pub async fn start_at(chat_url: String, folder: TempDir) -> Self {
        Self::start_with(chat_url, folder, SqliteStoreConfig::default()).await
    }

    pub async fn start_with(chat_url: String, folder: TempDir, config: SqliteStoreConfig) -> Self {
        let file = folder.path().join("session.db");
        let store = SqliteStore::with_config(file.to_str().unwrap(), config).await.unwrap();
        let bot = Bot::builder()
            .with_backend(store)
            .with_transport_factory(Dialler(chat_url))
            .with_http_client(PlainLoopback(whatsapp_rust_ureq_http_client::UreqHttpClient::new()))
            .with_runtime(TokioRuntime)
            .with_version((2, 3000, 0))
            .with_push_name("Owner")
            .build()
            .await
            .unwrap();
        let client = bot.client();
        let (handler, events) = ChannelEventHandler::new();
        client.subscribe_handler(handler).detach();
        Self { client, events, passed: tokio::sync::Mutex::default(), bot: bot.spawn(), folder }
    }

    /// Started, linked to the owner by QR code and ready.
    pub async fn linked(emulator: &Emulator, owner: &str) -> Self {
        let running = Self::start(emulator).await;
        let code = running.qr_code().await;
        emulator.scan(&code, owner).await.unwrap();
        running.connected().await;
        running
    }

    pub async fn qr_code(&self) -> String {
        self.event(|event| match event {
            Event::PairingQrCode(qr) => Some(qr.code.clone()),
            _ => None,
        })
        .await
    }

    pub async fn connected(&self) {
        self.client.wait_for_connected(DEADLINE).await.unwrap();
    }

    /// Takes the first event that fits, of those that came already or will come. The client handles acks and receipts
    /// in tasks of their own, so what was sent first need not come first.
    pub async fn event<T>(&self, mut fits: impl FnMut(&Event) -> Option<T>) -> T {
        let mut passed = self.passed.lock().await;
        for at in 0..passed.len() {
            if let Some(found) = fits(&passed[at]) {
                passed.remove(at);
                return found;
            }
        }
        let wait = async {
            loop {
                let event = self.events.recv().await.unwrap();
                match fits(&event) {
                    Some(found) => return found,
                    None => passed.push(event),
                }
            }
        };
        tokio::time::timeout(DEADLINE, wait).await.expect("the awaited event never came")
    }

    pub async fn ack(&self, id: &str) -> ServerAck {
        self.event(|event| match event {
            Event::ServerAck(ack) if ack.id == id && ack.class.as_deref() == Some("message") => Some(ack.clone()),
            _ => None,
        })
        .await
    }

    pub async fn receipt(&self, id: &str, kind: ReceiptType) -> Receipt {
        self.event(|event| match event {
            Event::Receipt(receipt)
                if receipt.r#type == kind && receipt.message_ids.iter().any(|other| other == id) =>
            {
                Some(receipt.clone())
            }
            _ => None,
        })
        .await
    }

    pub async fn send(&self, to: &str, id: &str, text: &str) {
        let message = Message { conversation: Some(text.to_owned()), ..Message::default() };
        self.send_message(Jid::pn(to), id, message).await;
    }

    pub async fn send_message(&self, to: Jid, id: &str, message: Message) {
        let options = SendOptions::default().with_message_id(id);
        let sending = self.client.send_message_with_options(to, message, options);
        tokio::time::timeout(DEADLINE, sending).await.expect("sending hangs").unwrap();
    }

    /// The text of the next message that somebody writes to the owner, with the address it came from.
    pub async fn incoming(&self) -> (Jid, String) {
        self.event(|event| match event {
            Event::Messages(batch) => batch.messages.iter().find_map(|inbound| {
                let text = inbound.message.conversation.clone()?;
                Some((inbound.info.source.sender.clone(), text))
            }),
            _ => None,
        })
        .await
    }

    /// Ends the client and keeps its store.
    pub async fn stop(self) -> TempDir {
        self.bot.shutdown().await;
        self.folder
    }
}
