//! The door for tests that start other processes. JSON in, JSON out, on its own loopback port; numbers are digits, with
//! or without a plus. An error is `{"error": "…"}` with status 400, 404 for a number that has no linked device, or 408
//! when a wait timed out.
//!
//! | route | body | answer |
//! |---|---|---|
//! | `GET /seen?to=` | | `[Seen]`, what people saw, of all or of one number |
//! | `GET /record` | | `Record`: seen, copies, counters, typing, errors |
//! | `DELETE /record` | | forgets it |
//! | `GET /numbers` | | `[{number, lid, devices: [{id, online, queued}]}]` |
//! | `POST /scan` | `{code, phone?}` | `{number, lid, device}`; without `phone` the one of `--auto-scan` |
//! | `POST /code` | `{phone, code}` | as `/scan`, for a pairing code |
//! | `POST /code/refresh` | `{phone}` | the server asks for another pairing code than the one that is shown |
//! | `POST /passkey` | `{phone, answer?, timeout?}` | the account is asked for its passkey; answers `confirms`, `cancels`, `not_there`, `damaged` |
//! | `GET /passkey?phone=` | | `{code}`, what the phone shows to be compared |
//! | `POST /passkey/use` | WebAuthn's options | the credential; 403 where the owner closes the window, 404 without a passkey |
//! | `GET /faults` | | `[Rule]`, those that can still strike |
//! | `POST /faults` | `Rule` | |
//! | `DELETE /faults` | | |
//! | `POST /reply` | `{from, to, text?, file?, album?}` | `{id}`; a file is `{kind, content, caption?, name?, seconds?}`; of an album, a list of files, `{ids}` |
//! | `POST /edit` | `{from, to, id, text?, sealed?}` | `{id}`; without a text it is deleted |
//! | `POST /react` | `{from, to, id, emoji}` | `{id}`; an empty emoji takes it back |
//! | `POST /receipts/release` | | `{released}` |
//! | `POST /habits` | `{phone, habits?}` | without `habits` the person behaves as usual |
//! | `POST /people` | `{phone, absent?, hidden?, alias?, business?}` | an alias is another spelling of the number; a business has its name and no setting of it |
//! | `POST /address-book` | `{phone, people: [[phone, name]]}` | whom a phone knows, for devices that are linked afterwards |
//! | `POST /limits` | `{phone, limits}` | |
//! | `POST /kick` | `{phone, kind, code?}` | kinds `drop`, `replaced`, `device_removed`, `stream_error` |
//! | `POST /unlink` | `{phone}` | |
//! | `DELETE /media` | | everything uploaded is gone |
//! | `POST /server` | `{open}` | |
//! | `POST /wait` | `{seen?, online?, milliseconds}` | waits for a count of bubbles or a number to be online |
//! | `POST /save` | | writes the state |

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::emulator::{Emulator, Kick};
use crate::error::{Error, Result};
use crate::faults::Rule;
use crate::options::Habits;
use crate::passkey::PasskeyAnswer;
use crate::record::{Record, Seen};
use crate::sent_file::SentFile;
use crate::world::Limits;

type Door = State<Arc<Emulator>>;
type Answer = std::result::Result<Json<Value>, Error>;

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match self {
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::NotLinked(_) | Self::NoPasskey => StatusCode::NOT_FOUND,
            Self::Cancelled => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        };
        (status, Json(json!({ "error": self.to_string() }))).into_response()
    }
}

/// A body that is JSON, whatever its header says; one that is not is an error as the others are.
struct Body<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let body = Bytes::from_request(request, state).await.map_err(|_| Error::Stanza("a body that can be read"))?;
        Ok(Self(serde_json::from_slice(&body)?))
    }
}

