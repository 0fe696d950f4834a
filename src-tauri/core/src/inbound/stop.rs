//! The words with which people opt out. Pure.

use crate::contact::fold::fold;

/// The whole message must be one of the words. Case, the dots of the Turkish i, accents, and whatever stands around
/// the word (blanks, punctuation, WhatsApp's marks for bold, an emoji) make no difference.
pub fn is_stop(text: &str, words: &[String]) -> bool {
    let said = bare(text);
    !said.is_empty() && words.iter().any(|word| bare(word) == said)
}

fn bare(text: &str) -> String {
    let folded = fold(text);
    let trimmed = folded.trim_matches(|c: char| !c.is_alphanumeric());
    trimmed.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn says(text: &str) -> bool {
        is_stop(text, &Settings::default().stop_words)
    }

    #[test]
    fn the_word_alone_counts_however_it_is_written() {
        for text in [
            "STOP",
            "stop",
            " Stop! ",
            "*STOP*",
            "“dur”",
            "Dur.",
            "İPTAL",
            "iptal",
            "IPTAL",
            "ıptal",
            "İptal",
            "i\u{307}ptal",
            "ret…",
            "Berhenti 🙏",
            "\u{200e}STOP\u{200b}",
            "unsubscribe\n",
        ] {
            assert!(says(text), "{text:?}");
        }
    }

    #[test]
    fn a_word_within_a_sentence_does_not_count() {
        for text in ["", "  ", "!", "stop it", "non-stop", "durak", "dur bakalım", "bus stop", "retro", "iptal mi?"] {
            assert!(!says(text), "{text:?}");
        }
    }

    #[test]
    fn the_owner_may_choose_words_of_several_parts_and_none_at_all() {
        let words = ["Mesaj  istemiyorum".to_owned(), "  ".to_owned()];
        assert!(is_stop("MESAJ İSTEMİYORUM!", &words));
        assert!(!is_stop("stop", &words));
        assert!(!is_stop("  ", &words));
        assert!(!is_stop("stop", &[]));
    }
}
