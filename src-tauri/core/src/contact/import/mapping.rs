//! What each column of a list holds, guessed from its header (English, Turkish, Indonesian) and its cells.
//!
//! Called by `layout`; the owner can change every guess. A header is not believed against its cells: a column is
//! phones only if its cells are. Several columns may hold phones of the same person, of which each row takes one.

use std::collections::{BTreeMap, BTreeSet};

use super::super::email;
use super::super::fold::{field_name, fold};
use super::super::phone::{self, Country};
use super::ColumnUse;
use super::consent::is_answer;
use super::rows::standing_of;

/// More columns than these do not become fields by themselves.
pub const FIELD_LIMIT: usize = 40;

/// Headers, strongest first; a header matches by its words, whole.
const PHONES: &[&[&str]] = &[
    &[
        "cep",
        "ceptel",
        "ceptelefonu",
        "cepno",
        "gsm",
        "gsmno",
        "handy",
        "mobile",
        "mobil",
        "mobiltelefon",
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
    &[
        "phone",
        "telefon",
        "telephone",
        "tel",
        "telp",
        "telepon",
        "phones",
        "phonenumber",
        "telefonu",
        "telefonlar",
        "telefonno",
        "telno",
        "notelp",
        "fon",
    ],
    &["nomor", "numara", "numarasi", "number", "kontak", "iletisim"],
];
/// Of what has such a word in its header, no cell is a phone, whatever its digits read as.
const NO_PHONES: &[&str] = &[
    "account",
    "amount",
    "barcode",
    "barkod",
    "bakiye",
    "balance",
    "belge",
    "cari kod",
    "code",
    "customer id",
    "date",
    "dogum",
    "dahili",
    "extension",
    "faks",
    "faktur",
    "fatura",
    "fax",
    "fiyat",
    "harga",
    "hesap",
    "iban",
    "id",
    "invoice",
    "jumlah",
    "kimlik",
    "kod",
    "kode",
    "kodu",
    "ktp",
    "label",
    "miktar",
    "musteri no",
    "nik",
    "npwp",
    "order",
    "pesanan",
    "posta kodu",
    "price",
    "quantity",
    "rekening",
    "siparis",
    "sku",
    "tanggal",
    "tarih",
    "tarihi",
    "tax",
    "tc",
    "tckn",
    "toplam",
    "total",
    "tutar",
    "tutari",
    "type",
    "vergi",
    "vkn",
    "zip",
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
        "nama penerima",
        "customer name",
        "display name",
        "contact name",
        "alici adi",
    ],
    &["name", "ad", "adi", "isim", "ismi", "nama", "first name", "firstname", "nama depan", "given name"],
    &["musteri", "customer", "pelanggan", "kisi", "contact", "alici", "yetkili", "penerima", "sahip"],
    FIRMS,
];
const FIRMS: &[&str] = &["firma", "unvan", "unvani", "sirket", "company", "perusahaan", "organization", "toko"];
/// Names of something else than a person or a firm.
const NO_NAMES: &[&str] = &[
    "banka",
    "barang",
    "category",
    "city",
    "dosya",
    "file",
    "ilce",
    "kategori",
    "kullanici",
    "mahalle",
    "marka",
    "no",
    "order",
    "produk",
    "product",
    "sehir",
    "shipping method",
    "siparis",
    "sokak",
    "stok",
    "street",
    "urun",
    "user name",
    "username",
];
/// What goes with a first name.
const LAST_NAMES: &[&str] =
    &["soyad", "soyadi", "soyisim", "last name", "lastname", "surname", "family name", "nama belakang"];
const FIRST_NAMES: &[&str] =
    &["ad", "adi", "isim", "first name", "firstname", "given name", "nama depan", "name", "nama"];
const EMAILS: &[&[&str]] = &[email::NAMES];
const TAGS: &[&[&str]] = &[&[
    "tag",
    "tags",
    "etiket",
    "etiketler",
    "label",
    "labels",
    "grup",
    "group",
    "groups",
    "category",
    "categories",
    "kategori",
    "kategoriler",
    "segment",
]];

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

const LISTS: &[&[&str]] = &[&["list", "liste", "daftar", "standing"]];

/// Headers of ours in a list of refused rows.
const OURS: &str = "ulak ";

const HEADERS: [&[&[&str]]; 4] = [PHONES, NAMES, EMAILS, TAGS];

/// Whether a first row has a cell that is nothing but a word of a header.
pub fn is_header(cells: &[String]) -> bool {
    let is_word = |header: &str| HEADERS.iter().any(|lists| lists.iter().any(|list| list.contains(&header)));
    cells.iter().any(|cell| is_word(&without_numbers(&words(cell))))
}

