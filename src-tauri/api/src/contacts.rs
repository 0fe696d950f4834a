//! People and segments.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use ulak_core::app::programs::ProgramContact;
use ulak_core::contact::{Contact, ContactQuery};
use ulak_core::ids::ContactId;
use ulak_core::page::{Cursor, Place};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::body::{Asked, Body, Id, Limits, maybe, sized, text};
use crate::gate::Inside;
use crate::messages::within;
use crate::problem::{Answer, Refused, Unfit};
use crate::words::Time;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContactsQuery {
    /// Words that begin a name, an e-mail address, a field or a tag, or digits of the phone.
    #[param(max_length = 200)]
    search: Option<String>,
    #[param(max_length = 200)]
    tag: Option<String>,
    #[param(inline)]
    standing: Option<Standing>,
    /// As `next` of the page before.
    #[param(max_length = 2000)]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Who gets what: everything that they agreed to, only what concerns them, or nothing.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Normal,
    Gray,
    Black,
}

impl From<Standing> for ulak_core::contact::Standing {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Normal => Self::Normal,
            Standing::Gray => Self::Gray,
            Standing::Black => Self::Black,
        }
    }
}

impl From<ulak_core::contact::Standing> for Standing {
    fn from(standing: ulak_core::contact::Standing) -> Self {
        match standing {
            ulak_core::contact::Standing::Normal => Self::Normal,
            ulak_core::contact::Standing::Gray => Self::Gray,
            ulak_core::contact::Standing::Black => Self::Black,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Contacts {
    contacts: Vec<Person>,
    /// To be sent as `cursor` for the next page; none on the last.
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Person {
    id: Uuid,
    /// E.164
    phone: String,
    name: String,
    email: String,
    fields: BTreeMap<String, String>,
    tags: Vec<String>,
    standing: Standing,
    consent: Option<Consent>,
    /// When the person took the permission back.
    withdrawn_at: Option<Time>,
    created_at: Time,
    last_message_at: Option<Time>,
    last_reply_at: Option<Time>,
}

impl From<Contact> for Person {
    fn from(contact: Contact) -> Self {
        Self {
            id: contact.id.0,
            phone: contact.phone,
            name: contact.name,
            email: contact.email,
            fields: contact.fields,
            tags: contact.tags,
            standing: contact.standing.into(),
            consent: contact.consent.map(|consent| Consent {
                source: consent.source,
                at: Some(Time(consent.at)),
                note: consent.note,
            }),
            withdrawn_at: Time::maybe(contact.withdrawn_at),
            created_at: Time(contact.created_at),
            last_message_at: Time::maybe(contact.last_message_at),
            last_reply_at: Time::maybe(contact.last_reply_at),
        }
    }
}

/// Where and when the person gave permission to be written to.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    #[schema(min_length = 1, max_length = 500)]
    source: String,
    /// The moment of the request where none is given.
    at: Option<Time>,
    #[serde(default)]
    #[schema(max_length = 2000)]
    note: String,
}

impl Consent {
    fn given(self, now: i64) -> ulak_core::contact::Consent {
        ulak_core::contact::Consent { source: self.source, at: self.at.map_or(now, |at| at.0), note: self.note }
    }
}

/// A page of contacts, by name.
#[utoipa::path(get, path = "/api/contacts", operation_id = "list_contacts",
    tag = "contacts", params(ContactsQuery),
    responses((status = 200, body = Contacts)))]
pub async fn list(State(inside): State<Inside>, Asked(query): Asked<ContactsQuery>) -> Answer<Json<Contacts>> {
    let limit = within(query.limit, 100, 500)?;
    asked("search", query.search.as_ref(), 200)?;
    asked("tag", query.tag.as_ref(), 200)?;
    asked("cursor", query.cursor.as_ref(), 2_000)?;
    let after = query.cursor.as_deref().map(cursor).transpose()?;
    let from_start = after.is_none();
    let wanted = ContactQuery {
        search: query.search.unwrap_or_default(),
        standing: query.standing.map(Into::into),
        tag: query.tag,
        place: Place::behind(after, limit),
        ..ContactQuery::default()
    };
    let page = inside.app.people().contacts(&wanted).await;
    // A cursor that this list did not give cannot be read by it.
    let page = page.map_err(|problem| match problem.code.as_str() {
        "storage.unreadable" if !from_start => Refused::from(Unfit::Cursor),
        _ => Refused::from(problem),
    })?;
    let next = page.next.and_then(|next| serde_json::to_value(next).ok()?.as_str().map(str::to_owned));
    Ok(Json(Contacts { contacts: page.rows.into_iter().map(Into::into).collect(), next }))
}

/// A text of the query that is not too long.
pub fn asked(what: &str, given: Option<&String>, most: usize) -> Result<(), Refused> {
    maybe(what, given, 0, most)
        .map_err(|_| Unfit::Query { reason: format!("{what} has at most {most} characters") }.into())
}

/// A place that a list gave out.
pub fn cursor(text: &str) -> Result<Cursor, Refused> {
    Ok(serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| Unfit::Cursor)?)
}

