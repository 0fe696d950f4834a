//! Workbooks, address books and what was pasted, in the shape in which programs write them.

use std::io::Write;

use crate::world::*;

#[tokio::test]
async fn a_workbook_is_read_below_its_titles_and_above_its_sum() {
    let world = World::new().await;
    let path = fixture("customers.xlsx");
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    assert_eq!(preview.sheets, ["Kapak", "Müşteriler", "Şube", "Eski"], "hidden ones last");
    assert_eq!((preview.sheet.as_deref(), preview.encoding, preview.separator), (Some("Müşteriler"), None, None));
    let headers: Vec<&str> = preview.columns.iter().map(|column| column.header.as_str()).collect();
    assert_eq!(headers, ["Ad Soyad", "Cep Tel", "Şehir", "Son Ödeme", "Bakiye"]);
    assert_eq!(kinds(&preview), ["5 new", "6 new", "7 new", "8 new", "9 new", "10 phone.missing"]);
    assert_eq!(preview.rows[0].cells, ["Ayşe Demir", "5385550142", "İzmir", "12.11.2026", "250.5"]);
    assert_eq!(preview.rows[2].phone.as_deref(), Some("+905425550733"));
    assert_eq!(preview.rows[4].phone.as_deref(), Some("+905385550144"), "the result of a formula, in a hidden row");
    assert_eq!(world.import(&path).await, totals(5, 0, 0, 1));
    assert_eq!(world.contacts("ayse").await[0].fields["son_ödeme"], "12.11.2026");
    assert_eq!(world.import(&path).await, unchanged(0, 5, 0, 1));
}

#[tokio::test]
async fn every_sheet_of_a_workbook_can_be_chosen() {
    let world = World::new().await;
    let path = fixture("customers.xlsx");
    let of = |sheet: &str| ImportOptions { sheet: Some(sheet.into()), ..Default::default() };
    let preview = world.preview(&path, &of("Şube")).await.unwrap();
    assert_eq!((kinds(&preview), preview.rows[0].phone.as_deref()), (vec!["2 new".into()], Some("+628115550163")));
    assert_eq!(world.preview(&path, &of("Eski")).await.unwrap().rows.len(), 1);
    assert_eq!(world.preview(&path, &of("Kapak")).await.unwrap_err().code(), "import.empty");
    let error = world.preview(&path, &of("Sheet1")).await.unwrap_err();
    assert_eq!((error.code(), error.params()["sheets"].as_str()), ("import.no_sheet", "Kapak, Müşteriler, Şube, Eski"));
}

#[tokio::test]
async fn numbers_come_in_as_their_workbook_shows_them() {
    use rust_xlsxwriter::{Format, Formula, Workbook};
    let world = World::new().await;
    let path = world.folder.path().join("formats.xlsx");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let headers = ["Ad", "Cep", "Bakiye", "Oran", "Ölçü", "Kod"];
    for (column, header) in (0..).zip(headers) {
        sheet.write_string(0, column, header).unwrap();
    }
    let shown = |code: &str| Format::new().set_num_format(code);
    sheet.write_formula(1, 0, Formula::new("=NA()").set_result("#N/A")).unwrap();
    sheet.write_number_with_format(1, 1, 5_385_550_214.0, &shown("#,##0")).unwrap();
    sheet.write_number_with_format(1, 2, 1_250.5, &shown("[$₺-41F]#,##0.00")).unwrap();
    sheet.write_number_with_format(1, 3, 0.15, &shown("0%")).unwrap();
    sheet.write_number(1, 4, 12.125).unwrap();
    sheet.write_number_with_format(1, 5, 42.0, &shown("00000")).unwrap();
    sheet.write_string(2, 0, "Nur").unwrap();
    sheet.write_number(2, 1, 5_385_550_215.0).unwrap();
    sheet.write_number(2, 4, 0.1 + 0.2).unwrap();
    book.save(&path).unwrap();
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    let phones: Vec<Option<&str>> = preview.rows.iter().map(|row| row.phone.as_deref()).collect();
    assert_eq!(phones, [Some("+905385550214"), Some("+905385550215")]);
    assert_eq!(preview.rows[0].cells[1..], ["5385550214", "₺1.250,50", "15%", "12.1250", "00042"]);
    assert_eq!((preview.rows[0].name.as_deref(), preview.rows[0].lost.as_slice()), (Some(""), &[0][..]));
    assert_eq!(preview.rows[1].cells[4], "0.3");
    let english = ImportOptions { country: Some("GB".into()), ..Default::default() };
    let columns = Some(preview.columns.iter().map(|column| column.used.clone()).collect());
    let preview = world.preview(&path, &ImportOptions { columns, ..english }).await.unwrap();
    assert_eq!(preview.rows[0].cells[2], "₺1,250.50");
}

