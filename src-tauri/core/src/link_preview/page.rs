//! What a page says of itself to whoever shows a link to it. Pure.
//!
//! The page is a stranger's: only its tags are read, nothing of it is run or fetched, and what it says is made one line of
//! plain characters.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1254};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

use crate::text::{is_blank, one_line};

const LONGEST_TITLE: usize = 120;
const LONGEST_DESCRIPTION: usize = 300;
/// As far as browsers look for how a page is encoded.
const ENCODING_WITHIN: usize = 1_024;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageFacts {
    pub title: Option<String>,
    pub description: Option<String>,
    /// Where its picture is, as the page writes it.
    pub picture: Option<String>,
}

/// `content_type` as the server gave it.
pub fn facts(content_type: &str, bytes: &[u8]) -> PageFacts {
    let said = Said::default();
    let tokenizer = Tokenizer::new(said, TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(decoded(content_type, bytes).as_str()));
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    let Said { named, title, .. } = tokenizer.sink;
    let (named, title) = (named.into_inner(), title.into_inner());
    let of = |names: &[&str]| names.iter().find_map(|name| named.get(*name).cloned());
    let line = |text: String, longest| Some(shortened(&one_line(&text), longest)).filter(|line| !is_blank(line));
    let first = |texts: [Option<String>; 3], longest| texts.into_iter().flatten().find_map(|text| line(text, longest));
    PageFacts {
        title: first([of(&["og:title"]), of(&["twitter:title"]), Some(title)], LONGEST_TITLE),
        description: first(
            [of(&["og:description"]), of(&["twitter:description"]), of(&["description"])],
            LONGEST_DESCRIPTION,
        ),
        picture: of(&["og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src"]),
    }
}

/// Whether a server calls what it sent a page.
pub fn is_page(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    ["text/html", "application/xhtml+xml"].iter().any(|known| kind.eq_ignore_ascii_case(known))
}

fn decoded(content_type: &str, bytes: &[u8]) -> String {
    let head = bytes.get(..ENCODING_WITHIN).unwrap_or(bytes);
    let named = labelled(content_type).or_else(|| labelled(&String::from_utf8_lossy(head)));
    let encoding = named.unwrap_or(match std::str::from_utf8(bytes) {
        // It may have been cut off within a character.
        Err(error) if error.error_len().is_some() => WINDOWS_1254,
        _ => UTF_8,
    });
    encoding.decode(bytes).0.into_owned()
}

/// By the first `charset=` of a header or of a page's tags.
fn labelled(text: &str) -> Option<&'static Encoding> {
    let lower = text.to_ascii_lowercase();
    let (_, rest) = lower.split_once("charset")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start_matches([' ', '"', '\'']);
    let label = rest.split(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c))).next()?;
    Encoding::for_label_no_replacement(label.as_bytes())
}

fn shortened(line: &str, longest: usize) -> String {
    match line.char_indices().nth(longest) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default().trim_end()),
    }
}

/// Of each name the first `meta` that says something, and the words of the first `title`.
#[derive(Default)]
struct Said {
    named: RefCell<BTreeMap<String, String>>,
    title: RefCell<String>,
    in_title: Cell<bool>,
}

