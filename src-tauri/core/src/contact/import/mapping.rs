//! What each column of a list holds, guessed from its header (English, Turkish, Indonesian) and its cells.
//!
//! Called by `layout`; the owner can change every guess. At most one column becomes the phone, so that a second
//! number is never taken for another person.

use std::collections::{BTreeMap, BTreeSet};

use super::super::fold::{field_name, fold};
use super::super::phone::{self, Country, PhoneError};
use super::ColumnUse;
use super::consent::is_answer;

/// More columns than these do not become fields by themselves.
pub const FIELD_LIMIT: usize = 40;

/// Headers, strongest first; a header matches by its words, whole.
const PHONES: &[&[&str]] = &[
    &[
        "cep",
        "gsm",
        "mobile",
        "mobil",
        "whatsapp",
        "wa",
        "no hp",
        "nohp",
        "hp",
        "handphone",
        "ponsel",
        "cell",
        "cellphone",
        "msisdn",
        "nomor hp",
        "no wa",
        "nomor wa",
    ],
    &["phone", "telefon", "telephone", "tel", "telp", "telepon", "phones", "telefonu", "telefonlar", "fon"],
    &["nomor", "numara", "numarasi", "number", "kontak", "iletisim"],
];
const NAMES: &[&[&str]] = &[
    &[
        "ad soyad",
        "adi soyadi",
        "ad soyadi",
        "adsoyad",
        "full name",
        "fullname",
        "nama lengkap",
        "isim soyisim",
        "musteri adi",
        "nama pelanggan",
        "customer name",
        "display name",
        "contact name",
    ],
    &["name", "ad", "adi", "isim", "ismi", "nama", "first name", "firstname", "unvan", "nama depan", "given name"],
    &["musteri", "customer", "pelanggan", "kisi", "contact"],
];
const EMAILS: &[&[&str]] = &[&["email", "e mail", "eposta", "e posta", "mail", "surel", "posta"]];
const TAGS: &[&[&str]] =
    &[&["tag", "tags", "etiket", "etiketler", "label", "labels", "grup", "group", "groups", "kategori", "segment"]];

const CONSENTS: &[&[&str]] = &[&[
    "izin",
    "izni",
    "onay",
    "onayi",
    "iys",
    "consent",
    "opt in",
    "optin",
    "permission",
    "persetujuan",
    "setuju",
    "izin promosi",
]];
const CONSENT_DATES: &[&[&str]] =
    &[&["izin tarihi", "onay tarihi", "consent date", "date of consent", "tanggal izin", "tanggal persetujuan"]];
const CONSENT_SOURCES: &[&[&str]] =
    &[&["izin kaynagi", "onay kaynagi", "consent source", "source of consent", "sumber izin", "sumber persetujuan"]];

/// Headers of ours in a list of refused rows.
const OURS: &str = "ulak ";

/// Whether a first row has a cell that is nothing but a word of a header.
pub fn is_header(cells: &[String]) -> bool {
    let is_word = |header: &str| {
        [PHONES, NAMES, EMAILS, TAGS].iter().any(|lists| lists.iter().any(|list| list.contains(&header)))
    };
    cells.iter().any(|cell| is_word(&words(cell)))
}

/// Whether some cell of a row is a phone, or was one before Excel shortened it.
pub fn has_phone(cells: &[String], country: Country) -> bool {
    cells.iter().any(|cell| is_phone(cell, country))
}

/// A use for every column. `headers` are empty texts where the file has none; `rows` are some of its first.
pub fn guess(headers: &[String], rows: &[&[String]], country: Country) -> Vec<ColumnUse> {
    let names: Vec<String> = headers.iter().map(|header| words(header)).collect();
    let phone = best(&names, PHONES, rows, |cell| is_phone(cell, country));
    let free = |taken: &[Option<usize>], at: Option<usize>| at.filter(|at| !taken.contains(&Some(*at)));
    let email = free(&[phone], best(&names, EMAILS, rows, |cell| cell.contains('@')));
    // Cities and companies look like names: cells are asked only where no header can tell.
    let unnamed = names.iter().all(String::is_empty);
    let name = free(&[phone, email], best(&names, NAMES, rows, |cell| unnamed && is_name(cell)));
    let tags = free(&[phone, email, name], best(&names, TAGS, &[], |_| false));
    let said = consents(&names, rows);
    let mut fields = FieldNames::default();
    (0..headers.len())
        .map(|at| match Some(at) {
            column if column == phone => ColumnUse::Phone,
            column if column == email => ColumnUse::Email,
            column if column == name => ColumnUse::Name,
            column if column == tags => ColumnUse::Tags,
            _ => match said.get(&at) {
                Some(used) => used.clone(),
                None => fields.next(at, headers, rows),
            },
        })
        .collect()
}