#[tokio::test]
async fn old_and_open_workbooks_are_read_alike() {
    for name in ["customers.xls", "customers.ods"] {
        let world = World::new().await;
        let preview = world.preview(&fixture(name), &ImportOptions::default()).await.unwrap();
        assert_eq!(kinds(&preview), ["4 new", "5 new", "6 new", "7 new"], "{name}");
        assert_eq!(preview.rows[0].cells, ["Ayşe Demir", "5385550142", "İzmir", "12.11.2026"], "{name}");
        assert_eq!(world.import(&fixture(name)).await, totals(4, 0, 0, 0), "{name}");
    }
}

/// Saved by LibreOffice 7.4 in Turkish and in Indonesian: titles above the header, phones as numbers, as text and as the
/// result of a formula, dates, amounts and a sum.
#[tokio::test]
async fn what_libreoffice_saves_is_read_alike_in_every_format() {
    let turkish = ["+905385550142", "+905385550117", "+905385550108", "+905385550129"];
    let indonesian = ["+6281255500147", "+6281255500163", "+6281255500129", "+6281255500108"];
    for (list, country, phones) in [("tr", "TR", turkish), ("id", "ID", indonesian)] {
        for format in ["xlsx", "xls", "ods", "csv"] {
            let world = World::new().await;
            let path = fixture(&format!("libreoffice-{list}.{format}"));
            let options = ImportOptions { country: Some(country.into()), ..Default::default() };
            let preview = world.preview(&path, &options).await.unwrap();
            let verdicts = ["4 new", "5 new", "6 new", "7 new", "8 phone.too_short"];
            assert_eq!(kinds(&preview), verdicts, "{list} {format}");
            let read: Vec<&str> = preview.rows.iter().filter_map(|row| row.phone.as_deref()).collect();
            assert_eq!(read, phones, "{list} {format}");
            let first = &preview.rows[0].cells;
            let date = if (list, format) == ("id", "csv") { "12/11/2026" } else { "12.11.2026" };
            assert_eq!(first[2], date, "{list} {format}");
        }
    }
}

/// A workbook that cannot be read holds nobody up.
async fn at_once<T>(preview: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(2), preview).await.expect("it is answered within two seconds")
}

#[tokio::test]
async fn workbooks_that_cannot_be_read_say_why() {
    let world = World::new().await;
    let none = ImportOptions::default();
    let locked = at_once(world.preview(&fixture("locked.xlsx"), &none)).await.unwrap_err();
    assert_eq!(locked.code(), "import.workbook_locked");
    for name in ["customers.xlsx", "customers.xls", "customers.ods"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        for part in [whole.len() / 8, whole.len() / 2, whole.len() - 40] {
            let path = world.file("half.xlsx", &whole[..part]);
            match at_once(world.preview(&path, &none)).await {
                Err(error) => assert_eq!(error.code(), "import.workbook_damaged", "{name} {part}"),
                Ok(preview) => assert!(!preview.rows.is_empty(), "{name} {part}"),
            }
        }
        let mut spoilt = whole.clone();
        for byte in spoilt.iter_mut().skip(60).step_by(97) {
            *byte ^= 0x5a;
        }
        let path = world.file("spoilt.xlsx", spoilt);
        let ended = at_once(world.preview(&path, &none)).await;
        assert!(ended.is_err_and(|error| error.code().starts_with("import.")), "{name}");
    }
}

#[tokio::test]
async fn a_workbook_that_unpacks_to_more_than_it_should_is_refused_at_once() {
    let world = World::new().await;
    let path = world.folder.path().join("bomb.xlsx");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let fast = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(1));
    archive.start_file("[Content_Types].xml", fast).unwrap();
    archive.start_file("xl/worksheets/sheet1.xml", fast).unwrap();
    let blanks = vec![b' '; 1 << 20];
    (0..600).for_each(|_| archive.write_all(&blanks).unwrap());
    archive.finish().unwrap();
    assert!(std::fs::metadata(&path).unwrap().len() < 10 << 20);
    let options = ImportOptions::default();
    assert_eq!(at_once(world.preview(&path, &options)).await.unwrap_err().code(), "import.too_large");
}

