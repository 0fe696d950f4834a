//! What becomes of people: verdicts, merging, cancelling, a full disk, refused rows.

use ulak_core::messages::Messages;

use crate::world::*;

#[tokio::test]
async fn the_list_of_an_optician_gets_a_verdict_for_every_row() {
    let world = World::new().await;
    world.import(&world.file("before.csv", "Name,Phone\nMehmet Korkmaz,0533 555 04 61\n")).await;
    let path = world.file("müşteriler-2026.csv", windows_1254(CUSTOMERS));
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    assert_eq!(
        (preview.encoding, preview.separator, preview.header),
        (Some(Encoding::Windows1254), Some(Separator::Semicolon), Some(true))
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
    assert_eq!(world.import(&path).await, unchanged(0, 5, 1, 3));
    assert_eq!(world.contacts("").await, before);
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    assert_eq!(kinds(&preview)[0], "2 known");
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
    let consent = |source: &str| Some(Consent { source: source.into(), at: NOW, note: String::new() });
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
async fn a_list_says_who_agreed_and_a_no_is_never_overwritten() {
    let world = World::new().await;
    let text = "Phone,Consent,Consent date\n0538 555 01 11,yes,02.09.2025\n0538 555 01 12,no,\n0538 555 01 13,,\n0538 555 01 14,perhaps,\n0538 555 01 15,yes,01.01.2999\n";
    let path = world.file("shop.csv", text);
    let everybody = Consent { source: "shop form".into(), at: NOW - 5, note: String::new() };
    let for_all = ImportOptions { consent: Some(everybody.clone()), ..Default::default() };
    let says = ConsentTotals { yes: 1, no: 1, nothing: 1, unclear: 2 };
    assert_eq!(world.run(ImportStep::Scan, &path, &for_all).await.consent, says);
    assert_eq!(world.run(ImportStep::Import, &path, &for_all).await.consent, says);
    let of = async |phone: &str| world.contacts(phone).await.remove(0);

    let agreed = of("5550111").await.consent.unwrap();
    assert_eq!((agreed.source.as_str(), agreed.at), ("shop form", 1_756_814_400_000), "the day is the row's");
    assert_eq!((of("5550112").await.consent, of("5550112").await.withdrawn_at), (None, Some(NOW)));
    assert_eq!(of("5550113").await.consent, Some(everybody), "who says nothing is what the owner states");
    for unclear in ["5550114", "5550115"] {
        assert_eq!((of(unclear).await.consent, of(unclear).await.withdrawn_at), (None, None));
    }

    let later = world.file("later.csv", "Phone,Consent\n0538 555 01 11,no\n0538 555 01 12,yes\n");
    world.run(ImportStep::Import, &later, &for_all).await;
    assert_eq!((of("5550111").await.consent, of("5550111").await.withdrawn_at), (Some(agreed), Some(NOW)));
    assert_eq!((of("5550112").await.consent, of("5550112").await.withdrawn_at), (None, Some(NOW)));
}

#[tokio::test]
async fn a_yes_without_more_is_from_the_list_and_of_the_day_it_came_in() {
    let world = World::new().await;
    world.import(&world.file("shop.csv", "Telefon,İzin\n0538 555 01 11,evet\n0538 555 01 12,hayır\n")).await;
    let consent = world.contacts("5550111").await.remove(0).consent;
    assert_eq!(consent, Some(Consent { source: "shop.csv".into(), at: NOW, note: "İzin: evet".into() }));
}

#[tokio::test]
async fn a_field_keeps_the_header_of_its_column() {
    let world = World::new().await;
    world.import(&world.file("list.csv", "Telefon,Son Ödeme\n0538 555 01 11,12.11.2026\n")).await;
    world.import(&world.file("other.csv", "Telefon,SON-ÖDEME\n0538 555 01 12,13.11.2026\n")).await;
    let totals = store::totals(world.db.read()).await.unwrap();
    assert_eq!(totals.fields, ["son_ödeme"]);
    assert_eq!(totals.labels["son_ödeme"], "Son Ödeme");
}

#[tokio::test]
async fn what_came_in_before_a_cancel_stays_and_the_next_import_goes_on() {
    let world = World::new().await;
    let path = world.file("list.csv", people(12_000));
    let none = ImportOptions::default();
    let ended = world.run_until(ImportStep::Import, &path, &none, |at| at.totals.rows >= 5_000).await;
    assert_eq!((ended.state, ended.totals), (ImportState::Cancelled, totals(5_000, 0, 0, 0)));
    assert!(ended.percent < 100);
    assert_eq!(world.all().await, 5_000);
    assert_eq!(world.import(&path).await, unchanged(7_000, 5_000, 0, 0));
    assert_eq!(world.all().await, 12_000);
}

#[tokio::test]
async fn a_full_disk_says_where_it_stopped_and_nobody_comes_in_twice() {
    let world = World::new().await;
    let path = world.file("list.csv", people(12_000));
    let pages = world.db.page_count().await.unwrap();
    world.db.limit_pages(pages + 1_000).await.unwrap();
    let ended = world.run(ImportStep::Import, &path, &ImportOptions::default()).await;
    let error = ended.error.unwrap();
    assert_eq!((ended.state, error.code.as_str()), (ImportState::Failed, "import.disk_full"));
    assert_eq!(error.params["row"], (ended.totals.rows + 2).to_string());
    assert!(ended.totals.rows > 0 && ended.totals.rows < 12_000, "{:?}", ended.totals);
    assert_eq!(world.all().await, ended.totals.new);
    world.db.limit_pages(1_000_000).await.unwrap();
    assert_eq!(world.import(&path).await, unchanged(12_000 - ended.totals.new, ended.totals.new, 0, 0));
    assert_eq!(world.all().await, 12_000);
}

#[tokio::test]
async fn refused_rows_can_be_corrected_and_imported() {
    let world = World::new().await;
    let path = world.file("list.csv", windows_1254(CUSTOMERS));
    let ended = world.run(ImportStep::Import, &path, &ImportOptions::default()).await;
    let refusals = import::refusals(world.db.read(), ended.import_id, LeftOut::Refused, 0, 2).await.unwrap();
    let rows: Vec<(u32, &str)> = refusals.iter().map(|refusal| (refusal.row, refusal.reason.code.as_str())).collect();
    assert_eq!(rows, [(4, "phone.excel_shortened"), (6, "phone.too_short")]);
    assert_eq!(refusals[0].raw, "Zeynep Arslan; 9.05387E+11; Manisa");
    assert_eq!(refusals[0].reason.params["candidates"], "1000000");

    let list = world.folder.path().join("refused.csv");
    import::export_refused(world.db.read(), ended.import_id, &Messages::of("en"), &list).await.unwrap();
    let text = std::fs::read_to_string(&list).unwrap();
    assert!(text.starts_with("\u{feff}Ad Soyad;Cep Tel;Şehir;Ulak row;Ulak reason\r\n"), "{text}");
    assert!(text.contains("Hakan Ersoy;532 555 0;İzmir;6;7 digits are too few"), "{text}");
    let corrected = text.replace("9.05387E+11", "0538 755 01 42");
    assert_eq!(world.import(&world.file("corrected.csv", corrected)).await, totals(1, 0, 0, 2));
    assert_eq!(world.contacts("zeynep").await[0].fields.len(), 1);

    let turkish = world.folder.path().join("reddedilen.csv");
    import::export_refused(world.db.read(), ended.import_id, &Messages::of("tr"), &turkish).await.unwrap();
    let text = std::fs::read_to_string(&turkish).unwrap();
    assert!(text.starts_with("\u{feff}Ad Soyad;Cep Tel;Şehir;Ulak satırı;Ulak nedeni\r\n"), "{text}");
    assert!(text.contains("Hakan Ersoy;532 555 0;İzmir;6;7 rakam bir telefon numarası için az."), "{text}");
    let again = world.preview(&turkish, &ImportOptions::default()).await.unwrap();
    assert_eq!(again.columns[3..].iter().filter(|column| column.used == ColumnUse::Ignore).count(), 2);

    let workbook = world.folder.path().join("refused.xlsx");
    import::export_refused(world.db.read(), ended.import_id, &Messages::of("en"), &workbook).await.unwrap();
    let again = world.preview(&workbook, &ImportOptions::default()).await.unwrap();
    let headers: Vec<&str> = again.columns.iter().map(|column| column.header.as_str()).collect();
    assert_eq!(headers, ["Ad Soyad", "Cep Tel", "Şehir", "Ulak row", "Ulak reason"]);
    assert_eq!(again.rows[0].cells[..4], ["Zeynep Arslan", "9.05387E+11", "Manisa", "4"]);

    let nowhere = world.folder.path().join("missing").join("refused.csv");
    let error =
        import::export_refused(world.db.read(), ended.import_id, &Messages::of("en"), &nowhere).await.unwrap_err();
    assert_eq!(error.code(), "export.cannot_write");
    let shapeless = world.folder.path().join("refused");
    let error =
        import::export_refused(world.db.read(), ended.import_id, &Messages::of("en"), &shapeless).await.unwrap_err();
    assert_eq!(error.code(), "export.format");
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
    import::export_refused(world.db.read(), ended.import_id, &Messages::of("en"), &list).await.unwrap();
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
    assert!(import::refusals(world.db.read(), scan.import_id, LeftOut::All, 0, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_run_that_breaks_is_a_failed_one_and_the_next_one_goes_on() {
    let world = World::new().await;
    let path = world.file("list.csv", CUSTOMERS);
    let breaks = |at: &ImportProgress| -> bool { panic!("broken at {:?}", at.state) };
    let broken = |at: &ImportProgress| at.state == ImportState::Running && breaks(at);
    let ended = world.run_until(ImportStep::Import, &path, &ImportOptions::default(), broken).await;
    assert_eq!(
        (ended.state, ended.error.map(|error| error.code)),
        (ImportState::Failed, Some("loop.import".to_owned()))
    );
    world.import(&path).await;
    assert_eq!(world.all().await, 5);
}

/// A number of Indonesia without its plus, an extension, a decimal that lost one zero, a service line; two people, and
/// what is none.
const DOUBTS: &str = "Ad;Telefon\nSiti;62 813 555 0147\nOkan;0212 555 01 42 (2)\nGül;542.555013\nÇağrı;444 0 147\nAyşe;0538 555 02 14\nBoş;532 555 0\n";

#[tokio::test]
async fn a_doubtful_row_stays_out_until_the_owner_ticks_it() {
    let world = World::new().await;
    let path = world.file("list.csv", DOUBTS);
    let none = ImportOptions::default();
    let rows = [
        "2 +628135550147? phone.no_plus",
        "3 +902125550142? phone.beside",
        "4 +905425550130? phone.decimal",
        "5 +904440147? phone.service",
        "6 new",
        "7 phone.too_short",
    ];
    assert_eq!(kinds(&world.preview(&path, &none).await.unwrap()), rows);
    let ended = world.run(ImportStep::Import, &path, &none).await;
    assert_eq!(ended.totals, ImportTotals { rows: 6, doubtful: 4, ..totals(1, 0, 0, 1) });
    let of = async |which| -> Vec<(u32, Option<String>)> {
        let rows = import::refusals(world.db.read(), ended.import_id, which, 0, 10).await.unwrap();
        rows.into_iter().map(|refusal| (refusal.row, refusal.phone)).collect()
    };
    assert_eq!(of(LeftOut::Refused).await, [(7, None)]);
    assert_eq!(of(LeftOut::All).await.len(), 5);
    assert_eq!(of(LeftOut::Doubtful).await[1], (3, Some("+902125550142".to_owned())));
    let reasons = import::reasons(world.db.read(), ended.import_id).await.unwrap();
    assert_eq!(reasons.iter().filter(|reason| reason.doubtful && reason.rows == 1).count(), 4);

    let ticked = Ticked { reasons: vec!["phone.no_plus".into()], rows: [4, 7].into() };
    let ticked = ImportOptions { ticked, ..Default::default() };
    let ended = world.run(ImportStep::Import, &path, &ticked).await;
    assert_eq!(ended.totals, ImportTotals { rows: 6, doubtful: 2, ..unchanged(2, 1, 0, 1) });
    assert_eq!(world.contacts("gül").await[0].phone, "+905425550130");
    assert_eq!(world.contacts("siti").await[0].phone, "+628135550147");
    assert!(world.contacts("boş").await.is_empty(), "a tick makes no phone of what is none");
}

#[tokio::test]
async fn a_decimal_that_can_be_several_numbers_is_refused() {
    let world = World::new().await;
    let options = ImportOptions { country: Some("ID".into()), ..Default::default() };
    let path = world.file("list.csv", "Nama,HP\nSiti,0812 5550 147\nBudi,812.555014\n");
    assert_eq!(kinds(&world.preview(&path, &options).await.unwrap()), ["2 new", "3 phone.decimal"]);
}

#[tokio::test]
async fn a_phone_that_is_certain_goes_before_one_that_is_doubtful() {
    let world = World::new().await;
    let text = "Ad,Telefon 1,Telefon 2\nAyşe,0212 555 01 42 (2),0212 555 01 43\nOkan,12,0212 555 01 42 (2)\n";
    let preview = world.preview(&world.file("list.csv", text), &ImportOptions::default()).await.unwrap();
    assert_eq!(kinds(&preview), ["2 new", "3 +902125550142? phone.beside"]);
    assert_eq!(preview.rows[0].phone.as_deref(), Some("+902125550143"));
}

#[tokio::test]
async fn the_columns_of_a_list_are_remembered_for_the_next_with_its_header() {
    let world = World::new().await;
    let phone = |name: &str| ColumnUse::Field { name: name.into() };
    let text = "Sipariş,Numara,İl\n1001,0538 555 01 11,İzmir\n1002,0538 555 01 12,Manisa\n";
    let path = world.file("list.csv", text);
    let none = ImportOptions::default();
    let first = world.preview(&path, &none).await.unwrap();
    assert_eq!(first.found, None);
    let own = vec![ColumnUse::Ignore, ColumnUse::Phone, ColumnUse::Tags];
    let chosen = ImportOptions { columns: Some(own.clone()), ..Default::default() };
    world.run(ImportStep::Scan, &path, &chosen).await;
    assert_eq!(world.preview(&path, &none).await.unwrap().found, None, "a look is no choice");
    world.run(ImportStep::Import, &path, &chosen).await;

    let later = world.file("later.csv", "SİPARİŞ , numara,İl\n1003,0538 555 01 13,Aydın\n");
    let again = world.preview(&later, &none).await.unwrap();
    let uses = |preview: &ImportPreview| -> Vec<ColumnUse> {
        preview.columns.iter().map(|column| column.used.clone()).collect()
    };
    assert_eq!((uses(&again), again.found.as_ref()), (own, Some(&uses(&first))));
    let other = world.file("other.csv", "Numara,Sipariş,İl\n0538 555 01 14,1004,Aydın\n");
    assert_eq!(world.preview(&other, &none).await.unwrap().found, None, "another header");

    let anew = ImportOptions { columns: again.found, ..Default::default() };
    world.run(ImportStep::Import, &later, &anew).await;
    assert_eq!(world.preview(&later, &none).await.unwrap().found, None, "what is found out anyway is no choice");
    assert_eq!(uses(&first)[2], phone("il"));
}

#[tokio::test]
async fn columns_that_were_chosen_where_no_phones_are_found_come_again() {
    let world = World::new().await;
    let path = world.file("list.csv", "Ad,Not\nAyşe,0538\nOkan,belki\n");
    let none = ImportOptions::default();
    assert_eq!(world.preview(&path, &none).await.unwrap_err().code(), "import.no_phone_column");
    let columns = Some(vec![ColumnUse::Name, ColumnUse::Phone]);
    world.run(ImportStep::Import, &path, &ImportOptions { columns, ..Default::default() }).await;
    let again = world.preview(&path, &none).await.unwrap();
    assert_eq!(again.columns[1].used, ColumnUse::Phone);
}

#[tokio::test]
async fn a_list_of_another_country_is_pointed_out() {
    let world = World::new().await;
    let notice = async |text: &str, country: &str| {
        let options = ImportOptions { country: Some(country.into()), ..Default::default() };
        let preview = world.preview(&world.file("list.csv", text), &options).await.unwrap();
        preview.notices.into_iter().find(|notice| notice.code == "import.other_country").map(|notice| notice.params)
    };
    let indonesian = "Nama,No HP\nSiti,0812 5550 147\nBudi,0813 5550 148\nRina,0857 5550 149\n";
    let found = notice(indonesian, "TR").await.unwrap();
    assert_eq!((found["country"].as_str(), found["fitting"].as_str(), found["rows"].as_str()), ("ID", "3", "3"));
    assert_eq!(notice(indonesian, "ID").await, None);
    let mixed = "Ad,Tel\nHans,+49 151 5550 0147\nKarl,0151 5550 0148\nUwe,0151 5550 0149\nAyşe,0538 555 01 47\n";
    assert_eq!(notice(mixed, "TR").await.unwrap()["country"], "DE", "the list names it itself");
    assert_eq!(notice("Ad,Tel\nAyşe,0538 555 01 47\nSiti,+62 812 5550 147\n", "TR").await, None);
}

#[tokio::test]
async fn a_contact_for_each_phone_of_a_row() {
    let world = World::new().await;
    let list = "Ad;Cep;İş Telefonu;Not\n\
        Ayşe;0538 555 01 14;0212 555 01 43;pazartesi\n\
        Budi;0538 555 01 15 / 0538 555 01 16;0538 555 01 15;\n\
        Cem;0538 555 01 17;532 555;\n\
        Deniz;0538 555 01 18, 12 34;;\n";
    let path = world.file("list.csv", list);
    let each = ImportOptions { each_phone: true, ..ImportOptions::default() };
    let preview = world.preview(&path, &each).await.unwrap();
    let shown: Vec<(u32, Option<&str>)> = preview.rows.iter().map(|row| (row.row, row.phone.as_deref())).collect();
    let expected = [
        (2, Some("+905385550114")),
        (2, Some("+902125550143")),
        (3, Some("+905385550115")),
        (3, Some("+905385550116")),
        (4, Some("+905385550117")),
        (5, None),
    ];
    assert_eq!(shown, expected);
    let ended = world.run(ImportStep::Import, &path, &each).await;
    assert_eq!((ended.totals.rows, ended.totals.new, ended.totals.refused + ended.totals.doubtful), (6, 5, 1));
    let people = world.contacts("").await;
    let of = |phone: &str| people.iter().find(|contact| contact.phone == phone).unwrap();
    for phone in ["+905385550114", "+902125550143"] {
        assert_eq!((of(phone).name.as_str(), of(phone).fields["not"].as_str()), ("Ayşe", "pazartesi"));
        assert_eq!(of(phone).fields.len(), 1, "another contact's phone is no field of this one");
    }
    assert_eq!(of("+905385550117").fields["iş_telefonu"], "532 555", "what is no phone is kept");
    assert_eq!(world.run(ImportStep::Import, &path, &each).await.totals.known, 5, "the same list again brings nobody");

    let best = world.preview(&path, &ImportOptions::default()).await.unwrap();
    let shown: Vec<Option<&str>> = best.rows.iter().map(|row| row.phone.as_deref()).collect();
    assert_eq!(shown, [Some("+905385550114"), Some("+905385550115"), Some("+905385550117"), None]);
}