/// One contact.
#[utoipa::path(get, path = "/api/contacts/{id}", operation_id = "get_contact",
    tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 200, body = Person)))]
pub async fn one(State(inside): State<Inside>, Id(id): Id<ContactId>) -> Answer<Json<Person>> {
    Ok(Json(inside.app.people().contact(id).await?.into()))
}

/// What is known of a person. What is not said stays as it is; fields and tags come to those that are there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactRequest {
    #[schema(example = "0532 555 01 42", min_length = 1, max_length = 80)]
    phone: String,
    #[schema(min_length = 2, max_length = 2)]
    country: Option<String>,
    #[schema(max_length = 500)]
    name: Option<String>,
    #[schema(max_length = 300)]
    email: Option<String>,
    #[serde(default)]
    fields: BTreeMap<String, String>,
    #[serde(default)]
    #[schema(max_items = 100)]
    tags: Vec<String>,
    consent: Option<Consent>,
}

impl Limits for ContactRequest {
    fn check(&self) -> Result<(), Unfit> {
        text("phone", &self.phone, 1, 80)?;
        maybe("country", self.country.as_ref(), 2, 2)?;
        maybe("name", self.name.as_ref(), 0, 500)?;
        maybe("email", self.email.as_ref(), 0, 300)?;
        sized("tags", self.tags.len(), 0, 100)?;
        self.consent.as_ref().map_or(Ok(()), Limits::check)
    }
}

impl Limits for Consent {
    fn check(&self) -> Result<(), Unfit> {
        text("source", &self.source, 1, 500)?;
        text("note", &self.note, 0, 2_000)
    }
}

impl Limits for TagsRequest {
    fn check(&self) -> Result<(), Unfit> {
        sized("add", self.add.len(), 0, 100)?;
        sized("remove", self.remove.len(), 0, 100)
    }
}

impl Limits for StandingRequest {}

impl Limits for ConsentRequest {
    fn check(&self) -> Result<(), Unfit> {
        self.consent.check()
    }
}

/// Adds the person with this phone, or changes them.
#[utoipa::path(post, path = "/api/contacts", operation_id = "upsert_contact",
    tag = "contacts", request_body = ContactRequest,
    responses((status = 200, body = Person, description = "There already, and changed"),
              (status = 201, body = Person, description = "Added")))]
pub async fn bring(
    State(inside): State<Inside>,
    Body { value, .. }: Body<ContactRequest>,
) -> Answer<(StatusCode, Json<Person>)> {
    let now = inside.app.now();
    let person = ProgramContact {
        phone: value.phone,
        country: value.country,
        name: value.name,
        email: value.email,
        fields: value.fields,
        tags: value.tags,
        consent: value.consent.map(|consent| consent.given(now)),
    };
    let (contact, is_new) = inside.app.programs().bring_contact(&person).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(contact.into())))
}

