//! What is kept for how long: after the days that the owner set, texts and files go, then single tries, then whose number
//! it was that was taken off the list. Totals, opt-outs, consents and the ledger stay.
//!
//! It goes in steps of a few rows, so that whoever sends waits for no more than one of them. A step that was cut off is
//! done again, because a campaign is marked before it is emptied.

mod days;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use super::common::{Common, facet};
use super::{Problem, locked};
use crate::campaign::store::clear as campaigns;
use crate::clock::{DAY, Millis};
use crate::db::StorageError;
use crate::event::Event;
use crate::ids::CampaignId;
use crate::inbound::store::clear as replies;
use crate::media::store as media;
use crate::outbox::dispatcher::Dispatcher;
use crate::outbox::plan::Why;
use crate::outbox::store::clear as outbox;
use crate::session::store::numbers;
use crate::settings::{self, Kept, key};
use days::Counted;

/// Other jobs are not kept waiting for what years have left; the rest is for the next run.
const STEPS_A_RUN: usize = 200;

/// A file that is larger goes while nothing is sent: each of its pages is overwritten, in one step.
const SMALL: i64 = 1_000_000;
/// How long that takes at most.
const A_LARGE_FILE: Millis = 3_000;

pub struct Retention {
    common: Common,
    one_at_a_time: tokio::sync::Mutex<()>,
    /// What has gone so far, while it goes.
    so_far: Mutex<Option<Gone>>,
    /// Ulak ends.
    stopped: AtomicBool,
    dispatcher: Arc<Dispatcher>,
}

facet!(Retention);

/// What would go, or has gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Gone {
    pub campaigns: i64,
    pub messages: i64,
    pub replies: i64,
    pub tries: i64,
    pub numbers: i64,
    pub files: i64,
    /// Of texts and files, about.
    pub bytes: i64,
}

/// What would go at this moment, and from before when it is.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ClearPreview {
    pub gone: Gone,
    /// None where it is kept for ever.
    pub texts_before: Option<Millis>,
    pub tries_before: Option<Millis>,
    pub numbers_before: Option<Millis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ClearedLast {
    pub at: Millis,
    pub gone: Gone,
    /// More was due than a run clears.
    pub more: bool,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct RetentionView {
    pub last: Option<ClearedLast>,
    pub so_far: Option<Gone>,
    /// How long the file of all data is.
    pub data_bytes: i64,
    /// It gets shorter when something is cleared. One of an older version that is long keeps its length.
    pub shrinks: bool,
}

/// What began or ended before these times goes.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    texts: Option<Millis>,
    tries: Option<Millis>,
    numbers: Option<Millis>,
}

impl Bounds {
    fn of(kept: Kept, until: Millis) -> Self {
        let before = |days: u16| Some(days).filter(|days| *days > 0).map(|days| until - Millis::from(days) * DAY);
        Self { texts: before(kept.texts_days), tries: before(kept.tries_days), numbers: before(kept.numbers_days) }
    }
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Campaigns,
    Singles,
    Replies,
    Files,
    Tries,
    Numbers,
    Room,
}

const STAGES: [Stage; 7] =
    [Stage::Campaigns, Stage::Singles, Stage::Replies, Stage::Files, Stage::Tries, Stage::Numbers, Stage::Room];

impl Common {
    /// How many campaigns lose their texts as soon as something goes by itself for the first time, or by fewer days than
    /// before; 0 where it goes already.
    pub(super) async fn clearing_begins(&self) -> Result<i64, StorageError> {
        let mut reader = self.reader().await?;
        let counted: Option<Counted> = settings::get(&mut reader, key::CLEARED_UP_TO).await?;
        let kept = settings::load(&mut reader).await?.kept;
        match Bounds::of(kept, self.now()).texts {
            Some(before) if counted.is_none_or(|counted| counted.until.is_none()) => {
                Ok(count(outbox::campaigns_before(&mut reader, before).await?.len()))
            }
            _ => Ok(0),
        }
    }
}

