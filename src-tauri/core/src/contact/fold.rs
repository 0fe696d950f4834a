//! Text as it is searched and compared: lower case, without diacritics, so that "izmir", "İzmir" and "IZMIR"
//! are one word, and "sule" finds "Şule". The `search` column and every query go through the same function.

use super::Fields;
use super::phone::Phone;

/// Lower case, Latin letters without their marks; everything else stays.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        fold_char(c, &mut folded);
    }
    folded
}

fn fold_char(c: char, folded: &mut String) {
    if c.is_ascii() {
        folded.push(c.to_ascii_lowercase());
        return;
    }
    for lower in c.to_lowercase() {
        match bare(lower) {
            "" if is_mark(lower) => {}
            "" => folded.push(lower),
            letters => folded.push_str(letters),
        }
    }
}

/// Marks that follow their letter in decomposed text.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// The plain letters behind a lower-case Latin one; empty where there is nothing to take off.
fn bare(c: char) -> &'static str {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ' | 'ả' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ə' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' | 'ǧ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ǐ' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ǒ' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ǔ' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    }
}

/// Before the `search` text of those who have a name and of those who have none. Nobody types them.
pub(super) const NAMED: char = '\u{1}';
const NAMELESS: char = '\u{2}';

/// The `search` column. The name stands first, which makes it the order of lists as well: the nameless ones come last.
pub fn haystack(name: &str, phone: Phone, email: &str, fields: &Fields) -> String {
    let mut text = String::from(if name.is_empty() { NAMELESS } else { NAMED });
    text.push_str(&fold(name));
    text.push('\n');
    text.push_str(&phone.digits().to_string());
    for more in std::iter::once(email).chain(fields.values().map(String::as_str)).filter(|more| !more.is_empty()) {
        text.push('\n');
        text.push_str(&fold(more));
    }
    text
}

/// The words of what was typed to look for texts that were sent. A query that is a phone, written in any way, is one word:
/// its digits without the zeros of the trunk or of dialling abroad.
pub fn needles(query: &str) -> Vec<String> {
    if let Some(digits) = phone_digits(query) {
        return vec![digits];
    }
    fold(query).split_whitespace().map(str::to_owned).collect()
}

fn phone_digits(query: &str) -> Option<String> {
    let is_phone =
        query.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '+' | '-' | '(' | ')' | '.'));
    let digits: String = query.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    (is_phone && !digits.is_empty()).then(|| digits.to_owned())
}

/// A header or label as the name of a field, usable in `{{…}}`: letters, digits and underscores in lower case.
pub fn field_name(label: &str) -> Option<String> {
    let mut name = String::new();
    for c in label.trim().chars().flat_map(char::to_lowercase).filter(|c| !is_mark(*c)) {
        if c.is_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name: String = name.trim_end_matches('_').chars().take(FIELD_NAME_LIMIT).collect();
    (!name.is_empty()).then_some(name)
}

const FIELD_NAME_LIMIT: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turkish_letters_fold_to_one_spelling() {
        for text in ["IŞIK", "ışık", "Işık", "isik", "İşik"] {
            assert_eq!(fold(text), "isik", "{text}");
        }
        assert_eq!(fold("ÇĞÖŞÜ çğöşü ÂÎÛ"), "cgosu cgosu aiu");
        assert_eq!(fold("s\u{327}u\u{308}"), "su");
        assert_eq!(fold("ﷺ 李"), "ﷺ 李");
    }

    #[test]
    fn a_written_phone_is_one_needle() {
        assert_eq!(needles("0538 555 02"), ["53855502"]);
        assert_eq!(needles("+90 (538)"), ["90538"]);
        assert_eq!(needles("0090-538"), ["90538"]);
        assert_eq!(needles(" Ayşe  DEMİR "), ["ayse", "demir"]);
        assert!(needles("  ").is_empty());
    }

    #[test]
    fn headers_become_names_of_variables() {
        for (label, name) in
            [("Şehir", "şehir"), ("Son Ödeme (TL)", "son_ödeme_tl"), ("İL", "il"), ("a.b-c", "a_b_c"), ("2nd", "2nd")]
        {
            assert_eq!(field_name(label).as_deref(), Some(name));
        }
        assert_eq!(field_name(" -- "), None);
    }
}