/// How many cells of a row have a word of a header.
pub fn header_words(cells: &[String]) -> usize {
    let has_word = |header: &str| HEADERS.iter().any(|lists| strength(header, lists) > 0);
    cells.iter().filter(|cell| has_word(&words(cell))).count()
}

/// Whether some cell of a row is a phone, or was one before Excel shortened it.
pub fn has_phone(cells: &[String], country: Country) -> bool {
    cells.iter().any(|cell| is_phone(cell, country))
}

/// A use for every column. `headers` are empty texts where the file has none; `rows` are some of its first.
pub fn guess(headers: &[String], rows: &[&[String]], country: Country) -> Vec<ColumnUse> {
    let names: Vec<String> = headers.iter().map(|header| words(header)).collect();
    let phones = phones(&names, rows, country);
    let free = |taken: &[Option<usize>], at: Option<usize>| {
        at.filter(|at| !taken.contains(&Some(*at)) && !phones.contains(at))
    };
    let email = free(&[], best(&names, EMAILS, rows, |cell| cell.contains('@')));
    let name = free(&[email], name(&names, rows, &phones));
    let last_name = last_name(&names, name);
    // "Phone 1 - Label" is about the phone.
    let is_tags =
        |at: &usize| names.get(*at).is_some_and(|name| strength(name, TAGS) > 0 && strength(name, PHONES) == 0);
    let tags = free(&[email, name, last_name], (0..names.len()).find(is_tags));
    let said = permissions(&names, rows);
    let has_use = |at: &usize| {
        phones.contains(at) || [email, name, last_name, tags].contains(&Some(*at)) || said.contains_key(at)
    };
    let fields = field_columns((0..headers.len()).filter(|at| !has_use(at)), headers, rows);
    let mut names = FieldNames::default();
    (0..headers.len())
        .map(|at| match Some(at) {
            _ if phones.contains(&at) => ColumnUse::Phone,
            column if column == email => ColumnUse::Email,
            column if column == name || column == last_name => ColumnUse::Name,
            column if column == tags => ColumnUse::Tags,
            _ => match (said.get(&at), headers.get(at)) {
                (Some(used), _) => used.clone(),
                (None, Some(header)) if fields.contains(&at) => ColumnUse::Field { name: names.unique(header, at) },
                (None, _) => ColumnUse::Ignore,
            },
        })
        .collect()
}

/// The columns that become fields, those with anything in them before those with a header alone.
fn field_columns(open: impl Iterator<Item = usize>, headers: &[String], rows: &[&[String]]) -> BTreeSet<usize> {
    let header = |at: &usize| headers.get(*at).map_or("", |header| header.trim());
    let is_filled = |at: &usize| rows.iter().any(|row| row.get(*at).is_some_and(|cell| !cell.trim().is_empty()));
    let (filled, empty): (Vec<usize>, Vec<usize>) =
        open.filter(|at| !words(header(at)).starts_with(OURS)).partition(is_filled);
    let headed = empty.into_iter().filter(|at| !header(at).is_empty());
    filled.into_iter().chain(headed).take(FIELD_LIMIT).collect()
}

/// Every column whose cells are phones, whatever its header, and those whose header says phone where the cells do not
/// speak against it.
fn phones(names: &[String], rows: &[&[String]], country: Country) -> Vec<usize> {
    let is_other = |name: &String| has_word(name, NO_PHONES) || strength(name, CONSENTS) > 0;
    let is_open = |at: &usize| !names.get(*at).is_some_and(is_other);
    let candidates: Vec<Candidate> = (0..names.len())
        .filter(is_open)
        .map(|at| Candidate {
            at,
            clear: names.get(at).map_or(0, |name| strength(name, PHONES)),
            alike: share(at, rows, |cell| is_phone(cell, country)),
            certain: share(at, rows, |cell| is_certain(cell, country)),
        })
        .collect();
    let all: Vec<usize> = candidates.iter().filter(|column| column.is_phone()).map(|column| column.at).collect();
    if !all.is_empty() {
        return all;
    }
    // Numbers that are phones nowhere at home, or a header alone: at most one column.
    let may_be = |column: &&Candidate| column.alike >= Some(HALF) || (column.clear >= 3 && is_word(names, column.at));
    let best = candidates.iter().filter(may_be).max_by_key(|column| {
        (column.alike >= Some(HALF), column.clear + column.alike.unwrap_or(0), std::cmp::Reverse(column.at))
    });
    best.map(|column| column.at).into_iter().collect()
}

