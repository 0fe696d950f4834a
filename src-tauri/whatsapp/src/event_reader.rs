//! Reads the events of one connection: every one of the library comes here, synchronously and in the library's order.
//!
//! An ack goes straight to whoever waits for it. Everything else goes into the number's queue. A message of a person
//! is confirmed to the server only when core has kept it (`Inbox`), a receipt when it stands in the file of what is
//! unconfirmed.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use ulak_core::clock::{MINUTE, Millis, SECOND, SharedClock};
use ulak_core::session::client::{ClientError, Closed, LinkEnd, Signal};
use whatsapp_rust::Client;
use whatsapp_rust::pair_code::PairCodeOptions;
use whatsapp_rust::passkey::{PasskeyError, parse_request_options};
use whatsapp_rust::store::commands::DeviceCommand;
use whatsapp_rust::types::events::{self, Event, EventHandler, EventInterest, EventKind};
use whatsapp_rust::types::presence::ReceiptType;

use crate::acks::Acks;
use crate::heard::{self, Own, lid_of, phone_of};
use crate::limits;
use crate::passkey::{self, Passkeys};
use crate::polls::Polls;
use crate::queue::Queue;
use crate::unconfirmed::Unconfirmed;
use crate::upload::Uploads;

/// How long the server may take to end the connection after a link was accepted.
const FAREWELL: Duration = Duration::from_secs(10);
/// The phone's own activity is told this often at most.
const SEEN_EVERY: Millis = MINUTE;
/// How long the library's QR codes last together: a minute, and five times twenty seconds. It closes the connection
/// then even if WhatsApp waits for a passkey; can go when it no longer does.
const QR_CODES: Duration = Duration::from_secs(160);
/// What an owner needs for a passkey at least. A QR code that would leave less is not shown any more.
const PASSKEY_NEEDS: Millis = 50 * SECOND;
/// The library writes a typed code off a minute after the phone has answered, also where WhatsApp waits for a passkey.
/// Until then it keeps the connection when the QR codes are spent.
const CODE_WRITTEN_OFF: Millis = MINUTE;

const HEARD: &[EventKind] = &[
    EventKind::Connected,
    EventKind::Disconnected,
    EventKind::PairSuccess,
    EventKind::PairError,
    EventKind::LoggedOut,
    EventKind::PairingQrCode,
    EventKind::PairingQrCodesExhausted,
    EventKind::PairingCode,
    EventKind::PairingCodeRefresh,
    EventKind::PairingCodeError,
    EventKind::PairPasskeyRequest,
    EventKind::PairPasskeyConfirmation,
    EventKind::PairPasskeyError,
    EventKind::ClientOutdated,
    EventKind::Messages,
    EventKind::Receipt,
    EventKind::ServerAck,
    EventKind::ContactUpdate,
    EventKind::StreamReplaced,
    EventKind::TemporaryBan,
    EventKind::ConnectFailure,
    EventKind::MexNotification,
];

/// What a connection is for.
#[derive(Clone, Debug)]
pub enum Purpose {
    Talk,
    LinkByQr,
    LinkByCode(PairCodeOptions),
}

impl Purpose {
    pub fn is_linking(&self) -> bool {
        !matches!(self, Self::Talk)
    }
}

pub struct EventReader {
    pub purpose: Purpose,
    pub queue: Queue,
    pub unconfirmed: Arc<Unconfirmed>,
    pub acks: Acks,
    pub uploads: Arc<Uploads>,
    pub polls: Polls,
    pub passkeys: Passkeys,
    /// What the phone calls itself, as it said when it was linked.
    pub name: Arc<OnceLock<String>>,
    pub clock: SharedClock,
    /// Asks for the end of the connection.
    pub stop: Notify,
    /// Messages may be sent.
    pub ready: AtomicBool,
    /// Told when the phone has accepted.
    pub accepted: Notify,
    client: OnceLock<Weak<Client>>,
    ending: Mutex<Ending>,
    phone_seen: AtomicI64,
}

/// What has been learnt about how the connection ends.
#[derive(Default)]
struct Ending {
    closed: Option<Closed>,
    linked: Option<Signal>,
    link_end: Option<LinkEnd>,
    code_until: Option<Millis>,
    /// When the library gives up its QR codes, and the connection with them.
    qr_until: Option<Millis>,
    passkey: Option<Passkey>,
}

