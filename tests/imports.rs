//! Lists of contacts come in, or say why not: files as owners have them, good, broken, and interrupted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that meets the unexpected fails there"
)]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use ulak_core::clock::{Clock, Millis};
use ulak_core::contact::import::{
    self, ColumnUse, Encoding, ImportError, ImportOptions, ImportPreview, ImportProgress, ImportState, ImportStep,
    ImportTotals, Job, Separator, Verdict,
};
use ulak_core::contact::{Consent, Contact, ContactQuery, Standing, store};
use ulak_core::db::{Db, DbKey, lock_folder};
use ulak_core::error::Coded;
use ulak_core::ids::{ImportId, Mint};

const NOW: Millis = 1_790_000_000_000;

struct Still;

impl Clock for Still {
    fn now(&self) -> Millis {
        NOW
    }

    fn real_wait(&self, _until: Millis) -> Duration {
        Duration::ZERO
    }
}

struct World {
    db: Db,
    folder: tempfile::TempDir,
    mint: Mint,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(lock_folder(folder.path()).unwrap(), &DbKey::new([7; 32])).await.unwrap();
        Self { db, folder, mint: Mint::at(NOW) }
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    async fn preview(&self, path: &Path, options: &ImportOptions) -> Result<ImportPreview, ImportError> {
        import::preview(path, options, "TR", self.db.read()).await
    }

    async fn refused(&self, bytes: impl AsRef<[u8]>, options: &ImportOptions) -> &'static str {
        let path = self.file("list.csv", bytes);
        self.preview(&path, options).await.unwrap_err().code()
    }

    async fn run(&self, step: ImportStep, path: &Path, options: &ImportOptions) -> ImportProgress {
        self.run_until(step, path, options, |_| false).await
    }

    /// Stops once `enough` says so.
    async fn run_until(
        &self,
        step: ImportStep,
        path: &Path,
        options: &ImportOptions,
        enough: impl Fn(&ImportProgress) -> bool + Sync,
    ) -> ImportProgress {
        let stop = AtomicBool::new(false);
        let id: ImportId = self.mint.next();
        let job = Job { id, path: path.to_owned(), options: options.clone(), home: "TR".into(), step };
        let progress = |at: &ImportProgress| stop.store(enough(at), Ordering::Relaxed);
        let run = import::run(&self.db, job, &Still, &stop, progress);
        // The app runs it on its own task.
        fn is_send<T: Send>(run: T) -> T {
            run
        }
        is_send(run).await
    }

    async fn import(&self, path: &Path) -> ImportTotals {
        let ended = self.run(ImportStep::Import, path, &ImportOptions::default()).await;
        assert_eq!((ended.state, ended.error), (ImportState::Done, None));
        ended.totals
    }

    async fn contacts(&self, search: &str) -> Vec<Contact> {
        let query = ContactQuery { search: search.into(), limit: 500, ..ContactQuery::default() };
        store::page(self.db.read(), &query).await.unwrap().rows
    }

    async fn all(&self) -> u32 {
        store::totals(self.db.read()).await.unwrap().all
    }
}

fn totals(new: u32, known: u32, twice: u32, refused: u32) -> ImportTotals {
    ImportTotals { rows: new + known + twice + refused, new, known, twice, refused }
}

fn kinds(preview: &ImportPreview) -> Vec<String> {
    let kind = |verdict: &Verdict| match verdict {
        Verdict::New => "new".to_owned(),
        Verdict::Known { adds } => format!("known {}", adds.join(",")).trim_end().to_owned(),
        Verdict::Twice { row } => format!("same as {row}"),
        Verdict::Refused { reason } => reason.code.clone(),
    };
    preview.rows.iter().map(|row| format!("{} {}", row.row, kind(&row.verdict))).collect()
}

fn windows_1254(text: &str) -> Vec<u8> {
    encoding_rs::WINDOWS_1254.encode(text).0.into_owned()
}

fn utf_16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

/// So many people with fictitious numbers.
fn people(count: u32) -> String {
    let rows = (0..count).map(|at| {
        format!("Person {at},0532 5{:02} {:02} {:02},City {}\n", at / 10_000, at / 100 % 100, at % 100, at % 7)
    });
    format!("Name,Phone,City\n{}", rows.collect::<String>())
}

