//! A computer with Ulak's data on it, and lists of contacts to import. Numbers are fictitious.

pub use std::path::{Path, PathBuf};
pub use std::sync::atomic::{AtomicBool, Ordering};
pub use std::time::Duration;

pub use ulak_core::clock::{Clock, Millis};
pub use ulak_core::contact::import::{
    self, ColumnUse, ConsentTotals, Encoding, ImportError, ImportOptions, ImportPreview, ImportProgress, ImportState,
    ImportStep, ImportTotals, Job, LeftOut, Origin, Separator, Ticked, Verdict,
};
pub use ulak_core::contact::phone::Repair;
pub use ulak_core::contact::segment::filter::Today;
pub use ulak_core::contact::{Consent, Contact, ContactQuery, Standing, store};
pub use ulak_core::db::{Db, DbKey, lock_folder};
pub use ulak_core::error::Coded;
pub use ulak_core::ids::{IdGenerator, ImportId};
pub use ulak_core::page::Place;

pub const NOW: Millis = 1_790_000_000_000;
pub const TODAY: Today = Today { now: NOW, zone: chrono_tz::Europe::Istanbul };

pub struct Still(Millis);

impl Clock for Still {
    fn now(&self) -> Millis {
        self.0
    }

    fn real_wait(&self, _until: Millis) -> Duration {
        Duration::ZERO
    }
}

pub struct World {
    pub db: Db,
    pub folder: tempfile::TempDir,
    mint: IdGenerator,
}

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(lock_folder(folder.path()).unwrap(), &DbKey::new([7; 32])).await.unwrap();
        Self { db, folder, mint: IdGenerator::at(NOW) }
    }

    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub async fn preview(&self, path: &Path, options: &ImportOptions) -> Result<ImportPreview, ImportError> {
        import::preview(&file(path), options, "TR", self.db.read(), NOW).await
    }

    pub async fn pasted(&self, text: &str) -> Result<ImportPreview, ImportError> {
        let origin = Origin::Pasted { name: "Pasted".into(), text: text.into() };
        let shown = import::preview(&origin, &ImportOptions::default(), "TR", self.db.read(), NOW).await?;
        // The window goes on with the columns that it was shown.
        let columns = Some(shown.columns.iter().map(|column| column.used.clone()).collect());
        let options = ImportOptions { columns, ..ImportOptions::default() };
        let asked = import::preview(&origin, &options, "TR", self.db.read(), NOW).await?;
        assert_eq!(asked.rows, shown.rows, "{text}");
        Ok(shown)
    }

    pub async fn refused(&self, bytes: impl AsRef<[u8]>, options: &ImportOptions) -> &'static str {
        let path = self.file("list.csv", bytes);
        self.preview(&path, options).await.unwrap_err().code()
    }

    pub async fn run(&self, step: ImportStep, path: &Path, options: &ImportOptions) -> ImportProgress {
        self.run_until(step, path, options, |_| false).await
    }

    pub async fn run_at(&self, now: Millis, step: ImportStep, path: &Path, options: &ImportOptions) -> ImportProgress {
        self.run_while(&Still(now), step, path, options, |_| false).await
    }

    /// Stops once `enough` says so.
    pub async fn run_until(
        &self,
        step: ImportStep,
        path: &Path,
        options: &ImportOptions,
        enough: impl Fn(&ImportProgress) -> bool + Sync,
    ) -> ImportProgress {
        self.run_while(&Still(NOW), step, path, options, enough).await
    }

    async fn run_while(
        &self,
        clock: &Still,
        step: ImportStep,
        path: &Path,
        options: &ImportOptions,
        enough: impl Fn(&ImportProgress) -> bool + Sync,
    ) -> ImportProgress {
        let stop = AtomicBool::new(false);
        let id: ImportId = self.mint.next();
        let job = Job { id, origin: file(path), options: options.clone(), home: "TR".into(), step };
        let progress = |at: &ImportProgress| stop.store(enough(at), Ordering::Relaxed);
        let run = import::run(&self.db, job, clock, &stop, progress);
        // The app runs it on its own task.
        fn is_send<T: Send>(run: T) -> T {
            run
        }
        is_send(run).await
    }

    pub async fn import(&self, path: &Path) -> ImportTotals {
        let ended = self.run(ImportStep::Import, path, &ImportOptions::default()).await;
        assert_eq!((ended.state, ended.error), (ImportState::Done, None));
        ended.totals
    }

    pub async fn contacts(&self, search: &str) -> Vec<Contact> {
        let query = ContactQuery { search: search.into(), place: Place::first(500), ..ContactQuery::default() };
        store::list::page(self.db.read(), &query, TODAY).await.unwrap().rows
    }

    pub async fn all(&self) -> u32 {
        store::totals(self.db.read()).await.unwrap().all
    }
}

pub fn file(path: &Path) -> Origin {
    Origin::File { path: path.to_owned() }
}

/// One of the lists that are kept with the tests.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/contacts").join(name)
}

pub fn totals(new: u32, known: u32, twice: u32, refused: u32) -> ImportTotals {
    ImportTotals { rows: new + known + twice + refused, new, known, unchanged: 0, twice, doubtful: 0, refused }
}

/// The same where the rows of all who are known add nothing.
pub fn unchanged(new: u32, known: u32, twice: u32, refused: u32) -> ImportTotals {
    ImportTotals { unchanged: known, ..totals(new, known, twice, refused) }
}

pub fn kinds(preview: &ImportPreview) -> Vec<String> {
    let kind = |verdict: &Verdict| match verdict {
        Verdict::New => "new".to_owned(),
        Verdict::Known { adds } => format!("known {}", adds.join(",")).trim_end().to_owned(),
        Verdict::Twice { row } => format!("same as {row}"),
        Verdict::Doubtful { phone, reason } => format!("{phone}? {}", reason.code),
        Verdict::Refused { reason } => reason.code.clone(),
    };
    preview.rows.iter().map(|row| format!("{} {}", row.row, kind(&row.verdict))).collect()
}

pub fn windows_1254(text: &str) -> Vec<u8> {
    encoding_rs::WINDOWS_1254.encode(text).0.into_owned()
}

pub fn utf_16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

/// So many people with fictitious numbers.
pub fn people(count: u32) -> String {
    let rows = (0..count).map(|at| {
        format!("Person {at},0532 5{:02} {:02} {:02},City {}\n", at / 10_000, at / 100 % 100, at % 100, at % 7)
    });
    format!("Name,Phone,City\n{}", rows.collect::<String>())
}

pub const CUSTOMERS: &str = "Ad Soyad;Cep Tel;Şehir\n\
    Ayşe Demir;0538 555 02 14;İzmir\n\
    Mehmet Korkmaz;+90 533 555 04 61;İzmir\n\
    Zeynep Arslan;9.05387E+11;Manisa\n\
    Budi Santoso;+62 811 555 0163;Bandung\n\
    Hakan Ersoy;532 555 0;İzmir\n\
    Ayşe Demir;0090 538 555 02 14;İzmir\n\
    Gül Çetin;(542) 555-0733;Aydın\n\
    Siti Rahmawati;+62-813-555-0147;Jakarta\n\
    Nur Aydın;;Aydın\n";