/// A passkey that WhatsApp asked for.
struct Passkey {
    options: String,
    until: Millis,
    /// When the library closes the connection below it, where that is known.
    closes_at: Option<Millis>,
    /// The system has answered.
    answered: bool,
}

pub struct Parts {
    pub purpose: Purpose,
    pub queue: Queue,
    pub unconfirmed: Arc<Unconfirmed>,
    pub uploads: Arc<Uploads>,
    pub polls: Polls,
    pub passkeys: Passkeys,
    pub name: Arc<OnceLock<String>>,
    pub clock: SharedClock,
}

impl EventReader {
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            purpose: parts.purpose,
            queue: parts.queue,
            unconfirmed: parts.unconfirmed,
            acks: Acks::default(),
            uploads: parts.uploads,
            polls: parts.polls,
            passkeys: parts.passkeys,
            name: parts.name,
            clock: parts.clock,
            stop: Notify::new(),
            ready: AtomicBool::new(false),
            accepted: Notify::new(),
            client: OnceLock::new(),
            ending: Mutex::default(),
            phone_seen: AtomicI64::new(Millis::MIN / 2),
        })
    }

    /// Begins to listen. The client keeps the events, not the other way round.
    pub fn put_on(self: &Arc<Self>, client: &Arc<Client>) {
        let _ = self.client.set(Arc::downgrade(client));
        client.subscribe_handler(Arc::new(Handler(Arc::clone(self)))).detach();
    }

    pub fn own(&self) -> Own {
        let client = self.client.get().and_then(Weak::upgrade);
        client.map(|client| Own { phone: client.pn(), lid: client.lid() }).unwrap_or_default()
    }

    /// The signal that the end of this connection gives.
    pub fn last_signal(&self) -> Signal {
        let mut ending = self.ending();
        match self.purpose {
            Purpose::Talk => Signal::Closed(ending.closed.take().unwrap_or(Closed::Lost { reason: String::new() })),
            _ => match (ending.linked.take(), ending.link_end, &ending.closed) {
                (Some(linked), ..) => linked,
                (None, Some(end), _) => Signal::LinkEnded(end),
                (None, None, None | Some(Closed::Lost { .. })) => Signal::LinkEnded(LinkEnd::Lost),
                (None, None, Some(_)) => Signal::LinkEnded(LinkEnd::Refused),
            },
        }
    }

    pub fn was_linked(&self) -> bool {
        self.ending().linked.is_some()
    }

    /// The first reason counts, because what comes after is its consequence; but any tells more than a lost connection.
    pub fn close(&self, closed: Closed) {
        let lost = matches!(closed, Closed::Lost { .. });
        let mut ending = self.ending();
        match &ending.closed {
            Some(Closed::Lost { .. }) if !lost => ending.closed = Some(closed),
            Some(_) => {}
            None => ending.closed = Some(closed),
        }
    }

    /// The server said why the connection is lost.
    pub fn close_because(&self, closed: Closed) {
        let mut ending = self.ending();
        if matches!(ending.closed, None | Some(Closed::Lost { .. })) {
            ending.closed = Some(closed);
        }
    }

    pub fn phone_seen(&self) {
        let now = self.clock.now();
        let last = self.phone_seen.load(Ordering::Relaxed);
        if now.saturating_sub(last) >= SEEN_EVERY
            && self.phone_seen.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            self.queue.push(Signal::PhoneSeen);
        }
    }

    pub fn hear_time(&self, servers: Millis) {
        self.queue.push(Signal::ClockAhead { by: self.clock.now().saturating_sub(servers) });
    }

    fn hear(self: &Arc<Self>, event: &Event) {
        match event {
            Event::ServerAck(ack) => self.hear_ack(ack),
            Event::Receipt(receipt) => self.hear_receipt(receipt),
            Event::Messages(batch) if !batch.hook_committed => self.hear_late_messages(batch),
            Event::Connected(_) => self.hear_connected(),
            Event::ContactUpdate(update) => heard::name(update).into_iter().for_each(|name| self.queue.push(name)),
            Event::MexNotification(notice) => {
                limits::of_notice(&notice.payload).into_iter().for_each(|told| self.queue.push(told));
            }
            event => match heard::closed(event, self.clock.now()) {
                Some(closed) => {
                    self.close(closed);
                    if !matches!(event, Event::Disconnected(_)) {
                        // After some refusals the library means to try again by itself.
                        self.stop.notify_one();
                    }
                }
                None => self.hear_linking(event),
            },
        }
    }

    /// Acks come for receipts and notices too; only those of messages decide anything.
    fn hear_ack(&self, ack: &events::ServerAck) {
        if ack.class.as_deref() == Some("message") {
            self.acks.resolve(&ack.id, ack.error.clone());
        }
    }

    fn hear_receipt(self: &Arc<Self>, receipt: &events::Receipt) {
        let own = self.own();
        if heard::phone_confirmed(&own, receipt) {
            self.phone_seen();
        }
        if receipt.r#type == ReceiptType::ServerError {
            let (events, ids) = (Arc::clone(self), receipt.message_ids.clone());
            tokio::spawn(async move {
                for id in ids {
                    events.uploads.doubt(&id).await;
                }
            });
        }
        let receipts = heard::receipts(&own, receipt);
        if !receipts.is_empty() {
            self.unconfirmed.told();
            self.unconfirmed.write(&receipts);
            tell_receipts(&self.queue, &self.unconfirmed, receipts);
        }
    }

    /// Messages that the phone handed over later, past the hook: they are confirmed already.
    fn hear_late_messages(self: &Arc<Self>, batch: &events::MessageBatch) {
        let (events, batch) = (Arc::clone(self), batch.clone());
        let Some(client) = self.client.get().and_then(Weak::upgrade) else { return };
        tokio::spawn(async move {
            let inbox = crate::inbox::Inbox(events);
            for message in &batch {
                let _ = inbox.hear(&client, message).await;
            }
        });
    }

    fn hear_connected(&self) {
        self.ready.store(true, Ordering::SeqCst);
        self.queue.push(Signal::Connected);
        let Some(client) = self.client.get().and_then(Weak::upgrade) else { return };
        let name = self.name.get().cloned();
        tokio::spawn(async move {
            // Without a name the library waits ten seconds for settings at every connection.
            if let Some(name) = name.filter(|_| client.push_name().is_empty()) {
                client.persistence_manager().process_command(DeviceCommand::SetPushName(name)).await;
            }
            // A device that is "online" keeps the phone from ringing; the library says so at every connection.
            client.presence().set_unavailable().await
        });
    }

    fn hear_linking(self: &Arc<Self>, event: &Event) {
        match (event, &self.purpose) {
            (Event::PairingQrCode(qr), purpose) if purpose.is_linking() => self.hear_qr(qr),
            (Event::PairingQrCodesExhausted(spent), purpose) if purpose.is_linking() && spent.disconnected => {
                self.end_linking(self.out_of_time());
            }
            // What the library makes of a code whose owner got as far as the passkey decides nothing any more.
            (Event::PairingCode(_) | Event::PairingCodeRefresh(_) | Event::PairingCodeError(_), _)
                if self.ending().passkey.is_some() => {}
            (Event::PairingCode(pairing), Purpose::LinkByCode(_)) => self.hear_code(pairing),
            (Event::PairingCodeRefresh(_), Purpose::LinkByCode(options)) => self.ask_for_code(options.clone()),
            (Event::PairingCodeError(_), Purpose::LinkByCode(_)) | (Event::PairError(_), _) => {
                self.end_linking(LinkEnd::Refused);
            }
            (Event::PairPasskeyRequest(request), purpose) if purpose.is_linking() => self.hear_passkey(request),
            (Event::PairPasskeyConfirmation(confirmation), _) => self.hear_passkey_code(confirmation),
            (Event::PairPasskeyError(error), _) => {
                tracing::warn!(error = error.error, "WhatsApp did not take the passkey");
                self.end_linking(LinkEnd::PasskeyRefused);
            }
            (Event::PairSuccess(pair), _) => self.hear_pair(pair),
            _ => {}
        }
    }

    /// The library goes on with its codes while the owner looks for the passkey, and has some beside a code to type.
    fn hear_qr(&self, qr: &events::PairingQrCode) {
        let (expires_at, last) = (self.after(qr.timeout), self.after(QR_CODES));
        let mut ending = self.ending();
        let until = *ending.qr_until.get_or_insert(last);
        if ending.passkey.is_some() || !matches!(self.purpose, Purpose::LinkByQr) {
            return;
        }
        drop(ending);
        if leaves_time(expires_at, until) {
            self.queue.push(Signal::Qr { code: qr.code.clone(), expires_at });
        } else {
            self.end_linking(LinkEnd::Exhausted);
        }
    }

    fn out_of_time(&self) -> LinkEnd {
        if self.ending().passkey.is_some() { LinkEnd::PasskeyTooLate } else { LinkEnd::Exhausted }
    }

    fn hear_passkey(self: &Arc<Self>, request: &events::PairPasskeyRequest) {
        if self.passkeys.is_none() {
            return self.end_linking(LinkEnd::PasskeyUnavailable);
        }
        let options = request.request_options_json.clone();
        let mut ending = self.ending();
        let now = self.clock.now();
        let told = now.saturating_add(passkey::patience(&options));
        let closes_at = closes_at(&self.purpose, ending.qr_until, now);
        let until = closes_at.map_or(told, |last| last.min(told));
        ending.code_until = None;
        ending.passkey = Some(Passkey { options, until, closes_at, answered: false });
        drop(ending);
        self.queue.push(Signal::Passkey { expires_at: until });
        let (events, wait) = (Arc::clone(self), self.clock.real_wait(until));
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let waits = events.ending().passkey.as_ref().is_some_and(|asked| asked.until == until && !asked.answered);
            if waits {
                events.end_linking(LinkEnd::PasskeyTooLate);
            }
        });
    }

    /// The system asks the owner, and what it was told goes to WhatsApp.
    pub async fn use_passkey(&self) -> Result<(), ClientError> {
        let (client, options) = self.asked_for_passkey()?;
        let authenticator = self.passkeys.as_ref().ok_or(ClientError::NoPasskeyAsked)?;
        let request = parse_request_options(&options).map_err(passkey::failed)?;
        let assertion = authenticator.get_assertion(&request).await.map_err(passkey::failed)?;
        match &mut self.ending().passkey {
            Some(asked) if !asked.answered => asked.answered = true,
            _ => return Err(ClientError::NoPasskeyAsked),
        }
        client.send_passkey_response(assertion).await.map_err(|error| self.passkey_refused(error))
    }

    pub async fn confirm_passkey(&self) -> Result<(), ClientError> {
        let (client, _) = self.asked_for_passkey()?;
        client.send_passkey_confirmation().await.map_err(|error| self.passkey_refused(error))
    }

    fn passkey_refused(&self, error: PasskeyError) -> ClientError {
        tracing::warn!(%error, "WhatsApp did not take the passkey");
        self.end_linking(LinkEnd::PasskeyRefused);
        passkey::failed(error)
    }

    fn asked_for_passkey(&self) -> Result<(Arc<Client>, String), ClientError> {
        let options = self.ending().passkey.as_ref().map(|asked| asked.options.clone());
        let client = self.client.get().and_then(Weak::upgrade);
        client.zip(options).ok_or(ClientError::NoPasskeyAsked)
    }

    /// A phone that knew this computer from an earlier link shows no code.
    fn hear_passkey_code(self: &Arc<Self>, confirmation: &events::PairPasskeyConfirmation) {
        if !confirmation.skip_handoff_ux {
            let expires_at = self.ending().passkey.as_ref().and_then(|asked| asked.closes_at);
            self.queue.push(Signal::PasskeyCode { code: confirmation.code.clone(), expires_at });
            return;
        }
        let events = Arc::clone(self);
        tokio::spawn(async move { events.confirm_passkey().await });
    }

    fn hear_code(self: &Arc<Self>, pairing: &events::PairingCode) {
        let expires_at = self.after(pairing.timeout);
        self.ending().code_until = Some(expires_at);
        self.queue.push(Signal::Code { code: pairing.code.clone(), expires_at });
        let (events, wait) = (Arc::clone(self), self.clock.real_wait(expires_at));
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            if events.ending().code_until == Some(expires_at) {
                events.end_linking(LinkEnd::Exhausted);
            }
        });
    }

    fn ask_for_code(&self, options: PairCodeOptions) {
        if let Some(client) = self.client.get().and_then(Weak::upgrade) {
            // What comes of it is an event again.
            tokio::spawn(async move { client.pair_with_code(options).await });
        }
    }

    fn hear_pair(self: &Arc<Self>, pair: &events::PairSuccess) {
        let Some(phone) = phone_of(&pair.id) else { return self.end_linking(LinkEnd::Refused) };
        let linked = Signal::Linked { phone, lid: lid_of(&pair.lid), push_name: pair.business_name.clone() };
        if !pair.business_name.is_empty() {
            let _ = self.name.set(pair.business_name.clone());
        }
        self.ending().linked = Some(linked);
        self.accepted.notify_one();
        let events = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(FAREWELL).await;
            events.stop.notify_one();
        });
    }

    fn end_linking(&self, end: LinkEnd) {
        let mut ending = self.ending();
        if ending.linked.is_none() {
            ending.link_end.get_or_insert(end);
            self.stop.notify_one();
        }
    }

    fn after(&self, wait: Duration) -> Millis {
        self.clock.now().saturating_add(Millis::try_from(wait.as_millis()).unwrap_or(0))
    }

    fn ending(&self) -> MutexGuard<'_, Ending> {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a code that is scanned at the last moment still leaves what an owner needs for a passkey.
