//! What a search looks for, and the words of a contact that it looks at.
//!
//! A word is found by its beginning, a number also by any digits of a phone, and all that was typed must be found.
//! `Needle::finds` is that rule; `store/search.rs` asks it of a whole list, as SQL behind an index that leaves out
//! nobody whom it finds. Both see words as `Words` has them: folded, without punctuation.

use super::fold::fold;

/// What the words of a contact are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Where the contact stands among all that are searched: by the first letters of the name. Whoever else has the
    /// place already moves this one on.
    pub place: i64,
    /// The phone without its plus.
    pub digits: String,
    /// Each with a space before it.
    pub words: String,
}

/// One thing that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needle {
    Word(String),
    Digits {
        digits: String,
        /// Without the zeros that are dialled before a number or before its country, where it has such.
        dialled: Option<String>,
    },
}

/// What must all be found. A phone in any spelling is one number.
pub fn needles(query: &str) -> Vec<Needle> {
    if is_phone(query) {
        return vec![Needle::digits(query.chars().filter(char::is_ascii_digit).collect())];
    }
    let folded = fold(query);
    split(&folded)
        .map(|word| match word.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Needle::digits(word.to_owned()),
            false => Needle::Word(word.to_owned()),
        })
        .collect()
}

fn is_phone(query: &str) -> bool {
    let may_be = |c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '+' | '-' | '(' | ')' | '.' | '/');
    query.chars().all(may_be) && query.chars().any(|c| c.is_ascii_digit())
}

impl Needle {
    fn digits(digits: String) -> Self {
        let bare = digits.trim_start_matches('0');
        let dialled = (bare.len() < digits.len() && !bare.is_empty()).then(|| bare.to_owned());
        Self::Digits { digits, dialled }
    }

    /// The rule.
    #[cfg(test)]
    pub fn finds(&self, words: &Words) -> bool {
        let begins = |start: &str| words.words.contains(&format!(" {start}"));
        match self {
            Self::Word(word) => begins(word),
            Self::Digits { digits, dialled } => {
                let first = |bare: &String| words.digits.find(bare.as_str()).is_some_and(|at| at < DIALLED);
                begins(digits) || words.digits.contains(digits) || dialled.as_ref().is_some_and(first)
            }
        }
    }

    /// The same as a question to the index: it also finds some whom the rule does not.
    pub fn asked(&self) -> String {
        match self {
            Self::Word(word) => starts(word),
            Self::Digits { digits, dialled } => {
                let mut ways = vec![starts(digits)];
                ways.extend(windows_of(digits));
                if let Some(bare) = dialled {
                    ways.push(windows_of(bare).unwrap_or_else(|| starts(bare)));
                }
                format!("({})", ways.join(" OR "))
            }
        }
    }
}

/// Behind the digits of its country, of which there are three at most, a phone begins as it is dialled at home.
pub const DIALLED: usize = 4;

fn starts(word: &str) -> String {
    format!("\"{word}\"*")
}

/// Windows of a number; none where it is shorter than one, and is found by its beginning. The first is left out where
/// there are others: it holds what many phones have in common, so it tells little, and its list is the longest.
fn windows_of(digits: &str) -> Option<String> {
    let last = digits.len().checked_sub(WINDOW)?;
    let starts = (0..last).step_by(WINDOW).skip(1).chain([last]);
    let windows = starts.filter_map(|at| digits.get(at..at + WINDOW)).map(|window| format!("\"{window}\""));
    Some(format!("({})", windows.collect::<Vec<_>>().join(" AND ")))
}

/// So many digits of a phone are one entry of the index.
const WINDOW: usize = 4;

impl Words {
    /// Of the `search` text of a contact, its tags, and a number that tells it from others of its name.
    pub fn of(search: &str, tags: &[String], id: u128) -> Self {
        let named = search.starts_with(super::fold::NAMED);
        let mut lines = search.get(1..).unwrap_or_default().split('\n');
        let (name, digits) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        let mut words = String::new();
        let mut add = |text: &str| {
            for word in split(text) {
                words.push(' ');
                words.push_str(word);
            }
        };
        std::iter::once(name).chain(lines).for_each(&mut add);
        tags.iter().for_each(|tag| add(&fold(tag)));
        let place = if named { place_of(name, id) } else { nameless(digits, id) };
        Self { place, digits: digits.to_owned(), words }
    }

    /// What the index gets: the words, and every part of the phone.
    pub fn indexed(&self) -> String {
        let mut text = self.words.clone();
        for start in 0..self.digits.len() {
            let end = self.digits.len().min(start + WINDOW);
            text.push(' ');
            text.push_str(self.digits.get(start..end).unwrap_or_default());
        }
        text
    }
}