/// Erases a person at their wish: everything of them goes, here and in what was sent.
#[utoipa::path(delete, path = "/api/contacts/{id}", operation_id = "erase_contact",
    tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn erase(State(inside): State<Inside>, Id(id): Id<ContactId>) -> Answer<StatusCode> {
    inside.app.people().erase(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagsRequest {
    #[serde(default)]
    #[schema(max_items = 100)]
    add: Vec<String>,
    #[serde(default)]
    #[schema(max_items = 100)]
    remove: Vec<String>,
}

/// Gives a person tags and takes others away.
#[utoipa::path(put, path = "/api/contacts/{id}/tags", operation_id = "change_tags",
    tag = "contacts", params(("id" = Uuid, Path)),
    request_body = TagsRequest, responses((status = 200, body = Person)))]
pub async fn tag(
    State(inside): State<Inside>,
    Id(id): Id<ContactId>,
    Body { value, .. }: Body<TagsRequest>,
) -> Answer<Json<Person>> {
    Ok(Json(inside.app.programs().tag_contact(id, &value.add, &value.remove).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StandingRequest {
    standing: Standing,
}

/// Puts a person on a list. From the black list nobody comes back this way.
#[utoipa::path(put, path = "/api/contacts/{id}/standing", operation_id = "set_standing",
    tag = "contacts", params(("id" = Uuid, Path)),
    request_body = StandingRequest, responses((status = 200, body = Person)))]
pub async fn standing(
    State(inside): State<Inside>,
    Id(id): Id<ContactId>,
    Body { value, .. }: Body<StandingRequest>,
) -> Answer<Json<Person>> {
    Ok(Json(inside.app.people().set_standing(id, value.standing.into()).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentRequest {
    consent: Consent,
}

/// Records that a person gave permission. Whoever opted out or took the permission back is left as they are: that only its
/// owner can undo, in Ulak.
#[utoipa::path(put, path = "/api/contacts/{id}/consent", operation_id = "set_consent",
    tag = "contacts", params(("id" = Uuid, Path)),
    request_body = ConsentRequest, responses((status = 200, body = Person)))]
pub async fn consent(
    State(inside): State<Inside>,
    Id(id): Id<ContactId>,
    Body { value, .. }: Body<ConsentRequest>,
) -> Answer<Json<Person>> {
    let given = value.consent.given(inside.app.now());
    Ok(Json(inside.app.programs().note_consent(id, &given).await?.into()))
}

/// Records that a person took the permission back, or said no: no promotion reaches them any more, while what concerns
/// them still does (for nothing at all, set the standing `black`). The first time stays on record. Only its owner can undo
/// it, in Ulak.
#[utoipa::path(delete, path = "/api/contacts/{id}/consent", operation_id = "withdraw_consent",
    tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 200, body = Person)))]
pub async fn withdraw(State(inside): State<Inside>, Id(id): Id<ContactId>) -> Answer<Json<Person>> {
    Ok(Json(inside.app.programs().withdraw_consent(id).await?.into()))
}

#[derive(Serialize, ToSchema)]
pub struct Segments {
    segments: Vec<SegmentLine>,
}

#[derive(Serialize, ToSchema)]
pub struct SegmentLine {
    id: Uuid,
    name: String,
    /// None where its conditions cannot be read by this Ulak.
    contacts: Option<i64>,
}

/// The saved segments, and how many contacts each finds at this moment.
#[utoipa::path(get, path = "/api/segments", operation_id = "list_segments",
    tag = "contacts", responses((status = 200, body = Segments)))]
pub async fn segments(State(inside): State<Inside>) -> Answer<Json<Segments>> {
    let mut segments = Vec::new();
    for segment in inside.app.people().segments().await? {
        let contacts = match &segment.filter {
            Some(filter) => Some(inside.app.people().count_filtered(filter).await?),
            None => None,
        };
        segments.push(SegmentLine { id: segment.id.0, name: segment.name, contacts });
    }
    Ok(Json(Segments { segments }))
}