/// A header says what a column is about, and most of its cells have to say the same: nobody agreed to anything by a
/// word at the top.
fn consents(names: &[String], rows: &[&[String]]) -> BTreeMap<usize, ColumnUse> {
    let kinds = [
        (CONSENT_DATES, ColumnUse::ConsentDate),
        (CONSENT_SOURCES, ColumnUse::ConsentSource),
        (CONSENTS, ColumnUse::Consent),
    ];
    let mut found = BTreeMap::new();
    for (words, used) in kinds {
        let fits = |at: &usize| used == ColumnUse::ConsentSource || mostly(*at, rows, is_answer);
        let is_free =
            |at: &usize| !found.contains_key(at) && names.get(*at).is_some_and(|name| strength(name, words) > 0);
        let column = (0..names.len()).filter(is_free).find(fits);
        found.extend(column.map(|at| (at, used)));
    }
    found
}

fn mostly(at: usize, rows: &[&[String]], fits: impl Fn(&str) -> bool) -> bool {
    let cells: Vec<&String> =
        rows.iter().filter_map(|row| row.get(at)).filter(|cell| !cell.trim().is_empty()).collect();
    let fitting = cells.iter().filter(|cell| fits(cell)).count();
    !cells.is_empty() && fitting * 2 > cells.len()
}

/// The owner's choice, made to fit the columns there are and with usable names.
pub fn chosen(columns: &[ColumnUse], width: usize) -> Vec<ColumnUse> {
    let mut fields = FieldNames::default();
    (0..width)
        .map(|at| match columns.get(at) {
            Some(ColumnUse::Field { name }) => ColumnUse::Field { name: fields.unique(name, at) },
            Some(used) => used.clone(),
            None => ColumnUse::Ignore,
        })
        .collect()
}

/// Names of fields, each once and none that a contact has anyway.
#[derive(Default)]
struct FieldNames(BTreeSet<String>);

impl FieldNames {
    fn next(&mut self, at: usize, headers: &[String], rows: &[&[String]]) -> ColumnUse {
        let header = headers.get(at).map_or("", String::as_str);
        let is_blank = rows.iter().all(|row| row.get(at).is_none_or(|cell| cell.trim().is_empty()));
        let nothing = header.trim().is_empty() && is_blank;
        if nothing || self.0.len() >= FIELD_LIMIT || words(header).starts_with(OURS) {
            return ColumnUse::Ignore;
        }
        ColumnUse::Field { name: self.unique(header, at) }
    }

    fn unique(&mut self, label: &str, at: usize) -> String {
        let base = field_name(label).unwrap_or_else(|| format!("column_{}", at + 1));
        let mut name = base.clone();
        let mut count = 1;
        while matches!(name.as_str(), "name" | "phone" | "email") || self.0.contains(&name) {
            count += 1;
            name = format!("{base}_{count}");
        }
        self.0.insert(name.clone());
        name
    }
}

/// A header as words: folded, without punctuation and numbering.
fn words(header: &str) -> String {
    let folded = fold(header);
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// How clearly a header is of a kind: 0 not at all, 4 the strongest word.
fn strength(header: &str, lists: &[&[&str]]) -> usize {
    let padded = format!(" {header} ");
    let found = lists.iter().position(|list| list.iter().any(|word| padded.contains(&format!(" {word} "))));
    found.map_or(0, |at| 4 - at)
}

/// The column with the clearest header and the most fitting cells; the first of several equal ones.
fn best(headers: &[String], lists: &[&[&str]], rows: &[&[String]], fits: impl Fn(&str) -> bool) -> Option<usize> {
    let score = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at)).filter(|cell| !cell.trim().is_empty());
        let (all, fit) = cells.fold((0, 0), |(all, fit), cell| (all + 1, fit + usize::from(fits(cell))));
        let share = (fit * 6usize).checked_div(all).unwrap_or(0);
        headers.get(at).map_or(0, |header| strength(header, lists)) + share
    };
    let ranked = (0..headers.len()).map(|at| (score(at), at)).filter(|(score, _)| *score >= 3);
    ranked.max_by_key(|(score, at)| (*score, std::cmp::Reverse(*at))).map(|(_, at)| at)
}