struct Candidate {
    at: usize,
    /// What its header says.
    clear: usize,
    /// The share of its cells that look like phones, and of those that are.
    alike: Option<usize>,
    certain: Option<usize>,
}

impl Candidate {
    /// A header that says phone is believed where the cells are empty, or some of them are phones; without it, most of
    /// them have to be phones for certain, for digits of any kind may look like one.
    fn is_phone(&self) -> bool {
        match self.clear {
            0 => self.certain >= Some(HALF),
            1 | 2 => self.alike >= Some(HALF),
            _ => self.alike != Some(0),
        }
    }
}

/// A share of cells, in sixths.
const HALF: usize = 3;

/// How many of the filled cells of a column fit, in sixths; none where all are empty.
fn share(at: usize, rows: &[&[String]], fits: impl Fn(&str) -> bool) -> Option<usize> {
    let cells = rows.iter().filter_map(|row| row.get(at)).filter(|cell| !cell.trim().is_empty());
    let (all, fit) = cells.fold((0, 0), |(all, fit), cell| (all + 1, fit + usize::from(fits(cell))));
    (fit * 6usize).checked_div(all)
}

fn is_word(names: &[String], at: usize) -> bool {
    let is_word = |name: &str| PHONES.iter().take(2).any(|list| list.contains(&name));
    names.get(at).is_some_and(|name| is_word(&without_numbers(name)))
}

/// Whether a header says that its column is phones.
pub fn says_phone(header: &str) -> bool {
    strength(&words(header), PHONES) > 0
}

fn has_word(header: &str, list: &[&str]) -> bool {
    strength(header, &[list]) > 0
}

/// The column with the clearest header. Cities and companies look like names, so cells are asked only where no header
/// can tell.
fn name(names: &[String], rows: &[&[String]], phones: &[usize]) -> Option<usize> {
    if names.iter().all(String::is_empty) {
        return best(names, NAMES, rows, is_name).or_else(|| best(names, NAMES, rows, is_letters));
    }
    let is_open = |(at, name): &(usize, &String)| {
        let is_other = [NO_NAMES, NO_PHONES].iter().any(|list| has_word(name, list));
        let is_contact = strength(name, PHONES) + strength(name, EMAILS) > 0;
        !phones.contains(at) && !is_other && !is_contact && strength(name, NAMES) > 0
    };
    let open = names.iter().enumerate().filter(is_open);
    open.max_by_key(|(at, name)| (strength(name, NAMES), std::cmp::Reverse(*at))).map(|(at, _)| at)
}

/// The column that completes a first name: `First Name (Billing)` by `Last Name (Billing)`. A name beside a first name is
/// whole already.
fn last_name(names: &[String], name: Option<usize>) -> Option<usize> {
    let name = names.get(name?).filter(|name| !has_word(name, LAST_NAMES))?;
    let about = without(name, FIRST_NAMES)?;
    if names.iter().any(|other| other != name && without(other, FIRST_NAMES).as_ref() == Some(&about)) {
        return None;
    }
    names.iter().position(|other| without(other, LAST_NAMES).as_ref() == Some(&about))
}

/// What is left of a header without the words of the list that it has.
fn without(header: &str, list: &[&str]) -> Option<String> {
    let padded = format!(" {header} ");
    let found = list.iter().filter(|words| padded.contains(&format!(" {words} "))).max_by_key(|words| words.len())?;
    Some(padded.replacen(&format!(" {found} "), " ", 1).trim().to_owned())
}

/// Whether a column is the last name alone.
pub fn is_last_name(header: &str) -> bool {
    without(&words(header), LAST_NAMES).is_some_and(|rest| !has_word(&rest, FIRST_NAMES))
}

/// Whether a column names the firm of a person, who may have no other name.
pub fn is_firm(header: &str) -> bool {
    let header = words(header);
    let mut words = header.split(' ').rev().skip_while(|word| ["adi", "billing", "name"].contains(word));
    words.next().is_some_and(|word| FIRMS.contains(&word))
}

/// A header says what a column is about, and most of its cells have to say the same: nobody agreed to anything by a
/// word at the top. Nor is anybody on a list.
fn permissions(names: &[String], rows: &[&[String]]) -> BTreeMap<usize, ColumnUse> {
    let kinds = [
        (CONSENT_DATES, ColumnUse::ConsentDate),
        (CONSENT_SOURCES, ColumnUse::ConsentSource),
        (CONSENTS, ColumnUse::Consent),
        (LISTS, ColumnUse::Standing),
    ];
    let mut found = BTreeMap::new();
    for (words, used) in kinds {
        let fits = |at: &usize| match used {
            ColumnUse::ConsentSource => true,
            ColumnUse::Standing => mostly(*at, rows, |cell| standing_of(cell).is_some()),
            _ => mostly(*at, rows, is_answer),
        };
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

/// A header as words: folded, without punctuation; `GSM1` is two.
fn words(header: &str) -> String {
    let mut words = String::with_capacity(header.len());
    let mut last = ' ';
    for c in fold(header).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }) {
        if c != ' ' && last != ' ' && c.is_numeric() != last.is_numeric() {
            words.push(' ');
        }
        if c != ' ' || last != ' ' {
            words.push(c);
        }
        last = c;
    }
    words.trim_end().to_owned()
}