#[tokio::test]
async fn cards_of_an_address_book_are_people() {
    let world = World::new().await;
    // Android writes 2.1 with quoted-printable and photos, iPhones 3.0 with groups, others 4.0 with addresses.
    let cards = "BEGIN:VCARD\r\nVERSION:2.1\r\n\
        N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=44=65=6D=69=72;=41=79=C5=9F=65;;;\r\n\
        FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=41=79=C5=9F=65=20=\r\n=44=65=6D=69=72\r\n\
        TEL;HOME:0212 555 01 42\r\nTEL;CELL;PREF:0538-555-01-42\r\nTEL;WORK;FAX:0212 555 01 43\r\n\
        PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8U\r\n HRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgN\r\n\r\n\
        END:VCARD\r\n\
        BEGIN:VCARD\r\nVERSION:3.0\r\nN:Korkmaz;Mehmet;;;\r\nFN:Mehmet Korkmaz\r\nORG:Korkmaz\\, O\u{11f}lu Optik;\r\n\
        item1.TEL;type=pref:+90 533 555 04 61\r\nitem1.X-ABLabel:_$!<Mobile>!$_\r\n\
        EMAIL;type=INTERNET;type=HOME:mehmet@example.com\r\nADR;type=HOME:;;Lale Cad. 5;\u{130}zmir;;35000;T\u{fc}rkiye\r\n\
        BDAY:1980-05-17\r\nCATEGORIES:vip,lens\r\nNOTE:a long\r\n  note\r\nEND:VCARD\r\n\
        BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Budi Santoso\r\nTEL;VALUE=uri;TYPE=\"voice,cell\":tel:+62-811-5550-163\r\nEND:VCARD\r\n\
        BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Kantor Pos\r\nEND:VCARD\r\n";
    let path = world.file("contacts.vcf", cards);
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    assert_eq!(kinds(&preview), ["1 new", "2 new", "3 new", "4 phone.missing"]);
    assert_eq!((preview.header, preview.separator), (None, None));
    let phones: Vec<&str> = preview.rows.iter().filter_map(|row| row.phone.as_deref()).collect();
    assert_eq!(phones, ["+905385550142", "+905335550461", "+628115550163"]);
    assert_eq!(world.import(&path).await, totals(3, 0, 0, 1));
    let ayse = world.contacts("ayse").await.remove(0);
    assert_eq!((ayse.name.as_str(), ayse.fields["phone_2"].as_str()), ("Ayşe Demir", "+902125550142"));
    let mehmet = world.contacts("korkmaz").await.remove(0);
    assert_eq!((mehmet.email.as_str(), mehmet.tags.join(",")), ("mehmet@example.com", "lens,vip".into()));
    let fields = ["company", "city", "birthday"].map(|name| mehmet.fields[name].as_str());
    assert_eq!(fields, ["Korkmaz, Oğlu Optik", "İzmir", "17.05.1980"]);
}

#[tokio::test]
async fn cells_numbers_and_texts_can_be_pasted() {
    let world = World::new().await;
    let cells = world.pasted("Ad Soyad\tTelefon\nAyşe Demir\t0538 555 01 42\n").await.unwrap();
    assert_eq!((kinds(&cells), cells.separator), (vec!["2 new".into()], Some(Separator::Tab)));
    let numbers = world.pasted("0538 555 01 42\n0532 555 01 43\n").await.unwrap();
    assert_eq!(kinds(&numbers), ["1 new", "2 new"]);
    let names = world
        .pasted("Ayşe Demir - 0538 555 01 42\nNur Aydın: 0532 555 01 43\n\nBudi +62 811 5550 163\n")
        .await
        .unwrap();
    assert_eq!(kinds(&names), ["1 new", "2 new", "3 new"]);
    assert_eq!((names.rows[0].cells[1].as_str(), names.rows[2].cells[1].as_str()), ("Ayşe Demir", "Budi"));
    let chat = "[12.11.2026 10:22] Ayşe: Annemin numarası 0538 555 01 42, babamınki 0532 555 01 43.\n\
        [12.11.2026 10:24] Ben: tamam, 3 gözlük 1.250,00 TL\n";
    let chat = world.pasted(chat).await.unwrap();
    assert_eq!(kinds(&chat), ["1 new", "2 new"]);
    assert!(chat.rows.iter().all(|row| row.cells[1].is_empty()), "a chat names nobody for certain");
    let one = world.pasted("Gamze Tok 0538 555 01 77").await.unwrap();
    assert_eq!((kinds(&one), one.rows[0].cells[1].as_str()), (vec!["1 new".to_owned()], "Gamze Tok"));
    assert_eq!(world.pasted("Bugün hava güzel.\nYarın 5 kişiyiz.").await.unwrap_err().code(), "import.no_phones");
    assert_eq!(world.pasted(" \n ").await.unwrap_err().code(), "import.empty");
}