impl TokenSink for Said {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => return self.take(&tag),
            Token::CharacterTokens(text) if self.in_title.get() => self.title.borrow_mut().push_str(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Said {
    fn take(&self, tag: &Tag) -> TokenSinkResult<()> {
        let begins = tag.kind == TagKind::StartTag;
        match &*tag.name {
            "title" => {
                self.in_title.set(begins && self.title.borrow().is_empty());
                raw(begins, RawKind::Rcdata)
            }
            "textarea" => raw(begins, RawKind::Rcdata),
            "script" => raw(begins, RawKind::ScriptData),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" => raw(begins, RawKind::Rawtext),
            "meta" => {
                self.note(tag);
                TokenSinkResult::Continue
            }
            _ => TokenSinkResult::Continue,
        }
    }

    fn note(&self, tag: &Tag) {
        let value =
            |name: &str| tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|one| &*one.value);
        let (Some(name), Some(content)) = (value("property").or_else(|| value("name")), value("content")) else {
            return;
        };
        if !is_blank(content) {
            let name = name.trim().to_ascii_lowercase();
            self.named.borrow_mut().entry(name).or_insert_with(|| content.trim().to_owned());
        }
    }
}

/// Tags within these elements are text.
fn raw(begins: bool, kind: RawKind) -> TokenSinkResult<()> {
    if begins { TokenSinkResult::RawData(kind) } else { TokenSinkResult::Continue }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(page: &str) -> PageFacts {
        facts("text/html; charset=utf-8", page.as_bytes())
    }

    #[test]
    fn what_a_page_says_for_previews_goes_before_its_own_title() {
        let page = r#"<!doctype html><html><head><title>Lale &amp; Oğlu</title>
            <META name="Description" content='Gözlükler &quot;1990&#39;dan beri&quot;'>
            <meta property="og:title" content="Yeni &#199;er&ccedil;eveler"/>
            <meta property=og:image content=/kapak.jpg><meta name="twitter:image" content="/other.jpg">
            </head><body><svg><title>an icon</title></svg></body></html>"#;
        let facts = read(page);
        assert_eq!(facts.title.as_deref(), Some("Yeni Çerçeveler"));
        assert_eq!(facts.description.as_deref(), Some("Gözlükler \"1990'dan beri\""));
        assert_eq!(facts.picture.as_deref(), Some("/kapak.jpg"));
        assert_eq!(read("<title> Lale\n &amp;  Oğlu </title><title>two</title>").title.as_deref(), Some("Lale & Oğlu"));
        assert_eq!(read("<meta name='twitter:title' content='T'><title>own</title>").title.as_deref(), Some("T"));
    }

    #[test]
    fn tags_in_scripts_comments_and_texts_say_nothing() {
        let page = r#"<script>var a = "<title>no</title><meta property='og:title' content='no'>";</script>
            <!-- <meta property="og:title" content="no"> --><style><title>no</title></style>
            <textarea><title>no</title></textarea><title>yes</title>"#;
        assert_eq!(read(page), PageFacts { title: Some("yes".to_owned()), ..PageFacts::default() });
        assert_eq!(read("<meta property='og:title' content=' \u{200b}'><p>Merhaba"), PageFacts::default());
    }

    #[test]
    fn a_page_is_read_by_what_it_or_its_server_says_of_its_encoding() {
        let title = |kind: &str, bytes: &[u8]| facts(kind, bytes).title.unwrap_or_default();
        let turkish = b"<title>\xde\xfd\xf0</title>";
        assert_eq!(title("text/html; charset=\"ISO-8859-9\"", turkish), "Şığ");
        let own = [b"<meta charset=windows-1254>".as_slice(), turkish].concat();
        assert_eq!(title("text/html", &own), "Şığ");
        let older = [b"<meta http-equiv=content-type content=\"text/html; charset = iso-8859-9\">".as_slice(), turkish];
        assert_eq!(title("text/html", &older.concat()), "Şığ");
        assert_eq!(title("text/html", turkish), "Şığ");
        assert_eq!(title("text/html", "<title>Şığ</title>".as_bytes()), "Şığ");
        assert_eq!(title("text/html", "\u{feff}<title>Şığ</title>".as_bytes()), "Şığ");
        let cut = "<title>Şığ</title>Ş".as_bytes();
        assert_eq!(title("text/html", &cut[..cut.len() - 1]), "Şığ");
        let wide: Vec<u8> = "\u{feff}<title>Şığ</title>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(title("text/html; charset=utf-8", &wide), "Şığ");
    }

    #[test]
    fn what_it_says_becomes_one_short_line_of_plain_characters() {
        let page = "<meta property='og:title' content='a\u{202e}b\u{7}\u{200b} c\n\td'>";
        assert_eq!(read(page).title.as_deref(), Some("ab c d"));
        let long =
            read(&format!("<title>{}</title><meta name=description content='{}'>", "ş".repeat(500), "x ".repeat(900)));
        assert_eq!(long.title.map(|title| title.chars().count()), Some(LONGEST_TITLE + 1));
        assert!(
            long.description
                .is_some_and(|text| text.chars().count() <= LONGEST_DESCRIPTION + 1 && text.ends_with("x…"))
        );
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_a_server_sends_breaks_the_reader(
            kind in ".{0,40}", pieces in proptest::collection::vec(piece(), 0..40)
        ) {
            let facts = facts(&kind, &pieces.concat());
            for said in [facts.title, facts.description].into_iter().flatten() {
                proptest::prop_assert!(!is_blank(&said) && !said.contains(['\n', '\u{202e}', '\0']), "{said:?}");
            }
        }
    }

    fn piece() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
        use proptest::prelude::*;
        let tags = [
            "<title>",
            "</title>",
            "<meta property=og:title content='",
            "'>",
            "<meta charset=",
            "<script>",
            "<!--",
            "&#x202e;",
            "&#0;",
            "<svg><title>",
            "<textarea",
            "\u{feff}",
            "\u{202e}",
        ];
        prop_oneof![
            proptest::sample::select(tags.to_vec()).prop_map(|tag| tag.as_bytes().to_vec()),
            proptest::collection::vec(any::<u8>(), 0..20),
        ]
    }

    #[test]
    fn only_a_page_is_a_page() {
        assert!(["text/html", "Text/HTML; charset=x", "application/xhtml+xml"].into_iter().all(is_page));
        assert!(!["", "application/pdf", "text/plain", "text/htmlx", "image/png"].into_iter().any(is_page));
    }
}