impl Common {
    /// Up to when days are believed to have passed; none while the clock has not held for long enough.
    pub(super) async fn believed(&self) -> Result<Option<Millis>, StorageError> {
        let counted: Option<Counted> = settings::get(&mut *self.reader().await?, key::CLEARED_UP_TO)
            .await
            .map_err(|error| self.db.error(error))?;
        Ok(counted.and_then(|counted| counted.bound(self.now())))
    }
}

impl Retention {
    pub(super) fn new(common: Common, dispatcher: Arc<Dispatcher>) -> Self {
        let (one_at_a_time, so_far, stopped) = Default::default();
        Self { common, one_at_a_time, so_far, stopped, dispatcher }
    }

    pub async fn view(&self) -> Result<RetentionView, Problem> {
        let mut reader = self.reader().await?;
        let last = settings::get(&mut reader, key::CLEARED_LAST).await.map_err(StorageError::from)?;
        let data_bytes = i64::try_from(self.db.bytes()).unwrap_or(i64::MAX);
        let shrinks = self.db.shrinks(&mut reader).await.map_err(|error| self.db.error(error))?;
        Ok(RetentionView { last, so_far: *locked(&self.so_far), data_bytes, shrinks })
    }

    /// What would go at this moment.
    pub async fn preview(&self) -> Result<ClearPreview, Problem> {
        let bounds = Bounds::of(self.settings().await?.kept, self.now());
        let gone = self.would_go(&bounds).await.map_err(|error| self.db.error(error))?;
        let Bounds { texts, tries, numbers } = bounds;
        Ok(ClearPreview { gone, texts_before: texts, tries_before: tries, numbers_before: numbers })
    }

    /// All that is due, at the owner's word.
    pub async fn clear_now(&self) -> Result<Gone, Problem> {
        let _one = self.one_at_a_time.lock().await;
        let bounds = Bounds::of(self.settings().await?.kept, self.now());
        Ok(self.run(&bounds, usize::MAX).await?)
    }

    /// No further step begins; what is left is for the next start.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// What is due by the days that were counted, a part of it at a time.
    pub async fn clear_by_itself(&self) -> Result<(), Problem> {
        let Some(until) = self.count_days().await? else { return Ok(()) };
        // Other jobs do not wait until what the owner asked for is done.
        let Ok(_one) = self.one_at_a_time.try_lock() else { return Ok(()) };
        self.run(&Bounds::of(self.settings().await?.kept, until), STEPS_A_RUN).await?;
        Ok(())
    }

    async fn count_days(&self) -> Result<Option<Millis>, StorageError> {
        let before: Option<Counted> = settings::get(&mut *self.reader().await?, key::CLEARED_UP_TO)
            .await
            .map_err(|error| self.db.error(error))?;
        let counted = Counted::on(before, self.now());
        if before != Some(counted) {
            let mut tx = self.db.begin().await?;
            settings::put(&mut tx, key::CLEARED_UP_TO, &counted).await.map_err(|error| self.db.error(error))?;
            self.db.commit(tx).await?;
        }
        Ok(counted.bound(self.now()))
    }

    async fn run(&self, bounds: &Bounds, most: usize) -> Result<Gone, StorageError> {
        let mut gone = Gone::default();
        let ran = self.stages(bounds, most, &mut gone).await;
        *locked(&self.so_far) = None;
        let more = !ran?;
        self.note(gone, more).await?;
        self.events.emit(Event::RetentionChanged);
        Ok(gone)
    }

    /// False where more is due than so many steps clear.
    async fn stages(&self, bounds: &Bounds, most: usize, gone: &mut Gone) -> Result<bool, StorageError> {
        let mut steps = 0;
        for stage in STAGES {
            while self.step(stage, bounds, gone).await? {
                steps += 1;
                if steps >= most || self.stopped.load(Ordering::Relaxed) {
                    return Ok(false);
                }
                *locked(&self.so_far) = Some(*gone);
                self.events.emit(Event::RetentionChanged);
            }
        }
        Ok(true)
    }

