//! The words with which people opt out, and with which they take that back. Pure.

use crate::contact::fold::fold;

/// The whole message must be one of the words. Case, the dots of the Turkish i, accents, and whatever stands around
/// the word (blanks, punctuation, WhatsApp's marks for bold, an emoji) make no difference.
pub fn is_one_of(text: &str, words: &[String]) -> bool {
    alone(text, words).is_some()
}

fn alone<'a>(text: &str, words: &'a [String]) -> Option<&'a str> {
    let said = bare(text);
    words.iter().find(|word| !said.is_empty() && bare(word) == said).map(String::as_str)
}

/// The one of these that stands among few others, or alone where that opts nobody out, as below a photo: whoever wrote it
/// may have meant just that, which the owner decides.
pub fn near<'a>(text: &str, also_alone: bool, words: &'a [String]) -> Option<&'a str> {
    const FEW: usize = 6;
    if let Some(word) = alone(text, words) {
        return also_alone.then_some(word);
    }
    // A long one is none, and need not be folded.
    if text.split_whitespace().nth(FEW).is_some() {
        return None;
    }
    let folded = fold(text);
    let said: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let among = |word: &&String| {
        let word = bare(word);
        let parts: Vec<&str> = word.split(' ').filter(|part| !part.is_empty()).collect();
        !parts.is_empty() && said.windows(parts.len()).any(|window| window == parts)
    };
    if said.len() > FEW {
        return None;
    }
    words.iter().find(among).map(String::as_str)
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
        is_one_of(text, &Settings::default().stop_words)
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
    fn a_few_words_with_it_among_them_are_pointed_out() {
        let words = Settings::default().stop_words;
        for text in ["stop lütfen", "RET B012", "lütfen artık DUR!", "please stop", "dur-dur", "tolong berhenti kak"]
        {
            assert!(near(text, false, &words).is_some(), "{text:?}");
            assert!(!says(text), "{text:?}");
        }
        let answer = "Otobüs durağında dur dedim ama stop etmedi, yine de teşekkür ederim";
        for text in ["", "stop", "durak", "retro", "nonstop", "Teşekkürler", answer] {
            assert_eq!(near(text, false, &words), None, "{text:?}");
        }
        let words = ["mesaj istemiyorum".to_owned(), " ".to_owned()];
        assert_eq!(near("Artık mesaj istemiyorum", false, &words), Some("mesaj istemiyorum"));
        assert_eq!(near("istemiyorum", false, &words), None);
        assert_eq!(near("Mesaj istemiyorum", false, &words), None);
        assert_eq!(near("Mesaj istemiyorum", true, &words), Some("mesaj istemiyorum"));
    }

    #[test]
    fn the_owner_may_choose_words_of_several_parts_and_none_at_all() {
        let words = ["Mesaj  istemiyorum".to_owned(), "  ".to_owned()];
        assert!(is_one_of("MESAJ İSTEMİYORUM!", &words));
        assert!(!is_one_of("stop", &words));
        assert!(!is_one_of("  ", &words));
        assert!(!is_one_of("stop", &[]));
    }
}
