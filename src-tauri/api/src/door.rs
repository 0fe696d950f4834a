//! The door itself: two sockets on the loopback addresses, opened and shut as its owner wishes.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, broadcast, watch};
use tokio::task::JoinHandle;
use ulak_core::app::App;
use ulak_core::event::Event;
use ulak_core::program::{Listening, Scope};
use ulak_core::supervise::{Task, supervise};

use crate::gate::{FILES, Inside, gate, needs};
use crate::problem::{Refused, Unfit};
use crate::{campaigns, changes, contacts, credits, document, events, media, messages, metrics, sessions, templates};

const MOST_CONNECTIONS: usize = 128;
const HEADER_PATIENCE: Duration = Duration::from_secs(15);
/// What is being answered when the door shuts is answered, in this time at most.
const LAST_ANSWERS: Duration = Duration::from_secs(3);
/// A port that another program has is tried again, and use is written down, this often.
const ROUND: Duration = Duration::from_secs(15);

const USUAL_BODY: usize = 1024 * 1024;
/// A message with its files in base64.
const MESSAGE_BODY: usize = 24 * 1024 * 1024;
const BULK_BODY: usize = 16 * 1024 * 1024;
const FILE_BODY: usize = 100 * 1024 * 1024;

/// Keeps the door as the settings want it, until `close`.
pub struct Kept {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Kept {
    /// Shuts the door, before the App closes its data.
    pub async fn close(self) {
        self.stop.send_replace(true);
        let _ = self.task.await;
    }
}

pub fn keep(app: &Arc<App>) -> Kept {
    let (stop, stopped) = watch::channel(false);
    let app = app.clone();
    let task = tokio::spawn(async move {
        let supervision = app.supervision().clone();
        supervise(Task::Programs, &supervision, || follow(&app, stopped.clone())).await;
    });
    Kept { stop, task }
}

async fn follow(app: &Arc<App>, mut stop: watch::Receiver<bool>) {
    let mut events = app.events().subscribe();
    let mut door: Option<OpenDoor> = None;
    while !*stop.borrow() {
        match app.programs().door().await {
            Ok(wanted) => {
                let port = Some(wanted.port).filter(|_| wanted.open);
                if door.as_ref().map(|door| door.port) != port {
                    if let Some(open) = door.take() {
                        open.close().await;
                    }
                    door = try_open(app, port).await;
                }
            }
            Err(problem) => tracing::warn!(%problem, "whether other programs are let in could not be read"),
        }
        if let Err(problem) = app.programs().note_used().await {
            tracing::warn!(%problem, "how often tokens were used is not written down yet");
        }
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = changed(&mut events) => {}
            () = tokio::time::sleep(ROUND) => {}
        }
    }
    if let Some(open) = door.take() {
        open.close().await;
    }
    if let Err(problem) = app.programs().note_used().await {
        tracing::warn!(%problem, "how often tokens were used is not written down");
    }
}

/// Something changed that may concern the door.
async fn changed(events: &mut broadcast::Receiver<Event>) {
    loop {
        match events.recv().await {
            Ok(Event::ProgramsChanged) | Err(broadcast::error::RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Closed) => return std::future::pending().await,
        }
    }
}

async fn try_open(app: &Arc<App>, port: Option<u16>) -> Option<OpenDoor> {
    let Some(port) = port else {
        app.programs().set_listening(Listening::Shut);
        return None;
    };
    match open(app, port).await {
        Ok(door) => {
            app.programs().set_listening(Listening::Open { port });
            Some(door)
        }
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            app.programs().set_listening(Listening::Taken { port });
            None
        }
        Err(error) => {
            app.programs().set_listening(Listening::Failed { port, reason: error.to_string() });
            None
        }
    }
}

/// A door that is open, until `close`.
pub struct OpenDoor {
    pub port: u16,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl OpenDoor {
    pub async fn close(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

/// Listens on 127.0.0.1 and on [::1], under one port on both; 0 takes any that is free. A computer without IPv6 has the
/// first alone. Where another program has one of them, nothing is opened: who comes by the other would meet it.
pub async fn open(app: &Arc<App>, port: u16) -> io::Result<OpenDoor> {
    let first = TcpListener::bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)).await?;
    let port = first.local_addr()?.port();
    let second = match TcpListener::bind(SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port)).await {
        Ok(listener) => Some(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
        Err(error) => {
            tracing::info!(%error, "this computer has no IPv6 loopback address");
            None
        }
    };
    let (stop, stopped) = watch::channel(false);
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let rooms = routes(Inside::new(app.clone(), port, stopped.clone()));
    let listen = |listener| tokio::spawn(listen(listener, rooms.clone(), stopped.clone(), room.clone()));
    let tasks = std::iter::once(first).chain(second).map(listen).collect();
    Ok(OpenDoor { port, stop, tasks })
}

async fn listen(listener: TcpListener, rooms: Router, mut stop: watch::Receiver<bool>, room: Arc<Semaphore>) {
    let mut guests = tokio::task::JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            accepted = listener.accept() => accepted,
        };
        while guests.try_join_next().is_some() {}
        match accepted {
            // Too many are here: whoever else comes is not kept waiting.
            Ok((stream, _)) => {
                if let Ok(place) = room.clone().try_acquire_owned() {
                    let (rooms, stop) = (rooms.clone(), stop.clone());
                    guests.spawn(async move {
                        serve(stream, rooms, stop).await;
                        drop(place);
                    });
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a program could not be let in");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    while guests.join_next().await.is_some() {}
}

async fn serve(stream: TcpStream, rooms: Router, mut stop: watch::Receiver<bool>) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_PATIENCE)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(rooms));
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return told(ended),
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    if let Ok(ended) = tokio::time::timeout(LAST_ANSWERS, connection).await {
        told(ended);
    }
}