    /// False where nothing of the stage is left.
    async fn step(&self, stage: Stage, bounds: &Bounds, gone: &mut Gone) -> Result<bool, StorageError> {
        match (stage, bounds) {
            (Stage::Campaigns, Bounds { texts, .. }) => self.empty_campaign(*texts, gone).await,
            (Stage::Singles, Bounds { texts: Some(before), .. }) => self.empty_singles(*before, gone).await,
            (Stage::Replies, Bounds { texts: Some(before), .. }) => self.empty_replies(*before, gone).await,
            (Stage::Files, _) => self.empty_files(gone).await,
            (Stage::Tries, Bounds { tries: Some(before), .. }) => self.remove_tries(*before, gone).await,
            (Stage::Numbers, Bounds { numbers: Some(before), .. }) => self.clear_number(*before, gone).await,
            (Stage::Room, _) => self.db.shrink().await,
            _ => Ok(false),
        }
    }

    /// Goes on with the campaign that is being emptied, else begins with the next one.
    async fn empty_campaign(&self, before: Option<Millis>, gone: &mut Gone) -> Result<bool, StorageError> {
        let mut reader = self.reader().await?;
        if let Some(campaign) = outbox::begun(&mut reader).await? {
            drop(reader);
            return self.go_on(campaign, gone).await;
        }
        let Some(before) = before else { return Ok(false) };
        let Some(campaign) = outbox::campaigns_before(&mut reader, before).await?.first().copied() else {
            return Ok(false);
        };
        drop(reader);
        let mut tx = self.db.begin().await?;
        let begun = async {
            if outbox::begin(&mut tx, campaign, before, self.now()).await? {
                let files = campaigns::clear(&mut tx, campaign).await?;
                media::note_due(&mut tx, &files).await?;
            }
            Ok(())
        };
        begun.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        Ok(true)
    }

    async fn go_on(&self, campaign: CampaignId, gone: &mut Gone) -> Result<bool, StorageError> {
        let mut tx = self.db.begin().await?;
        let emptied = outbox::empty_some(&mut tx, campaign).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        gone.messages += emptied.rows;
        gone.bytes += emptied.bytes;
        if emptied.rows > 0 {
            return Ok(true);
        }
        let once_more = outbox::left_out(&mut *self.reader().await?, campaign).await?;
        let mut tx = self.db.begin().await?;
        outbox::end(&mut tx, campaign, once_more).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        if !once_more {
            gone.campaigns += 1;
            self.events.emit(Event::CampaignChanged(campaign));
        }
        Ok(true)
    }

    async fn empty_singles(&self, before: Millis, gone: &mut Gone) -> Result<bool, StorageError> {
        let some = outbox::singles_before(&mut *self.reader().await?, before, outbox::MESSAGES_AT_ONCE).await?;
        if some.is_empty() {
            return Ok(false);
        }
        let mut tx = self.db.begin().await?;
        let emptied = async {
            let files = outbox::files_of(&mut tx, &some).await?;
            media::note_due(&mut tx, &files).await?;
            outbox::empty_singles(&mut tx, &some, before, self.now()).await
        };
        let emptied = emptied.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        gone.messages += emptied.rows;
        gone.bytes += emptied.bytes;
        Ok(emptied.rows > 0)
    }

    async fn empty_replies(&self, before: Millis, gone: &mut Gone) -> Result<bool, StorageError> {
        let some = replies::some_before(&mut *self.reader().await?, before).await?;
        if some.is_empty() {
            return Ok(false);
        }
        let mut tx = self.db.begin().await?;
        let emptied = replies::empty(&mut tx, &some, before, self.now()).await;
        let (emptied, bytes) = emptied.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        gone.replies += emptied;
        gone.bytes += bytes;
        Ok(emptied > 0)
    }

    /// Whether a file is still needed is found out while others write. Whoever takes it meanwhile is noticed.
    async fn empty_files(&self, gone: &mut Gone) -> Result<bool, StorageError> {
        let mut reader = self.reader().await?;
        let mut unneeded = Vec::new();
        for (file, bytes) in media::due(&mut reader).await? {
            if self.has_time_for(bytes) && !outbox::is_carried(&mut reader, &file).await? {
                unneeded.push((file, bytes));
            }
        }
        drop(reader);
        for (file, bytes) in unneeded {
            if !self.has_time_for(bytes) {
                continue;
            }
            let mut tx = self.db.begin().await?;
            let emptied = media::empty(&mut tx, &file).await.map_err(|error| self.db.error(error))?;
            self.db.commit(tx).await?;
            gone.files += i64::from(emptied);
            gone.bytes += if emptied { bytes } else { 0 };
        }
        Ok(false)
    }

