//! Revising what waits: another content, another time, other numbers or another priority for a scheduled campaign, or
//! another content for one person.
//!
//! What the owner wants is written down in one transaction, and from then on nothing of the campaign is claimed. Then
//! its people are brought over in chunks, each with its credits in one transaction; a kill in between leaves a campaign
//! that stands still, and the next start goes on. A message is brought over whole or keeps what it has: whatever is on
//! its way, was sent, or may have arrived is left alone. What comes back unsent afterwards is brought over before it is
//! tried again (the trigger `parts_outdated`).

use std::collections::BTreeMap;

use serde::Deserialize;
use sqlx::SqliteConnection;

use super::compose::{Composed, Content, compose, layout, price};
use super::draft::{Draft, Revises, StoredState};
use super::review::{Survey, blockers, refuse_too_long, unknown};
use super::schedule::{Freezing, on};
use super::store::versions::{self, NewVersion};
use super::{CampaignError, store};
use crate::clock::Millis;
use crate::contact::permission::{Facts, Moment};
use crate::contact::store::audience::{Chosen, Person, Whom, people_after};
use crate::db::{Db, Tx};
use crate::ids::{CampaignId, ContactId, MessageId};
use crate::ledger::store::{balance, refuse_shortage};
use crate::media::attachment::Owner;
use crate::outbox::price::Prices;
use crate::outbox::state::SkipReason;
use crate::outbox::store::queue::NewMessage;
use crate::outbox::store::revise::{self, Home, NewContent, Page, Revised, Waiting};
use crate::outbox::window::SendingHours;
use crate::settings;
use crate::text::is_blank;

/// People who are brought over together. Tests cut them off, so they take few.
const CHUNK: u32 = if cfg!(any(test, feature = "testing")) { 4 } else { 500 };

/// When those who wait are written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum NewTime {
    #[default]
    Keep,
    All {
        at: Millis,
    },
    /// The first so many people keep their time.
    Rest {
        first: i64,
        at: Millis,
    },
}

impl NewTime {
    fn at(self) -> Option<Millis> {
        match self {
            Self::Keep => None,
            Self::All { at } | Self::Rest { at, .. } => Some(at),
        }
    }

    fn first(self) -> i64 {
        match self {
            Self::Rest { first, .. } => first.max(0),
            Self::Keep | Self::All { .. } => 0,
        }
    }
}

/// What a revision would change.
#[derive(Clone, Debug, Default)]
pub struct Prospect {
    /// Over those who would be brought over.
    pub survey: Survey,
    /// Those who were skipped and would get it.
    pub regained: i64,
    /// Those who wait for what was written to them by hand.
    pub by_hand: i64,
    /// Credits that are held for them, and that would be.
    pub held: i64,
    pub credits: i64,
    /// Credits that must be free on the way.
    pub needed: i64,
}

/// Looks at everybody who waits, or at the one whom it is for, as the revision would reach them.
pub async fn prospect(
    db: &mut SqliteConnection,
    revises: Revises,
    draft: &Draft,
    with_own: bool,
    now: Millis,
) -> Result<Prospect, CampaignError> {
    let content = draft.content()?;
    let names = content.variables();
    let current = settings::load(db).await?.prices;
    let mut prospect = Prospect { survey: Survey::at(current), ..Prospect::default() };
    prospect.survey.unknown = unknown(db, &names, &[]).await?;
    let moment = draft.moment(db, now).await?;
    let mut after = None;
    loop {
        let page = page(db, revises, after).await?;
        let people = people(db, &page.waiting, moment).await?;
        for waiting in &page.waiting {
            prospect.by_hand += i64::from(waiting.own && revises.message.is_none());
            if waiting.own && !with_own && revises.message.is_none() {
                continue;
            }
            let person = person(&people, waiting);
            prospect.survey.look_for_gaps(&names, &person);
            prospect.add(waiting, &compose(&content, &person), draft.has_caption(), current);
        }
        prospect.needed = prospect.needed.max(prospect.credits - prospect.held);
        after = page.next;
        if after.is_none() {
            return Ok(prospect);
        }
    }
}

