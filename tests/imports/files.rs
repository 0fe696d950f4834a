//! What files look like: formats, encodings, separators, headers, rows.

use crate::world::*;

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
    assert_eq!(world.refused(b"PK\x03\x04\x14\x00\x06\x00", &none).await, "import.workbook_damaged");
    assert_eq!(world.refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", &none).await, "import.workbook_damaged");
    assert_eq!(world.refused(b"%PDF-1.7\n", &none).await, "import.not_text");
    assert_eq!(world.refused(b"Name,Phone\n\x01\x02\x03\x04\x05\x06\x07\x08\n", &none).await, "import.not_text");
    assert_eq!(world.refused("BEGIN:VCARD\nVERSION:3.0\n", &none).await, "import.empty");
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
        assert_eq!(preview.encoding, Some(encoding));
        assert_eq!(preview.columns[2].header, "Şehir", "{encoding:?}");
        assert_eq!(preview.rows[6].cells, ["Gül Çetin", "(542) 555-0733", "Aydın"]);
    }
    let french = world.file("list.csv", b"Name;Phone;City\nJos\xe9;+33 6 39 98 01 42;Besan\xe7on\n");
    let preview = import::preview(&file(&french), &ImportOptions::default(), "FR", world.db.read(), NOW).await.unwrap();
    assert_eq!((preview.encoding, preview.rows[0].cells[2].as_str()), (Some(Encoding::Windows1252), "Besançon"));
}

#[tokio::test]
async fn a_wrong_encoding_is_refused_or_pointed_out() {
    let world = World::new().await;
    let read_as = |encoding| ImportOptions { encoding: Some(encoding), ..Default::default() };
    assert_eq!(world.refused(windows_1254(CUSTOMERS), &read_as(Encoding::Utf8)).await, "import.wrong_encoding");
    assert_eq!(world.refused(CUSTOMERS, &read_as(Encoding::Utf16Le)).await, "import.wrong_encoding");
    assert_eq!(world.refused(utf_16(CUSTOMERS, false), &read_as(Encoding::Utf8)).await, "import.wrong_encoding");
    assert_eq!(world.refused(CUSTOMERS, &read_as(Encoding::Windows1254)).await, "import.wrong_encoding");
    let path = world.file("list.csv", "Name,Phone\nGül,0542 555 07 33\n");
    let preview = world.preview(&path, &read_as(Encoding::Windows1254)).await.unwrap();
    assert_eq!(preview.notices[0].code, "import.encoding_doubtful");

    let one_row =
        [b"Name,Phone\nAy\xfee,0538 555 02 14\n".as_slice(), b"Gul,0542 555 07 33\nNur,0532 555 01 42\n"].concat();
    let path = world.file("list.csv", one_row);
    let preview = world.preview(&path, &read_as(Encoding::Utf8)).await.unwrap();
    assert_eq!(kinds(&preview), ["2 new", "3 new", "4 new"]);
    assert_eq!(preview.rows[0].lost, [0], "the name alone");
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
        assert_eq!(preview.separator, Some(separator), "{text}");
        assert_eq!((kinds(&preview)[0].as_str(), preview.rows[0].cells[0].as_str()), ("2 new", "Demir, Ayşe"));
    }
    let alone = world.file("list.csv", "Phone\n0538 555 02 14\n0532 555 01 42\n");
    assert_eq!(world.import(&alone).await, totals(2, 0, 0, 0));
    let wrong = ImportOptions { separator: Some(Separator::Tab), ..Default::default() };
    let path = world.file("list.csv", CUSTOMERS);
    assert_eq!(world.preview(&path, &wrong).await.unwrap_err().code(), "import.no_phone_column");
}

