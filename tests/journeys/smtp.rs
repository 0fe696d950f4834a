//! Mails over real sockets: what a mail server gets, and what its answers mean.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use ulak_core::mail::letter::{Filling, Template};
use ulak_core::mail::{Account, Enclosure, Mail, Mailer, Outcome, Security, Trouble};
use ulak_core::settings::Language;
use ulak_outward::SmtpMailer;
use zeroize::Zeroizing;

const CERTIFICATE: &[u8] = include_bytes!("../fixtures/mail/server.pem");
const KEY: &[u8] = include_bytes!("../fixtures/mail/server.key");

/// How the server takes a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Takes,
    /// It answers a command that begins so with this, once.
    Says(&'static str, &'static str),
    /// It takes what the mail says and ends the connection without a word.
    EndsBehindTheMail,
    /// It says nothing at all.
    Silent,
    Babbles,
}

/// What came in: commands in their order, and the mail.
#[derive(Debug, Default)]
struct Heard {
    commands: Vec<String>,
    mail: String,
}

/// A mail server for one connection.
struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
    serving: JoinHandle<()>,
}

impl Server {
    fn up(security: Security, manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let told = heard.clone();
        let serving = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            match security {
                Security::Tls => drop(talk(BufReader::new(encrypted(stream)), manner, false, true, &told)),
                Security::None => drop(talk(BufReader::new(stream), manner, false, true, &told)),
                Security::Starttls => {
                    if let Some(stream) = talk(BufReader::new(stream), manner, true, true, &told) {
                        drop(talk(BufReader::new(encrypted(stream)), manner, false, false, &told));
                    }
                }
            }
        });
        Self { address, heard, serving }
    }

    fn account(&self, security: Security) -> Account {
        account(self.address.port(), security)
    }

    fn heard(self) -> Heard {
        self.serving.join().unwrap();
        Arc::try_unwrap(self.heard).unwrap().into_inner().unwrap()
    }
}

pub fn account(port: u16, security: Security) -> Account {
    Account {
        active: true,
        host: "localhost".to_owned(),
        port,
        security,
        user: "shop".to_owned(),
        password: Zeroizing::new("secret word".to_owned()),
        from_address: "bilgi@lale.example".to_owned(),
        from_name: "Lale Optik İzmir".to_owned(),
        wait_minutes: 0,
        per_hour: 60,
        trouble: None,
    }
}

fn encrypted(stream: TcpStream) -> rustls::StreamOwned<rustls::ServerConnection, TcpStream> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    rustls::StreamOwned::new(rustls::ServerConnection::new(Arc::new(config)).unwrap(), stream)
}

/// Speaks SMTP until the other side ends, or wants to be encrypted: then the stream comes back.
fn talk<S: Read + Write>(
    mut stream: BufReader<S>,
    manner: Manner,
    starttls: bool,
    greets: bool,
    heard: &Mutex<Heard>,
) -> Option<S> {
    let mut line = String::new();
    if manner == Manner::Silent {
        // Until the other side has waited for long enough.
        let _ = stream.read_line(&mut line);
        return None;
    }
    let say = |stream: &mut BufReader<S>, text: &str| {
        stream.get_mut().write_all(text.as_bytes()).and_then(|()| stream.get_mut().flush()).is_ok()
    };
    if greets
        && !say(&mut stream, if manner == Manner::Babbles { "<html>no mail here</html>\r\n" } else { "220 ready\r\n" })
    {
        return None;
    }
    loop {
        line.clear();
        if stream.read_line(&mut line).unwrap_or(0) == 0 {
            return None;
        }
        let command = line.trim_end().to_owned();
        heard.lock().unwrap().commands.push(command.clone());
        let answer = match command.split([' ', ':']).next().unwrap_or_default() {
            _ if matches!(manner, Manner::Says(begins, _) if command.starts_with(begins)) => {
                let Manner::Says(_, answer) = manner else { return None };
                answer
            }
            "EHLO" if starttls => "250-here\r\n250 STARTTLS\r\n",
            "EHLO" => "250-here\r\n250 AUTH PLAIN LOGIN\r\n",
            "STARTTLS" => {
                say(&mut stream, "220 go on\r\n");
                return Some(stream.into_inner());
            }
            "AUTH" => "235 welcome\r\n",
            "DATA" => {
                say(&mut stream, "354 go on\r\n");
                loop {
                    line.clear();
                    if stream.read_line(&mut line).unwrap_or(0) == 0 || line == ".\r\n" {
                        break;
                    }
                    heard.lock().unwrap().mail.push_str(&line);
                }
                if manner == Manner::EndsBehindTheMail {
                    return None;
                }
                match manner {
                    Manner::Says("the mail", answer) => answer,
                    _ => "250 taken\r\n",
                }
            }
            "QUIT" => {
                say(&mut stream, "221 bye\r\n");
                return None;
            }
            _ => "250 fine\r\n",
        };
        if !say(&mut stream, answer) {
            return None;
        }
    }
}

fn picture() -> Enclosure {
    Enclosure { cid: "p1".to_owned(), name: "1.png".to_owned(), mime: "image/png".to_owned(), bytes: vec![0x89; 40] }
}