fn without_numbers(words: &str) -> String {
    let is_number = |word: &&str| word.chars().all(char::is_numeric);
    words.split(' ').filter(|word| !is_number(word)).collect::<Vec<_>>().join(" ")
}

/// How clearly a header is of a kind: 0 not at all, 4 the strongest word.
fn strength(header: &str, lists: &[&[&str]]) -> usize {
    let padded = format!(" {header} ");
    let found = lists.iter().position(|list| list.iter().any(|word| padded.contains(&format!(" {word} "))));
    found.map_or(0, |at| 4usize.saturating_sub(at))
}

/// The column with the clearest header and the most fitting cells; the first of several equal ones.
fn best(headers: &[String], lists: &[&[&str]], rows: &[&[String]], fits: impl Fn(&str) -> bool) -> Option<usize> {
    let score =
        |at: usize| headers.get(at).map_or(0, |header| strength(header, lists)) + share(at, rows, &fits).unwrap_or(0);
    let ranked = (0..headers.len()).map(|at| (score(at), at)).filter(|(score, _)| *score >= 3);
    ranked.max_by_key(|(score, at)| (*score, std::cmp::Reverse(*at))).map(|(_, at)| at)
}

fn is_phone(cell: &str, country: Country) -> bool {
    (5..=120).contains(&cell.len()) && phone::looks_like_one(cell, country)
}

fn is_certain(cell: &str, country: Country) -> bool {
    (5..=120).contains(&cell.len()) && !phone::parse_all(cell, country).is_empty()
}

/// Two words or more, no digits.
fn is_name(cell: &str) -> bool {
    is_letters(cell) && cell.split_whitespace().count() >= 2
}

