//! What is new in a version, in the owner's language.
//!
//! The plugin reads `notes` as one text and refuses a manifest in which it is anything else, so that text is the English
//! one, and the others stand beside it in `notes_in`, which the plugin hands on unread.

use serde_json::Value;
use ulak_core::language::Language;

/// A manifest is not signed; nobody reads more of it than this.
const LONGEST: usize = 4_000;

/// English where the manifest has nothing in this language; empty where it has nothing at all.
pub fn news(manifest: &Value, language: Language) -> String {
    let own = manifest.get("notes_in").and_then(|texts| texts.get(language.as_str()));
    let texts = [own, manifest.get("notes")].into_iter().flatten().filter_map(Value::as_str);
    let text = texts.map(str::trim).find(|text| !text.is_empty()).unwrap_or_default();
    text.chars().filter(|letter| *letter == '\n' || !letter.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_owner_reads_their_own_language_and_english_where_there_is_nothing_else() {
        let manifest = json!({ "notes": "Faster lists.\n", "notes_in": { "tr": "Listeler hızlandı.", "id": " " } });
        let said = [Language::En, Language::Tr, Language::Id].map(|language| news(&manifest, language));
        assert_eq!(said, ["Faster lists.", "Listeler hızlandı.", "Faster lists."]);
        assert_eq!(news(&json!({ "notes_in": "?" }), Language::Tr), "");
        assert_eq!(news(&json!({ "notes": "a\u{1b}[1m\nb" }), Language::En), "a[1m\nb");
        assert_eq!(news(&json!({ "notes": "é".repeat(9_000) }), Language::En).chars().count(), LONGEST);
    }
}