#[tokio::test]
async fn each_row_takes_its_best_phone_and_keeps_the_others() {
    let world = World::new().await;
    let text = "Ad;Soyad;İş Telefonu;Cep;Sipariş No\n\
        Ayşe;Demir;0212 555 01 42;0538 555 01 42;5385550999\n\
        Nur;Aydın;0212 555 01 43;;5385550998\n\
        Gül;Çetin;;yok;5385550997\n";
    let path = world.file("list.csv", text);
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    let phones: Vec<Option<&str>> = preview.rows.iter().map(|row| row.phone.as_deref()).collect();
    assert_eq!(phones, [Some("+905385550142"), Some("+902125550143"), None]);
    assert_eq!(preview.rows[0].phone_column, Some(3));
    world.import(&path).await;
    let ayse = world.contacts("ayse").await.remove(0);
    assert_eq!((ayse.name.as_str(), ayse.fields["iş_telefonu"].as_str()), ("Ayşe Demir", "+902125550142"));
}

#[tokio::test]
async fn the_mobile_is_found_under_whatever_header_it_stands() {
    for header in ["Ad;TELEFON1;CEPTEL", "Ad;Telefon;Handy", "Ad;Merkez;İrtibat", ""] {
        let world = World::new().await;
        let text = format!("{header}\nAyşe Demir;0212 555 01 42;0538 555 01 42\nNur Aydın;;0538 555 01 43\n");
        let path = world.file("list.csv", text.trim_start());
        let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
        let phones: Vec<Option<&str>> = preview.rows.iter().map(|row| row.phone.as_deref()).collect();
        assert_eq!(phones, [Some("+905385550142"), Some("+905385550143")], "{header}");
    }
    // A column that is empty among the first rows is one of phones all the same.
    let world = World::new().await;
    let rows: String = (0..80).map(|at| format!("Person {at};0532 555 01 {at:02};\n")).collect();
    let path = world.file("list.csv", format!("Ad;Telefon;Telefon 2\n{rows}Ayşe Demir;;0538 555 01 42\n"));
    assert_eq!(world.import(&path).await, totals(81, 0, 0, 0));
    // Of two mobiles the one whose header says so.
    let path = world.file("list.csv", "Ad;Yakını;Cep\nGül;0538 555 01 51;0538 555 01 52\n");
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    assert_eq!(preview.rows[0].phone.as_deref(), Some("+905385550152"));
}

#[tokio::test]
async fn a_list_of_order_numbers_is_no_list_of_phones() {
    let world = World::new().await;
    let text = "Sipariş No;Ürün;Tutar\n5385550142;Lens;250,00\n5385550143;Çerçeve;900,00\n";
    let error = world.preview(&world.file("orders.csv", text), &ImportOptions::default()).await.unwrap_err();
    assert_eq!(
        (error.code(), error.params()["headers"].as_str()),
        ("import.no_phone_column", "Sipariş No, Ürün, Tutar")
    );
}

#[tokio::test]
async fn titles_and_sums_of_a_separated_list_are_no_people() {
    let world = World::new().await;
    let text = "Demir Optik;;\nCari hesap listesi;;12.11.2026\n;;\nCari Ünvanı;Cep Telefonu;Bakiye\n\
        Ayşe Demir;0538 555 01 42;250,00\nToplam Optik Ltd;0532 555 01 43;1,00\n;;\nGenel Toplam:;;251,00\n";
    let path = world.file("list.csv", text);
    let preview = world.preview(&path, &ImportOptions::default()).await.unwrap();
    assert_eq!(kinds(&preview), ["5 new", "6 new"]);
    assert_eq!(preview.columns[0].used, ColumnUse::Name);
    assert_eq!(world.import(&path).await, totals(2, 0, 0, 0));
}

#[tokio::test]
async fn a_label_before_a_number_is_no_name() {
    let world = World::new().await;
    for (line, name) in [
        ("onun no: 0532 555 01 78", ""),
        ("cep telefonu : 0532 555 01 78", ""),
        ("nomor WA 0532 555 01 78", ""),
        ("Ayşe tel: 0532 555 01 78", "Ayşe"),
        ("ayşe demir - 0532 555 01 78", "ayşe demir"),
        ("Noel Baba 0532 555 01 78", "Noel Baba"),
        ("0532 555 01 78 Gamze Tok", "Gamze Tok"),
    ] {
        let preview = world
            .pasted(&format!("Gamze Tok 0538 555 01 77\nmerhaba\nnumarayı soran oldu\nburada\nyarın ararsın\n{line}"))
            .await
            .unwrap();
        assert_eq!(preview.rows[1].cells[1], name, "{line}");
    }
}
