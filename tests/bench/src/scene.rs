//! Data folders to measure on: made once with raw SQLite and the App, then copied for every repetition, so that each
//! one starts from the same file.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use ulak_core::app::App;
use ulak_core::campaign::audience::Audience;
use ulak_core::campaign::draft::DraftEdit;
use ulak_core::clock::Millis;
use ulak_core::db::{Db, lock_folder};
use ulak_core::ids::{CampaignId, ContactId, IdGenerator};
use ulak_core::ledger::Book;
use ulak_core::session::messenger::{Messenger, Outcome as Answer, Outgoing, Sending};
use ulak_core::testing::{ManualClock, key};
use uuid::Uuid;

use crate::Outcome;
use crate::raw::{Raw, Value};

/// 2026-09-21 14:13:20 UTC
pub const NOW: Millis = 1_790_000_000_000;
const CREDITS: i64 = 10_000_000;
const TEXT: &str =
    "Merhaba {{name}}, this week a coffee in {{city}} is on us. Show this picture. Reply STOP to opt out.";

/// Scratch space beside the binary: in the target folder, which lies on a disk.
pub struct Place {
    root: TempDir,
    count: std::cell::Cell<u32>,
}

impl Place {
    pub fn new() -> Outcome<Self> {
        let binary = std::env::current_exe()?;
        let beside = binary.parent().ok_or("the binary lies nowhere")?;
        if in_memory(beside)? {
            return Err(format!("{} is kept in memory; set CARGO_TARGET_DIR to a disk", beside.display()).into());
        }
        Ok(Self { root: tempfile::Builder::new().prefix("bench-").tempdir_in(beside)?, count: 0.into() })
    }

    pub fn folder(&self) -> Outcome<PathBuf> {
        self.count.set(self.count.get() + 1);
        let folder = self.root.path().join(self.count.get().to_string());
        fs::create_dir(&folder)?;
        Ok(folder)
    }

    pub fn copy(&self, of: &Path) -> Outcome<PathBuf> {
        let folder = self.folder()?;
        for file in fs::read_dir(of)? {
            let file = file?;
            fs::copy(file.path(), folder.join(file.file_name()))?;
        }
        Ok(folder)
    }
}

/// Whether the mount that a path lies on is a tmpfs.
fn in_memory(path: &Path) -> Outcome<bool> {
    let Ok(mounts) = fs::read_to_string("/proc/self/mounts") else { return Ok(false) };
    let path = path.canonicalize()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let nearest = mounts.filter(|(at, _)| path.starts_with(at)).max_by_key(|(at, _)| at.len());
    Ok(nearest.is_some_and(|(_, kind)| kind == "tmpfs"))
}

struct Nobody;

impl Messenger for Nobody {
    fn send(&self, _part: Outgoing) -> Sending<'_> {
        Box::pin(async { Answer::Accepted })
    }
}

pub async fn app(folder: &Path) -> Outcome<Arc<App>> {
    let clock = ManualClock::default();
    clock.set(NOW);
    Ok(App::by_hand(folder, &key(), Arc::new(clock), Arc::new(Nobody)).await?)
}

pub async fn db(folder: &Path) -> Outcome<Db> {
    Ok(Db::open(lock_folder(folder)?, &key()).await?)
}

/// A fresh installation with credits, a draft with a photo to everybody, and so many contacts.
pub async fn with_contacts(place: &Place, count: i64) -> Outcome<(PathBuf, CampaignId)> {
    let folder = place.folder()?;
    let app = app(&folder).await?;
    app.credits().top_up(Book::Practice, CREDITS, "", "").await?;
    let draft = app.campaigns().create_draft().await?;
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/media/sample.jpg");
    app.campaigns().add_media(draft.id, &photo).await?;
    let edit = DraftEdit {
        id: draft.id,
        name: "Coffee".to_owned(),
        text: TEXT.to_owned(),
        choice: None,
        audience: Audience::default(),
        split_long_caption: false,
        due_at: None,
        priority: draft.priority,
        session_ids: draft.session_ids,
        keep_hours: false,
        hours: None,
        local_hours: false,
        category: draft.category,
        consent_basis: "customers".to_owned(),
    };
    app.campaigns().save_draft(&edit).await?;
    app.close().await;
    add_contacts(&folder, 0..count)?;
    Ok((folder, draft.id))
}

/// The same, with the draft scheduled.
pub async fn with_campaign(place: &Place, count: i64) -> Outcome<PathBuf> {
    let (folder, campaign) = with_contacts(place, count).await?;
    let app = app(&folder).await?;
    app.campaigns().schedule_campaign(campaign, false).await?;
    app.close().await;
    Ok(folder)
}

pub fn add_contacts(folder: &Path, numbers: Range<i64>) -> Outcome<()> {
    let raw = Raw::open(folder)?;
    let mut insert = raw.prepare(
        "INSERT INTO contacts (id, phone, name, email, fields, search, standing, consent_source, consent_at,
                               consent_note, created_at, updated_at)
         VALUES (?, ?, ?, '', ?, ?, 'normal', 'shop', ?, '', ?, ?)",
    )?;
    let mint = IdGenerator::at(NOW - 1000);
    raw.run("BEGIN IMMEDIATE")?;
    raw.run("INSERT OR IGNORE INTO contact_fields (name) VALUES ('city')")?;
    for number in numbers {
        let ContactId(id) = mint.next();
        let (phone, name) = (format!("+90532{number:07}"), format!("Kişi {number}"));
        let search = format!("kisi {number} 90532{number:07} izmir");
        let city = r#"{"city":"İzmir"}"#;
        let now = Value::from(NOW - 1000);
        insert.run(&[
            id.into(),
            phone.into(),
            name.into(),
            city.into(),
            search.into(),
            now.clone(),
            now.clone(),
            now,
        ])?;
    }
    raw.run("COMMIT")
}

/// So many parts that wait in an open queue, as scheduling leaves them but for their ledger lines.
pub async fn with_queue(place: &Place, count: i64) -> Outcome<PathBuf> {
    let (folder, campaign) = with_contacts(place, count).await?;
    let raw = Raw::open(&folder)?;
    let campaign = hex(campaign.0);
    raw.run(&format!(
        "BEGIN IMMEDIATE;
         INSERT INTO queues (id, priority, due_at, state, keep_hours, book, session_ids)
             SELECT id, priority, {NOW}, 'open', 0, book, session_ids FROM campaigns;
         INSERT INTO messages (id, queue_id, contact_id, phone, name, text, created_at)
             SELECT id, {campaign}, id, phone, name, 'Merhaba ' || name || ', this week a coffee is on us.', {NOW}
             FROM contacts ORDER BY id;
         INSERT INTO parts (id, message_id, queue_id, position, last, kind, with_text, media, wire_id, state, ready, due_at)
             SELECT id, id, {campaign}, 1, 1, 'image', 1, (SELECT sha256 FROM media),
                    format('3EB0%018X', row_number() OVER (ORDER BY id)), 'pending', 1, {NOW}
             FROM messages ORDER BY id;
         INSERT INTO queue_counts (queue_id, state, reason, variable, session_id, people, parts, credits, last_at)
             SELECT queue_id, state, '', '', x'', count(*), count(*), sum(price), 0 FROM parts GROUP BY queue_id, state;
         COMMIT;"
    ))?;
    Ok(folder)
}

fn hex(id: Uuid) -> String {
    format!("x'{}'", id.simple())
}