async fn page(db: &mut SqliteConnection, revises: Revises, after: Option<ContactId>) -> Result<Page, sqlx::Error> {
    match revises.message {
        None => revise::waiting_after(db, revises.campaign, after, CHUNK).await,
        Some(message) => {
            let waiting = revise::waiting(db, message).await?.map(|(_, waiting)| waiting);
            Ok(Page { waiting: waiting.into_iter().collect(), next: None })
        }
    }
}

impl Prospect {
    fn add(&mut self, waiting: &Waiting, composed: &Composed, caption: bool, prices: Prices) {
        self.survey.add(composed, caption);
        self.held += waiting.held();
        if let Composed::Message { parts, .. } = composed {
            self.credits += price(parts, prices);
            self.regained += i64::from(waiting.skipped.is_some());
        }
    }
}

/// What the owner wants of a scheduled campaign.
pub struct Wanted<'a> {
    pub campaign: CampaignId,
    /// The draft of the revision; none where the content stays.
    pub draft: Option<&'a Draft>,
    pub time: NewTime,
    /// What was written to single people by hand gives way too.
    pub with_own: bool,
}

/// Refuses with what is in the way, and then changes nothing; else it is written down. Whether somebody is to be brought
/// over, which is `bring`'s.
pub async fn begin(db: &Db, wanted: &Wanted<'_>, now: Millis) -> Result<bool, CampaignError> {
    refuse(db, wanted, now).await?;
    let mut tx = db.begin().await?;
    let moves = write_down(&mut tx, wanted, now).await.map_err(|error| on(db, error))?;
    db.commit(tx).await?;
    Ok(moves)
}

async fn refuse(db: &Db, wanted: &Wanted<'_>, now: Millis) -> Result<(), CampaignError> {
    if wanted.time.at().is_some_and(|at| at < now) {
        return Err(CampaignError::Past);
    }
    let mut reader = db.read().acquire().await?;
    let Some(draft) = wanted.draft else { return Ok(()) };
    let whole = Revises { campaign: wanted.campaign, message: None };
    let prospect = prospect(&mut reader, whole, draft, wanted.with_own, now).await?;
    let hours = settings::load(&mut reader).await?.hours();
    if let Some(blocker) = hindrances(draft, &prospect, &hours, now).into_iter().next() {
        return Err(blocker);
    }
    Ok(refuse_shortage(&balance(&mut reader, draft.book).await?, prospect.needed)?)
}

/// What forbids a revision, each with what to do. That it reaches nobody any more is told by the campaign itself.
pub fn hindrances(draft: &Draft, prospect: &Prospect, owners: &SendingHours, now: Millis) -> Vec<CampaignError> {
    let mut found = blockers(draft, &prospect.survey, owners, now);
    if prospect.survey.people == 0 {
        found.retain(|blocker| !matches!(blocker, CampaignError::Nobody));
    }
    found
}

/// Whether somebody is to be brought over.
async fn write_down(tx: &mut Tx, wanted: &Wanted<'_>, now: Millis) -> Result<bool, CampaignError> {
    let campaign = open_campaign(tx, wanted.campaign).await?;
    let home = revise::home(tx, wanted.campaign).await?.ok_or(CampaignError::Gone)?;
    refuse_closed(&home)?;
    let mut version = None;
    let due_at = wanted.time.at().filter(|_| wanted.time.first() == 0 && !home.has_begun);
    if let Some(draft) = wanted.draft {
        if draft.book != campaign.book {
            return Err(CampaignError::OtherBook);
        }
        version = take_over(tx, &campaign, draft, now).await?;
        revise::steer(tx, home.queue, &draft.session_ids, draft.priority, draft.hours).await?;
        versions::steer(tx, campaign.id, draft, due_at).await?;
        store::delete_draft(tx, draft.id).await?;
    } else {
        versions::steer(tx, campaign.id, &campaign, due_at).await?;
    }
    if wanted.with_own && version.is_some() {
        revise::take_own(tx, home.queue).await?;
    }
    if let Some(at) = wanted.time.at() {
        revise::postpone(tx, &home, wanted.time.first(), at).await?;
    }
    let moves = version.is_some() || wanted.time.at().is_some();
    if moves {
        let prices = match version {
            Some(_) => Some(settings::load(tx).await?.prices),
            None => None,
        };
        revise::begin(tx, home.queue, version.unwrap_or(home.version), prices).await?;
    }
    Ok(moves)
}

