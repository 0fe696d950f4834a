//! Mails over SMTP: one connection each, and step by step, so that it is known whether the server may have the mail.

use std::error::Error as _;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, Message, MultiPart, SinglePart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use ulak_core::mail::{Account, Enclosure, Mail, Mailer, Mailing, Outcome, Reaching, Security, Trouble};

use crate::beside;

/// A server may take its time, above all behind what was sent.
const WITHIN: Duration = Duration::from_secs(60);
/// However slowly a server drips, a try ends.
const ALTOGETHER: Duration = Duration::from_secs(240);
const GOODBYE: Duration = Duration::from_secs(1);

pub struct SmtpMailer {
    within: Duration,
    /// Certificates that are trusted beside the usual ones, in PEM.
    trusted: Vec<Vec<u8>>,
}

impl Default for SmtpMailer {
    fn default() -> Self {
        Self { within: WITHIN, trusted: Vec::new() }
    }
}

impl SmtpMailer {
    /// One that waits for another time, and trusts a certificate more: for tests.
    pub fn within(within: Duration, trusted: Option<&[u8]>) -> Self {
        Self { within, trusted: trusted.into_iter().map(<[u8]>::to_vec).collect() }
    }
}

impl Mailer for SmtpMailer {
    fn reach(&self, account: Account) -> Reaching<'_> {
        let (within, trusted) = (self.within, self.trusted.clone());
        Box::pin(async move {
            let reached =
                beside("mail", move || connect(&account, within, &trusted).map(|mut connection| connection.abort()));
            let reached = tokio::time::timeout(ALTOGETHER, reached).await.ok().flatten();
            reached.unwrap_or(Err(Outcome::Later(Trouble::Unreachable, None)))
        })
    }

    fn send(&self, account: Account, mail: Mail) -> Mailing<'_> {
        let (within, trusted) = (self.within, self.trusted.clone());
        Box::pin(async move {
            let handing_over = Arc::new(AtomicBool::new(false));
            let begun = handing_over.clone();
            let sent = beside("mail", move || send(&account, &mail, within, &trusted, &begun));
            let sent = tokio::time::timeout(ALTOGETHER, sent).await.ok().flatten();
            // A thread that broke, or that a server keeps, may have handed it over; one that had not begun, or not come so far, has
            // not: claiming the flag ends one that goes on, before it hands anything over.
            sent.unwrap_or_else(|| match handing_over.swap(true, Ordering::SeqCst) {
                true => Outcome::Unknown,
                false => Outcome::Later(Trouble::TimedOut, None),
            })
        })
    }
}

fn send(account: &Account, mail: &Mail, within: Duration, trusted: &[Vec<u8>], handing_over: &AtomicBool) -> Outcome {
    let Some(from) = mailbox(&account.from_name, &account.from_address) else {
        return Outcome::Account(Trouble::Sender, None);
    };
    let Some((envelope, bytes)) = written(account, from, mail) else {
        return Outcome::Refused(Trouble::Unsendable, None);
    };
    let mut connection = match connect(account, within, trusted) {
        Ok(connection) => connection,
        Err(outcome) => return outcome,
    };
    let outcome = hand_over(&mut connection, &envelope, &bytes, handing_over);
    // What was answered is known: a goodbye is not waited for.
    let _ = connection.set_timeout(Some(GOODBYE));
    connection.abort();
    outcome
}

/// Connected, encrypted and let in; else what that says of the account.
fn connect(account: &Account, within: Duration, trusted: &[Vec<u8>]) -> Result<SmtpConnection, Outcome> {
    // A name with a dot: some servers take no other.
    let domain = account.from_address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let hello = ClientId::Domain(domain.to_owned());
    let tls = || tls(account, trusted).map_err(|_| Outcome::Account(Trouble::Certificate, None));
    let server = (account.host.as_str(), account.port);
    let first = if account.security == Security::Tls { Some(tls()?) } else { None };
    let mut connection = SmtpConnection::connect(server, Some(within), &hello, first.as_ref(), None)
        .map_err(|error| greeting(&error))?;
    if account.security == Security::Starttls {
        if !connection.can_starttls() {
            connection.abort();
            return Err(Outcome::Account(Trouble::NoEncryption, None));
        }
        connection.starttls(&tls()?, &hello).map_err(|error| greeting(&error))?;
    }
    if !account.user.is_empty() {
        let credentials = Credentials::new(account.user.clone(), account.password.to_string());
        let login = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials);
        login.map_err(|error| told(&error, |code| Outcome::Account(Trouble::Login, code)))?;
    }
    Ok(connection)
}

fn tls(account: &Account, trusted: &[Vec<u8>]) -> Result<TlsParameters, Error> {
    let mut builder = TlsParameters::builder(account.host.clone());
    for pem in trusted {
        builder = builder.add_root_certificate(Certificate::from_pem(pem)?);
    }
    builder.build()
}

