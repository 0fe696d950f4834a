//! What a `{{variable}}` means, as people write it: the header of a column or the name of a part that every contact has,
//! whatever the case, the accents, the blanks and the dashes. Pure.
//!
//! Composing asks for one contact, the review for all of them: what is nobody's is refused before it is sent, since a
//! fallback is for those who have no value and never for a name that was mistyped.

use super::fold::fold;

/// A part that every contact has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    Name,
    Phone,
    Email,
}

const OWN: [(Own, &[&str]); 3] = [
    (Own::Name, &["name", "fullname", "ad", "adi", "isim", "adsoyad", "adisoyadi", "nama", "namalengkap"]),
    (Own::Phone, &["phone", "telefon", "tel", "telepon"]),
    (Own::Email, &["email", "eposta", "surel"]),
];

/// What lists call the columns of which these parts are made; a field of this name goes before.
const HEADERS: [(Own, &[&str]); 3] = [
    (
        Own::Name,
        &[
            "alici",
            "aliciadi",
            "contact",
            "contactname",
            "customer",
            "customername",
            "displayname",
            "isimsoyisim",
            "kisi",
            "musteri",
            "musteriadi",
            "musteriadisoyadi",
            "namapelanggan",
            "namapenerima",
            "pelanggan",
            "penerima",
            "yetkili",
            "yetkiliadi",
            "yetkilikisi",
        ],
    ),
    (
        Own::Phone,
        &[
            "cep",
            "cepno",
            "ceptel",
            "ceptelefonu",
            "gsm",
            "gsmno",
            "handphone",
            "handy",
            "hp",
            "mobile",
            "mobilephone",
            "nohp",
            "nomorhp",
            "nomortelepon",
            "nomorwa",
            "notelp",
            "nowa",
            "phonenumber",
            "ponsel",
            "telefonno",
            "telefonnumarasi",
            "telno",
            "wa",
            "whatsapp",
        ],
    ),
    (Own::Email, &["alamatemail", "emailaddress", "epostaadresi", "mail"]),
];

pub fn own(written: &str) -> Option<Own> {
    among(&OWN, &folded(written))
}

/// The part that a column of this header becomes, whose name no field has; `Telefon 2` is a phone, too.
pub fn by_header(written: &str) -> Option<Own> {
    let word = folded(written);
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    among(&HEADERS, word).or_else(|| among(&OWN, word))
}

fn among(lists: &[(Own, &[&str])], word: &str) -> Option<Own> {
    lists.iter().find(|(_, words)| words.contains(&word)).map(|(own, _)| *own)
}

pub fn is_same(written: &str, name: &str) -> bool {
    folded(written) == folded(name)
}

/// A variable that no contact can have, and the field whose name is most like it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    pub name: String,
    pub nearest: Option<String>,
}

/// Those of the written names that mean no part of a contact and none of these fields.
pub fn unknown(written: &[&str], fields: &[String]) -> Vec<Unknown> {
    let is_unknown = |name: &&&str| {
        own(name).is_none() && by_header(name).is_none() && !fields.iter().any(|field| is_same(name, field))
    };
    let nearest = |name: &str| {
        let word = folded(name);
        let names = fields.iter().map(String::as_str).chain(["name", "phone", "email"]);
        let near = names.map(|field| (distance(&word, &folded(field)), field));
        near.filter(|(distance, _)| distance * 5 <= word.chars().count() * 2).min().map(|(_, field)| field.to_owned())
    };
    let unknown = |name: &&str| Unknown { name: (*name).to_owned(), nearest: nearest(name) };
    written.iter().filter(is_unknown).map(unknown).collect()
}

fn folded(word: &str) -> String {
    fold(word).chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '.')).collect()
}

/// How many letters are to be put in, left out or changed.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, c) in one.chars().enumerate() {
        let (mut above_left, mut left) = (at, at + 1);
        for (o, cell) in other.iter().zip(row.iter_mut().skip(1)) {
            let best = (above_left + usize::from(c != *o)).min(*cell + 1).min(left + 1);
            above_left = std::mem::replace(cell, best);
            left = best;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_known_as_people_write_it() {
        for (written, part) in [
            ("Ad Soyad", Own::Name),
            ("AD_SOYAD", Own::Name),
            ("İsim", Own::Name),
            ("Nama Lengkap", Own::Name),
            ("Telefon", Own::Phone),
            ("e-posta", Own::Email),
            ("E-Mail", Own::Email),
        ] {
            assert_eq!(own(written), Some(part), "{written}");
        }
        for (written, part) in [
            ("Yetkili", Own::Name),
            ("Müşteri Adı", Own::Name),
            ("GSM", Own::Phone),
            ("Cep Telefonu", Own::Phone),
            ("Telefon 1", Own::Phone),
            ("No. HP", Own::Phone),
            ("E-posta Adresi", Own::Email),
        ] {
            assert_eq!((own(written), by_header(written)), (None, Some(part)), "{written}");
            assert_eq!(unknown(&[written], &[]), [], "{written}");
        }
        assert_eq!((by_header("Bakiye"), by_header("2")), (None, None));
        assert!(is_same("ŞEHİR", "şehir") && is_same("sehir", "şehir") && is_same("Son Ödeme", "son_ödeme"));
        assert!(!is_same("şehir", "şehirler"));
    }

    #[test]
    fn what_nobody_can_have_is_unknown_with_the_nearest_that_there_is() {
        let fields = ["şehir".to_owned(), "son_ödeme".to_owned()];
        let near = |name: &str| unknown(&[name], &fields).into_iter().map(|unknown| unknown.nearest).next();
        assert_eq!(near("Sehri"), Some(Some("şehir".to_owned())));
        assert_eq!(near("son odme"), Some(Some("son_ödeme".to_owned())));
        assert_eq!(near("nmae"), Some(None), "two of four letters are too many");
        assert_eq!(near("siparis_no"), Some(None));
        assert_eq!(near("SON-ÖDEME"), None);
    }
}