pub fn mail() -> Mail {
    let pictures = ["p1".to_owned()];
    let filling =
        Filling {
            business: "Lale Optik", name: "Çağla Şahin", text: "Gözlüğünüz *hazır*.", pictures: &pictures
        };
    let letter = Template::ready(Language::Tr).letter(&filling).unwrap();
    Mail {
        id: "0190".to_owned(),
        to_address: "cagla@shop.example".to_owned(),
        to_name: "Çağla Şahin".to_owned(),
        subject: letter.subject,
        html: letter.html,
        text: letter.text,
        inline: vec![picture()],
        attached: vec![Enclosure {
            cid: String::new(),
            name: "fatura ağustos.pdf".to_owned(),
            mime: "application/pdf".to_owned(),
            bytes: vec![0xfe; 40],
        }],
        promotion: true,
        at: 1_794_441_600_000,
    }
}

async fn send(security: Security, manner: Manner, trusted: bool) -> (Outcome, Heard) {
    let server = Server::up(security, manner);
    let mailer = SmtpMailer::within(Duration::from_millis(1_500), trusted.then_some(CERTIFICATE));
    let outcome = mailer.send(server.account(security), mail()).await;
    (outcome, server.heard())
}

#[tokio::test]
async fn a_mail_has_both_parts_its_pictures_inside_and_its_files_behind() {
    for security in [Security::Tls, Security::Starttls] {
        let (outcome, heard) = send(security, Manner::Takes, true).await;
        assert_eq!(outcome, Outcome::Sent, "{security:?}");
        let mail = heard.mail;
        for said in [
            "multipart/mixed",
            "multipart/alternative",
            "multipart/related",
            "text/plain; charset=utf-8",
            "text/html; charset=utf-8",
            "Content-ID: <p1>",
            "Message-ID: <0190@lale.example>",
            "List-Unsubscribe: <mailto:bilgi@lale.example?subject=STOP>",
            "Date: Thu, 12 Nov 2026",
            &data_encoding::BASE64.encode(&picture().bytes),
            &data_encoding::BASE64.encode(&[0xfe; 40]),
        ] {
            assert!(mail.to_lowercase().contains(&said.to_lowercase()), "{said}: {mail}");
        }
        assert!(mail.is_ascii(), "names and subjects are encoded");
        assert!(mail.contains("=?utf-8?b?"));
        assert!(heard.commands.contains(&"RCPT TO:<cagla@shop.example>".to_owned()), "{:?}", heard.commands);
        // Nothing is said about the owner's password before the connection is encrypted.
        if security == Security::Starttls {
            let at = |begins: &str| heard.commands.iter().position(|command| command.starts_with(begins)).unwrap();
            assert!(at("STARTTLS") < at("AUTH"));
        }
    }
}

#[tokio::test]
async fn each_answer_of_a_server_means_one_thing() {
    use Manner::{Babbles, EndsBehindTheMail, Says, Silent, Takes};
    let tls = Security::Tls;
    for (security, manner, trusted, outcome) in [
        (tls, Says("RCPT", "451 come again in five minutes\r\n"), true, Outcome::Later(Trouble::Busy, Some(451))),
        (tls, Says("RCPT", "550 nobody here\r\n"), true, Outcome::Refused(Trouble::Recipient, Some(550))),
        (tls, Says("the mail", "554 spam\r\n"), true, Outcome::Refused(Trouble::Content, Some(554))),
        (tls, Says("the mail", "452 full\r\n"), true, Outcome::Later(Trouble::Busy, Some(452))),
        (tls, Says("MAIL", "553 not your address\r\n"), true, Outcome::Account(Trouble::Sender, Some(553))),
        (tls, Says("AUTH", "535 wrong\r\n"), true, Outcome::Account(Trouble::Login, Some(535))),
        (tls, EndsBehindTheMail, true, Outcome::Unknown),
        (Security::None, Silent, true, Outcome::Later(Trouble::TimedOut, None)),
        (Security::None, Babbles, true, Outcome::Later(Trouble::Garbage, None)),
        // A certificate that nobody vouches for.
        (tls, Takes, false, Outcome::Account(Trouble::Certificate, None)),
        (Security::Starttls, Takes, false, Outcome::Account(Trouble::Certificate, None)),
    ] {
        let (answered, heard) = send(security, manner, trusted).await;
        assert_eq!(answered, outcome, "{manner:?} {heard:?}");
        if outcome == Outcome::Account(Trouble::Certificate, None) {
            assert!(!heard.commands.iter().any(|command| command.starts_with("AUTH")), "{heard:?}");
        }
    }
}

#[tokio::test]
async fn a_server_without_encryption_gets_no_password_and_one_that_is_down_is_tried_later() {
    let server = Server::up(Security::None, Manner::Takes);
    let mailer = SmtpMailer::within(Duration::from_millis(1_500), None);
    let account = Account { security: Security::Starttls, ..server.account(Security::Starttls) };
    assert_eq!(mailer.send(account, mail()).await, Outcome::Account(Trouble::NoEncryption, None));
    assert!(!server.heard().commands.iter().any(|command| command.starts_with("AUTH")));

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let server = Server::up(Security::None, Manner::Takes);
    let account = Account { port, ..server.account(Security::None) };
    assert_eq!(mailer.send(account, mail()).await, Outcome::Later(Trouble::Unreachable, None));
    let unsendable = Mail { to_address: "nobody".to_owned(), ..mail() };
    assert_eq!(
        mailer.send(server.account(Security::None), unsendable).await,
        Outcome::Refused(Trouble::Unsendable, None)
    );
    // It ends with the connection that it waits for.
    drop(TcpStream::connect(server.address).unwrap());
    server.heard();
}
