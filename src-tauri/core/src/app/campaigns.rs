//! Composing, reviewing, scheduling and steering campaigns.

use std::path::Path;

use data_encoding::BASE64;
use serde::Serialize;

use super::{App, Problem};
use crate::campaign::compose::layout;
use crate::campaign::draft::{Draft, DraftEdit, MediaItem, MediaKind};
use crate::campaign::estimate::{Stretch, stretches};
use crate::campaign::hints::hints;
use crate::campaign::live::{all_sessions, kept_hours, others_ahead, tempo};
use crate::campaign::review::{self, Longest, PriceLine, SkipLine, Survey, survey};
use crate::campaign::store::{self, NewDraft};
use crate::campaign::{CampaignError, compose, schedule};
use crate::clock::{MINUTE, Millis, local};
use crate::contact::{self, Contact};
use crate::db::StorageError;
use crate::event::Event;
use crate::ids::{CampaignId, ContactId, MediaId, SessionId};
use crate::ledger::{Book, store as ledger};
use crate::outbox::state::SkipReason;
use crate::outbox::store::queue;
use crate::outbox::window::SendingHours;
use crate::session::{Session, SessionKind};
use crate::settings;
use crate::template::{Segment, render, whatsapp_length};

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct PartPreview {
    pub kind: PartKind,
    pub text: Option<String>,
    pub media_id: Option<MediaId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum PartKind {
    Text,
    Image,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct MessagePreview {
    pub index: u32,
    pub total: i64,
    pub contact_id: ContactId,
    pub name: String,
    pub phone_shown: String,
    pub parts: Vec<PartPreview>,
    pub length: i64,
    pub missing: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct DraftCheck {
    /// The audience before anybody is skipped.
    pub people: i64,
    /// The parts of the usual contact.
    pub shape: Vec<PartKind>,
    pub caption: bool,
    pub limit: i64,
    pub longest: Option<Longest>,
    pub over: i64,
    pub too_long: i64,
    pub missing: Vec<MissingLine>,
    pub warnings: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct MissingLine {
    pub variable: String,
    pub people: i64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Review {
    pub people: i64,
    pub will_send: i64,
    pub skipped: Vec<SkipLine>,
    pub price: Vec<PriceLine>,
    pub credits: i64,
    pub free: i64,
    pub free_after: i64,
    pub shortage: i64,
    pub covered_people: i64,
    pub practice: bool,
    pub starts_at: Millis,
    pub finishes_at: Option<Millis>,
    pub parts_per_hour: i64,
    pub zone: String,
    pub days: Vec<DayPlan>,
    pub sessions: Vec<SessionShare>,
    pub blockers: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct DayPlan {
    /// `YYYY-MM-DD`, local.
    pub day: String,
    pub spans: Vec<Span>,
    pub parts: i64,
    pub open_from: u16,
    pub open_to: u16,
    pub others: Vec<OtherSpan>,
}

/// Minutes since local midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Span {
    pub from: u16,
    pub to: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct OtherSpan {
    pub name: String,
    pub from: u16,
    pub to: u16,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct SessionShare {
    pub id: SessionId,
    pub name: String,
    pub chosen: bool,
    /// In percent of the parts.
    pub share: i64,
}

const DAYS_SHOWN: usize = 7;
/// What a fresh draft says under "consent" while it goes to nobody real.
const PRACTICE_BASIS: &str = "practice";

impl App {
    /// A draft over the practice number: the only one until a real number is linked.
    pub async fn create_draft(&self) -> Result<Draft, Problem> {
        let draft = NewDraft {
            name: String::new(),
            text: String::new(),
            book: Book::Practice,
            session_ids: vec![self.practice_id],
            keep_hours: false,
            consent_basis: PRACTICE_BASIS.to_owned(),
        };
        let mut tx = self.db.begin().await?;
        let id = store::create(&mut tx, &draft, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.draft(id).await
    }

    pub async fn draft(&self, id: CampaignId) -> Result<Draft, Problem> {
        let draft = store::by_id(&mut *self.reader().await?, id).await.map_err(|error| self.db.error(error))?;
        draft.ok_or_else(|| CampaignError::Gone.into())
    }

    pub async fn save_draft(&self, edit: &DraftEdit) -> Result<Draft, Problem> {
        let book = self.book_of(&edit.session_ids).await?;
        let mut tx = self.db.begin().await?;
        let saved = store::save(&mut tx, edit, book, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        if !saved {
            self.draft(edit.id).await?;
            return Err(CampaignError::NotADraft.into());
        }
        self.events.emit(Event::CampaignChanged(edit.id));
        self.draft(edit.id).await
    }

    /// Practice credits for the practice number, real ones for real numbers.
    async fn book_of(&self, chosen: &[SessionId]) -> Result<Book, Problem> {
        let sessions = all_sessions(&mut *self.reader().await?).await.map_err(StorageError::from)?;
        let of_kind =
            |kind: SessionKind| sessions.iter().any(|session| session.kind == kind && chosen.contains(&session.id));
        match (of_kind(SessionKind::Practice), of_kind(SessionKind::Whatsapp)) {
            (true, true) => Err(CampaignError::MixedNumbers.into()),
            (_, true) => Ok(Book::Real),
            _ => Ok(Book::Practice),
        }
    }

    pub async fn delete_draft(&self, id: CampaignId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let deleted = store::delete_draft(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::CampaignChanged(id));
        if deleted { Ok(()) } else { Err(CampaignError::NotADraft.into()) }
    }

    /// A new draft with the same content and audience.
    pub async fn duplicate_campaign(&self, id: CampaignId) -> Result<Draft, Problem> {
        let original = self.draft(id).await?;
        let draft = NewDraft {
            name: original.name.clone(),
            text: original.text.clone(),
            book: original.book,
            session_ids: original.session_ids.clone(),
            keep_hours: original.keep_hours,
            consent_basis: original.consent_basis.clone(),
        };
        let now = self.now();
        let mut tx = self.db.begin().await?;
        let copy = store::create(&mut tx, &draft, now).await.map_err(|error| self.db.error(error))?;
        store::copy_files(&mut tx, id, copy, now).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        let edit = DraftEdit {
            id: copy,
            name: draft.name,
            text: draft.text,
            audience: original.audience,
            split_long_caption: original.split_long_caption,
            due_at: None,
            priority: original.priority,
            session_ids: original.session_ids,
            keep_hours: original.keep_hours,
            consent_basis: original.consent_basis,
        };
        self.save_draft(&edit).await
    }

    /// Identifies, prepares and keeps a file; a refusal says what to do and changes nothing.
    pub async fn add_media(&self, id: CampaignId, path: &Path) -> Result<MediaItem, Problem> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let path = path.to_owned();
        self.add_prepared(id, name, move || ulak_media::prepare_file(&path)).await
    }

    /// The same for what was pasted, which the window hands over as text.
    pub async fn paste_media(&self, id: CampaignId, name: &str, base64: &str) -> Result<MediaItem, Problem> {
        // What does not decode is refused like any other broken file.
        let bytes = BASE64.decode(base64.as_bytes()).unwrap_or_default();
        self.add_prepared(id, name.to_owned(), move || ulak_media::prepare(&bytes)).await
    }

    async fn add_prepared(
        &self,
        id: CampaignId,
        name: String,
        prepare: impl FnOnce() -> Result<ulak_media::Prepared, ulak_media::Refusal> + Send + 'static,
    ) -> Result<MediaItem, Problem> {
        let draft = self.open_draft(id).await?;
        if draft.media.len() >= compose::MOST_FILES {
            return Err(CampaignError::TooManyFiles { most: compose::MOST_FILES }.into());
        }
        let prepared = tokio::task::spawn_blocking(prepare).await.map_err(Problem::crashed)?;
        let prepared = prepared.map_err(CampaignError::from)?;
        let mut tx = self.db.begin().await?;
        let added = store::add_file(&mut tx, id, &name, &prepared, self.now()).await;
        let added = added.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::CampaignChanged(id));
        let item = self.draft(id).await?.media.into_iter().find(|item| item.id == added);
        item.ok_or_else(|| CampaignError::Gone.into())
    }

    async fn open_draft(&self, id: CampaignId) -> Result<Draft, Problem> {
        let draft = self.draft(id).await?;
        match draft.state {
            crate::campaign::draft::StoredState::Draft => Ok(draft),
            _ => Err(CampaignError::NotADraft.into()),
        }
    }

    pub async fn remove_media(&self, id: CampaignId, media: MediaId) -> Result<Draft, Problem> {
        self.open_draft(id).await?;
        let mut tx = self.db.begin().await?;
        store::remove_file(&mut tx, id, media, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.draft(id).await
    }

    pub async fn order_media(&self, id: CampaignId, order: &[MediaId]) -> Result<Draft, Problem> {
        self.open_draft(id).await?;
        let mut tx = self.db.begin().await?;
        store::order_files(&mut tx, id, order, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.draft(id).await
    }

    /// The prepared picture as a `data:` URL, for the preview of a phone.
    pub async fn media_picture(&self, media: MediaId) -> Result<String, Problem> {
        let picture = store::picture(&mut *self.reader().await?, media).await.map_err(StorageError::from)?;
        picture.ok_or_else(|| CampaignError::Gone.into())
    }

    /// The message as one contact would get it; unfilled variables stay visible and are named.
    pub async fn preview_message(&self, id: CampaignId, index: u32) -> Result<MessagePreview, Problem> {
        let draft = self.draft(id).await?;
        let mut reader = self.reader().await?;
        let total = review::audience_size(&mut reader, &draft).await.map_err(StorageError::from)?;
        let index = index.min(u32::try_from(total - 1).unwrap_or(0));
        let person = store::person_at(&mut reader, &draft.audience, index).await.map_err(StorageError::from)?;
        let person = person.ok_or(CampaignError::Nobody)?;
        let content = draft.content()?;
        let mut template = content.template;
        let mut missing = Vec::new();
        for segment in &mut template.segments {
            if let Segment::Variable { name, fallback: None } = segment
                && person.value(name).is_none_or(|value| value.trim().is_empty())
            {
                missing.push(name.clone());
                *segment = Segment::Text(format!("{{{{{name}}}}}"));
            }
        }
        let text = render(&template, |variable| person.value(variable)).unwrap_or_default();
        let parts = layout(&content.media, &text).into_iter().map(|part| preview_of(&draft, part, &text)).collect();
        Ok(MessagePreview {
            index,
            total,
            contact_id: person.id,
            phone_shown: contact::phone::shown(&person.phone),
            name: person.name,
            parts,
            length: length(&text),
            missing,
        })
    }

    /// What the composer shows while the owner types.
    pub async fn check_draft(&self, id: CampaignId) -> Result<DraftCheck, Problem> {
        let draft = self.draft(id).await?;
        let mut reader = self.reader().await?;
        let survey = survey(&mut reader, &draft).await?;
        let hashes: Vec<compose::Sha256> = draft.media.iter().map(|item| item.sha256).collect();
        Ok(DraftCheck {
            people: survey.people,
            shape: layout(&hashes, &draft.text).iter().map(|part| kind_of(part.media.is_some())).collect(),
            caption: draft.has_caption(),
            limit: i64::try_from(draft.text_limit()).unwrap_or(i64::MAX),
            longest: survey.longest.map(|(index, length)| Longest { index, length: as_count(length) }),
            over: survey.over_caption,
            too_long: survey.over_text,
            missing: missing_lines(&survey),
            warnings: hints(&draft.text).into_iter().map(Problem::from).collect(),
        })
    }

    pub async fn skipped_people(
        &self,
        id: CampaignId,
        reason: SkipReason,
        limit: u32,
    ) -> Result<Vec<Contact>, Problem> {
        let draft = self.draft(id).await?;
        let limit = usize::try_from(limit.min(1_000)).unwrap_or(1_000);
        let ids = review::skipped_people(&mut *self.reader().await?, &draft, reason, limit).await?;
        Ok(contact::store::by_ids(self.db.read(), &ids).await?)
    }

    pub async fn review_campaign(&self, id: CampaignId) -> Result<Review, Problem> {
        let draft = self.draft(id).await?;
        let hours = self.settings().await?.hours();
        let now = self.now();
        let mut reader = self.reader().await?;
        let survey = survey(&mut reader, &draft).await?;
        let balance = ledger::balance(&mut reader, draft.book).await.map_err(StorageError::from)?;
        let sessions = all_sessions(&mut reader).await.map_err(StorageError::from)?;
        let tempo = tempo(&draft, &sessions);
        let kept = kept_hours(&draft, &hours);
        let (busy_until, others) = self.others(&mut reader, &draft, &sessions, &hours).await?;
        let starts_at = draft.due_at.unwrap_or(now).max(now);
        let plan = stretches(starts_at.max(busy_until), survey.credits(), tempo, kept);
        let credits = survey.credits();
        Ok(Review {
            people: survey.people,
            will_send: survey.will_send,
            skipped: review::skip_lines(&survey),
            price: review::price_lines(&survey),
            credits,
            free: balance.free(),
            free_after: balance.free() - credits,
            shortage: balance.shortage(credits),
            covered_people: survey.covered_by(balance.free()),
            practice: draft.book == Book::Practice,
            starts_at,
            finishes_at: plan.last().map(|stretch| stretch.to),
            parts_per_hour: tempo.parts_an_hour(),
            zone: hours.zone.name().to_owned(),
            days: day_plans(&plan, &others, &hours, kept.is_some()),
            sessions: shares(&draft, &sessions),
            blockers: review::blockers(&draft, &survey).into_iter().map(Problem::from).collect(),
        })
    }

    /// When the campaigns that go first are through, and where they lie.
    async fn others(
        &self,
        db: &mut sqlx::SqliteConnection,
        draft: &Draft,
        sessions: &[Session],
        hours: &SendingHours,
    ) -> Result<(Millis, Vec<(String, Stretch)>), Problem> {
        let mut at = self.now();
        let mut spans = Vec::new();
        for (row, _) in others_ahead(db, draft, at).await.map_err(StorageError::from)? {
            let start = row.due_at.unwrap_or(at).max(at);
            let plan = stretches(start, row.counts.open(), tempo(draft, sessions), Some(hours));
            at = plan.last().map_or(at, |stretch| stretch.to);
            spans.extend(plan.into_iter().map(|stretch| (row.name.clone(), stretch)));
        }
        let later = draft.due_at.is_some_and(|due_at| due_at > at);
        Ok((if later { Millis::MIN } else { at }, spans))
    }

    pub async fn schedule_campaign(&self, id: CampaignId, only_covered: bool) -> Result<CampaignId, Problem> {
        let _one_at_a_time = self.scheduling.lock().await;
        schedule::schedule(&self.db, id, only_covered, self.now()).await?;
        self.changed(id);
        Ok(id)
    }

    pub async fn pause_campaign(&self, id: CampaignId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        queue::pause(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.changed(id);
        Ok(())
    }

    pub async fn resume_campaign(&self, id: CampaignId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        queue::resume(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.changed(id);
        Ok(())
    }

    /// Nothing that still waits goes out; what is on its way is seen through.
    pub async fn cancel_campaign(&self, id: CampaignId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        store::cancel(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        queue::cancel(&mut tx, id, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.changed(id);
        Ok(())
    }

    pub async fn retry_failed(&self, id: CampaignId) -> Result<u64, Problem> {
        let mut tx = self.db.begin().await?;
        let put_back = queue::retry_failed(&mut tx, id, self.now()).await?;
        self.db.commit(tx).await?;
        self.changed(id);
        Ok(put_back)
    }

    pub async fn pause_everything(&self) -> Result<(), Problem> {
        self.put(settings::key::PAUSED_ALL, &true).await?;
        self.nudge();
        Ok(())
    }

    pub async fn resume_everything(&self) -> Result<(), Problem> {
        self.put(settings::key::PAUSED_ALL, &false).await?;
        self.nudge();
        Ok(())
    }

    fn changed(&self, id: CampaignId) {
        self.events.emit(Event::CampaignChanged(id));
        self.events.emit(Event::LedgerChanged);
        self.nudge();
    }
}

fn kind_of(has_media: bool) -> PartKind {
    if has_media { PartKind::Image } else { PartKind::Text }
}

fn preview_of(draft: &Draft, part: compose::Layout, text: &str) -> PartPreview {
    let media = part.media.and_then(|sha256| draft.media.iter().find(|item| item.sha256 == sha256));
    PartPreview {
        kind: kind_of(part.media.is_some()),
        text: part.with_text.then(|| text.to_owned()),
        media_id: media.filter(|item| item.kind == MediaKind::Image).map(|item| item.id),
    }
}

fn length(text: &str) -> i64 {
    as_count(whatsapp_length(text))
}

fn as_count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn missing_lines(survey: &Survey) -> Vec<MissingLine> {
    let lines = review::skip_lines(survey).into_iter().filter(|line| line.reason == SkipReason::MissingVariable);
    lines.filter_map(|line| Some(MissingLine { variable: line.variable?, people: line.people })).collect()
}

/// Each chosen number's share is its share of the tempo.
fn shares(draft: &Draft, sessions: &[Session]) -> Vec<SessionShare> {
    let chosen = |session: &Session| draft.session_ids.contains(&session.id);
    let rate = |session: &Session| 1_000_000_000 / session.pace.average_ms();
    let total: i64 = sessions.iter().filter(|session| chosen(session)).map(rate).sum();
    let share = |session: &Session| if chosen(session) { (rate(session) * 100 + total / 2) / total.max(1) } else { 0 };
    sessions
        .iter()
        .map(|session| SessionShare {
            id: session.id,
            name: session.name.clone(),
            chosen: chosen(session),
            share: share(session),
        })
        .collect()
}

/// The stretches by local day, as ribbons show them.
fn day_plans(plan: &[Stretch], others: &[(String, Stretch)], hours: &SendingHours, kept: bool) -> Vec<DayPlan> {
    let mut days: Vec<DayPlan> = Vec::new();
    let pieces = plan.iter().flat_map(|stretch| by_day(stretch, hours));
    for (day, span, parts) in pieces {
        match days.last_mut() {
            Some(last) if last.day == day => {
                last.spans.push(span);
                last.parts += parts;
            }
            _ => days.push(DayPlan {
                others: others_on(&day, others, hours),
                day,
                spans: vec![span],
                parts,
                open_from: if kept { hours.from } else { 0 },
                open_to: if kept { hours.to } else { 1440 },
            }),
        }
    }
    days.truncate(DAYS_SHOWN);
    days
}

fn others_on(day: &str, others: &[(String, Stretch)], hours: &SendingHours) -> Vec<OtherSpan> {
    let pieces = others.iter().flat_map(|(name, stretch)| {
        by_day(stretch, hours).into_iter().map(move |(day, span, _)| (day, name.clone(), span))
    });
    pieces
        .filter(|(on, ..)| on == day)
        .map(|(_, name, span)| OtherSpan { name, from: span.from, to: span.to })
        .collect()
}

/// A stretch cut at local midnights, its parts shared out by time.
fn by_day(stretch: &Stretch, hours: &SendingHours) -> Vec<(String, Span, i64)> {
    let mut pieces = Vec::new();
    let (mut at, mut left) = (stretch.from, stretch.parts);
    while at < stretch.to && pieces.len() < DAYS_SHOWN {
        let wall = local(at, hours.zone);
        let from = minute_of_day(&wall);
        let midnight = at + Millis::from(1440 - i32::from(from)) * MINUTE;
        let end = midnight.min(stretch.to);
        let parts =
            if end == stretch.to { left } else { stretch.parts * (end - at) / (stretch.to - stretch.from).max(1) };
        let to = if end == midnight { 1440 } else { minute_of_day(&local(end, hours.zone)).max(from) };
        pieces.push((wall.format("%Y-%m-%d").to_string(), Span { from, to }, parts));
        left -= parts;
        at = end;
    }
    pieces
}

fn minute_of_day(wall: &chrono::DateTime<chrono_tz::Tz>) -> u16 {
    use chrono::Timelike;
    u16::try_from(wall.hour() * 60 + wall.minute()).unwrap_or(0)
}
