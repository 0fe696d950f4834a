//! Fills a template for one contact. A variable without a value and without a fallback is an error, so that
//! an unfilled `{{variable}}` cannot be sent.

use super::{Segment, Template};
use crate::text::is_blank;

/// The variable that has no value for this contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing(pub String);

pub fn render<'v>(template: &Template, value: impl Fn(&str) -> Option<&'v str>) -> Result<String, Missing> {
    let mut text = String::new();
    for segment in &template.segments {
        match segment {
            Segment::Text(plain) => text.push_str(plain),
            Segment::Variable { name, fallback } => {
                let filled = value(name).map(str::trim).filter(|value| !is_blank(value));
                text.push_str(filled.or(fallback.as_deref()).ok_or_else(|| Missing(name.clone()))?);
            }
        }
    }
    Ok(text)
}

/// How long WhatsApp takes a text to be: UTF-16 units, the count of its clients' text fields. An emoji outside
/// the basic plane counts two, so by any other way of counting the text is shorter, never longer.
pub fn whatsapp_length(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_value_takes_the_fallback_and_none_is_an_error() {
        let template = Template::parse("Sayın {{name|müşterimiz}}, {{city}}").unwrap();
        for blank in ["  ", "\u{3164}", "\u{200d}\u{200d}"] {
            let value = |name: &str| (name == "city").then_some(blank);
            assert_eq!(render(&template, value), Err(Missing("city".into())), "{blank:?}");
        }
        let value = |name: &str| if name == "city" { Some("İzmir") } else { None };
        assert_eq!(render(&template, value).unwrap(), "Sayın müşterimiz, İzmir");
    }

    #[test]
    fn emoji_outside_the_basic_plane_count_two() {
        assert_eq!(whatsapp_length("a👓ğ"), 4);
    }
}