    /// Whether the file is small, or nothing is sent in the next moments.
    fn has_time_for(&self, bytes: i64) -> bool {
        let wait = self.dispatcher.wait();
        bytes <= SMALL || wait.why != Why::Sending && wait.until.is_none_or(|until| until > self.now() + A_LARGE_FILE)
    }

    async fn remove_tries(&self, before: Millis, gone: &mut Gone) -> Result<bool, StorageError> {
        let some = outbox::some_tries(&mut *self.reader().await?, before).await?;
        if some.is_empty() {
            return Ok(false);
        }
        let mut tx = self.db.begin().await?;
        outbox::remove_tries(&mut tx, &some).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        gone.tries += i64::try_from(some.len()).unwrap_or(i64::MAX);
        Ok(true)
    }

    async fn clear_number(&self, before: Millis, gone: &mut Gone) -> Result<bool, StorageError> {
        let removed = numbers::removed_before(&mut *self.reader().await?, before).await?;
        let Some(number) = removed.first().copied() else { return Ok(false) };
        let mut tx = self.db.begin().await?;
        let cleared = async {
            if outbox::remove_chats(&mut tx, number).await? > 0 {
                return Ok(false);
            }
            numbers::clear(&mut tx, number, self.now()).await
        };
        let cleared = cleared.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        if cleared {
            gone.numbers += 1;
            self.events.emit(Event::NumbersChanged);
        }
        Ok(true)
    }

    /// What several runs clear because it is much is told as one.
    async fn note(&self, gone: Gone, more: bool) -> Result<(), StorageError> {
        let mut tx = self.db.begin().await?;
        let noted = async {
            let last: Option<ClearedLast> = settings::get(&mut tx, key::CLEARED_LAST).await?;
            let begun = last.filter(|last| last.more).map(|last| last.gone).unwrap_or_default();
            if gone != Gone::default() || begun != Gone::default() {
                let last = ClearedLast { at: self.now(), gone: begun + gone, more };
                settings::put(&mut tx, key::CLEARED_LAST, &last).await?;
            }
            Ok(())
        };
        noted.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await
    }

    async fn would_go(&self, bounds: &Bounds) -> Result<Gone, sqlx::Error> {
        let mut reader = self.db.read().acquire().await?;
        let mut gone = Gone::default();
        if let Some(before) = bounds.texts {
            let over = outbox::campaigns_before(&mut reader, before).await?;
            let people = outbox::people_of(&mut reader, &over).await?;
            let singles = outbox::singles_before(&mut reader, before, usize::MAX).await?;
            gone.campaigns = count(over.len());
            gone.messages = people.values().sum::<i64>() + count(singles.len());
            gone.replies = replies::count_before(&mut reader, before).await?;
            gone.bytes = replies::bytes_before(&mut reader, before).await?;
            for (campaign, bytes) in campaigns::text_sizes(&mut reader, &over).await? {
                gone.bytes += bytes * people.get(&campaign).copied().unwrap_or_default();
            }
            let mut files: BTreeSet<Vec<u8>> = outbox::files_of(&mut reader, &singles).await?.into_iter().collect();
            let [mut theirs, kept] = campaigns::files(&mut reader, &over).await?;
            files.append(&mut theirs);
            for file in files.difference(&kept) {
                if let Some(bytes) = media::size(&mut reader, file).await? {
                    gone.files += 1;
                    gone.bytes += bytes;
                }
            }
        }
        if let Some(before) = bounds.tries {
            gone.tries = outbox::count_tries(&mut reader, before).await?;
        }
        if let Some(before) = bounds.numbers {
            gone.numbers = count(numbers::removed_before(&mut reader, before).await?.len());
        }
        Ok(gone)
    }
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

impl std::ops::Add for Gone {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            campaigns: self.campaigns + other.campaigns,
            messages: self.messages + other.messages,
            replies: self.replies + other.replies,
            tries: self.tries + other.tries,
            numbers: self.numbers + other.numbers,
            files: self.files + other.files,
            bytes: self.bytes + other.bytes,
        }
    }
}
