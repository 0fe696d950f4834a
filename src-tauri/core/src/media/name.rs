//! What a document is called on the recipient's phone: a name with the ending of what it is, which a phone needs to open
//! it, and without what would show it as something else. Pure.

use unicode_normalization::UnicodeNormalization as _;

/// As long as a name may be in the file systems of phones, with room for what they put behind a second copy.
const LONGEST: usize = 240;
const NAMELESS: &str = "document";
/// What a browser or a program puts behind a name while the file is not whole, and sometimes leaves there.
const UNFINISHED: [&str; 6] = ["download", "crdownload", "part", "partial", "opdownload", "tmp"];

pub fn of_document(name: &str, mime: &str) -> String {
    let fit = name.chars().filter(|c| !is_unfit(*c)).map(|c| if "/\\".contains(c) { '-' } else { c });
    let shown: String = fit.nfc().collect();
    let (stem, ending) = split(shown.trim(), endings(mime));
    let room = LONGEST - ending.len();
    let stem = cut(stem, room).trim_end_matches(['.', ' ']);
    format!("{}{ending}", if stem.is_empty() { NAMELESS } else { stem })
}

/// Controls, and marks that turn the direction of what follows or that nobody sees. Joiners stay: emoji and Persian
/// names have them.
fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200B}' | '\u{200E}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}' | '\u{2066}'..='\u{206F}' | '\u{FEFF}')
}

/// What such a file may end in; the first is what it gets.
fn endings(mime: &str) -> &'static [&'static str] {
    match mime {
        "application/pdf" => &["pdf"],
        "image/jpeg" => &["jpg", "jpeg", "jpe"],
        "image/png" => &["png"],
        "image/webp" => &["webp"],
        "image/gif" => &["gif"],
        "image/bmp" => &["bmp"],
        "image/tiff" => &["tif", "tiff"],
        "image/heic" => &["heic", "heif"],
        "image/avif" => &["avif"],
        "audio/mpeg" => &["mp3"],
        "audio/aac" => &["aac"],
        "audio/wav" => &["wav"],
        "audio/amr" => &["amr", "awb"],
        "audio/flac" => &["flac"],
        "audio/ogg" => &["ogg", "oga", "opus"],
        "audio/mp4" => &["m4a"],
        "video/quicktime" => &["mov", "qt"],
        "video/3gpp" => &["3gp", "3gpp"],
        "video/mp4" => &["mp4", "m4v"],
        _ => &[],
    }
}

/// The name without its ending, and the ending with its point. A right one stays as it is written.
fn split<'n>(mut name: &'n str, fit: &[&str]) -> (&'n str, String) {
    let is_one_of = |ending: &str, known: &[&str]| known.iter().any(|one| one.eq_ignore_ascii_case(ending));
    let Some(usual) = fit.first() else { return (name, String::new()) };
    while let Some((stem, ending)) = name.rsplit_once('.') {
        if is_one_of(ending, fit) {
            return (stem, format!(".{ending}"));
        }
        if !is_one_of(ending, &UNFINISHED) {
            break;
        }
        name = stem;
    }
    (name, format!(".{usual}"))
}

/// As much of it as fits, in whole characters.
fn cut(name: &str, most: usize) -> &str {
    let end = name.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= most).last();
    name.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_in_what_the_file_is() {
        for (name, mime, called) in [
            ("Katalog Ağustos", "application/pdf", "Katalog Ağustos.pdf"),
            ("fatura.pdf.download", "application/pdf", "fatura.pdf"),
            ("fatura.download", "application/pdf", "fatura.pdf"),
            ("Fiyat 3.5", "application/pdf", "Fiyat 3.5.pdf"),
            ("LISTE.PDF", "application/pdf", "LISTE.PDF"),
            ("rapor.docx", "application/pdf", "rapor.docx.pdf"),
            ("tanıtım.m4v", "video/mp4", "tanıtım.m4v"),
            ("tanıtım.mov.mp4", "video/mp4", "tanıtım.mov.mp4"),
            ("foto.jpeg", "image/jpeg", "foto.jpeg"),
            ("veri", "application/octet-stream", "veri"),
            (".pdf", "application/pdf", "document.pdf"),
            ("", "application/pdf", "document.pdf"),
            ("liste. .pdf", "application/pdf", "liste.pdf"),
        ] {
            assert_eq!(of_document(name, mime), called, "{name:?}");
        }
    }

    #[test]
    fn nothing_in_a_name_turns_breaks_or_hides_it() {
        for (name, called) in [
            ("fatura\u{202e}fdp.exe", "faturafdp.exe.pdf"),
            ("a\r\nb\u{0}\u{7f}.pdf", "ab.pdf"),
            ("..\\..\\a/b.pdf", "..-..-a-b.pdf"),
            ("\u{feff} Katalog\u{200b} .pdf", "Katalog.pdf"),
            ("👩\u{200d}🍳 Tarif.pdf", "👩\u{200d}🍳 Tarif.pdf"),
        ] {
            assert_eq!(of_document(name, "application/pdf"), called, "{name:?}");
        }
        for two in ["Ag\u{306}ustos", "Ag\u{200b}\u{306}ustos"] {
            assert_eq!(of_document(two, "application/pdf"), "Ağustos.pdf", "as one letter");
        }
    }

    #[test]
    fn a_long_name_is_cut_in_whole_letters_and_keeps_its_ending() {
        for letter in ["a", "ş", "ช", "🍳"] {
            let called = of_document(&letter.repeat(300), "application/pdf");
            assert!(called.len() <= LONGEST && called.len() > LONGEST - 8 && called.ends_with(".pdf"), "{called}");
            assert!(called.trim_end_matches(".pdf").chars().all(|c| letter.contains(c)));
        }
    }
}