/// A phone, or what was one before a spreadsheet shortened it, a second one came beside it, or its plus was lost.
fn is_phone(cell: &str, country: Country) -> bool {
    use PhoneError as Error;
    (5..=120).contains(&cell.len())
        && matches!(
            phone::parse(cell, country),
            Ok(_)
                | Err(Error::ExcelShortened { .. }
                    | Error::Beside { .. }
                    | Error::Several { .. }
                    | Error::NoPlus { .. })
        )
}

/// Two words or more, no digits.
fn is_name(cell: &str) -> bool {
    let letters = cell.chars().all(|c| c.is_alphabetic() || c.is_whitespace() || matches!(c, '.' | '\'' | '-'));
    letters && cell.split_whitespace().count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(headers: &[&str], rows: &[&[&str]]) -> Vec<String> {
        let owned = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let rows: Vec<Vec<String>> = rows.iter().map(|row| owned(row)).collect();
        let rows: Vec<&[String]> = rows.iter().map(Vec::as_slice).collect();
        let name = |used: ColumnUse| match used {
            ColumnUse::Field { name } => name,
            other => format!("{other:?}").to_uppercase(),
        };
        guess(&owned(headers), &rows, Country::of("TR").unwrap()).into_iter().map(name).collect()
    }

    #[test]
    fn headers_in_three_languages_are_known() {
        let rows: &[&[&str]] = &[&["Ayşe Demir", "0538 555 02 14", "İzmir"]];
        assert_eq!(uses(&["Ad Soyad", "Cep Tel", "Şehir"], rows), ["NAME", "PHONE", "şehir"]);
        assert_eq!(uses(&["Nama", "No. HP", "Kota"], rows), ["NAME", "PHONE", "kota"]);
        assert_eq!(uses(&["Full name", "Phone number", "City"], rows), ["NAME", "PHONE", "city"]);
        assert_eq!(uses(&["E-posta", "TELEFON", "Etiketler"], &[]), ["EMAIL", "PHONE", "TAGS"]);
    }

    #[test]
    fn cells_tell_where_headers_do_not() {
        let rows: &[&[&str]] = &[&["Ayşe Demir", "0538 555 02 14", "a@example.com", "3"]];
        assert_eq!(uses(&["", "", "", ""], rows), ["NAME", "PHONE", "EMAIL", "column_4"]);
        assert_eq!(uses(&["x", "9", "y", "z"], &[&["A", "9.05387E+11", "", ""]]), ["x", "PHONE", "y", "z"]);
    }

    #[test]
    fn the_mobile_wins_over_the_fixed_line_and_a_customer_number() {
        let rows: &[&[&str]] = &[&["1001", "0212 555 01 42", "0538 555 02 14"]];
        assert_eq!(uses(&["Müşteri No", "İş Telefonu", "GSM"], rows)[2], "PHONE");
        assert_eq!(uses(&["Müşteri No", "Telefon", "Adres"], rows)[1], "PHONE");
    }

    #[test]
    fn a_column_is_about_consent_where_header_and_cells_say_so() {
        let rows: &[&[&str]] =
            &[&["0538 555 01 14", "evet", "02.09.2025", "Form"], &["0538 555 01 15", "hayır", "", ""]];
        let headers = ["Telefon", "İzin", "İzin tarihi", "İzin kaynağı"];
        assert_eq!(uses(&headers, rows)[1..], ["CONSENT", "CONSENTDATE", "CONSENTSOURCE"]);
        let words: &[&[&str]] = &[&["0538 555 01 14", "yıllık, 14 gün"], &["0538 555 01 15", "hastalık"]];
        assert_eq!(uses(&["Telefon", "İzin"], words)[1], "izin", "leave from work is no consent");
    }

    #[test]
    fn fields_have_usable_names_each_once() {
        assert_eq!(
            uses(&["Phone", "Son Ödeme", "son-ödeme", "Phone", ""], &[])[1..],
            ["son_ödeme", "son_ödeme_2", "phone_2", "IGNORE"]
        );
        let many: Vec<String> = (0..60).map(|at| format!("c{at}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(uses(&many, &[]).iter().filter(|name| *name != "IGNORE").count(), FIELD_LIMIT);
    }
}