/// The number of the version that the content becomes; none where it is the same.
async fn take_over(tx: &mut Tx, campaign: &Draft, draft: &Draft, now: Millis) -> Result<Option<i64>, CampaignError> {
    if says_the_same(campaign, draft) {
        return Ok(None);
    }
    versions::keep_first(tx, campaign).await?;
    let number = versions::add(tx, &versions::of(draft, campaign.id, None), now).await?;
    match versions::take_over(tx, campaign.id, draft, now).await? {
        true => Ok(Some(number)),
        false => Err(CampaignError::NotADraft),
    }
}

fn says_the_same(one: &Draft, other: &Draft) -> bool {
    let files = |draft: &Draft| draft.media.iter().map(|file| (file.sha256, file.name.clone())).collect::<Vec<_>>();
    let preview = |draft: &Draft| draft.sent_link_preview().map(|card| card.id);
    (&one.text, &one.choice) == (&other.text, &other.choice)
        && files(one) == files(other)
        && preview(one) == preview(other)
}

async fn open_campaign(db: &mut SqliteConnection, id: CampaignId) -> Result<Draft, CampaignError> {
    let campaign = store::by_id(db, id).await?.ok_or(CampaignError::Gone)?;
    match campaign.state {
        StoredState::Scheduled => Ok(campaign),
        StoredState::Draft => Err(CampaignError::NotScheduled),
        StoredState::Scheduling => Err(CampaignError::BeingScheduled),
        StoredState::Cancelled => Err(CampaignError::Over),
    }
}

fn refuse_closed(home: &Home) -> Result<(), CampaignError> {
    match home {
        Home { is_cancelled: true, .. } | Home { is_done: true, .. } => Err(CampaignError::Over),
        Home { is_revising: true, .. } => Err(CampaignError::BeingRevised),
        _ => Ok(()),
    }
}

/// Brings over who is not yet, and lets the campaign go on. What was cut off goes on here.
pub async fn bring(db: &Db, id: CampaignId, now: Millis) -> Result<(), CampaignError> {
    let mut reader = db.read().acquire().await?;
    let campaign = store::by_id(&mut reader, id).await?.ok_or(CampaignError::Gone)?;
    let moment = campaign.moment(&mut reader, now).await?;
    let prices = campaign.prices(&mut reader).await?;
    drop(reader);
    let mut freezing = Freezing::of(campaign.content()?, campaign.local_hours, prices, now);
    let mut after = None;
    loop {
        let mut tx = db.begin().await?;
        let next = chunk(&mut tx, id, &mut freezing, moment, after, now).await.map_err(|error| on(db, error))?;
        db.commit(tx).await?;
        match next {
            Some(last) => after = Some(last),
            None => return Ok(()),
        }
    }
}

/// Where to go on; none when everybody has been looked at.
async fn chunk(
    tx: &mut Tx,
    id: CampaignId,
    freezing: &mut Freezing,
    moment: Moment,
    after: Option<ContactId>,
    now: Millis,
) -> Result<Option<ContactId>, CampaignError> {
    let home = revise::home(tx, id).await?.ok_or(CampaignError::Gone)?;
    if home.is_cancelled || !home.is_revising {
        revise::finish(tx, id).await?;
        return Ok(None);
    }
    let page = revise::waiting_after(tx, id, after, CHUNK).await?;
    let people = people(tx, &page.waiting, moment).await?;
    let mut revised = Vec::with_capacity(page.waiting.len());
    for waiting in page.waiting {
        // Who keeps their time keeps it as the owner's.
        let due_at = home.postponement.and_then(|postponement| match waiting.is_behind(&postponement) {
            true => Some(postponement.until_at),
            false => waiting.parts.first().map(|part| part.due_at),
        });
        let outdated = !waiting.own && waiting.version < home.version;
        let content = match outdated {
            true => {
                let message = freezing.message(&person(&people, &waiting))?;
                Some(NewContent { message, version: home.version, own: false })
            }
            false => None,
        };
        if content.is_some() || due_at.is_some() {
            revised.push(Revised { waiting, content, due_at });
        }
    }
    revise::write(tx, &home, &revised, now).await?;
    if page.next.is_none() {
        revise::finish(tx, id).await?;
    }
    Ok(page.next)
}

