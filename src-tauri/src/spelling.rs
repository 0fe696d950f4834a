//! What a dictionary has in place of a word that it does not know.
//!
//! The dictionaries are among the page's files. One is kept while it is used, for it takes a second to read the
//! Turkish one, and 27 MB to keep it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use spellbook::Dictionary;
use tauri::{AppHandle, Manager as _};

const KEPT: Duration = Duration::from_secs(60);
/// As many as one looks through.
const MOST: usize = 5;

#[derive(Default)]
pub struct Spelling(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    dictionary: Option<(String, Dictionary)>,
    asked: u64,
}

impl Spelling {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// None for a word that is right, and in a language without a dictionary.
pub async fn suggestions(handle: &AppHandle, word: String, language: String) -> Vec<String> {
    let asking = handle.clone();
    let found = tauri::async_runtime::spawn_blocking(move || {
        let spelling = asking.state::<Spelling>();
        let mut kept = spelling.kept();
        kept.asked += 1;
        if kept.dictionary.as_ref().is_none_or(|(of, _)| *of != language) {
            kept.dictionary = read(&asking, &language).map(|dictionary| (language, dictionary));
        }
        let found = kept.dictionary.as_ref().map(|(_, dictionary)| instead(dictionary, &word));
        (found.unwrap_or_default(), kept.asked)
    });
    let Ok((found, asked)) = found.await else { return Vec::new() };
    let handle = handle.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(KEPT).await;
        let spelling = handle.state::<Spelling>();
        let mut kept = spelling.kept();
        if kept.asked == asked {
            kept.dictionary = None;
        }
    });
    found
}

fn read(handle: &AppHandle, language: &str) -> Option<Dictionary> {
    let file = |kind: &str| {
        let asset = handle.asset_resolver().get(format!("dictionaries/{language}.{kind}"))?;
        String::from_utf8(asset.bytes).ok()
    };
    let read = Dictionary::new(&file("aff")?, &file("dic")?);
    read.inspect_err(|error| tracing::warn!(%error, language, "a dictionary cannot be read")).ok()
}

fn instead(dictionary: &Dictionary, word: &str) -> Vec<String> {
    let word = word.replace('’', "'");
    if dictionary.check(&word) {
        return Vec::new();
    }
    let mut found = Vec::new();
    // By likeness of sound and letters alone a search of the whole dictionary would take seconds.
    dictionary.suggester().with_ngram_suggestions(false).suggest(&word, &mut found);
    found.retain(|suggested| word.contains('-') || !suggested.contains('-'));
    found.truncate(MOST);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instead_of(word: &str) -> Vec<String> {
        let dictionary =
            Dictionary::new("SET UTF-8\nTRY esianrtolcdugmphbyfvkwzğış\n", "4\nmerhaba\nindirim\nhafta\nsonu\n");
        instead(&dictionary.expect("a dictionary"), word)
    }

    #[test]
    fn a_wrong_word_has_others_in_its_place_and_a_right_one_has_none() {
        assert_eq!(instead_of("mehraba"), ["merhaba"]);
        assert_eq!(instead_of("indrim"), ["indirim"]);
        assert_eq!(instead_of("Merhaba"), Vec::<String>::new());
        assert_eq!(instead_of("qqqqqq"), Vec::<String>::new());
    }

    #[test]
    fn two_words_are_offered_with_a_blank_between_them() {
        assert_eq!(instead_of("haftasonu"), ["hafta sonu"]);
    }
}