fn leaves_time(expires_at: Millis, qr_until: Millis) -> bool {
    qr_until.saturating_sub(expires_at) >= PASSKEY_NEEDS
}

/// When the library closes the connection below a passkey that WhatsApp asks for now. A typed code that is not written
/// off by the time when the QR codes are spent keeps it.
fn closes_at(purpose: &Purpose, qr_until: Option<Millis>, now: Millis) -> Option<Millis> {
    let typed = matches!(purpose, Purpose::LinkByCode(_));
    qr_until.filter(|until| !typed || until.saturating_sub(now) > CODE_WRITTEN_OFF)
}

/// Tells receipts of one stanza; core's answer to the last is its answer to all.
pub fn tell_receipts(
    queue: &Queue,
    unconfirmed: &Arc<Unconfirmed>,
    mut receipts: Vec<ulak_core::session::messenger::Receipt>,
) {
    let Some(last) = receipts.pop() else { return };
    receipts.into_iter().for_each(|receipt| queue.push(Signal::Receipt(receipt)));
    let (answer, unconfirmed) = (queue.push_to_keep(Signal::Receipt(last)), Arc::clone(unconfirmed));
    tokio::spawn(async move { unconfirmed.answered(answer.await.is_ok()) });
}

struct Handler(Arc<EventReader>);