async fn people(
    db: &mut SqliteConnection,
    waiting: &[Waiting],
    moment: Moment,
) -> Result<BTreeMap<ContactId, Person>, sqlx::Error> {
    let chosen = Chosen::people(waiting.iter().map(|waiting| waiting.contact).collect(), moment.at);
    let people = people_after(db, Whom::Chosen(&chosen), moment, None, CHUNK).await?;
    Ok(people.into_iter().map(|person| (person.id, person)).collect())
}

/// As they are at this moment, with the phone that was scheduled. Of whoever is no contact any more only that and the
/// name are known.
fn person(people: &BTreeMap<ContactId, Person>, waiting: &Waiting) -> Person {
    let known = people.get(&waiting.contact).cloned();
    known.map(|person| Person { phone: waiting.phone.clone(), ..person }).unwrap_or_else(|| Person {
        id: waiting.contact,
        phone: waiting.phone.clone(),
        name: waiting.name.clone(),
        email: String::new(),
        fields: BTreeMap::default(),
        facts: Facts::default(),
        account: 0,
        on_whatsapp: None,
    })
}

/// Another content for one person: what a draft says, or a text in place of the one that waits.
pub enum ForOne<'a> {
    Draft(&'a Draft),
    Text(&'a str),
}

/// The campaign that it belongs to.
pub async fn revise_one(
    db: &Db,
    message: MessageId,
    wanted: ForOne<'_>,
    now: Millis,
) -> Result<CampaignId, CampaignError> {
    let mut tx = db.begin().await?;
    let campaign = one(&mut tx, message, wanted, now).await.map_err(|error| on(db, error))?;
    db.commit(tx).await?;
    Ok(campaign)
}

async fn one(tx: &mut Tx, id: MessageId, wanted: ForOne<'_>, now: Millis) -> Result<CampaignId, CampaignError> {
    let (queue, waiting) = revise::waiting(tx, id).await?.ok_or(CampaignError::Fixed)?;
    let home = revise::home(tx, queue).await?.ok_or(CampaignError::Gone)?;
    refuse_closed(&home)?;
    let campaign = open_campaign(tx, queue).await?;
    versions::keep_first(tx, &campaign).await?;
    let moment = campaign.moment(tx, now).await?;
    let prices = settings::load(tx).await?.prices;
    let (message, version) = match wanted {
        ForOne::Draft(draft) => {
            let people = people(tx, std::slice::from_ref(&waiting), moment).await?;
            let content = Content { purpose: campaign.purpose(), ..draft.content()? };
            let mut freezing = Freezing::of(content, campaign.local_hours, prices, now);
            let message = sendable(freezing.message(&person(&people, &waiting))?)?;
            let version = versions::add(tx, &versions::of(draft, queue, Some(id)), now).await?;
            store::delete_draft(tx, draft.id).await?;
            (message, version)
        }
        ForOne::Text(text) => {
            let files = files_of(tx, queue, &waiting).await?;
            let before = versions::by_number(tx, queue, waiting.version).await?;
            let card = match &before {
                Some(version) => version.link_card(tx).await?,
                None => campaign.link_preview.clone(),
            };
            let link_preview = card.filter(|card| card.belongs_to(text)).map(|card| card.id);
            let content = Content { link_preview, ..campaign.content()? };
            let mut freezing = Freezing::of(content, campaign.local_hours, prices, now);
            let message = with_text(tx, &mut freezing, &waiting, text).await?;
            let choice = before.as_ref().map_or(campaign.choice.as_ref(), |version| version.choice.as_ref());
            let version = NewVersion { text, choice, link_preview, files, ..versions::of(&campaign, queue, Some(id)) };
            let version = versions::add(tx, &version, now).await?;
            (message, version)
        }
    };
    refuse_too_long(&message.text, message.question.as_deref(), message.options.as_deref().unwrap_or_default())?;
    let content = Some(NewContent { message, version, own: true });
    revise::write(tx, &home, &[Revised { waiting, content, due_at: None }], now).await?;
    Ok(queue)
}

/// Whose files a message has.
async fn files_of(db: &mut SqliteConnection, queue: CampaignId, waiting: &Waiting) -> Result<Owner, CampaignError> {
    let version = versions::by_number(db, queue, waiting.version).await?;
    Ok(version.map_or(Owner::Campaign(queue), |version| Owner::Version(version.id)))
}

/// The message with its files and its answers, and this text.
async fn with_text(
    db: &mut SqliteConnection,
    freezing: &mut Freezing,
    waiting: &Waiting,
    text: &str,
) -> Result<NewMessage, CampaignError> {
    let (question, options, files) = revise::content(db, waiting.message).await?;
    let parts = freezing.parts(layout(&files, text, question.is_some()), &waiting.phone)?;
    if parts.is_empty() || waiting.skipped.is_some() {
        return Err(CampaignError::Empty);
    }
    let text = if is_blank(text) { String::new() } else { text.to_owned() };
    Ok(NewMessage {
        id: waiting.message,
        contact: waiting.contact,
        phone: waiting.phone.clone(),
        name: waiting.name.clone(),
        text,
        question,
        options,
        skipped: None,
        parts,
    })
}

/// For one person there is no skipping: the owner is told what is missing.
fn sendable(message: NewMessage) -> Result<NewMessage, CampaignError> {
    match &message.skipped {
        None => Ok(message),
        Some((SkipReason::MissingVariable, Some(variable))) => {
            Err(CampaignError::TestMissing { variable: variable.clone() })
        }
        Some((SkipReason::Empty, _)) => Err(CampaignError::Empty),
        Some((SkipReason::Promoted, _)) => Err(CampaignError::Promoted),
        Some((SkipReason::SameOptions, _)) => Err(CampaignError::SameOptions),
        Some(_) => Err(CampaignError::Unwanted),
    }
}

/// The draft in which it is revised: the one that was begun, or a new one with what is said so far.
pub async fn open_draft(db: &Db, revises: Revises, now: Millis) -> Result<CampaignId, CampaignError> {
    let mut tx = db.begin().await?;
    let campaign = open_campaign(&mut tx, revises.campaign).await?;
    refuse_closed(&revise::home(&mut tx, campaign.id).await?.ok_or(CampaignError::Gone)?)?;
    if let Some(begun) = versions::draft_of(&mut tx, revises).await? {
        return Ok(begun);
    }
    let (content, files) = match revises.message {
        None => (campaign, Owner::Campaign(revises.campaign)),
        Some(message) => {
            let (_, waiting) = revise::waiting(&mut tx, message).await?.ok_or(CampaignError::Fixed)?;
            let files = files_of(&mut tx, revises.campaign, &waiting).await?;
            let version = versions::by_number(&mut tx, revises.campaign, waiting.version).await?;
            let mut content = campaign;
            if let Some(version) = version {
                content.link_preview = version.link_card(&mut tx).await?;
                (content.text, content.choice) = (version.text, version.choice);
            }
            content.audience = super::audience::Audience { only: Some(waiting.contact), ..content.audience };
            (content, files)
        }
    };
    let draft = versions::open_draft(&mut tx, revises, &content, now).await?;
    crate::media::attachment::store::replace(&mut tx, files, Owner::Campaign(draft), now).await?;
    db.commit(tx).await?;
    Ok(draft)
}