fn is_letters(cell: &str) -> bool {
    cell.chars().all(|c| c.is_alphabetic() || c.is_whitespace() || matches!(c, '.' | '\'' | '-'))
        && cell.chars().filter(|c| c.is_alphabetic()).count() >= 2
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
    fn all_columns_of_phones_are_phones_and_no_other() {
        let rows: &[&[&str]] = &[&["1001", "0212 555 01 42", "0538 555 02 14"]];
        assert_eq!(uses(&["Müşteri No", "İş Telefonu", "GSM"], rows), ["müşteri_no", "PHONE", "PHONE"]);
        assert_eq!(uses(&["Müşteri No", "Telefon", "Adres"], rows)[..2], ["müşteri_no", "PHONE"]);
        // Digits that would be a phone, under a header that says what they are.
        let orders: &[&[&str]] = &[&["5385550142", "Ayşe Demir", "0538 555 02 14"]];
        assert_eq!(uses(&["Sipariş No", "Müşteri", "Telefon"], orders), ["sipariş_no", "NAME", "PHONE"]);
        assert_eq!(uses(&["Sipariş No", "Müşteri"], &[&["5385550142", "Ayşe Demir"]]), ["sipariş_no", "NAME"]);
        let google: &[&[&str]] = &[&["Ayşe", "Demir", "Mobile", "+90 538 555 02 14", "Work", "+90 212 555 01 42"]];
        let headers =
            ["First Name", "Last Name", "Phone 1 - Label", "Phone 1 - Value", "Phone 2 - Label", "Phone 2 - Value"];
        let expected = ["NAME", "NAME", "phone_1_label", "PHONE", "phone_2_label", "PHONE"];
        assert_eq!(uses(&headers, google), expected);
    }

    #[test]
    fn what_is_phones_is_a_phone_column_whatever_its_header() {
        let rows: &[&[&str]] = &[&["Ayşe Demir", "0212 555 01 42", "0538 555 02 14", "İzmir"]];
        for (one, other) in [
            ("TELEFON1", "CEPTEL"),
            ("Telefon", "Handy"),
            ("Tel", "GSM1"),
            ("Ev", "Telefon2"),
            ("Merkez", "İrtibat"),
            ("", ""),
        ] {
            assert_eq!(uses(&["Ad Soyad", one, other, "Şehir"], rows)[1..3], ["PHONE", "PHONE"], "{one}, {other}");
        }
        assert_eq!(uses(&["", "", "", ""], rows)[..3], ["NAME", "PHONE", "PHONE"]);
        let only: &[&[&str]] = &[&["Ayşe Demir", "", "0538 555 02 14", ""]];
        assert_eq!(uses(&["Ad Soyad", "Telefon 2", "Cep", "Telefon 2 - Label"], only)[1..3], ["PHONE", "PHONE"]);
        assert_ne!(uses(&["Ad Soyad", "Telefon 2", "Cep", "Telefon 2 - Label"], only)[3], "PHONE");
        // Digits that may be a phone somewhere, and a word for what was agreed to.
        let other: &[&[&str]] = &[&["905385550142999", "0538 555 02 14", "evet"]];
        assert_eq!(uses(&["Referans", "Cep", "WhatsApp onayı"], other), ["referans", "PHONE", "CONSENT"]);
    }

    #[test]
    fn names_are_of_people_and_firms() {
        let rows: &[&[&str]] = &[&["Lens", "Demir Optik", "0538 555 02 14"]];
        assert_eq!(uses(&["Ürün Adı", "Cari Ünvanı", "Cep"], rows), ["ürün_adı", "NAME", "PHONE"]);
        for header in ["Müşteri", "Kişi", "Alıcı", "Yetkili", "Firma", "Pelanggan", "Contact", "Nama Penerima"] {
            assert_eq!(uses(&[header, "x", "Telefon"], rows)[0], "NAME", "{header}");
        }
        let one_word: &[&[&str]] = &[&["Ayşe", "0538 555 02 14"], &["Budi", "+62 811 555 0163"]];
        assert_eq!(uses(&["", ""], one_word), ["NAME", "PHONE"]);
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
    fn a_last_name_goes_with_the_first_name_of_the_same_person() {
        let headers =
            ["First Name (Billing)", "Last Name (Shipping)", "Last Name (Billing)", "First Name (Shipping)", "Phone"];
        let expected = ["NAME", "last_name_shipping", "NAME", "first_name_shipping", "PHONE"];
        assert_eq!(uses(&headers, &[]), expected);
        assert_eq!(uses(&["Müşteri Adı", "Müşteri Soyadı", "Cep"], &[])[..2], ["NAME", "NAME"]);
        assert_eq!(uses(&["Ad Soyad", "Soyad", "Cep"], &[])[..2], ["NAME", "soyad"]);
        assert_eq!(uses(&["Name", "Given Name", "Family Name", "Phone"], &[])[..1], ["NAME"]);
        assert_eq!(uses(&["Name", "Given Name", "Family Name", "Phone"], &[])[2..3], ["family_name"]);
    }

    #[test]
    fn a_last_name_is_told_from_a_whole_one() {
        for header in ["Soyad", "Müşteri Soyadı", "Last Name (Billing)", "Nama Belakang", "SURNAME"] {
            assert!(is_last_name(header), "{header}");
        }
        for header in ["Ad Soyad", "Adı Soyadı", "Ad", "Name", "Full name", "Müşteri"] {
            assert!(!is_last_name(header), "{header}");
        }
    }

    #[test]
    fn a_firm_is_named_by_its_column() {
        for header in ["Firma", "Cari Ünvanı", "Company (Billing)", "Organization Name", "Nama Perusahaan"] {
            assert!(is_firm(header), "{header}");
        }
        for header in ["Organization Title", "Company Main Phone", "Firma Kodu", "Müşteri"] {
            assert!(!is_firm(header), "{header}");
        }
    }

    #[test]
    fn a_column_is_a_list_where_its_cells_name_one() {
        let rows: &[&[&str]] = &[&["0538 555 01 14", "black"], &["0538 555 01 15", "Gri liste"]];
        assert_eq!(uses(&["Phone", "List"], rows)[1], "STANDING");
        assert_eq!(uses(&["Phone", "List"], &[&["0538 555 01 14", "Wholesale"]])[1], "list");
    }

    #[test]
    fn fields_have_usable_names_each_once() {
        assert_eq!(
            uses(&["Phone", "Son Ödeme", "son-ödeme", "Mail", "Email", ""], &[])[1..],
            ["son_ödeme", "son_ödeme_2", "EMAIL", "email_2", "IGNORE"]
        );
        let many: Vec<String> = (0..60).map(|at| format!("c{at}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(uses(&many, &[]).iter().filter(|name| *name != "IGNORE").count(), FIELD_LIMIT);
        let mut row = [""; 60];
        row[59] = "kept";
        assert_eq!(uses(&many, &[&row])[59], "c59", "what is empty takes nobody's place");
    }
}
