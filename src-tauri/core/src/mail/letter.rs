//! From a message to a mail: the owner's template (MJML) with the message in it, as HTML and as plain text. Pure.

use mrml::prelude::render::RenderOptions;
use serde::Deserialize;

use super::text::plain;
use super::{Enclosure, MailError};
use crate::language::Language;

/// A template as the owner has it, or as it comes with Ulak.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename = "MailTemplate")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Template {
    pub subject: String,
    pub mjml: String,
}

/// What is put into a template.
#[derive(Clone, Copy, Debug)]
pub struct Filling<'a> {
    pub business: &'a str,
    pub name: &'a str,
    /// As it was written for WhatsApp.
    pub text: &'a str,
    /// The content ids of its pictures, in order.
    pub pictures: &'a [String],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub html: String,
    pub text: String,
}

/// Where the message goes: pictures and text, inside a column.
const MESSAGE: &str = "{{message}}";
const LONGEST_TEMPLATE: usize = 100_000;

impl Template {
    /// The one that comes with Ulak.
    pub fn ready(language: Language) -> Self {
        let (subject, greeting, foot) = match language {
            Language::En => (
                "A message from {{business}}",
                "Dear {{name}},",
                "You get this e-mail because our message could not reach you on WhatsApp. If you want no more messages from us, answer this e-mail.",
            ),
            Language::Tr => (
                "{{business}} size bir mesaj gönderdi",
                "Sayın {{name}},",
                "Mesajımız size WhatsApp’tan ulaşamadığı için bu e-postayı aldınız. Bizden mesaj almak istemiyorsanız bu e-postayı yanıtlamanız yeterli.",
            ),
            Language::Id => (
                "Pesan dari {{business}}",
                "Yth. {{name}},",
                "Anda menerima email ini karena pesan kami tidak dapat sampai ke WhatsApp Anda. Jika Anda tidak ingin menerima pesan lagi, balas email ini.",
            ),
        };
        let mjml = format!(
            r##"<mjml lang="{tag}">
  <mj-head>
    <mj-title>{subject}</mj-title>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="24px" color="#2d1b2b" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f6f1ed">
    <mj-section background-color="#ffffff" padding="24px">
      <mj-column>
        <mj-text font-size="20px" font-weight="bold">{{{{business}}}}</mj-text>
        <mj-text>{greeting}</mj-text>
        {MESSAGE}
      </mj-column>
    </mj-section>
    <mj-section padding="16px 24px">
      <mj-column>
        <mj-text font-size="13px" line-height="18px" color="#6b5a68">{foot}</mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"##,
            tag = language.as_str()
        );
        Self { subject: subject.to_owned(), mjml }
    }

    /// Whether something can be made of it, with anything in it.
    pub fn check(&self) -> Result<(), MailError> {
        if !self.mjml.contains(MESSAGE) {
            return Err(MailError::NoMessage);
        }
        if self.mjml.len() > LONGEST_TEMPLATE {
            return Err(MailError::Template { reason: "it is too long".to_owned() });
        }
        let pictures = ["p1".to_owned()];
        let filling = Filling {
            business: "A & B",
            name: "\"<x>\"",
            text: "*a* < b\nhttps://a.example/?b=1&c",
            pictures: &pictures,
        };
        self.letter(&filling).map(drop)
    }

    pub fn letter(&self, filling: &Filling<'_>) -> Result<Letter, MailError> {
        let unreadable = |reason: String| MailError::Template { reason };
        let mjml = fill(&self.mjml, filling, escaped).replace(MESSAGE, &message(filling));
        let parsed = mrml::parse(&mjml).map_err(|error| unreadable(error.to_string()))?;
        // Nothing is fetched by whoever opens the mail, fonts included.
        let options = RenderOptions { disable_comments: true, fonts: Default::default(), ..RenderOptions::default() };
        let html = parsed.element.render(&options).map_err(|error| unreadable(error.to_string()))?;
        let subject = fill(&self.subject, filling, str::to_owned);
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Letter { subject, text: plain(&html), html })
    }
}

/// A greeting to somebody whose name is not known loses the name with the blank before it.
fn fill(text: &str, filling: &Filling<'_>, shown: impl Fn(&str) -> String) -> String {
    let text = text.replace("{{business}}", &shown(filling.business));
    match filling.name.trim() {
        "" => text.replace(" {{name}}", "").replace("{{name}}", ""),
        name => text.replace("{{name}}", &shown(name)),
    }
}

