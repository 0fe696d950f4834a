//! What another program waits for: a message that it hands over the door, durable before it is answered, and a list of
//! them; and what many single messages cost whoever sends them.
//!
//! The yardstick of a message is one row, written and committed to the disk by SQLite alone.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use ulak_api::open;
use ulak_core::app::App;
use ulak_core::program::{Rights, TokenWish};

use crate::Outcome;
use crate::claim::Ours;
use crate::measure::{Figure, Pairs, Stopwatch, Unit, percentile};
use crate::raw::Raw;
use crate::scene::{self, Place};

const RIGHTS: Rights = Rights { send: true, read: true, contacts: false, admin: false, urgent: false };
/// A token has so many at once, and the clock of a benchmark stands.
const MESSAGES: usize = 1_000;
const AT_ONCE: usize = 8;
const LIST: usize = 10_000;
const FEW: usize = 10;
const MANY: usize = 10_000;
const CLAIMS: usize = 300;

pub async fn bench(place: &Place) -> Outcome<Vec<Figure>> {
    let mut figures = accepted(place).await?;
    figures.push(claimed(place).await?);
    Ok(figures)
}

async fn accepted(place: &Place) -> Outcome<Vec<Figure>> {
    let (folder, _) = scene::with_contacts(place, 100_000).await?;
    let app = scene::app(&folder).await?;
    let door = open(&app, 0).await?;
    let raw = Raw::open(&place.folder()?)?;
    raw.run("CREATE TABLE messages (id INTEGER PRIMARY KEY, text TEXT)")?;
    let alone = hand_over(door.port, &token(&app).await?, 0..MESSAGES, |seconds| {
        let time = Stopwatch::start();
        raw.run("INSERT INTO messages (text) VALUES ('Merhaba, siparişiniz hazır.')")?;
        Ok((seconds, time.seconds()))
    })?;
    let mut pairs = Pairs::default();
    alone.iter().for_each(|(ours, theirs)| pairs.push(*ours, *theirs));
    let seconds: Vec<f64> = alone.iter().map(|(ours, _)| *ours).collect();
    let note = format!("p99 of {MESSAGES}, one after the other");
    let mut figures = vec![
        pairs.figure("a message accepted", None, "to one committed row".to_owned()),
        Figure::plain("a message accepted", Unit::Seconds, percentile(&seconds, 99), Some(0.030), note),
    ];
    let mut clients = Vec::new();
    for client in 1..=AT_ONCE {
        let (port, token) = (door.port, token(&app).await?);
        let work = move || {
            hand_over(port, &token, client * MESSAGES..(client + 1) * MESSAGES, Ok).map_err(|error| error.to_string())
        };
        clients.push(tokio::task::spawn_blocking(work));
    }
    let time = Stopwatch::start();
    let mut seconds = Vec::new();
    for client in clients {
        seconds.extend(client.await??);
    }
    let each = time.seconds() / seconds.len() as f64;
    let note = format!("p99, {AT_ONCE} programs at once; {:.0} messages a second", 1.0 / each);
    figures.push(Figure::plain("a message accepted", Unit::Seconds, percentile(&seconds, 99), None, note));
    figures.extend(listed(&app, door.port).await?);
    door.close().await;
    app.close().await;
    Ok(figures)
}

/// A list is durable when it is answered, and its messages are taken in behind that.
async fn listed(app: &Arc<App>, port: u16) -> Outcome<[Figure; 2]> {
    let to = |number: usize| format!(r#"{{"to":"+90533{number:07}","name":"Kişi {number}"}}"#);
    let recipients: Vec<String> = (0..LIST).map(to).collect();
    let body = format!(
        r#"{{"text":"Merhaba, bugün açığız.","number":"practice","category":"notification","recipients":[{}]}}"#,
        recipients.join(",")
    );
    let mut door = TcpStream::connect(("127.0.0.1", port))?;
    let token = token(app).await?;
    let time = Stopwatch::start();
    ask(&mut door, port, &token, "/api/whatsapp/send-bulk", &body)?;
    let answered = time.seconds();
    app.programs().finish_bulk().await?;
    let taken_in = time.seconds();
    let for_500 = |seconds: f64| seconds * 500.0 / LIST as f64;
    let figure = |name: &str, seconds: f64, goal| {
        let note = format!("{:.0} a second, of {LIST}", LIST as f64 / seconds);
        Figure::plain(name, Unit::Seconds, for_500(seconds), goal, note)
    };
    Ok([
        figure("500 of a list accepted", answered, Some(1.0)),
        figure("500 of a list taken in as messages", taken_in, None),
    ])
}

/// The decision and the claim among many single messages, turn by turn with those among a few.
async fn claimed(place: &Place) -> Outcome<Figure> {
    let mut sides = Vec::new();
    for count in [FEW, MANY] {
        let (folder, _) = scene::with_contacts(place, 1_000).await?;
        let app = scene::app(&folder).await?;
        let door = open(&app, 0).await?;
        for first in (0..count).step_by(MESSAGES) {
            let (port, token) = (door.port, token(&app).await?);
            let last = count.min(first + MESSAGES);
            let work = move || hand_over(port, &token, first..last, Ok).map_err(|error| error.to_string());
            tokio::task::spawn_blocking(work).await??;
        }
        door.close().await;
        app.close().await;
        sides.push(Ours::open(&folder).await?);
    }
    let mut pairs = Pairs::default();
    for _ in 0..CLAIMS {
        let [few, many] = sides.as_slice() else { return Err("two sides".into()) };
        let theirs = few.time_undone_claim().await?;
        pairs.push(many.time_undone_claim().await?, theirs);
    }
    Ok(pairs.figure("decide + claim, 10,000 single messages", Some(1.5), format!("to {FEW}")))
}

async fn token(app: &Arc<App>) -> Outcome<String> {
    let wish = TokenWish { name: "Accounting".to_owned(), rights: RIGHTS };
    Ok(app.programs().make_token(&wish).await?.secret)
}

/// One message after the other over one connection; `each` hears how long it took.
fn hand_over<T>(
    port: u16,
    token: &str,
    numbers: std::ops::Range<usize>,
    mut each: impl FnMut(f64) -> Outcome<T>,
) -> Outcome<Vec<T>> {
    let mut door = TcpStream::connect(("127.0.0.1", port))?;
    door.set_nodelay(true)?;
    let mut told = Vec::new();
    for number in numbers {
        let body = format!(
            r#"{{"to":"+90534{number:07}","text":"Sipariş {number} hazır.","number":"practice","category":"notification"}}"#
        );
        let time = Stopwatch::start();
        ask(&mut door, port, token, "/api/whatsapp/send", &body)?;
        told.push(each(time.seconds())?);
    }
    Ok(told)
}

fn ask(door: &mut TcpStream, port: u16, token: &str, path: &str, body: &str) -> Outcome<()> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    door.write_all(&[head.as_bytes(), body.as_bytes()].concat())?;
    let mut answer = Vec::new();
    let mut some = [0; 4096];
    loop {
        let read = door.read(&mut some)?;
        answer.extend_from_slice(some.get(..read).unwrap_or_default());
        let text = String::from_utf8_lossy(&answer);
        if read == 0 {
            return Err(format!("the door shut: {text}").into());
        }
        let Some((head, said)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.to_lowercase();
        let length = length.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        if said.len() >= length.unwrap_or(0_usize) {
            return if head.starts_with("HTTP/1.1 202") { Ok(()) } else { Err(text.into()) };
        }
    }
}
