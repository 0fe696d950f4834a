//! PDF: what is told about it, and what its first page looks like.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use common::{asked, code, fine, fixture};
use image::GenericImageView;
use ulak_media::{Kind, Refusal, Wish, prepare};

#[test]
fn a_pdf_goes_as_it_is_with_its_first_page_in_view() {
    for (name, size) in [("invoice.pdf", (226, 320)), ("cairo.pdf", (226, 320)), ("sideways.pdf", (320, 226))] {
        let prepared = fine(name);
        assert_eq!((prepared.kind, &*prepared.mime), (Kind::Document, "application/pdf"), "{name}");
        assert_eq!(prepared.bytes, fixture(name));
        assert!(!prepared.converted());
        assert_eq!((prepared.pages, prepared.source.pages), (Some(1), Some(1)));

        let page = image::load_from_memory(&prepared.thumbnail).unwrap();
        assert_eq!(page.dimensions(), size, "{name}");
        let painted = if name == "sideways.pdf" { (250, 40) } else { (40, 40) };
        let [red, green, _, _] = page.get_pixel(painted.0, painted.1).0;
        assert!(red > 200 && green < 60, "{name}: the painted half is red");
        assert!(page.to_luma8().pixels().any(|pixel| pixel.0[0] < 40), "{name}: the text is there");
    }
}

#[test]
fn pages_are_counted_as_others_count_them() {
    for name in ["invoice.pdf", "cairo.pdf", "pages-300.pdf", "readonly.pdf"] {
        let prepared = fine(name);
        let others = asked("pdfinfo", &[], &prepared.bytes);
        let counted = others.lines().find_map(|line| line.strip_prefix("Pages:")).unwrap().trim();
        assert_eq!(prepared.pages.unwrap().to_string(), counted, "{name}");
    }
    assert_eq!(fine("pages-300.pdf").pages, Some(300));
}

#[test]
fn a_locked_pdf_is_refused_and_one_that_opens_is_not() {
    assert_eq!(common::prepared("locked.pdf", Wish::Auto).unwrap_err(), Refusal::Locked);
    assert_eq!(code("readonly.pdf", Wish::Auto), "fine");
}

#[test]
fn a_pdf_that_stops_early_is_broken() {
    for name in ["invoice.pdf", "cairo.pdf", "pages-300.pdf"] {
        let whole = fixture(name);
        for tenth in 1..10 {
            let refusal = prepare(&whole[..whole.len() * tenth / 10], Wish::Auto).unwrap_err();
            assert_eq!(refusal.code(), "media.broken", "{name} at {tenth}/10");
        }
    }
    assert_eq!(prepare(b"%PDF-1.7\nstartxref\n0\n%%EOF", Wish::Auto).unwrap_err().code(), "media.broken");
}

#[test]
fn a_pdf_is_no_voice_note() {
    assert_eq!(common::prepared("invoice.pdf", Wish::Voice).unwrap_err(), Refusal::NotSound { found: "PDF".into() });
    assert_eq!(code("invoice.pdf", Wish::Document), "fine");
}

/// `objects` with numbers from 1; the first is the catalogue.
fn pdf(objects: &[&str]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", bytes.len()));
        bytes.extend_from_slice(format!("{} 0 obj\n{object}\nendobj\n", index + 1).as_bytes());
    }
    let start = bytes.len();
    bytes.extend_from_slice(table.as_bytes());
    let size = objects.len() + 1;
    bytes.extend_from_slice(format!("trailer\n<< /Root 1 0 R /Size {size} >>\nstartxref\n{start}\n%%EOF").as_bytes());
    bytes
}

fn stream(dictionary: &str, content: &str) -> String {
    format!("<< {dictionary} /Length {} >>\nstream\n{content}\nendstream", content.len())
}

#[test]
fn pages_in_a_circle_are_counted_once() {
    let circle = pdf(&[
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [2 0 R 3 0 R 2 0 R] /Count 3 /Parent 2 0 R >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>",
    ]);
    assert_eq!(prepare(circle, Wish::Auto).unwrap().pages, Some(1));
}