pub(crate) fn router(emulator: Arc<Emulator>) -> Router {
    Router::new()
        .route("/seen", get(seen))
        .route("/record", get(record).delete(clear_record))
        .route("/numbers", get(|State(door): Door| async move { Json(door.numbers()) }))
        .route("/scan", post(scan))
        .route("/code", post(code))
        .route("/code/refresh", post(refresh_code))
        .route("/passkey", get(passkey_code).post(set_passkey))
        .route("/passkey/use", post(use_passkey))
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/reply", post(reply))
        .route("/edit", post(edit))
        .route("/react", post(react))
        .route("/receipts/release", post(release))
        .route("/habits", post(habits))
        .route("/people", post(people))
        .route("/address-book", post(address_book))
        .route("/limits", post(limits))
        .route("/kick", post(kick))
        .route("/unlink", post(unlink))
        .route("/media", delete(forget_media))
        .route("/server", post(server))
        .route("/wait", post(wait))
        .route("/save", post(save))
        .with_state(emulator)
}

fn done() -> Json<Value> {
    Json(json!({}))
}

#[derive(Deserialize)]
struct SeenQuery {
    to: Option<String>,
}

async fn seen(State(door): Door, Query(query): Query<SeenQuery>) -> Json<Vec<Seen>> {
    Json(query.to.map_or_else(|| door.seen(), |number| door.seen_by(&number)))
}

async fn record(State(door): Door) -> Json<Record> {
    Json(door.read(Clone::clone))
}

async fn clear_record(State(door): Door) -> Json<Value> {
    door.clear_record();
    done()
}

#[derive(Deserialize)]
struct Scan {
    code: String,
    phone: Option<String>,
}

async fn scan(State(door): Door, Body(scan): Body<Scan>) -> Answer {
    let owner = scan.phone.as_deref().or_else(|| door.usual_scanner()).ok_or(Error::Stanza("phone"))?;
    Ok(Json(json!(door.scan(&scan.code, owner).await?)))
}

#[derive(Deserialize)]
struct Code {
    phone: String,
    code: String,
}

async fn code(State(door): Door, Body(code): Body<Code>) -> Answer {
    Ok(Json(json!(door.enter_code(&code.phone, &code.code).await?)))
}

async fn refresh_code(State(door): Door, Body(number): Body<Number>) -> Answer {
    door.refresh_code(&number.phone)?;
    Ok(done())
}

#[derive(Deserialize)]
struct PasskeyOf {
    phone: String,
    #[serde(default)]
    answer: PasskeyAnswer,
    timeout: Option<u32>,
}

async fn set_passkey(State(door): Door, Body(of): Body<PasskeyOf>) -> Answer {
    door.set_passkey(&of.phone, of.answer, of.timeout)?;
    Ok(done())
}

async fn passkey_code(State(door): Door, Query(number): Query<Number>) -> Json<Value> {
    Json(json!({ "code": door.passkey_code(&number.phone) }))
}

async fn use_passkey(State(door): Door, Body(options): Body<Value>) -> Answer {
    Ok(Json(door.use_passkey(&options)?))
}

async fn faults(State(door): Door) -> Json<Vec<Rule>> {
    Json(door.faults())
}

async fn add_fault(State(door): Door, Body(rule): Body<Rule>) -> Json<Value> {
    door.fault(rule);
    done()
}

async fn clear_faults(State(door): Door) -> Json<Value> {
    door.clear_faults();
    done()
}

#[derive(Deserialize)]
struct Reply {
    from: String,
    to: String,
    #[serde(default)]
    text: String,
    file: Option<SentFile>,
    #[serde(default)]
    album: Vec<SentFile>,
}

async fn reply(State(door): Door, Body(reply): Body<Reply>) -> Answer {
    if !reply.album.is_empty() {
        return Ok(Json(json!({ "ids": door.reply_album(&reply.from, &reply.to, &reply.album).await? })));
    }
    let id = match &reply.file {
        Some(file) => door.reply_file(&reply.from, &reply.to, file).await?,
        None => door.reply(&reply.from, &reply.to, &reply.text).await?,
    };
    Ok(Json(json!({ "id": id })))
}

#[derive(Deserialize)]
struct Edit {
    from: String,
    to: String,
    id: String,
    text: Option<String>,
    #[serde(default)]
    sealed: bool,
}