fn split(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric() && !is_joined(c)).filter(|word| !word.is_empty())
}

/// Marks that belong to the letter before them, in scripts whose letters cannot do without.
fn is_joined(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}')
}

/// Five bits for each of the first letters, in the order of the list; behind them what tells namesakes apart.
fn place_of(name: &str, id: u128) -> i64 {
    let letters = name.chars().map(letter).chain(std::iter::repeat(0)).take(LETTERS);
    let letters = letters.fold(0, |place, letter| place << 5 | letter);
    letters << TOLD_APART | i64::try_from(id & ((1 << TOLD_APART) - 1)).unwrap_or_default()
}

const LETTERS: usize = 8;
const TOLD_APART: u32 = 23;

fn letter(c: char) -> i64 {
    match c {
        '0'..='9' => 2,
        'a'..='z' => i64::from(u32::from(c) - u32::from('a')) + 3,
        c if c.is_ascii() => 1,
        _ => 29,
    }
}

/// Behind all names, by phone.
fn nameless(digits: &str, id: u128) -> i64 {
    let phone: i64 = format!("{digits:0<15.15}").parse().unwrap_or_default();
    31 << 58 | phone << 8 | i64::try_from(id & 0xff).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Fields;
    use crate::contact::fold::haystack;
    use crate::contact::phone::Phone;

    fn words(name: &str, phone: &str, tags: &[&str]) -> Words {
        let phone = Phone::from_e164(phone).unwrap();
        let fields = Fields::from([("şehir".to_owned(), "İzmir / Karşıyaka".to_owned())]);
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        Words::of(&haystack(name, phone, "a.demir@example.com", &fields), &tags, 5)
    }

    fn found(query: &str, words: &Words) -> bool {
        needles(query).iter().all(|needle| needle.finds(words))
    }

    #[test]
    fn words_are_found_by_their_beginning_and_phones_by_any_digits() {
        let ayse = words("🌸Ayşe O’Demir", "+905385550214", &["Toptan-Müşteri", "2024"]);
        assert_eq!(ayse.words, " ayse o demir a demir example com izmir karsiyaka toptan musteri 2024");
        for query in [
            "ays",
            "AYŞE",
            "ayse izm",
            "izmir ayşe",
            "o’demir",
            "demir@exam",
            "karşı",
            "musteri",
            "202",
            "0214",
            "538 555",
            "+90 538-555",
            "0538 555 02 14",
            "0090 538 555",
            "5550214",
            "ayse 0214",
            "(0538) 555",
            "14",
            "ayse, izmir",
        ] {
            assert!(found(query, &ayse), "{query}");
        }
        for query in ["yse", "emir", "ayse ankara", "0215", "02140", "0555", "ayse 9999", "0214 ali"] {
            assert!(!found(query, &ayse), "{query}");
        }
        let budi = words("Budi", "+6281255500163", &[]);
        for query in ["0812", "0812-5550", "62812", "0062 812", "00163", "163"] {
            assert!(found(query, &budi), "{query}");
        }
        assert!(!found("0555", &budi), "what is dialled begins a phone");
    }

    #[test]
    fn nothing_to_look_for_finds_everybody() {
        for query in ["", "  ", "…", "+", "()"] {
            assert_eq!(needles(query), [], "{query}");
        }
    }

    #[test]
    fn places_have_the_order_of_names() {
        let names = ["1. Kat", "Ali", "Ali Can", "Alim", "Zeynep Ak", "Zeynep Yıl", "李"];
        let places = names.map(|name| words(name, "+905385550214", &[]).place);
        assert!(places.is_sorted(), "{places:?}");
        let nameless = ["+6281255500163", "+905385550214", "+905385550215"].map(|phone| words("", phone, &[]).place);
        assert!(places[6] < nameless[0] && nameless.is_sorted(), "{nameless:?}");
    }

    #[test]
    fn the_index_is_asked_for_windows_of_a_number() {
        let asked = |query: &str| needles(query).iter().map(Needle::asked).collect::<Vec<_>>().join(" AND ");
        assert_eq!(asked("ayşe 14"), "\"ayse\"* AND (\"14\"*)");
        assert_eq!(asked("0214"), "(\"0214\"* OR (\"0214\") OR \"214\"*)");
        assert_eq!(asked("5385550"), "(\"5385550\"* OR (\"5550\"))");
        assert_eq!(asked("5385550214"), "(\"5385550214\"* OR (\"5502\" AND \"0214\"))");
    }
}
