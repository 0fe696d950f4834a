//! The language of a person: what a column of a list says of it. Pure.

use super::Fields;
use super::fold::fold;
use crate::language::Language;

/// What columns with a language are called, as fields.
pub const FIELDS: [&str; 7] = ["language", "lang", "locale", "preferred_language", "dil", "dili", "bahasa"];

/// How a language is written in such a column, folded: by its code, its name in three languages, its locale.
pub fn words(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => {
            &["en", "eng", "english", "ingilizce", "inggris", "bahasa inggris", "en-us", "en_us", "en-gb", "en_gb"]
        }
        Language::Tr => &["tr", "tur", "turkish", "turkce", "turki", "bahasa turki", "tr-tr", "tr_tr"],
        Language::Id => &[
            "id",
            "in",
            "ind",
            "indonesian",
            "indonesia",
            "endonezce",
            "endonezyaca",
            "bahasa",
            "bahasa indonesia",
            "id-id",
            "id_id",
        ],
    }
}

/// Whether a column says that the person speaks it.
pub fn is_spoken(fields: &Fields, language: Language) -> bool {
    let says = |name: &&str| fields.get(*name).is_some_and(|text| words(language).contains(&fold(text).as_str()));
    FIELDS.iter().any(says)
}

/// The first language that a column names; none where no column names one of ours.
pub fn of(fields: &Fields) -> Option<Language> {
    Language::ALL.iter().copied().find(|language| is_spoken(fields, *language))
}

#[cfg(test)]
mod tests {
    use super::super::fold::field_name;
    use super::*;

    #[test]
    fn a_column_says_it_however_lists_write_it() {
        for (header, cell, language) in [
            ("Dil", "Türkçe", Some(Language::Tr)),
            ("DİL", "TÜRKÇE", Some(Language::Tr)),
            ("Language", "tr-TR", Some(Language::Tr)),
            ("Preferred Language", "English", Some(Language::En)),
            ("locale", "id_ID", Some(Language::Id)),
            ("Bahasa", "Bahasa Indonesia", Some(Language::Id)),
            ("Bahasa", "Inggris", Some(Language::En)),
            ("Dil", "Deutsch", None),
            ("Dil", "", None),
            ("Ülke", "Turkish", None),
        ] {
            let name = field_name(header).unwrap();
            assert_eq!(of(&Fields::from([(name.clone(), cell.to_owned())])), language, "{header}: {cell} as {name}");
        }
    }
}
