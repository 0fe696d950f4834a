//! The socket under a connection: dialled without Nagle's delay, which costs tens of milliseconds a message, and read
//! no faster than core takes what is heard.
//!
//! The library takes every frame that arrives and its events cannot wait. So the place to wait is here: while too much
//! is queued for core, nothing is read, and the server's own window fills up.

use std::sync::Arc;

use http::{HeaderValue, Uri, header};
use tokio::net::TcpStream;
use tokio_websockets::ClientBuilder;
use whatsapp_rust::anyhow::{self, Context as _};
use whatsapp_rust::async_channel::{self, Receiver};
use whatsapp_rust::async_trait;
use whatsapp_rust::transport::{
    Connector, Transport, TransportEvent, TransportFactory, default_tls_connector, from_websocket,
};
use whatsapp_rust::wacore::net::WHATSAPP_WEB_ORIGIN;

use crate::queue::Backlog;

pub struct Dial {
    pub url: Arc<str>,
    pub backlog: Backlog,
}

#[async_trait]
impl TransportFactory for Dial {
    async fn create_transport(&self) -> anyhow::Result<(Arc<dyn Transport>, Receiver<TransportEvent>)> {
        let uri: Uri = self.url.parse().context("the address is malformed")?;
        let secure = uri.scheme_str() == Some("wss");
        let host = uri.host().context("the address has no host")?;
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let tcp = TcpStream::connect((host, port)).await.context("the server cannot be reached")?;
        tcp.set_nodelay(true)?;
        let connector = if secure { default_tls_connector() } else { Connector::Plain };
        let stream = connector.wrap(host, tcp).await.context("no secure connection")?;
        let (socket, _) = ClientBuilder::from_uri(uri.clone())
            .add_header(header::ORIGIN, HeaderValue::from_static(WHATSAPP_WEB_ORIGIN))?
            .connect_on(stream)
            .await
            .context("the server refused the connection")?;
        let (transport, events) = from_websocket(socket);
        Ok((transport, gated(events, self.backlog.clone())))
    }
}

fn gated(events: Receiver<TransportEvent>, backlog: Backlog) -> Receiver<TransportEvent> {
    let (pass_on, passed) = async_channel::bounded(1);
    tokio::spawn(async move {
        while let Ok(event) = events.recv().await {
            if matches!(event, TransportEvent::DataReceived(_)) {
                backlog.room().await;
            }
            if pass_on.send(event).await.is_err() {
                return;
            }
        }
    });
    passed
}
