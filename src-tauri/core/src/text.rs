//! Text as people see it. Pure.

/// Nothing of it can be seen: a recipient would take it for empty. An emoji or a letter among invisible characters can.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_unseen)
}

/// Blanks and controls, Unicode's `Default_Ignorable_Code_Point`, and the few characters outside it that have no ink:
/// the empty Braille cell, the Khitan filler, the null notehead, the marks around an annotation.
fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
        || matches!(c, '\u{2800}' | '\u{16FE4}' | '\u{1D159}' | '\u{FFF9}'..='\u{FFFB}')
}

/// What a stranger wrote, as one line of characters that neither hide nor turn what stands beside them.
pub fn one_line(text: &str) -> String {
    let plain: String = text.chars().filter(|c| c.is_whitespace() || !(c.is_control() || is_hidden_mark(*c))).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Marks of direction, of joining words and of annotations; not those that put emoji together.
fn is_hidden_mark(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{200B}' | '\u{200E}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_no_ink_is_blank() {
        let unseen = [
            ("nothing", ""),
            ("blanks of the keyboard", " \t\r\n"),
            ("no-break, ideographic and hair space", "\u{a0}\u{3000}\u{200a}"),
            ("zero width space, non-joiner, joiner", "\u{200b}\u{200c}\u{200d}"),
            ("word joiner and byte order mark", "\u{2060}\u{feff}"),
            ("empty Braille cells", "\u{2800}\u{2800}"),
            ("Hangul fillers", "\u{3164}\u{ffa0}\u{115f}\u{1160}"),
            ("soft hyphen and grapheme joiner", "\u{ad}\u{34f}"),
            ("marks of direction", "\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}\u{61c}"),
            ("variation selectors without a base", "\u{fe0f}\u{180b}\u{e0100}"),
            ("tag characters", "\u{e0001}\u{e0020}\u{e007f}"),
            ("invisible operators", "\u{2061}\u{2062}\u{2063}\u{2064}"),
            ("controls", "\u{0}\u{7f}\u{85}"),
            ("a null notehead and a Khitan filler", "\u{1d159}\u{16fe4}"),
            ("all together", " \u{200b}\n\u{2800}\u{3164}\u{feff} "),
        ];
        for (what, text) in unseen {
            assert!(is_blank(text), "{what}");
        }
    }

    #[test]
    fn what_shows_any_ink_is_not() {
        let seen = [
            ("a letter between invisible ones", "\u{200b}a\u{200d}"),
            ("a stop", "."),
            ("Braille with a dot", "\u{2801}"),
            ("an emoji joined of three", "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}"),
            ("a heart with its selector", "\u{2764}\u{fe0f}"),
            ("a Hangul letter", "\u{3131}"),
            ("an accent alone", "\u{301}"),
            ("Arabic's number sign", "\u{600}"),
            ("the symbol for a space", "\u{2420}"),
        ];
        for (what, text) in seen {
            assert!(!is_blank(text), "{what}");
        }
    }

    #[test]
    fn a_strangers_text_becomes_one_line_in_which_nothing_hides() {
        assert_eq!(one_line(" a\u{202e}b\r\n\tc\u{2028}d\u{0}\u{feff} "), "ab c d");
        let family = "\u{1f468}\u{200d}\u{1f469} \u{2764}\u{fe0f}";
        assert_eq!(one_line(family), family);
    }
}