impl EventHandler for Handler {
    fn handle_event(&self, event: Arc<Event>) {
        self.0.hear(&event);
    }

    fn interest(&self) -> EventInterest {
        EventInterest::of(HEARD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPENT: Millis = 160_000;

    #[test]
    fn the_last_code_that_is_shown_leaves_about_a_minute_for_a_passkey() {
        // A minute, then twenty seconds each; every one comes a little later than that.
        let shown = [60_000, 80_010, 100_020, 120_030, 140_040, 160_050].map(|at| leaves_time(at, SPENT));
        assert_eq!(shown, [true, true, true, false, false, false]);
    }

    #[test]
    fn a_passkey_waits_as_long_as_the_library_keeps_the_connection() {
        let code = Purpose::LinkByCode(PairCodeOptions::default());
        for (purpose, now, closes) in [
            (&Purpose::LinkByQr, 99_000, Some(SPENT)),
            (&code, 20_000, Some(SPENT)),
            (&code, 99_000, Some(SPENT)),
            // The typed code is still being waited for when the QR codes are spent.
            (&code, 101_000, None),
            (&code, 170_000, None),
        ] {
            assert_eq!(closes_at(purpose, Some(SPENT), now), closes, "{now}");
        }
        assert_eq!(closes_at(&code, None, 0), None);
    }
}