async fn edit(State(door): Door, Body(edit): Body<Edit>) -> Answer {
    let id = match &edit.text {
        Some(text) => door.edit(&edit.from, &edit.to, &edit.id, text, edit.sealed).await?,
        None => door.delete(&edit.from, &edit.to, &edit.id).await?,
    };
    Ok(Json(json!({ "id": id })))
}

#[derive(Deserialize)]
struct React {
    from: String,
    to: String,
    id: String,
    emoji: String,
}

async fn react(State(door): Door, Body(react): Body<React>) -> Answer {
    let id = door.react(&react.from, &react.to, &react.id, &react.emoji).await?;
    Ok(Json(json!({ "id": id })))
}

async fn release(State(door): Door) -> Json<Value> {
    Json(json!({ "released": door.release_receipts() }))
}

#[derive(Deserialize)]
struct HabitsOf {
    phone: String,
    habits: Option<Habits>,
}

async fn habits(State(door): Door, Body(of): Body<HabitsOf>) -> Answer {
    door.set_habits(&of.phone, of.habits)?;
    Ok(done())
}

#[derive(Deserialize)]
struct Person {
    phone: String,
    absent: Option<bool>,
    hidden: Option<bool>,
    alias: Option<String>,
    business: Option<String>,
}

async fn people(State(door): Door, Body(person): Body<Person>) -> Json<Value> {
    if let Some(absent) = person.absent {
        door.set_absent(&person.phone, absent);
    }
    if let Some(hidden) = person.hidden {
        door.set_hidden(&person.phone, hidden);
    }
    if let Some(alias) = &person.alias {
        door.set_alias(alias, &person.phone);
    }
    if let Some(name) = &person.business {
        door.set_business(&person.phone, name);
    }
    done()
}

#[derive(Deserialize)]
struct AddressBook {
    phone: String,
    people: Vec<(String, String)>,
}

async fn address_book(State(door): Door, Body(book): Body<AddressBook>) -> Json<Value> {
    let people: Vec<(&str, &str)> = book.people.iter().map(|(phone, name)| (phone.as_str(), name.as_str())).collect();
    door.set_address_book(&book.phone, &people);
    done()
}

#[derive(Deserialize)]
struct LimitsOf {
    phone: String,
    limits: Limits,
}

async fn limits(State(door): Door, Body(of): Body<LimitsOf>) -> Json<Value> {
    door.set_limits(&of.phone, of.limits);
    done()
}

#[derive(Deserialize)]
struct KickOf {
    phone: String,
    #[serde(flatten)]
    kick: Kick,
}

async fn kick(State(door): Door, Body(of): Body<KickOf>) -> Answer {
    door.kick(&of.phone, of.kick)?;
    Ok(done())
}

#[derive(Deserialize)]
struct Number {
    phone: String,
}

async fn unlink(State(door): Door, Body(number): Body<Number>) -> Answer {
    door.unlink(&number.phone)?;
    Ok(done())
}

async fn forget_media(State(door): Door) -> Json<Value> {
    door.forget_media();
    done()
}

#[derive(Deserialize)]
struct Server {
    open: bool,
}

async fn server(State(door): Door, Body(server): Body<Server>) -> Answer {
    if server.open {
        door.open_server().await?;
    } else {
        door.close_server().await;
    }
    Ok(done())
}

#[derive(Deserialize)]
struct Wait {
    seen: Option<usize>,
    online: Option<String>,
    milliseconds: u64,
}

async fn wait(State(door): Door, Body(wait): Body<Wait>) -> Answer {
    let holds = |record: &Record| {
        wait.seen.is_none_or(|count| record.seen.len() >= count)
            && wait.online.as_deref().is_none_or(|number| door.online(number))
    };
    door.wait_until(holds, Duration::from_millis(wait.milliseconds)).await?;
    Ok(done())
}

async fn save(State(door): Door) -> Result<Json<Value>> {
    door.save().await?;
    Ok(done())
}