fn message(filling: &Filling<'_>) -> String {
    let pictures =
        filling.pictures.iter().map(|cid| format!(r#"<mj-image src="cid:{cid}" alt="" padding="8px 24px" />"#));
    let mut parts: Vec<String> = pictures.collect();
    if !filling.text.trim().is_empty() {
        parts.push(format!("<mj-text>{}</mj-text>", formatted(filling.text)));
    }
    parts.join("\n")
}

/// What WhatsApp shows of the marks in a text, as HTML: *bold*, _italic_, ~struck~, ```fixed```, lines and links.
fn formatted(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| spans(line, true)).collect();
    lines.join("<br />\n")
}

const MARKS: [(&str, &str); 4] = [("```", "code"), ("*", "b"), ("_", "i"), ("~", "s")];

/// A mark opens where no letter stands before it and closes where none stands behind it, with no blank inside.
fn spans(text: &str, links: bool) -> String {
    let mut html = String::new();
    let mut before = ' ';
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if !before.is_alphanumeric() {
            if let Some(link) = Some(link(rest)).filter(|link| links && !link.is_empty()) {
                let shown = escaped(link);
                html.push_str(&format!(r#"<a href="{shown}">{shown}</a>"#));
                rest = rest.get(link.len()..).unwrap_or_default();
                before = 'a';
                continue;
            }
            if let Some((inside, tag, behind)) = MARKS.iter().find_map(|(mark, tag)| marked(rest, mark, tag)) {
                let inside = if tag == "code" { escaped(inside) } else { spans(inside, links) };
                html.push_str(&format!("<{tag}>{inside}</{tag}>"));
                rest = behind;
                before = '*';
                continue;
            }
        }
        html.push_str(&escaped(first.encode_utf8(&mut [0; 4])));
        before = first;
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    html
}

fn marked<'a>(text: &'a str, mark: &str, tag: &'static str) -> Option<(&'a str, &'static str, &'a str)> {
    let (inside, behind) = text.strip_prefix(mark)?.split_once(mark)?;
    let closes = !inside.is_empty()
        && !inside.starts_with(char::is_whitespace)
        && !inside.ends_with(char::is_whitespace)
        && !behind.starts_with(char::is_alphanumeric);
    closes.then_some((inside, tag, behind))
}

/// The link that a text begins with; what ends a sentence is none of it.
fn link(text: &str) -> &str {
    if !text.starts_with("https://") && !text.starts_with("http://") {
        return "";
    }
    let end = text.find(|c: char| c.is_whitespace() || "<>\"".contains(c)).unwrap_or(text.len());
    let link = text.get(..end).unwrap_or_default().trim_end_matches(|c: char| ".,;:!?)*_~".contains(c));
    if link.len() > "https://".len() { link } else { "" }
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            // A template's own words in a text stay words.
            '{' => html.push_str("&#123;"),
            c => html.push(c),
        }
    }
    html
}

/// The HTML with its pictures inside, to be shown where nothing is fetched.
pub fn shown(html: &str, pictures: &[Enclosure]) -> String {
    pictures.iter().fold(html.to_owned(), |html, picture| {
        let bytes = data_encoding::BASE64.encode(&picture.bytes);
        html.replace(&format!("cid:{}", picture.cid), &format!("data:{};base64,{bytes}", picture.mime))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatsapps_marks_become_html_and_nothing_of_a_text_becomes_code() {
        for (text, html) in [
            ("*bold* and _italic_, ~old~", "<b>bold</b> and <i>italic</i>, <s>old</s>"),
            ("```a*b*```", "<code>a*b*</code>"),
            ("2*3*4 and * no *", "2*3*4 and * no *"),
            ("*_both_*", "<b><i>both</i></b>"),
            ("<script>", "&lt;script&gt;"),
            (
                "See https://shop.example/?a=1&b=2.",
                r#"See <a href="https://shop.example/?a=1&amp;b=2">https://shop.example/?a=1&amp;b=2</a>."#,
            ),
            ("{{message}}", "&#123;&#123;message}}"),
            ("one\ntwo", "one<br />\ntwo"),
            ("*", "*"),
            ("*ş*ğ *ş*", "*ş*ğ <b>ş</b>"),
        ] {
            assert_eq!(formatted(text), html, "{text}");
        }
    }

    #[test]
    fn every_language_has_a_template_that_makes_a_letter() {
        let pictures = ["p1".to_owned(), "p2".to_owned()];
        for language in Language::ALL {
            let template = Template::ready(language);
            template.check().unwrap();
            let filling = Filling {
                business: "Lale & Oğulları",
                name: "Çağla <Ş>",
                text: "*Merhaba*\nhttps://a.example",
                pictures: &pictures,
            };
            let letter = template.letter(&filling).unwrap();
            assert!(letter.subject.contains("Lale & Oğulları"), "{}", letter.subject);
            assert!(
                letter.html.contains("cid:p1")
                    && letter.html.contains("cid:p2")
                    && letter.html.contains("<b>Merhaba</b>")
            );
            assert!(!letter.html.contains("fonts.googleapis") && !letter.html.contains("<Ş>"), "{}", letter.html);
            assert!(
                letter.text.contains("Çağla <Ş>") && letter.text.contains("Merhaba\nhttps://a.example"),
                "{}",
                letter.text
            );
            assert!(!letter.text.contains("{{") && !letter.text.contains("font"), "{}", letter.text);
        }
    }

    #[test]
    fn a_greeting_without_a_name_has_no_hole() {
        let filling = Filling { business: "Lale", name: " ", text: "Merhaba", pictures: &[] };
        let letter = Template::ready(Language::Tr).letter(&filling).unwrap();
        assert!(letter.text.contains("Sayın,"), "{}", letter.text);
    }

    #[test]
    fn a_template_without_a_place_for_the_message_or_that_is_no_mjml_is_refused() {
        let of = |mjml: &str| Template { subject: "x".to_owned(), mjml: mjml.to_owned() };
        assert!(matches!(of("<mjml><mj-body></mj-body></mjml>").check(), Err(MailError::NoMessage)));
        assert!(matches!(of("<mjml><mj-body>{{message}}").check(), Err(MailError::Template { .. })));
        assert!(matches!(of("{{message}}").check(), Err(MailError::Template { .. })));
    }

    #[test]
    fn a_preview_has_its_pictures_inside() {
        let picture =
            Enclosure { cid: "p1".to_owned(), name: String::new(), mime: "image/png".to_owned(), bytes: vec![1, 2, 3] };
        assert_eq!(shown(r#"<img src="cid:p1">"#, &[picture]), r#"<img src="data:image/png;base64,AQID">"#);
    }
}
