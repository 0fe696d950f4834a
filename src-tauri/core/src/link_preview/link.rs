//! The link that a text is about. Pure.

use serde::Serialize;

/// The first link of a text, as WhatsApp previews no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Link {
    /// As it stands in the text.
    pub text: String,
    pub host: String,
    /// It has a `{{variable}}` in it: each person gets another one.
    pub varies: bool,
}

impl Link {
    /// Where it leads.
    pub fn url(&self) -> String {
        if scheme(&self.text).is_some() { self.text.clone() } else { format!("https://{}", self.text) }
    }
}

const SCHEMES: [&str; 2] = ["https://", "http://"];
const NAMED: &str = "www.";
/// Domains that phones make a link of without any beginning: the usual endings, and those of the owners' countries. The
/// window's preview knows the same (`whatsapp.ts`).
const ENDINGS: [&str; 11] = ["com", "net", "org", "info", "biz", "shop", "store", "app", "io", "tr", "id"];

pub fn first(text: &str) -> Option<Link> {
    text.split_whitespace().find_map(in_word)
}

fn in_word(word: &str) -> Option<Link> {
    let lower = word.to_ascii_lowercase();
    let at_schemes = SCHEMES.iter().filter_map(|scheme| lower.find(scheme)).min();
    // In the middle of a word it is no beginning of a link.
    let start =
        at_schemes.or_else(|| lower.find(|c: char| c.is_alphanumeric()).filter(|at| begins_link(&lower, *at)))?;
    let varies = word.contains("{{") || word.contains("}}");
    let text = word.get(start..)?;
    let text = without_suffix(if varies { text } else { without_end(text) });
    let host = host(text);
    let is_link = varies || !host.is_empty();
    is_link.then(|| Link { text: text.to_owned(), host: host.to_ascii_lowercase(), varies })
}

/// `word` is in small letters.
fn begins_link(word: &str, at: usize) -> bool {
    word.get(at..).is_some_and(|rest| rest.starts_with(NAMED) || is_domain(host(without_suffix(without_end(rest)))))
}

fn is_domain(host: &str) -> bool {
    let is_label = |label: &str| {
        let ends = [label.chars().next(), label.chars().last()];
        ends.iter().all(|end| end.is_some_and(char::is_alphanumeric))
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    host.rsplit_once('.').is_some_and(|(name, ending)| ENDINGS.contains(&ending) && name.split('.').all(is_label))
}

/// Without what a language writes behind a name: `lale.com.tr’de`.
fn without_suffix(link: &str) -> &str {
    let mark = ['\'', '’'];
    match link.find(['\'', '’', '/', '?', '#']).map(|at| link.split_at(at)) {
        Some((name, rest)) if rest.starts_with(mark) => name,
        _ => link,
    }
}

fn scheme(link: &str) -> Option<&'static str> {
    let begins = |scheme: &str| link.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    SCHEMES.into_iter().find(|scheme| begins(scheme))
}

/// Without what belongs to the sentence or its formatting, and not to the link.
fn without_end(link: &str) -> &str {
    let link = link.split(['<', '>', '"', '`', '“', '”', '«', '»']).next().unwrap_or_default();
    let mut rest = link;
    loop {
        let shorter = rest.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’', '*', '_', '~', '…', ']', '}']);
        let shorter = match shorter.strip_suffix(')') {
            Some(inside) if shorter.matches(')').count() > shorter.matches('(').count() => inside,
            _ => shorter,
        };
        if shorter.len() == rest.len() {
            return rest;
        }
        rest = shorter;
    }
}

fn host(link: &str) -> &str {
    let rest = scheme(link).and_then(|scheme| link.get(scheme.len()..)).unwrap_or(link);
    let end = if rest.starts_with('[') { ['/', '?', '#', ' '] } else { ['/', '?', '#', ':'] };
    rest.split(end).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_link_is_found_as_it_stands_in_the_text() {
        let found = |text: &str| first(text).map(|link| (link.text.clone(), link.host.clone(), link.url()));
        let link = |text: &str, host: &str, url: &str| Some((text.to_owned(), host.to_owned(), url.to_owned()));
        for (text, text_of_link, host, url) in [
            (
                "Bak: https://lale.example/yeni?a=1.",
                "https://lale.example/yeni?a=1",
                "lale.example",
                "https://lale.example/yeni?a=1",
            ),
            ("*http://lale.example* geldi", "http://lale.example", "lale.example", "http://lale.example"),
            (
                "(www.Lale.example/a_(b)), ve",
                "www.Lale.example/a_(b)",
                "www.lale.example",
                "https://www.Lale.example/a_(b)",
            ),
            (
                "HTTPS://LALE.example:8443/x!",
                "HTTPS://LALE.example:8443/x",
                "lale.example",
                "HTTPS://LALE.example:8443/x",
            ),
            ("Adresimiz: Lale.com.tr.", "Lale.com.tr", "lale.com.tr", "https://Lale.com.tr"),
            ("*lale.com.tr’de* bekliyoruz", "lale.com.tr", "lale.com.tr", "https://lale.com.tr"),
            (
                "toko-lale.co.id/promo?a=1, ya",
                "toko-lale.co.id/promo?a=1",
                "toko-lale.co.id",
                "https://toko-lale.co.id/promo?a=1",
            ),
            ("“https://çiçek.example”", "https://çiçek.example", "çiçek.example", "https://çiçek.example"),
            (
                "a https://one.example b https://two.example",
                "https://one.example",
                "one.example",
                "https://one.example",
            ),
        ] {
            assert_eq!(found(text), link(text_of_link, host, url), "{text}");
        }
        for text in ["", "Merhaba", "https://", "awww. tamam", "lale.example", "mailto:a@lale.example"] {
            assert_eq!(found(text), None, "{text}");
        }
        for text in ["ayse@lale.com", "değil .com", "bitti.Tamam", "1.500 TL", "lale_optik.com", "-lale.com-x"] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn a_link_with_a_variable_differs_by_person() {
        let varies = |text: &str| first(text).map(|link| link.varies);
        assert_eq!(varies("https://lale.example/{{name}}"), Some(true));
        assert_eq!(varies("https://{{shop}}/a"), Some(true));
        assert_eq!(varies("lale.com.tr/{{name}}"), Some(true));
        assert_eq!(varies("{{name}}.com"), None);
        assert_eq!(varies("https://lale.example/{{name|dear friend}} https://lale.example"), Some(true));
        assert_eq!(varies("{{greeting}}https://lale.example"), Some(true));
        assert_eq!(varies("{{name}}, https://lale.example"), Some(false));
    }
}
