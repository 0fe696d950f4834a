//! Patterns that make a text look like spam. Warned about, never blocked. Pure.

use std::fmt;

use crate::error::{Coded, Params};
use crate::params;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    Repeated { character: char, times: usize },
    Shouting,
    ManyLinks { links: usize },
}

const MOST_REPEATS: usize = 10;
const MOST_LINKS: usize = 2;
/// Shorter texts may be a name or a code.
const SHOUTED_LETTERS: usize = 20;

pub fn hints(text: &str) -> Vec<Hint> {
    [repeated(text), shouting(text), many_links(text)].into_iter().flatten().collect()
}

/// The first run that is too long, with its whole length.
fn repeated(text: &str) -> Option<Hint> {
    let mut run: Option<(char, usize)> = None;
    for character in text.chars() {
        run = match run {
            Some((last, times)) if last == character => Some((last, times + 1)),
            Some((last, times)) if times > MOST_REPEATS => return Some(Hint::Repeated { character: last, times }),
            _ => Some((character, 1)),
        };
    }
    let (character, times) = run.filter(|(_, times)| *times > MOST_REPEATS)?;
    Some(Hint::Repeated { character, times })
}

fn shouting(text: &str) -> Option<Hint> {
    let letters = text.chars().filter(|character| character.is_alphabetic()).count();
    let small = text.chars().any(char::is_lowercase);
    (letters >= SHOUTED_LETTERS && !small).then_some(Hint::Shouting)
}

fn many_links(text: &str) -> Option<Hint> {
    let links = text.split_whitespace().filter(|word| word.contains("://") || word.starts_with("www.")).count();
    (links > MOST_LINKS).then_some(Hint::ManyLinks { links })
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated { character, times } => {
                write!(f, "\"{character}\" appears {times} times in a row. Texts like this get reported more often.")
            }
            Self::Shouting => {
                f.write_str("The whole text is in capitals. People take that for shouting and report it more often.")
            }
            Self::ManyLinks { links } => write!(f, "{links} links in one text look like spam. One is usually enough."),
        }
    }
}

impl std::error::Error for Hint {}

impl Coded for Hint {
    fn code(&self) -> &'static str {
        match self {
            Self::Repeated { .. } => "hint.repeated",
            Self::Shouting => "hint.shouting",
            Self::ManyLinks { .. } => "hint.many_links",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Repeated { character, times } => params! { character: character, times: times, most: MOST_REPEATS },
            Self::Shouting => Params::new(),
            Self::ManyLinks { links } => params! { links: links },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_found_and_plain_texts_are_not() {
        assert_eq!(hints("Merhaba Elif, yeni gözlükler geldi!"), []);
        assert_eq!(hints("Kaçırma!!!!!!!!!!"), [], "ten are no spam");
        assert_eq!(hints("Kaçırma!!!!!!!!!!!!!!"), [Hint::Repeated { character: '!', times: 14 }]);
        assert_eq!(hints("Aaaaaaaaaaaaaa gel"), [Hint::Repeated { character: 'a', times: 13 }]);
        assert_eq!(hints("BÜYÜK İNDİRİM BUGÜN SON GÜN HEMEN GEL"), [Hint::Shouting]);
        assert_eq!(hints("a http://a b https://b c www.c.tr"), [Hint::ManyLinks { links: 3 }]);
    }
}