#[tokio::test]
async fn a_list_without_a_header_is_read_from_its_first_row() {
    let world = World::new().await;
    let path = world.file("list.csv", "Ayşe Demir,0538 555 02 14,İzmir\nGül Çetin,0542 555 07 33,Aydın\n");
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    assert_eq!((preview.header, kinds(&preview)), (Some(false), vec!["1 new".to_owned(), "2 new".to_owned()]));
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
async fn an_endless_cell_costs_itself_and_an_endless_line_its_row() {
    let world = World::new().await;
    let long = "x".repeat(5_000);
    let endless = "y".repeat(3_000_000);
    let text = format!("Name,Phone\n{long},0538 555 02 14\n{endless}\n\"{endless}\nGül,0542 555 07 33\n");
    let path = world.file("list.csv", text);
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    let expected = ["2 new", "3 import.line_too_long", "4 import.line_too_long", "5 new"];
    assert_eq!(kinds(&preview), expected);
    assert!(preview.rows.iter().all(|row| row.cells.iter().all(|cell| cell.len() <= 300)));
    assert_eq!(world.import(&path).await, totals(2, 0, 0, 2));
}

#[tokio::test]
async fn content_comes_in_as_people_see_it() {
    let world = World::new().await;
    // A family of joined signs, a heart with its variation selector, a Persian non-joiner, letters with combining marks.
    let (family, heart, persian, marked) =
        ("👩\u{200d}👩\u{200d}👧", "❤\u{fe0f}", "می\u{200c}خواهم", "S\u{327}u\u{308}le");
    let text = format!(
        "Name,Phone,Note,Tags\n\u{202a}{marked}\u{202c} {family},\u{202a}0538 555 02 14\u{202c},{persian},{heart}\n\u{200b},0538 555 02 15,\u{feff}\u{200e},\n"
    );
    assert_eq!(world.import(&world.file("list.csv", text)).await, totals(2, 0, 0, 0));
    let [one, other] = &world.contacts("").await[..] else { panic!() };
    assert_eq!(
        (one.name.as_str(), one.fields["note"].as_str()),
        (format!("{marked}\u{202c} {family}").as_str(), persian)
    );
    assert_eq!(one.tags, [heart]);
    assert_eq!((other.name.as_str(), other.fields.len()), ("", 0), "nothing that can be seen is nothing");
}

#[tokio::test]
async fn a_phone_that_was_mended_comes_in_and_says_so() {
    let world = World::new().await;
    let list = "Ad;Telefon\nGül;9,05385550111E+11\nŞule;0538 555 01 12\nAli;5385550113,00\n".as_bytes().to_vec();
    let path = world.file("list.csv", list);
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    let told: Vec<(Option<&str>, Option<Repair>)> =
        preview.rows.iter().map(|row| (row.phone.as_deref(), row.repair)).collect();
    assert_eq!(
        told,
        [
            (Some("+905385550111"), Some(Repair::Notation)),
            (Some("+905385550112"), None),
            (Some("+905385550113"), Some(Repair::Decimals))
        ]
    );
    let ended = world.run(ImportStep::Import, &path, &ImportOptions::default()).await;
    assert_eq!((ended.totals, ended.repaired), (totals(3, 0, 0, 0), 2));
}

#[tokio::test]
async fn what_is_wrong_with_a_cell_costs_at_most_the_cell() {
    let world = World::new().await;
    let mut list =
        "Ad;Telefon;Not;İzin\nGül Çetin;0538 555 01 11;çok iyi;evet\nŞule;0538 555 01 12;kötü".as_bytes().to_vec();
    list.extend(b" \xfe;evet\nAli\0 Can;0538 555 01 13;M&uuml;ller & Co;evet\nVeli;0538 555 01 14;");
    list.extend("x".repeat(5_000).as_bytes());
    list.extend(b";evet\nNur;0538 555 01 15;;ev\xfet\n\x1a");
    let path = world.file("list.csv", list);
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    assert_eq!(preview.encoding, Some(Encoding::Utf8), "the others keep their letters");
    assert_eq!(kinds(&preview), ["2 new", "3 new", "4 new", "5 new", "6 new"]);
    let lost: Vec<&[u32]> = preview.rows.iter().map(|row| row.lost.as_slice()).collect();
    assert_eq!(lost, [&[][..], &[2], &[], &[2], &[3]]);
    let ended = world.run(ImportStep::Import, &path, &ImportOptions::default()).await;
    assert_eq!((ended.totals, ended.lost_cells), (totals(5, 0, 0, 0), 3));
    assert_eq!((ended.consent.yes, ended.consent.unclear), (4, 1), "nobody knows what the unreadable word says");
    let ali = world.contacts("ali can").await.remove(0);
    assert_eq!((ali.name.as_str(), ali.fields["not"].as_str()), ("Ali Can", "M&uuml;ller & Co"));
    assert_eq!(world.contacts("sule").await[0].fields.get("not"), None);
}

#[tokio::test]
async fn a_phone_that_cannot_be_read_costs_the_person_only_where_it_is_the_only_one() {
    let world = World::new().await;
    let long = "1".repeat(5_000);
    let mut list = "Ad;Cep;İş Telefonu;Liste\nGül Çetin;0538 555 01 11;0212 555 01 42;gri\nŞule;".as_bytes().to_vec();
    list.extend(b"0538 \xfe;0538 555 01 12;\nNur;");
    list.extend(long.as_bytes());
    list.extend(b";0538 555 01 13;\nAli;0538 \xfe;;gri\nVeli;0538 555 01 15;;gr\xfe\n");
    let path = world.file("list.csv", list);
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    assert_eq!(kinds(&preview), ["2 new", "3 new", "4 new", "5 import.undecodable", "6 new"]);
    let lost: Vec<&[u32]> = preview.rows.iter().map(|row| row.lost.as_slice()).collect();
    assert_eq!(lost, [&[][..], &[1], &[1], &[], &[3]]);
    let phones: Vec<Option<&str>> = preview.rows.iter().map(|row| row.phone.as_deref()).collect();
    assert_eq!(phones[1..3], [Some("+905385550112"), Some("+905385550113")]);
}

#[tokio::test]
async fn one_nul_in_a_short_list_costs_nothing_but_itself() {
    let world = World::new().await;
    let path = world.file("list.csv", b"Name,Phone\nA\x00li,0538 555 02 14\n");
    assert_eq!(world.import(&path).await, totals(1, 0, 0, 0));
    assert_eq!(world.contacts("").await[0].name, "Ali");
}

#[tokio::test]
async fn first_names_come_first_wherever_they_stand() {
    let world = World::new().await;
    let path = world.file("list.csv", "Soyad;Ad;Cep\nDemir;Ayşe;0538 555 02 14\n");
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    assert_eq!(preview.rows[0].name.as_deref(), Some("Ayşe Demir"));
    world.import(&path).await;
    let ayse = world.contacts("").await.remove(0);
    assert_eq!((ayse.name.as_str(), ayse.fields["soyad"].as_str()), ("Ayşe Demir", "Demir"));
}

#[tokio::test]
async fn what_a_formula_could_not_tell_is_empty_and_said() {
    let world = World::new().await;
    let text = "Ad;Cep;Telefon;İzin;Not\n#YOK;#N/A;0538 555 02 14;evet;#DEĞER!\nNur;0538 555 02 15;;#REF!;iyi\nGül;#N/A;;evet;\n";
    let path = world.file("list.csv", text);
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    assert_eq!(kinds(&preview), ["2 new", "3 new", "4 phone.missing"]);
    assert_eq!((preview.rows[0].name.as_deref(), preview.rows[0].lost.as_slice()), (Some(""), &[0, 1, 4][..]));
    let ended = world.run(ImportStep::Import, &path, &ImportOptions::default()).await;
    assert_eq!((ended.lost_cells, ended.consent.yes, ended.consent.unclear), (4, 1, 1));
}

#[tokio::test]
async fn groups_of_an_address_book_are_tags_but_not_its_own() {
    let world = World::new().await;
    let text = "First Name,Labels,Phone 1 - Value\nAyşe,Müşteriler ::: Lens ::: * myContacts,0538 555 02 14\n";
    world.import(&world.file("google.csv", text)).await;
    assert_eq!(world.contacts("").await[0].tags, ["Lens", "Müşteriler"]);
    let text = "First Name,Categories,Mobile Phone\nNur,Kadıköy;vip,0538 555 02 15\n";
    world.import(&world.file("outlook.csv", text)).await;
    assert_eq!(world.contacts("nur").await[0].tags, ["Kadıköy", "vip"]);
}

#[tokio::test]
async fn a_header_is_found_below_the_head_of_a_letter_and_below_a_title_that_is_its_word() {
    let world = World::new().await;
    for text in [
        "Demir Optik;;\nTel: 0212 555 01 42;;\n;;\nAd Soyad;Cep Telefonu;Şehir\nAyşe Demir;0538 555 02 14;İzmir\n",
        "0212 555 01 42;;\nMüşteri Adı;Telefon No;Şehir\n;;\nAyşe Demir;0538 555 02 14;İzmir\n",
        "Kontak;;\n;;\nNama;Nomor HP;Kota\nAyşe Demir;0538 555 02 14;İzmir\n",
        "Pelanggan\nAd Soyad;Cep Telefonu;Şehir\nAyşe Demir;0538 555 02 14;İzmir\n",
    ] {
        let path = world.file("list.csv", text);
        let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
        assert_eq!((preview.columns.len(), preview.header, preview.rows.len()), (3, Some(true), 1), "{text}");
        assert_eq!(preview.rows[0].phone.as_deref(), Some("+905385550214"), "{text}");
        assert_eq!(preview.columns[0].used, ColumnUse::Name, "{text}");
    }
}

#[tokio::test]
async fn nobody_is_taken_for_a_header() {
    for word in ["Müşteri", "Cep", "Grup"] {
        let world = World::new().await;
        let text = format!("Ayşe Demir,0538 555 02 14,{word}\nGül Çetin,0542 555 07 33,Aydın\n");
        assert_eq!(world.import(&world.file("list.csv", text)).await, totals(2, 0, 0, 0), "{word}");
    }
}
