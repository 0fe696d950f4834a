//! Contacts that went out into a file come back as they were.

use calamine::{Data, Reader as _};
use ulak_core::contact::export::export;
use ulak_core::messages::Messages;

use crate::world::*;

const PEOPLE: &str = "Ad Soyad;Telefon;E-posta;Etiket;İzin;İzin tarihi;Liste;Şehir;Son Ödeme\n\
    Ayşe Demir;0538 555 02 14;ayse@example.com;vip, lens;evet;02.09.2025;;İzmir;12.11.2026\n\
    =HYPERLINK(1);+62 813 555 0147;;;hayır;;Kara liste;@SUM(1);+cmd|x\n\
    ;0212 555 01 43;;;;;gri;\"bir; iki\";-5\n";

async fn shop() -> World {
    let world = World::new().await;
    assert_eq!(world.import(&world.file("list.csv", PEOPLE)).await, totals(3, 0, 0, 0));
    world
}

impl World {
    async fn exported(&self, name: &str) -> PathBuf {
        self.exported_in("en", name).await
    }

    async fn exported_in(&self, language: &str, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        let words = Messages::of(language);
        let count = export(self.db.read(), &ContactQuery::default(), TODAY, &words, &path).await.unwrap();
        assert_eq!(count, 3);
        path
    }
}

/// What another computer makes of the file.
async fn back(path: &Path) -> Vec<Contact> {
    let other = World::new().await;
    let ended = other.run(ImportStep::Import, path, &ImportOptions::default()).await;
    assert_eq!((ended.state, ended.totals), (ImportState::Done, totals(3, 0, 0, 0)));
    other.contacts("").await
}

#[tokio::test]
async fn a_workbook_and_a_csv_come_back_as_the_same_people() {
    let world = shop().await;
    let before = world.contacts("").await;
    for (language, name) in ["en", "tr", "id"].into_iter().flat_map(|one| [(one, "people.xlsx"), (one, "people.csv")]) {
        let after = back(&world.exported_in(language, name).await).await;
        let name = format!("{name} in {language}");
        assert_eq!(after.len(), before.len(), "{name}");
        for (one, other) in before.iter().zip(&after) {
            assert_eq!((&one.phone, &one.email, &one.tags), (&other.phone, &other.email, &other.tags), "{name}");
            assert_eq!((one.standing, &one.fields), (other.standing, &other.fields), "{name}");
            assert_eq!(one.consent.is_some(), other.consent.is_some(), "{name}");
            assert_eq!(one.withdrawn_at.is_some(), other.withdrawn_at.is_some(), "{name}");
        }
        assert_eq!(
            after[1].consent.as_ref().map(|consent| consent.at),
            before[1].consent.as_ref().map(|consent| consent.at)
        );
        assert!(!world.folder.path().join("people.part").exists());
    }
}

#[tokio::test]
async fn a_workbook_has_texts_and_days_and_no_formula() {
    let world = shop().await;
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(world.exported("people.xlsx").await).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let rows: Vec<&[Data]> = range.rows().collect();
    let column = |header: &str| rows[0].iter().position(|cell| *cell == Data::String(header.into())).unwrap();
    assert!(rows[1..].iter().all(|row| matches!(&row[column("Phone")], Data::String(phone) if phone.starts_with('+'))));
    let ayse = rows.iter().find(|row| row[0] == Data::String("Ayşe Demir".into())).unwrap();
    assert!(matches!(ayse[column("Consent date")], Data::DateTime(_)), "{ayse:?}");
    let last = &ayse[column("Son Ödeme")];
    assert!(matches!(last, Data::DateTime(day) if day.to_ymd_hms_milli() == (2026, 11, 12, 0, 0, 0, 0)), "{last:?}");
    assert_eq!(column("List"), 4);
    let formulas = book.worksheet_formula("Sheet1").unwrap();
    assert!(formulas.used_cells().all(|(_, _, formula)| formula.is_empty()));
}

