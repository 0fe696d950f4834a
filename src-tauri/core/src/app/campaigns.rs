//! Composing, reviewing, scheduling and steering campaigns.

use std::path::Path;
use std::sync::Arc;

use data_encoding::BASE64;
use serde::Serialize;
use sqlx::SqliteConnection;
use ulak_media::Wish;

use super::common::{Common, facet};
use super::files::Files;
use super::link_previews::LinkPreviews;
use super::{Outbox, Problem};
use crate::campaign::audience::{Audience, SkippedOf};
use crate::campaign::compose::{Content, Layout, layout};
use crate::campaign::draft::{Draft, DraftEdit, StoredState};
use crate::campaign::hints::hints;
use crate::campaign::live::all_sessions;
use crate::campaign::review::{self, Emptiest, Longest, Survey, survey};
use crate::campaign::store::{self, NewDraft};
use crate::campaign::{CampaignError, CampaignState, schedule};
use crate::category::Category;
use crate::clock::Millis;
use crate::contact::segment::store::values;
use crate::contact::store::audience::{Person, count_people, person_at};
use crate::contact::{self, Contact};
use crate::db::StorageError;
use crate::event::Event;
use crate::ids::{CampaignId, ContactId, MediaId, MessageId, SessionId};
use crate::ledger::Book;
use crate::link_preview::LinkCard;
use crate::link_preview::link::{self, Link};
use crate::mail::store as mail;
use crate::media::attachment::{self, MediaItem, Owner};
use crate::media::{Attached, MediaKind};
use crate::outbox::dispatcher::Dispatcher;
use crate::outbox::state::{PartKind, QueueState, SkipReason};
use crate::outbox::store::queue::{self, Again, Failed, Retryable};
use crate::outbox::store::{clear, doubt, reading};
use crate::session::practice::PracticeNumber;
use crate::session::store::numbers;
use crate::session::{Pace, Session, SessionKind};
use crate::settings;
use crate::template::{Choice, Offer, Segment, Template, render, whatsapp_length};
use crate::text::is_blank;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct PartPreview {
    pub kind: PartKind,
    pub text: Option<String>,
    pub media_id: Option<MediaId>,
    /// Of a poll.
    pub options: Option<Vec<String>>,
    pub link_preview: Option<LinkCard>,
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
    pub emptiest: Option<Emptiest>,
    pub over: i64,
    pub too_long: i64,
    pub missing: Vec<MissingLine>,
    /// The first one of the text.
    pub link: Option<Link>,
    pub warnings: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct MissingLine {
    pub variable: String,
    pub people: i64,
}

/// The practice number, as campaigns need it.
pub(super) struct Practising {
    pub number: Arc<PracticeNumber>,
    pub id: SessionId,
    pub hurry_first: bool,
}

/// The campaigns, from the first word of a draft to the last tick.
pub struct Campaigns {
    common: Common,
    files: Files,
    pub(super) link_previews: LinkPreviews,
    pub(super) dispatcher: Arc<Dispatcher>,
    pub(super) practising: Practising,
    /// Scheduling one campaign at a time keeps the sum of credits simple to reason about.
    pub(super) scheduling: tokio::sync::Mutex<()>,
    /// When WhatsApp was last asked for people of an audience.
    pub(super) looked_up: tokio::sync::Mutex<Millis>,
}

facet!(Campaigns);

impl Campaigns {
    pub(super) fn new(
        common: Common,
        files: Files,
        link_previews: LinkPreviews,
        dispatcher: Arc<Dispatcher>,
        practising: Practising,
    ) -> Self {
        Self {
            common,
            files,
            link_previews,
            dispatcher,
            practising,
            scheduling: tokio::sync::Mutex::default(),
            looked_up: tokio::sync::Mutex::default(),
        }
    }

    /// A draft over all linked numbers, or over the practice number until there is one.
    pub async fn create_draft(&self) -> Result<Draft, Problem> {
        let linked = numbers::linked(&mut *self.reader().await?).await.map_err(StorageError::from)?;
        self.new_draft(linked).await
    }

    /// A draft over the practice number, whatever numbers are linked.
    pub async fn create_practice_draft(&self) -> Result<Draft, Problem> {
        self.new_draft(Vec::new()).await
    }

    async fn new_draft(&self, linked: Vec<SessionId>) -> Result<Draft, Problem> {
        let practice = linked.is_empty();
        let draft = NewDraft {
            name: String::new(),
            text: String::new(),
            choice: None,
            book: if practice { Book::Practice } else { Book::Real },
            session_ids: if practice { vec![self.practising.id] } else { linked },
            keep_hours: !practice,
            category: Category::default(),
            consent_basis: String::new(),
        };
        let mut tx = self.db.begin().await?;
        let id = store::create(&mut tx, &draft, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.draft(id).await
    }

    pub async fn draft(&self, id: CampaignId) -> Result<Draft, Problem> {
        let draft = store::by_id(&mut *self.reader().await?, id).await.map_err(|error| self.db.error(error))?;
        let draft = draft.ok_or(CampaignError::Gone)?;
        // Whoever asks for it asks next whom it reaches.
        if draft.audience.has_segments() {
            values::settle(&self.db).await?;
        }
        Ok(draft)
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
    pub(super) async fn book_of(&self, chosen: &[SessionId]) -> Result<Book, Problem> {
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

    /// Whoever leaves a draft in which nothing was written, added or chosen leaves nothing behind.
    pub async fn drop_untouched(&self, id: CampaignId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let dropped = store::remove_if_untouched(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        if dropped {
            self.events.emit(Event::CampaignChanged(id));
        }
        Ok(())
    }

    /// A new draft with the same content and audience.
    pub async fn duplicate_campaign(&self, id: CampaignId) -> Result<Draft, Problem> {
        let original = self.draft(id).await?;
        let draft = NewDraft {
            name: original.name.clone(),
            text: original.text.clone(),
            choice: original.choice.clone(),
            book: original.book,
            session_ids: original.session_ids.clone(),
            keep_hours: original.keep_hours,
            category: original.category,
            consent_basis: original.consent_basis.clone(),
        };
        let now = self.now();
        let mut tx = self.db.begin().await?;
        refuse_cleared(&mut tx, id).await?;
        let copy = store::create(&mut tx, &draft, now).await.map_err(|error| self.db.error(error))?;
        let copied = async {
            attachment::store::replace(&mut tx, Owner::Campaign(id), Owner::Campaign(copy), now).await?;
            let preview = original.link_preview.as_ref().map(|card| card.id);
            store::set_link_preview(&mut tx, copy, preview).await?;
            mail::inherit(&mut tx, (mail::Kind::Campaign, id.0), (mail::Kind::Campaign, copy.0), now).await
        };
        copied.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.save_draft(&DraftEdit { id: copy, due_at: None, ..original.edit() }).await
    }

    /// A new draft with the same content for those whom this campaign skipped for one reason, so that who can be written
    /// to by now gets it. Who is skipped again, and why, the review says.
    pub async fn draft_for_skipped(
        &self,
        id: CampaignId,
        reason: SkipReason,
        variable: Option<String>,
    ) -> Result<Draft, Problem> {
        let copy = self.duplicate_campaign(id).await?;
        let audience = Audience { skipped: Some(SkippedOf { campaign: id, reason, variable }), ..Audience::default() };
        self.save_draft(&DraftEdit { audience, ..copy.edit() }).await
    }

    /// Identifies, prepares and keeps a file; a refusal says what to do and changes nothing.
    pub async fn add_media(&self, id: CampaignId, path: &Path) -> Result<MediaItem, Problem> {
        self.add_media_as(id, path, Wish::Auto).await
    }

    /// The same, to be sent as the owner wishes.
    pub async fn add_media_as(&self, id: CampaignId, path: &Path, wish: Wish) -> Result<MediaItem, Problem> {
        let open = self.open_draft(id).await?;
        self.files.add_path(Owner::Campaign(id), open.media.len(), path, wish).await
    }

    /// The same for what was pasted, which the window hands over as text.
    pub async fn paste_media(
        &self,
        id: CampaignId,
        name: &str,
        base64: &str,
        wish: Wish,
    ) -> Result<MediaItem, Problem> {
        let open = self.open_draft(id).await?;
        // What does not decode is refused like any other broken file.
        let bytes = BASE64.decode(base64.as_bytes()).unwrap_or_default();
        self.files.add_bytes(Owner::Campaign(id), open.media.len(), name, bytes, wish).await
    }

    pub(super) async fn open_draft(&self, id: CampaignId) -> Result<Draft, Problem> {
        let draft = self.draft(id).await?;
        match draft.state {
            StoredState::Draft => Ok(draft),
            _ => Err(CampaignError::NotADraft.into()),
        }
    }

    pub async fn remove_media(&self, id: CampaignId, media: MediaId) -> Result<Draft, Problem> {
        self.open_draft(id).await?;
        let mut tx = self.db.begin().await?;
        self.files.touch(&mut tx, Owner::Campaign(id)).await?;
        attachment::store::remove(&mut tx, Owner::Campaign(id), media).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.draft(id).await
    }

    pub async fn order_media(&self, id: CampaignId, order: &[MediaId]) -> Result<Draft, Problem> {
        self.open_draft(id).await?;
        let mut tx = self.db.begin().await?;
        self.files.touch(&mut tx, Owner::Campaign(id)).await?;
        attachment::store::order(&mut tx, Owner::Campaign(id), order).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.draft(id).await
    }

    /// The prepared picture as a `data:` URL, for the preview of a phone.
    pub async fn media_picture(&self, media: MediaId) -> Result<String, Problem> {
        let content =
            attachment::store::content(&mut *self.reader().await?, media).await.map_err(StorageError::from)?;
        let (mime, bytes) = content.ok_or(CampaignError::Gone)?;
        Ok(format!("data:{mime};base64,{}", BASE64.encode(&bytes)))
    }

    /// The message as one contact would get it; unfilled variables stay visible and are named.
    pub async fn preview_message(&self, id: CampaignId, index: u32) -> Result<MessagePreview, Problem> {
        let draft = self.draft(id).await?;
        let mut reader = self.reader().await?;
        let target = draft.target(&mut reader, self.now()).await?;
        let total = count_people(&mut reader, target.whom()).await.map_err(StorageError::from)?;
        let index = index.min(u32::try_from(total - 1).unwrap_or(0));
        let moment = draft.moment(&mut reader, self.now()).await.map_err(StorageError::from)?;
        let person = person_at(&mut reader, target.whom(), moment, index).await.map_err(StorageError::from)?;
        let person = person.ok_or(CampaignError::Nobody)?;
        let content = draft.content()?;
        let missing = gaps(&content, &person);
        let seen = |template: &Template| shown(template, &person, &missing);
        let text = seen(&content.template);
        let poll = content.offer.as_ref().filter(|offer| offer.question.is_some());
        let parts = layout(&content.media, &text, poll.is_some());
        let parts = parts.into_iter().map(|part| preview_of(&draft, part, &text, poll, &seen)).collect();
        Ok(MessagePreview {
            index,
            total,
            contact_id: person.id,
            phone_shown: contact::phone::shown(&person.phone),
            name: person.name,
            parts,
            length: length(&text),
            missing: missing.into_iter().map(str::to_owned).collect(),
        })
    }

    /// What the composer shows while the owner types.
    pub async fn check_draft(&self, id: CampaignId) -> Result<DraftCheck, Problem> {
        let draft = self.draft(id).await?;
        let mut reader = self.reader().await?;
        let survey = survey(&mut reader, &draft, self.now()).await?;
        let (text, poll) = (draft.whole_text(), draft.choice.as_ref().is_some_and(Choice::is_poll));
        let files: Vec<Attached> = draft.media.iter().map(MediaItem::attached).collect();
        let misnamed = survey.unknown.iter().cloned().map(review::misnamed).map(Problem::from);
        Ok(DraftCheck {
            people: survey.people,
            shape: layout(&files, &text, poll).iter().map(kind_of).collect(),
            caption: draft.has_caption(),
            limit: i64::try_from(draft.text_limit()).unwrap_or(i64::MAX),
            longest: survey.longest.map(|(index, length)| Longest { index, length: as_count(length) }),
            emptiest: survey.emptiest.map(|(index, missing)| Emptiest { index, missing: as_count(missing) }),
            over: survey.over_caption,
            too_long: survey.over_text,
            missing: missing_lines(&survey),
            link: link::first(&draft.text),
            warnings: misnamed.chain(hints(&text).into_iter().map(Problem::from)).collect(),
        })
    }

    /// The people whom a draft would skip for one reason, at most so many; with a variable those who lack that one.
    pub async fn skipped_people(
        &self,
        id: CampaignId,
        reason: SkipReason,
        variable: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Contact>, Problem> {
        let draft = self.draft(id).await?;
        let limit = usize::try_from(limit.min(1_000)).unwrap_or(1_000);
        let why = (reason, variable);
        let ids = review::skipped_people(&mut *self.reader().await?, &draft, why, limit, self.now()).await?;
        Ok(contact::store::by_ids(self.db.read(), &ids).await?)
    }

    pub async fn schedule_campaign(&self, id: CampaignId, only_covered: bool) -> Result<CampaignId, Problem> {
        let _one_at_a_time = self.scheduling.lock().await;
        let _whole = self.freezing.read().await;
        self.dispatcher.refuse_stopped(self.draft(id).await?.book)?;
        schedule::schedule(&self.db, id, only_covered, self.now()).await?;
        self.mark.advance_or_warn().await;
        self.hurry_first_practice().await?;
        self.changed(id);
        Ok(id)
    }

    /// Sets how the practice number goes, from what it has to do.
    pub(super) async fn hurry_first_practice(&self) -> Result<(), Problem> {
        let mut reader = self.reader().await?;
        let sessions = all_sessions(&mut reader).await.map_err(StorageError::from)?;
        let parts = self.open_of_first_practice(&mut reader, &sessions).await?;
        self.practising.number.hurry(parts.filter(|parts| *parts > 0));
        Ok(())
    }

    /// What is open over the practice number, while nothing was ever finished over it and its owner left its pace alone.
    async fn open_of_first_practice(
        &self,
        db: &mut SqliteConnection,
        sessions: &[Session],
    ) -> Result<Option<i64>, Problem> {
        let number = sessions.iter().find(|session| session.id == self.practising.id);
        let is_first = self.practising.hurry_first && !reading::has_practised(db).await.map_err(StorageError::from)?;
        if !is_first || number.is_none_or(|number| number.pace != Pace::PRACTICE) {
            return Ok(None);
        }
        Ok(Some(reading::tally_of_book(db, Book::Practice).await.map_err(StorageError::from)?.parts.open()))
    }

    /// The same for a draft that would go over it.
    pub(super) async fn first_practice(
        &self,
        db: &mut SqliteConnection,
        draft: &Draft,
        sessions: &[Session],
    ) -> Result<Option<i64>, Problem> {
        if draft.book == Book::Practice { self.open_of_first_practice(db, sessions).await } else { Ok(None) }
    }

    /// Goes on with schedulings that were cut off, each by itself: one that fails stands in no other's way.
    pub(super) async fn finish_schedulings(&self) {
        let interrupted = async { store::interrupted(&mut *self.db.read().acquire().await?).await }.await;
        let interrupted = interrupted.unwrap_or_else(|error| {
            self.found.tell(self.db.error(error).into());
            Vec::new()
        });
        for id in interrupted {
            let _one_at_a_time = self.scheduling.lock().await;
            let _whole = self.freezing.read().await;
            if let Err(error) = schedule::resume(&self.db, id, self.now()).await {
                let name = self.draft(id).await.map(|draft| draft.name).unwrap_or_default();
                self.found.tell(CampaignError::Unfinished { name, reason: error.into() }.into());
            }
            self.changed(id);
        }
        if let Err(problem) = self.hurry_first_practice().await {
            self.found.tell(problem);
        }
    }

    pub async fn pause_campaign(&self, id: CampaignId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let paused = queue::pause(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.steered(id, paused, CampaignState::Paused).await
    }

    pub async fn resume_campaign(&self, id: CampaignId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let resumed = queue::resume(&mut tx, id, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.outdated.notify_one();
        self.steered(id, resumed, CampaignState::Running).await
    }

    /// Nothing of it goes out any more. What is in doubt waits for a receipt.
    /// A campaign that is still being scheduled is cancelled whole: its scheduling finds out at its next transaction.
    pub async fn cancel_campaign(&self, id: CampaignId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let cancelled = queue::cancel(&mut tx, id, self.now()).await.map_err(|error| self.db.error(error))?
            && store::cancel(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        // A revision of it ends, and one that wanted its credits goes on.
        self.outdated.notify_one();
        self.steered(id, cancelled, CampaignState::Cancelled).await
    }

    /// A change that did not happen is an error, except where all is as the owner wants it already.
    async fn steered(&self, id: CampaignId, happened: bool, wanted: CampaignState) -> Result<(), Problem> {
        if happened {
            self.changed(id);
            return Ok(());
        }
        let stored = self.draft(id).await?.state;
        let queue = reading::queue_state(&mut *self.reader().await?, id).await.map_err(|error| self.db.error(error))?;
        match (stored, queue, wanted) {
            (StoredState::Cancelled, _, CampaignState::Cancelled)
            | (StoredState::Scheduled, Some(QueueState::Paused), CampaignState::Paused)
            | (StoredState::Scheduled, Some(QueueState::Open), CampaignState::Running) => Ok(()),
            (StoredState::Draft, ..) => Err(CampaignError::NotScheduled.into()),
            (StoredState::Scheduling, ..) => Err(CampaignError::BeingScheduled.into()),
            (StoredState::Scheduled | StoredState::Cancelled, ..) => Err(CampaignError::Over.into()),
        }
    }

    /// Whom the two ways to try again would reach.
    pub async fn retryable(&self, id: CampaignId) -> Result<Retryable, Problem> {
        Ok(queue::retryable(&mut *self.reader().await?, Failed::Of(id), self.now())
            .await
            .map_err(StorageError::from)?)
    }

    /// Puts back what certainly did not arrive, and says how many parts that are.
    pub async fn retry_failed(&self, id: CampaignId) -> Result<u64, Problem> {
        self.may_go_on(id).await?;
        let mut tx = self.db.begin().await?;
        refuse_cleared(&mut tx, id).await?;
        let put_back = queue::retry_failed(&mut tx, Failed::Of(id), Again::Certain, self.now()).await?;
        self.db.commit(tx).await?;
        self.finish_revisions().await;
        self.changed(id);
        Ok(put_back.parts)
    }

    /// Puts back what may have arrived, over any of the campaign's numbers. `people` is how many may see it twice, as
    /// the owner was told: if it is another number by then, nothing happens.
    pub async fn retry_doubtful(&self, id: CampaignId, people: i64) -> Result<u64, Problem> {
        self.may_go_on(id).await?;
        let mut tx = self.db.begin().await?;
        refuse_cleared(&mut tx, id).await?;
        let doubtful =
            queue::retryable(&mut tx, Failed::Of(id), self.now()).await.map_err(|error| self.db.error(error))?.doubtful;
        if doubtful != people {
            return Err(CampaignError::OtherDoubt { people: doubtful }.into());
        }
        let put_back = queue::retry_failed(&mut tx, Failed::Of(id), Again::Doubtful, self.now()).await?;
        self.db.commit(tx).await?;
        self.changed(id);
        Ok(put_back.parts)
    }

    async fn may_go_on(&self, id: CampaignId) -> Result<(), Problem> {
        let draft = self.draft(id).await?;
        match draft.state {
            StoredState::Cancelled => Err(CampaignError::Cancelled.into()),
            _ => self.dispatcher.refuse_stopped(draft.book),
        }
    }

    /// Ends the checking of what is in doubt in a campaign, and says how many parts that were.
    pub async fn stop_checking(&self, id: CampaignId) -> Result<u64, Problem> {
        let mut tx = self.db.begin().await?;
        let ended = doubt::stop_queue(&mut tx, id, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.changed(id);
        Ok(ended)
    }

    /// The same for one message.
    pub async fn stop_checking_message(&self, id: MessageId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let queue = doubt::stop_message(&mut tx, id, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        queue.into_iter().for_each(|queue| self.changed(queue));
        Ok(())
    }
}

impl Outbox {
    pub async fn pause_everything(&self) -> Result<(), Problem> {
        self.put(settings::key::PAUSED_ALL, &true).await?;
        self.nudge();
        Ok(())
    }

    /// The same for who cannot show what was found out about the data folder, and so cannot answer it.
    pub async fn resume_what_was_paused(&self) -> Result<(), Problem> {
        match self.found.folder() {
            Some(finding) => Err(finding),
            None => self.resume_everything().await,
        }
    }

    /// Also answers what was found out about the data folder.
    pub async fn resume_everything(&self) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        settings::put(&mut tx, settings::key::PAUSED_ALL, &false).await.map_err(|error| self.db.error(error))?;
        settings::remove(&mut tx, settings::key::FOLDER_FINDING).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.found.folder_is_answered();
        self.nudge();
        Ok(())
    }
}

impl Campaigns {
    pub(super) fn changed(&self, id: CampaignId) {
        self.events.emit(Event::CampaignChanged(id));
        self.events.emit(Event::LedgerChanged);
        self.nudge();
    }
}

/// Of what was cleared nothing is sent again or copied.
pub(super) async fn refuse_cleared(db: &mut SqliteConnection, id: CampaignId) -> Result<(), Problem> {
    match clear::cleared_at(db, id).await.map_err(StorageError::from)? {
        Some(_) => Err(CampaignError::Cleared.into()),
        None => Ok(()),
    }
}

fn kind_of(part: &Layout) -> PartKind {
    match &part.media {
        Some(file) => file.kind.into(),
        None if part.poll => PartKind::Poll,
        None => PartKind::Text,
    }
}

/// The variables that have neither a value nor a fallback everywhere they stand.
fn gaps<'c>(content: &'c Content, person: &Person) -> Vec<&'c str> {
    let offer = content.offer.iter().flat_map(|offer| offer.question.iter().chain(&offer.options));
    let mut missing: Vec<&str> = Vec::new();
    for segment in std::iter::once(&content.template).chain(offer).flat_map(|template| &template.segments) {
        if let Segment::Variable { name, fallback: None } = segment
            && person.value(name).is_none_or(is_blank)
            && !missing.contains(&name.as_str())
        {
            missing.push(name);
        }
    }
    missing
}

/// Filled as far as it can be; what is missing stays visible.
fn shown(template: &Template, person: &Person, missing: &[&str]) -> String {
    let visible = |segment: &Segment| match segment {
        Segment::Variable { name, fallback: None } if missing.contains(&name.as_str()) => {
            Segment::Text(format!("{{{{{name}}}}}"))
        }
        segment => segment.clone(),
    };
    let template = Template { segments: template.segments.iter().map(visible).collect() };
    render(&template, |variable| person.value(variable)).unwrap_or_default()
}

fn preview_of(
    draft: &Draft,
    part: Layout,
    text: &str,
    poll: Option<&Offer>,
    seen: &impl Fn(&Template) -> String,
) -> PartPreview {
    let kind = kind_of(&part);
    if let (PartKind::Poll, Some(offer)) = (kind, poll) {
        return PartPreview {
            kind,
            text: offer.question.as_ref().map(seen),
            media_id: None,
            options: Some(offer.options.iter().map(seen).collect()),
            link_preview: None,
        };
    }
    let media = part.media.and_then(|file| draft.media.iter().find(|item| item.sha256 == file.sha256));
    PartPreview {
        kind,
        text: part.with_text.then(|| text.to_owned()),
        media_id: media.filter(|item| item.kind == MediaKind::Image).map(|item| item.id),
        options: None,
        link_preview: draft.sent_link_preview().filter(|_| kind == PartKind::Text).cloned(),
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
