//! Which of the offered answers a reply means. Pure.
//!
//! A reply counts when it is the number of an answer ("2", "2.", "(2)", "2️⃣"), its words, or both; letters are
//! compared without case and accents, the Turkish ones too. Anything that could mean two answers means none.

/// The place of the answer, from 0.
pub fn recognise(options: &[String], reply: &str) -> Option<usize> {
    let said = folded(reply);
    let (number, rest) = leading_number(&said);
    if let Some(index) = number.and_then(|number| number.checked_sub(1)).filter(|index| *index < options.len())
        && (rest.is_empty() || options.get(index).is_some_and(|option| folded(option) == rest))
    {
        return Some(index);
    }
    let mut same = (0..).zip(options).filter(|(_, option)| folded(option) == said && !said.is_empty());
    let (index, _) = same.next()?;
    same.next().is_none().then_some(index)
}

/// "2 yes" is 2 and "yes".
fn leading_number(said: &str) -> (Option<usize>, &str) {
    let end = said.find(|c: char| !c.is_ascii_digit()).unwrap_or(said.len());
    let (digits, rest) = said.split_at(end);
    // "2yes" is a word that begins with a digit.
    let apart = rest.is_empty() || rest.starts_with(' ');
    (digits.parse().ok().filter(|_| apart), rest.trim_start())
}

/// Words in small letters without accents, one blank between them; punctuation and emoji are left out.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(plain) {
        if letter.is_alphanumeric() {
            folded.push(letter);
        } else if !is_mark(letter) && !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Accents that follow their letter, and what makes an emoji of a digit.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{fe0f}' | '\u{20e3}')
}

fn plain(c: char) -> impl Iterator<Item = char> {
    let bare = |letter: char| match letter {
        'ı' | 'î' | 'ï' | 'í' => 'i',
        'ç' => 'c',
        'ğ' => 'g',
        'ö' | 'ô' | 'ó' => 'o',
        'ş' => 's',
        'ü' | 'û' | 'ú' => 'u',
        'â' | 'à' | 'á' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        digit @ '０'..='９' => char::from_digit(u32::from(digit) - u32::from('０'), 10).unwrap_or(digit),
        digit @ '٠'..='٩' => char::from_digit(u32::from(digit) - u32::from('٠'), 10).unwrap_or(digit),
        letter => letter,
    };
    c.to_lowercase().map(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_number_or_the_words_are_recognised() {
        let offered = options(&["Evet, yenileyin", "IŞIKLI ÇERÇEVE", "Hayır"]);
        for (reply, index) in [
            ("1", 0),
            (" 1. ", 0),
            ("1)", 0),
            ("(2)", 1),
            ("2️⃣", 1),
            ("#3", 2),
            ("- 1", 0),
            ("٣", 2),
            ("３", 2),
            ("evet yenileyin", 0),
            ("EVET, YENİLEYİN!", 0),
            ("ışıklı çerçeve", 1),
            ("isikli cerceve 🙏", 1),
            ("HAYIR", 2),
            ("hayir.", 2),
            ("3. Hayır", 2),
            ("3 hayır", 2),
        ] {
            assert_eq!(recognise(&offered, reply), Some(index), "{reply}");
        }
    }

    #[test]
    fn anything_else_is_no_answer() {
        let offered = options(&["Evet", "Hayır"]);
        for reply in
            ["", "🙏", "0", "3", "12", "1 2", "evet ama", "2 evet", "1a", "on bir", "1.5", "99999999999999999999"]
        {
            assert_eq!(recognise(&offered, reply), None, "{reply}");
        }
    }

    #[test]
    fn an_answer_that_is_a_number_itself_is_found_by_its_place_only() {
        // Somebody who answers "2" to "1. 2 pieces  2. 4 pieces" means the second line.
        let offered = options(&["2", "4"]);
        assert_eq!(recognise(&offered, "2"), Some(1));
        assert_eq!(recognise(&offered, "4"), Some(1));
        assert_eq!(recognise(&options(&["Evet", "EVET"]), "evet"), None);
    }
}