#[tokio::test]
async fn what_leaves_is_in_the_language_of_the_owner() {
    let world = shop().await;
    let text = std::fs::read_to_string(world.exported_in("tr", "people.csv").await).unwrap();
    assert!(text.starts_with("\u{feff}Ad soyad;Telefon;E-posta;Etiketler;Liste;İzin;"), "{text}");
    for word in [";Kara liste;hayır;", ";Gri liste;", ";Normal;evet;2025-09-02;", ";12.11.2026"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[tokio::test]
async fn a_csv_runs_no_formula_and_keeps_phones_from_becoming_numbers() {
    let world = shop().await;
    let text = std::fs::read_to_string(world.exported("people.csv").await).unwrap();
    for guarded in ["'=HYPERLINK(1);+62 813", ";'+cmd|x;'@SUM(1)\r\n", ";-5;\"bir; iki\"\r\n"] {
        assert!(text.contains(guarded), "{guarded}: {text}");
    }
}

#[tokio::test]
async fn cards_are_read_again() {
    let world = shop().await;
    let after = back(&world.exported("people.vcf").await).await;
    let names: Vec<&str> = after.iter().map(|contact| contact.name.as_str()).collect();
    assert!(names.contains(&"Ayşe Demir") && names.contains(&"=HYPERLINK(1)"), "{names:?}");
}

#[tokio::test]
async fn an_export_says_what_is_wrong_with_the_file() {
    let world = shop().await;
    let to = async |name: &str| {
        export(world.db.read(), &ContactQuery::default(), TODAY, &Messages::of("en"), &world.folder.path().join(name))
            .await
            .unwrap_err()
            .code()
    };
    assert_eq!(to("people.doc").await, "export.format");
    assert_eq!(to("missing/people.csv").await, "export.cannot_write");
    assert_eq!(to("missing/people.xlsx").await, "export.cannot_write");
}

#[tokio::test]
async fn what_the_list_shows_is_what_goes_out() {
    let world = shop().await;
    let query = ContactQuery { search: "izmir".into(), ..ContactQuery::default() };
    let path = world.folder.path().join("some.csv");
    assert_eq!(export(world.db.read(), &query, TODAY, &Messages::of("en"), &path).await.unwrap(), 1);
    let query = ContactQuery { standing: Some(Standing::Black), ..ContactQuery::default() };
    assert_eq!(export(world.db.read(), &query, TODAY, &Messages::of("en"), &path).await.unwrap(), 1);
    let query = ContactQuery { search: "nobody".into(), ..ContactQuery::default() };
    assert_eq!(export(world.db.read(), &query, TODAY, &Messages::of("en"), &path).await.unwrap(), 0);
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1, "the header alone");
}

/// What LibreOffice makes of a file, as another format; none where it is not installed, which is said, and which the long
/// test does not take.
fn converted(path: &Path, format: &str, out: &Path) -> Option<PathBuf> {
    let profile = format!("-env:UserInstallation=file://{}", out.join("profile").display());
    let program = std::process::Command::new("soffice")
        // A list in text is read with semicolons, in UTF-8, as its owner chooses when LibreOffice asks.
        .args([&profile, "--headless", "--infilter=CSV:59,34,76,1", "--convert-to", format, "--outdir"])
        .args([out, path])
        .output();
    let Ok(program) = program else {
        assert!(std::env::var_os("ULAK_LONG").is_none(), "soffice is not installed; the long test needs it");
        eprintln!("NOT TESTED: soffice is not installed, so nothing but Ulak has opened {}", path.display());
        return None;
    };
    assert!(program.status.success(), "{}", String::from_utf8_lossy(&program.stderr));
    let ending = format.split(':').next().unwrap_or_default();
    Some(out.join(path.with_extension(ending).file_name()?))
}

#[tokio::test]
async fn libreoffice_finds_the_phones_as_texts_and_no_formula() {
    let world = shop().await;
    let out = world.folder.path().join("libreoffice");
    std::fs::create_dir(&out).unwrap();
    // Cells as they are shown, in UTF-8.
    let shown = "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true";
    let Some(opened) = converted(&world.exported("people.xlsx").await, shown, &out) else { return };
    let text = std::fs::read_to_string(opened).unwrap();
    for cell in ["+90 538 555 02 14", "=HYPERLINK(1)", "+cmd|x", "@SUM(1)", "12.11.2026"] {
        assert!(text.contains(cell), "{cell}: {text}");
    }
    let opened = converted(&world.exported("people.csv").await, "xlsx", &out).unwrap();
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(opened).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let rows: Vec<&[Data]> = range.rows().collect();
    let phone = rows[0].iter().position(|cell| *cell == Data::String("Phone".into())).unwrap();
    assert!(
        rows[1..].iter().all(|row| matches!(&row[phone], Data::String(phone) if phone.starts_with('+'))),
        "{rows:?}"
    );
    let sheet = book.sheet_names()[0].clone();
    let formulas = book.worksheet_formula(&sheet).unwrap();
    assert!(formulas.used_cells().all(|(_, _, formula)| formula.is_empty()));
}