/// Programs go as they please; that is no fault of ours.
fn told(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection of another program ended");
    }
}

fn routes(inside: Inside) -> Router {
    use Scope::{Admin, Contacts, Read, Send};
    let limit = DefaultBodyLimit::max;
    Router::new()
        .route("/api/health", get(metrics::health))
        .route("/api/openapi.json", get(document::json))
        .route("/api/docs", get(document::page))
        .route("/api/docs/try.js", get(document::script))
        .route("/api/docs/try.css", get(document::style))
        .route("/api/whatsapp/send", needs(Send, post(messages::send).layer(limit(MESSAGE_BODY))))
        .route("/api/whatsapp/send-bulk", needs(Send, post(messages::send_bulk).layer(limit(BULK_BODY))))
        .route("/api/whatsapp/send-bulk/{id}", needs(Read, get(messages::bulk)))
        .route("/api/whatsapp/message/{id}/status", needs(Read, get(messages::status)))
        .route("/api/whatsapp/message/{id}/cancel", needs(Send, post(messages::cancel)))
        .route("/api/whatsapp/sessions", needs(Read, get(sessions::list)).merge(needs(Admin, post(sessions::link))))
        .route("/api/whatsapp/sessions/{id}", needs(Admin, delete(sessions::remove)))
        .route("/api/whatsapp/sessions/{id}/qr", needs(Admin, get(sessions::qr)))
        .route("/api/whatsapp/sessions/{id}/passkey", needs(Admin, post(sessions::passkey)))
        .route(
            "/api/whatsapp/templates",
            needs(Read, get(templates::list)).merge(needs(Admin, post(templates::create))),
        )
        .route("/api/whatsapp/templates/preview", needs(Read, post(templates::preview)))
        .route(
            "/api/whatsapp/templates/{id}",
            needs(Read, get(templates::one)).merge(needs(Admin, put(templates::save).delete(templates::remove))),
        )
        .route("/api/contacts", needs(Read, get(contacts::list)).merge(needs(Contacts, post(contacts::bring))))
        .route("/api/contacts/{id}", needs(Read, get(contacts::one)).merge(needs(Contacts, delete(contacts::erase))))
        .route("/api/contacts/{id}/tags", needs(Contacts, put(contacts::tag)))
        .route("/api/contacts/{id}/standing", needs(Contacts, put(contacts::standing)))
        .route("/api/contacts/{id}/consent", needs(Contacts, put(contacts::consent).delete(contacts::withdraw)))
        .route("/api/segments", needs(Read, get(contacts::segments)))
        .route("/api/campaigns", needs(Read, get(campaigns::list)).merge(needs(Admin, post(campaigns::create))))
        .route("/api/campaigns/{id}", needs(Read, get(campaigns::report)))
        .route("/api/campaigns/{id}/schedule", needs(Admin, post(campaigns::schedule)))
        .route("/api/campaigns/{id}/pause", needs(Admin, post(campaigns::pause)))
        .route("/api/campaigns/{id}/resume", needs(Admin, post(campaigns::resume)))
        .route("/api/campaigns/{id}/cancel", needs(Admin, post(campaigns::cancel)))
        .route("/api/pause", needs(Admin, post(campaigns::pause_everything)))
        .route("/api/resume", needs(Admin, post(campaigns::resume_everything)))
        .route(FILES, needs(Send, post(media::upload).layer(limit(FILE_BODY))))
        .route("/api/credits", needs(Read, get(credits::balance)))
        .route("/api/metrics", needs(Read, get(metrics::figures)))
        .route("/metrics", needs(Read, get(metrics::prometheus)))
        .route("/api/events/{name}", needs(Send, post(events::tell)))
        .route("/api/changes", needs(Read, get(changes::poll)))
        .route("/api/changes/stream", needs(Read, get(changes::stream)))
        .fallback(|| async { Refused::from(Unfit::Path) })
        .layer(limit(USUAL_BODY))
        .layer(from_fn_with_state(inside.clone(), gate))
        .with_state(inside)
}