const CUSTOMERS: &str = "Ad Soyad;Cep Tel;Şehir\n\
    Ayşe Demir;0538 555 02 14;İzmir\n\
    Mehmet Korkmaz;+90 533 555 04 61;İzmir\n\
    Zeynep Arslan;9.05387E+11;Manisa\n\
    Budi Santoso;+62 811 555 0163;Bandung\n\
    Hakan Ersoy;532 555 0;İzmir\n\
    Ayşe Demir;0090 538 555 02 14;İzmir\n\
    Gül Çetin;(542) 555-0733;Aydın\n\
    Siti Rahmawati;+62-813-555-0147;Jakarta\n\
    Nur Aydın;;Aydın\n";

#[tokio::test]
async fn the_list_of_an_optician_gets_a_verdict_for_every_row() {
    let world = World::new().await;
    world.import(&world.file("before.csv", "Name,Phone\nMehmet Korkmaz,0533 555 04 61\n")).await;
    let path = world.file("müşteriler-2026.csv", windows_1254(CUSTOMERS));
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    assert_eq!(
        (preview.encoding, preview.separator, preview.header),
        (Encoding::Windows1254, Separator::Semicolon, true)
    );
    let uses: Vec<&ColumnUse> = preview.columns.iter().map(|column| &column.used).collect();
    assert_eq!(uses, [&ColumnUse::Name, &ColumnUse::Phone, &ColumnUse::Field { name: "şehir".into() }]);
    let expected = [
        "2 new",
        "3 known şehir",
        "4 phone.excel_shortened",
        "5 new",
        "6 phone.too_short",
        "7 same as 2",
        "8 new",
        "9 new",
        "10 phone.missing",
    ];
    assert_eq!(kinds(&preview), expected);
    assert_eq!(preview.rows[0].cells, ["Ayşe Demir", "0538 555 02 14", "İzmir"]);
    assert_eq!(preview.rows[7].phone.as_deref(), Some("+628135550147"));

    let scan = world.run(ImportStep::Scan, &path, &ImportOptions::default()).await;
    assert_eq!((scan.state, scan.percent, scan.totals), (ImportState::Done, 100, totals(4, 1, 1, 3)));
    assert_eq!(world.all().await, 1);
    assert_eq!(world.import(&path).await, totals(4, 1, 1, 3));
    assert_eq!(world.all().await, 5);
    assert_eq!(world.contacts("korkmaz").await[0].fields["şehir"], "İzmir");
}

#[tokio::test]
async fn importing_again_changes_nothing() {
    let world = World::new().await;
    let path = world.file("list.csv", CUSTOMERS);
    world.import(&path).await;
    let before = world.contacts("").await;
    assert_eq!(world.import(&path).await, totals(0, 5, 1, 3));
    assert_eq!(world.contacts("").await, before);
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    assert_eq!(kinds(&preview)[0], "2 known");
}