#[test]
fn a_page_that_stands_twice_in_the_tree_counts_twice() {
    let twice = pdf(&[
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R 4 0 R 3 0 R] /Count 3 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] >>",
    ]);
    let others = asked("pdfinfo", &[], &twice);
    assert!(others.lines().any(|line| line.starts_with("Pages:") && line.ends_with(" 3")), "{others}");
    assert_eq!(prepare(twice, Wish::Auto).unwrap().pages, Some(3));
}

#[test]
fn what_stands_behind_the_end_is_no_harm_unless_it_is_a_part_of_the_document() {
    let whole = fixture("invoice.pdf");
    let mail = [&whole[..], &b"\r\n--boundary\r\nContent-Type: text/plain\r\n".repeat(200)].concat();
    assert_eq!(prepare(mail, Wish::Auto).unwrap().pages, Some(1));
    let words = [&whole[..], b"\r\nWe have no objection, in 2024 0 objections came.\r\n"].concat();
    assert_eq!(prepare(words, Wish::Auto).unwrap().pages, Some(1));
    // A newer version of the document that was broken off.
    let newer = [&whole[..], b"\n3 0 obj\n<< /Type /Page >>\nendobj\n", &[b' '; 3000]].concat();
    assert_eq!(prepare(newer, Wish::Auto).unwrap_err().code(), "media.broken");
}

#[test]
fn a_pdf_of_which_only_the_attachments_are_locked_is_fine() {
    let locked = pdf(&[
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>",
        "<< /Filter /Standard /V 4 /R 4 /Length 128 /P -4 /O <00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF> \
         /U <00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF> /EFF /StdCF /StmF /Identity /StrF /Identity \
         /CF << /StdCF << /AuthEvent /EFOpen /CFM /AESV2 /Length 16 >> >> >>",
    ]);
    let with = |words: &str| {
        let text = String::from_utf8(locked.clone()).unwrap();
        text.replace("/Root 1 0 R", &format!("/Root 1 0 R /Encrypt 4 0 R /ID [<00> <00>] {words}")).into_bytes()
    };
    let prepared = prepare(with(""), Wish::Auto).unwrap();
    assert_eq!((prepared.pages, prepared.bytes), (Some(1), with("")));
    let all = String::from_utf8(with("")).unwrap().replace("/StmF /Identity", "/StmF /StdCF   ");
    assert_eq!(prepare(all.into_bytes(), Wish::Auto).unwrap_err(), Refusal::Locked);
}

/// Each drawing calls the next one ten times; the last calls the first.
#[test]
fn a_page_that_never_ends_gets_a_blank_sheet_in_time() {
    let calls = "/X Do ".repeat(10);
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>";
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        page.to_owned(),
        stream("", &calls),
    ];
    for number in 5..25 {
        let next = if number == 24 { 5 } else { number + 1 };
        let form =
            format!("/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Resources << /XObject << /X {next} 0 R >> >>");
        objects.push(stream(&form, &format!("0 0 50 50 re f {calls}")));
    }
    let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
    let prepared = prepare(pdf(&objects), Wish::Auto).unwrap();
    assert_eq!(prepared.pages, Some(1));
    assert_eq!(image::load_from_memory(&prepared.thumbnail).unwrap().dimensions(), (320, 320));
}

#[test]
fn measures_without_sense_are_no_obstacle() {
    for measures in
        ["0 0 0 0", "0 0 99999999999999999999 1", "0 0 0.001 20000", "-5 -5 -1 -1", "9 9 3 3", "0 0 999999 999999"]
    {
        let page = format!("<< /Type /Page /Parent 2 0 R /MediaBox [{measures}] >>");
        let odd = pdf(&["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", &page]);
        let prepared = prepare(odd, Wish::Auto).unwrap_or_else(|refusal| panic!("{measures}: {refusal}"));
        let (width, height) = image::load_from_memory(&prepared.thumbnail).unwrap().dimensions();
        assert!(width <= 320 && height <= 320 && width.max(height) == 320, "{measures}: {width} × {height}");
    }
}
