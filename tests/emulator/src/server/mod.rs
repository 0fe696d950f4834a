//! The network side: a port that can be shut and opened again, the chat socket and the media host behind it.

mod app_state;
mod chat;
mod delivery;
mod iq;
mod keys;
mod media_host;
mod message;
mod replies;
mod usync;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Extension, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, extract::DefaultBodyLimit};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::error::Result;
use crate::sync::lock;
use crate::world::World;

/// Larger than the largest document that WhatsApp takes.
const LARGEST_UPLOAD: usize = 120 << 20;

/// Cuts the connection that a request came over.
#[derive(Clone)]
pub(crate) struct Line {
    cut: Arc<Notify>,
    open: watch::Receiver<bool>,
}

impl Line {
    pub(crate) fn cut(&self) {
        self.cut.notify_one();
    }

    /// Returns when the line was cut or the whole server went away.
    pub(crate) async fn gone(&mut self) {
        tokio::select! {
            () = self.cut.notified() => {}
            _ = self.open.wait_for(|open| !open) => {}
        }
    }
}

/// A loopback port with a router behind it.
pub(crate) struct Port {
    router: Router,
    number: Mutex<u16>,
    running: Mutex<Option<(JoinHandle<()>, watch::Sender<bool>)>>,
}

impl Port {
    pub(crate) fn new(number: u16, router: Router) -> Self {
        Self { router, number: Mutex::new(number), running: Mutex::default() }
    }

    /// Listens, on the same port as before if it was shut in between.
    pub(crate) async fn open(&self) -> Result<u16> {
        let wanted = *lock(&self.number);
        if lock(&self.running).is_some() {
            return Ok(wanted);
        }
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, wanted))).await?;
        let number = listener.local_addr()?.port();
        *lock(&self.number) = number;
        let (open, is_open) = watch::channel(true);
        let accepting = tokio::spawn(accept(listener, self.router.clone(), is_open));
        *lock(&self.running) = Some((accepting, open));
        Ok(number)
    }

    /// Refuses new connections and cuts those that exist.
    pub(crate) async fn shut(&self) {
        let running = lock(&self.running).take();
        if let Some((accepting, open)) = running {
            let _ = open.send(false);
            accepting.abort();
            // The port is free only when the task has let go of its listener.
            let _ = accepting.await;
        }
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        if let Some((accepting, _)) = lock(&self.running).take() {
            accepting.abort();
        }
    }
}

async fn accept(listener: TcpListener, router: Router, open: watch::Receiver<bool>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        tokio::spawn(serve(stream, router.clone(), Line { cut: Arc::default(), open: open.clone() }));
    }
}

async fn serve(stream: TcpStream, router: Router, mut line: Line) {
    let service = TowerToHyperService::new(router.layer(Extension(line.clone())));
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::select! {
        _ = connection => {}
        () = line.gone() => {}
    }
}

pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/ws/chat", get(chat_socket))
        .route("/mms/{kind}/{token}", post(media_host::upload))
        .route("/v/{kind}/{file}", get(media_host::download))
        .layer(DefaultBodyLimit::max(LARGEST_UPLOAD))
        .with_state(world)
}

async fn chat_socket(
    State(world): State<Arc<World>>,
    Extension(line): Extension<Line>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade.on_upgrade(move |socket| chat::serve(world, socket, line))
}