fn hand_over(connection: &mut SmtpConnection, envelope: &Envelope, bytes: &[u8], handing_over: &AtomicBool) -> Outcome {
    let mut options = Vec::new();
    let plain = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    let (from_is_plain, to_is_plain) = (envelope.from().is_none_or(plain), envelope.to().iter().all(plain));
    if !from_is_plain || !to_is_plain {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return match from_is_plain {
                true => Outcome::Refused(Trouble::Recipient, None),
                false => Outcome::Account(Trouble::Sender, None),
            };
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    if !bytes.is_ascii() {
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    if let Err(error) = connection.command(MailFrom::new(envelope.from().cloned(), options)) {
        return told(&error, |code| Outcome::Account(Trouble::Sender, code));
    }
    for to in envelope.to() {
        if let Err(error) = connection.command(Rcpt::new(to.clone(), Vec::new())) {
            return told(&error, |code| Outcome::Refused(Trouble::Recipient, code));
        }
    }
    if let Err(error) = connection.command(Data) {
        return told(&error, |code| Outcome::Refused(Trouble::Content, code));
    }
    // Whoever waited has given it up, and will send it again.
    if handing_over.swap(true, Ordering::SeqCst) {
        return Outcome::Later(Trouble::TimedOut, None);
    }
    match connection.message(bytes) {
        Ok(_) => Outcome::Sent,
        // From here on only the server's own word says that it has not got it.
        Err(error) if error.status().is_some() => told(&error, |code| Outcome::Refused(Trouble::Content, code)),
        Err(_) => Outcome::Unknown,
    }
}

/// What an error before the mail was handed over means; `refused` where the server's no is final.
fn told(error: &Error, refused: impl Fn(Option<u16>) -> Outcome) -> Outcome {
    let code = error.status().map(u16::from);
    match code {
        Some(_) if error.is_transient() => Outcome::Later(Trouble::Busy, code),
        Some(_) => refused(code),
        None if error.is_tls() || is_certificate(error) => Outcome::Account(Trouble::Certificate, None),
        None if timed_out(error) => Outcome::Later(Trouble::TimedOut, None),
        // No way to log in that both know.
        None if error.is_client() => refused(None),
        None if error.is_response() => Outcome::Later(Trouble::Garbage, None),
        None => Outcome::Later(Trouble::Unreachable, None),
    }
}

/// A server that turns everybody away at its door says nothing about the mail.
fn greeting(error: &Error) -> Outcome {
    told(error, |code| Outcome::Account(Trouble::Busy, code))
}

fn sources(error: &Error) -> impl Iterator<Item = &std::io::Error> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let source = next?;
        next = source.source();
        Some(source)
    })
    .filter_map(|source| source.downcast_ref::<std::io::Error>())
}

fn timed_out(error: &Error) -> bool {
    sources(error).any(|error| matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock))
}

/// What rustls refuses comes as this.
fn is_certificate(error: &Error) -> bool {
    sources(error).any(|error| error.kind() == ErrorKind::InvalidData)
}

/// Both parts, pictures beside the HTML, files behind. None for an address that is none.
fn written(account: &Account, from: Mailbox, mail: &Mail) -> Option<(Envelope, Vec<u8>)> {
    let to = mailbox(&mail.to_name, &mail.to_address)?;
    let domain = account.from_address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let mut builder = Message::builder()
        .from(from)
        .to(to)
        .subject(mail.subject.clone())
        .message_id(Some(format!("<{}@{domain}>", mail.id)))
        .date(UNIX_EPOCH + Duration::from_millis(u64::try_from(mail.at).unwrap_or_default()));
    if mail.promotion {
        builder = builder.header(Unsubscribe(format!("<mailto:{}?subject=STOP>", account.from_address)));
    }
    let mut html = MultiPart::related().singlepart(SinglePart::html(mail.html.clone()));
    for picture in &mail.inline {
        let inline = Attachment::new_inline(picture.cid.clone());
        html = html.singlepart(inline.body(Body::new(picture.bytes.clone()), kind(picture)));
    }
    let text = SinglePart::plain(mail.text.clone());
    let mut body = MultiPart::alternative().singlepart(text).multipart(html);
    if !mail.attached.is_empty() {
        body = MultiPart::mixed().multipart(body);
        for file in &mail.attached {
            let attachment = Attachment::new(file.name.clone());
            body = body.singlepart(attachment.body(Body::new(file.bytes.clone()), kind(file)));
        }
    }
    let message = builder.multipart(body).ok()?;
    Some((message.envelope().clone(), message.formatted()))
}

fn mailbox(name: &str, address: &str) -> Option<Mailbox> {
    let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    Some(Mailbox::new(name, address.parse().ok()?))
}

fn kind(enclosure: &Enclosure) -> ContentType {
    ContentType::parse(&enclosure.mime).unwrap_or(ContentType::TEXT_PLAIN)
}

/// How to get no more of such mails.
#[derive(Clone)]
struct Unsubscribe(String);

impl Header for Unsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}