#[tokio::test]
async fn files_that_are_no_lists_say_what_they_are() {
    let world = World::new().await;
    let none = ImportOptions::default();
    let code = async |path: &Path| world.preview(path, &none).await.unwrap_err().code();
    assert_eq!(code(world.folder.path()).await, "import.directory");
    assert_eq!(code(&world.folder.path().join("nothing.csv")).await, "import.not_found");
    assert_eq!(world.refused("", &none).await, "import.empty");
    assert_eq!(world.refused("\n\r\n  \n", &none).await, "import.empty");
    assert_eq!(world.refused("Name,Phone\n", &none).await, "import.no_rows");
    assert_eq!(world.refused(b"PK\x03\x04\x14\x00\x06\x00", &none).await, "import.excel_workbook");
    assert_eq!(world.refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", &none).await, "import.excel_workbook");
    assert_eq!(world.refused(b"%PDF-1.7\n", &none).await, "import.not_text");
    assert_eq!(world.refused(b"Name,Phone\nA\x00B,0538 555 02 14\n", &none).await, "import.not_text");
    assert_eq!(world.refused("BEGIN:VCARD\nVERSION:3.0\n", &none).await, "import.address_book");
    let nowhere = ImportOptions { country: Some("Turkey".into()), ..none };
    assert_eq!(world.refused(CUSTOMERS, &nowhere).await, "contact.country");
}

#[tokio::test]
async fn a_list_without_phones_names_its_columns() {
    let world = World::new().await;
    let path = world.file("list.csv", "Ad,Şehir\nAyşe,İzmir\n");
    let error = world.preview(&path, &ImportOptions::default()).await.unwrap_err();
    assert_eq!((error.code(), error.params()["headers"].as_str()), ("import.no_phone_column", "Ad, Şehir"));
    let ended = world.run(ImportStep::Import, &path, &ImportOptions::default()).await;
    assert_eq!((ended.state, ended.error.unwrap().code.as_str()), (ImportState::Failed, "import.no_phone_column"));
    let columns = Some(vec![ColumnUse::Name, ColumnUse::Phone]);
    let preview = world.preview(&path, &ImportOptions { columns, ..Default::default() }).await.unwrap();
    assert_eq!(kinds(&preview), ["2 phone.letters"]);
}

#[tokio::test]
async fn every_encoding_that_spreadsheets_write_is_read() {
    let world = World::new().await;
    let marked = |mark: &[u8], text: Vec<u8>| [mark, &text].concat();
    let cases = [
        (CUSTOMERS.as_bytes().to_vec(), Encoding::Utf8),
        (marked(b"\xef\xbb\xbf", CUSTOMERS.as_bytes().to_vec()), Encoding::Utf8),
        (marked(b"\xff\xfe", utf_16(CUSTOMERS, false)), Encoding::Utf16Le),
        (marked(b"\xfe\xff", utf_16(CUSTOMERS, true)), Encoding::Utf16Be),
        (utf_16(CUSTOMERS, false), Encoding::Utf16Le),
        (utf_16(CUSTOMERS, true), Encoding::Utf16Be),
        (windows_1254(CUSTOMERS), Encoding::Windows1254),
    ];
    for (bytes, encoding) in cases {
        let preview = world.preview(&world.file("list.csv", bytes), &ImportOptions::default()).await.unwrap();
        assert_eq!(preview.encoding, encoding);
        assert_eq!(preview.columns[2].header, "Şehir", "{encoding:?}");
        assert_eq!(preview.rows[6].cells, ["Gül Çetin", "(542) 555-0733", "Aydın"]);
    }
    let french = world.file("list.csv", b"Name;Phone;City\nJos\xe9;+33 6 39 98 01 42;Besan\xe7on\n");
    let preview = import::preview(&french, &ImportOptions::default(), "FR", world.db.read()).await.unwrap();
    assert_eq!((preview.encoding, preview.rows[0].cells[2].as_str()), (Encoding::Windows1252, "Besançon"));
}

#[tokio::test]
async fn a_wrong_encoding_is_refused_or_pointed_out() {
    let world = World::new().await;
    let read_as = |encoding| ImportOptions { encoding: Some(encoding), ..Default::default() };
    assert_eq!(world.refused(windows_1254(CUSTOMERS), &read_as(Encoding::Utf8)).await, "import.wrong_encoding");
    assert_eq!(world.refused(CUSTOMERS, &read_as(Encoding::Utf16Le)).await, "import.wrong_encoding");
    assert_eq!(world.refused(utf_16(CUSTOMERS, false), &read_as(Encoding::Utf8)).await, "import.wrong_encoding");
    let path = world.file("list.csv", CUSTOMERS);
    let preview = world.preview(&path, &read_as(Encoding::Windows1254)).await.unwrap();
    assert_eq!(preview.notices[0].code, "import.encoding_doubtful");

    let one_row =
        [b"Name,Phone\nAy\xfee,0538 555 02 14\n".as_slice(), b"Gul,0542 555 07 33\nNur,0532 555 01 42\n"].concat();
    let path = world.file("list.csv", one_row);
    let preview = world.preview(&path, &read_as(Encoding::Utf8)).await.unwrap();
    assert_eq!(kinds(&preview), ["2 import.undecodable", "3 new", "4 new"]);
    let Verdict::Refused { reason } = &preview.rows[0].verdict else { panic!() };
    assert_eq!(reason.params["column"], "Name");
}

#[tokio::test]
async fn separators_are_found_and_can_be_chosen() {
    let world = World::new().await;
    for (text, separator) in [
        ("Name,Phone\n\"Demir, Ayşe\",0538 555 02 14\n", Separator::Comma),
        ("Name;Phone\nDemir, Ayşe;0538 555 02 14\n", Separator::Semicolon),
        ("Name\tPhone\nDemir, Ayşe\t0538 555 02 14\n", Separator::Tab),
        ("sep=;\r\nName;Phone\r\nDemir, Ayşe;0538 555 02 14\r\n", Separator::Semicolon),
    ] {
        let preview = world.preview(&world.file("list.csv", text), &ImportOptions::default()).await.unwrap();
        assert_eq!(preview.separator, separator, "{text}");
        assert_eq!((kinds(&preview)[0].as_str(), preview.rows[0].cells[0].as_str()), ("2 new", "Demir, Ayşe"));
    }
    let alone = world.file("list.csv", "Phone\n0538 555 02 14\n0532 555 01 42\n");
    assert_eq!(world.import(&alone).await, totals(2, 0, 0, 0));
    let wrong = ImportOptions { separator: Some(Separator::Tab), ..Default::default() };
    let path = world.file("list.csv", CUSTOMERS);
    assert!(world.preview(&path, &wrong).await.is_ok_and(|preview| preview.columns.len() == 1));
}

#[tokio::test]
async fn a_list_without_a_header_is_read_from_its_first_row() {
    let world = World::new().await;
    let path = world.file("list.csv", "Ayşe Demir,0538 555 02 14,İzmir\nGül Çetin,0542 555 07 33,Aydın\n");
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    assert_eq!((preview.header, kinds(&preview)), (false, vec!["1 new".to_owned(), "2 new".to_owned()]));
    assert_eq!(preview.columns[0].used, ColumnUse::Name);
    assert_eq!(preview.notices[0].code, "import.no_header");
    assert_eq!(world.import(&path).await.new, 2);
    let headed = ImportOptions { header: Some(true), ..Default::default() };
    assert_eq!(world.preview(&path, &headed).await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn rows_are_counted_as_a_spreadsheet_shows_them() {
    let world = World::new().await;
    let text = "Name,Phone,Address\n\
        Ayşe,0538 555 02 14,\"Lale Cad. 5\nKonak\n\nİzmir\"\n\
        \n\
        ,,\n\
        \"Ahmet \"\"Usta\"\" Demir\",0542 555 07 33,x\n\
        Hakan,532,y\n\
        \"Nur,0532 555 01 42,z\n\
        Siti,+62 813 555 0147,q\n\
        Budi,+62 811 555 0163,a,b\n\
        Short,0533 555 04 61\n\
        Blank,0533 555 04 62,,,\n";
    let path = world.file("list.csv", text);
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    let expected = [
        "2 new",
        "5 new",
        "6 phone.too_short",
        "7 import.open_quote",
        "8 new",
        "9 import.too_many_cells",
        "10 new",
        "11 new",
    ];
    assert_eq!(kinds(&preview), expected);
    assert_eq!(world.import(&path).await, totals(5, 0, 0, 3));
    assert_eq!(world.contacts("usta").await[0].name, "Ahmet \"Usta\" Demir");
    assert_eq!(world.contacts("konak").await[0].fields["address"], "Lale Cad. 5\nKonak\n\nİzmir");
}

#[tokio::test]
async fn lines_end_as_any_system_ends_them() {
    let world = World::new().await;
    for end in ["\n", "\r\n", "\r"] {
        let text = ["Name,Phone", "Ayşe,0538 555 02 14", "", "Gül,0542 555 07 33"].join(end);
        let preview = world.preview(&world.file("list.csv", text), &ImportOptions::default()).await.unwrap();
        assert_eq!(kinds(&preview), ["2 new", "4 new"], "{end:?}");
    }
}

#[tokio::test]
async fn sixty_columns_become_forty_fields_and_a_notice() {
    let world = World::new().await;
    let header: Vec<String> = (1..60).map(|at| format!("Column {at}")).collect();
    let cells: Vec<String> = (1..60).map(|at| format!("v{at}")).collect();
    let path = world.file("list.csv", format!("Phone,{}\n0538 555 02 14,{}\n", header.join(","), cells.join(",")));
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    assert_eq!((preview.columns.len(), preview.notices[0].code.as_str()), (60, "import.many_columns"));
    world.import(&path).await;
    assert_eq!(world.contacts("").await[0].fields.len(), 40);
}

#[tokio::test]
async fn endless_cells_and_lines_cost_their_row_only() {
    let world = World::new().await;
    let long = "x".repeat(5_000);
    let endless = "y".repeat(3_000_000);
    let text = format!("Name,Phone\n{long},0538 555 02 14\n{endless}\n\"{endless}\nGül,0542 555 07 33\n");
    let path = world.file("list.csv", text);
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    let expected = ["2 import.cell_too_long", "3 import.line_too_long", "4 import.line_too_long", "5 new"];
    assert_eq!(kinds(&preview), expected);
    assert!(preview.rows.iter().all(|row| row.cells.iter().all(|cell| cell.len() <= 300)));
    assert_eq!(world.import(&path).await, totals(1, 0, 0, 3));
}

#[tokio::test]
async fn rows_of_one_phone_complete_one_contact() {
    let world = World::new().await;
    let text = "Name,Phone,City,Tags\nAyşe,0538 555 02 14,,vip\n,+905385550214,İzmir,\"lens, vip\"\nAyşe Demir,0538 555 0214,,\n";
    let path = world.file("list.csv", text);
    assert_eq!(world.import(&path).await, totals(1, 0, 2, 0));
    let [ayse] = &world.contacts("").await[..] else { panic!() };
    assert_eq!(
        (ayse.name.as_str(), ayse.fields["city"].as_str(), ayse.tags.join(",")),
        ("Ayşe Demir", "İzmir", "lens,vip".into())
    );
    world.import(&world.file("less.csv", "Name,Phone,City\n,0538 555 02 14,\n")).await;
    assert_eq!(&world.contacts("izmir").await[0], ayse);
}

#[tokio::test]
async fn a_list_can_go_to_the_black_list_and_never_takes_anybody_off_it() {
    let world = World::new().await;
    let path = world.file("list.csv", "Phone\n0538 555 02 14\n");
    let consent =
        |source: &str| Some(Consent { source: source.into(), at: NOW, note: String::new(), withdrawn_at: None });
    let run = async |standing, source: &str| {
        let options =
            ImportOptions { standing, consent: consent(source), tags: vec![" autumn ".into()], ..Default::default() };
        world.run(ImportStep::Import, &path, &options).await
    };
    run(Standing::Gray, "shop form").await;
    run(Standing::Black, "web form").await;
    run(Standing::Normal, "phone").await;
    let [contact] = &world.contacts("").await[..] else { panic!() };
    assert_eq!((contact.standing, contact.tags.as_slice()), (Standing::Black, &["autumn".to_owned()][..]));
    assert_eq!(contact.consent, consent("shop form"));
}

#[tokio::test]
async fn what_came_in_before_a_cancel_stays_and_the_next_import_goes_on() {
    let world = World::new().await;
    let path = world.file("list.csv", people(9_000));
    let none = ImportOptions::default();
    let ended = world.run_until(ImportStep::Import, &path, &none, |at| at.totals.rows >= 4_000).await;
    assert_eq!((ended.state, ended.totals), (ImportState::Cancelled, totals(4_000, 0, 0, 0)));
    assert!(ended.percent < 100);
    assert_eq!(world.all().await, 4_000);
    assert_eq!(world.import(&path).await, totals(5_000, 4_000, 0, 0));
    assert_eq!(world.all().await, 9_000);
}

#[tokio::test]
async fn a_full_disk_says_where_it_stopped_and_nobody_comes_in_twice() {
    let world = World::new().await;
    let path = world.file("list.csv", people(9_000));
    let pages = world.db.page_count().await.unwrap();
    world.db.limit_pages(pages + 500).await.unwrap();
    let ended = world.run(ImportStep::Import, &path, &ImportOptions::default()).await;
    let error = ended.error.unwrap();
    assert_eq!((ended.state, error.code.as_str()), (ImportState::Failed, "import.disk_full"));
    assert_eq!(error.params["row"], (ended.totals.rows + 2).to_string());
    assert!(ended.totals.rows > 0 && ended.totals.rows < 9_000, "{:?}", ended.totals);
    assert_eq!(world.all().await, ended.totals.new);
    world.db.limit_pages(1_000_000).await.unwrap();
    assert_eq!(world.import(&path).await, totals(9_000 - ended.totals.new, ended.totals.new, 0, 0));
    assert_eq!(world.all().await, 9_000);
}

#[tokio::test]
async fn refused_rows_can_be_corrected_and_imported() {
    let world = World::new().await;
    let path = world.file("list.csv", windows_1254(CUSTOMERS));
    let ended = world.run(ImportStep::Import, &path, &ImportOptions::default()).await;
    let refusals = import::refusals(world.db.read(), ended.import_id, 2).await.unwrap();
    let rows: Vec<(u32, &str)> = refusals.iter().map(|refusal| (refusal.row, refusal.reason.code.as_str())).collect();
    assert_eq!(rows, [(4, "phone.excel_shortened"), (6, "phone.too_short")]);
    assert_eq!(refusals[0].raw, "Zeynep Arslan; 9.05387E+11; Manisa");
    assert_eq!(refusals[0].reason.params["candidates"], "1000000");

    let list = world.folder.path().join("refused.csv");
    import::export_refused(world.db.read(), ended.import_id, &list).await.unwrap();
    let text = std::fs::read_to_string(&list).unwrap();
    assert!(text.starts_with("\u{feff}Ad Soyad;Cep Tel;Şehir;Ulak row;Ulak reason\r\n"), "{text}");
    assert!(text.contains("Hakan Ersoy;532 555 0;İzmir;6;7 digits are too few"), "{text}");
    let corrected = text.replace("9.05387E+11", "0538 755 01 42");
    assert_eq!(world.import(&world.file("corrected.csv", corrected)).await, totals(1, 0, 0, 2));
    assert_eq!(world.contacts("zeynep").await[0].fields.len(), 1);

    let nowhere = world.folder.path().join("missing").join("refused.csv");
    let error = import::export_refused(world.db.read(), ended.import_id, &nowhere).await.unwrap_err();
    assert_eq!(error.code(), "import.cannot_write");
}

#[tokio::test]
async fn a_list_of_refused_rows_runs_no_formulas() {
    let world = World::new().await;
    let path = world.file(
        "list.csv",
        "Name,Phone\n\"=HYPERLINK(\"\"http://example.com\"\")\",532\n@SUM(1),12\n+cmd|x,13\n-5,+90 532\n",
    );
    let ended = world.run(ImportStep::Scan, &path, &ImportOptions::default()).await;
    let list = world.folder.path().join("refused.csv");
    import::export_refused(world.db.read(), ended.import_id, &list).await.unwrap();
    let text = std::fs::read_to_string(&list).unwrap();
    for guarded in ["\"'=HYPERLINK(", "'@SUM(1),12", "'+cmd|x,13", "\n-5,+90 532,"] {
        assert!(text.contains(guarded), "{guarded}: {text}");
    }
}

#[tokio::test]
async fn an_import_that_a_crash_ended_is_called_failed() {
    let world = World::new().await;
    let path = world.file("list.csv", CUSTOMERS);
    let scan = world.run(ImportStep::Scan, &path, &ImportOptions::default()).await;
    let mut tx = world.db.begin().await.unwrap();
    assert_eq!(import::end_interrupted(&mut tx, NOW).await.unwrap(), 0);
    import::forget(&mut tx, scan.import_id).await.unwrap();
    world.db.commit(tx).await.unwrap();
    assert!(import::refusals(world.db.read(), scan.import_id, 10).await.unwrap().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever bytes a file has: an error with a code, or a verdict for every row.
    #[test]
    fn any_bytes_get_verdicts_or_an_error(soup in soups()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let path = world.file("soup.csv", soup);
            let ended = world.run(ImportStep::Import, &path, &ImportOptions::default()).await;
            let ImportTotals { rows, new, known, twice, refused } = ended.totals;
            assert_eq!(rows, new + known + twice + refused);
            assert_eq!(world.all().await, new);
            match world.preview(&path, &ImportOptions::default()).await {
                Ok(_) => assert_eq!(ended.state, ImportState::Done),
                Err(error) => assert_eq!(ended.error.unwrap().code, error.code()),
            }
        });
    }
}

/// Bytes at random, and lists with anything in their cells.
fn soups() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        "[\"',;\t\r\n =+0-9eE.]{0,12}".prop_map(String::into_bytes),
        Just(b"0538 555 02 14".to_vec()),
        Just("Ayşe \u{202a}".as_bytes().to_vec()),
        Just(b"\xfe\xff\xc3".to_vec()),
        Just(b"\n".to_vec()),
        Just(b";".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..8),
    ];
    let list =
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| [b"Name;Phone\n".to_vec(), pieces.concat()].concat());
    prop_oneof![proptest::collection::vec(any::<u8>(), 0..400), list]
}
