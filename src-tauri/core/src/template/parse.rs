//! Takes a text apart into plain text and `{{variable}}` or `{{variable|fallback}}`.

use crate::error::{Coded, Params};
use crate::params;
use crate::text::is_blank;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    Text(String),
    Variable { name: String, fallback: Option<String> },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    pub segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error(
        "The text has \"{{{{\" without a closing \"}}}}\" near \"{near}\". Close the variable, or take the brackets away."
    )]
    Unclosed { near: String },
    #[error("The text has a variable without a name: \"{{{{}}}}\". Write one, such as {{{{name}}}}, or take it away.")]
    Nameless,
}

impl Coded for TemplateError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unclosed { .. } => "template.unclosed",
            Self::Nameless => "template.nameless",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Unclosed { near } => params! { near: near },
            Self::Nameless => Params::new(),
        }
    }
}

impl Template {
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut segments = Vec::new();
        let mut rest = text;
        while let Some((before, from_brackets)) = rest.split_once("{{") {
            let Some((inside, after)) = from_brackets.split_once("}}") else {
                return Err(TemplateError::Unclosed { near: from_brackets.chars().take(20).collect() });
            };
            push_text(&mut segments, before);
            segments.push(variable(inside)?);
            rest = after;
        }
        push_text(&mut segments, rest);
        Ok(Self { segments })
    }

    /// The names of the variables, each once, in the order they appear.
    pub fn variables(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for segment in &self.segments {
            if let Segment::Variable { name, .. } = segment
                && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        }
        names
    }
}

fn push_text(segments: &mut Vec<Segment>, text: &str) {
    if !text.is_empty() {
        segments.push(Segment::Text(text.to_owned()));
    }
}

fn variable(inside: &str) -> Result<Segment, TemplateError> {
    if inside.contains("{{") {
        return Err(TemplateError::Unclosed { near: inside.chars().take(20).collect() });
    }
    let (name, fallback) = match inside.split_once('|') {
        Some((name, fallback)) => (name, Some(fallback.trim().to_owned())),
        None => (inside, None),
    };
    match name.trim() {
        "" => Err(TemplateError::Nameless),
        name => Ok(Segment::Variable { name: name.to_owned(), fallback: fallback.filter(|text| !is_blank(text)) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_fallbacks_are_told_from_text() {
        let template = Template::parse("Sayın {{ name | müşterimiz }}, {{city}}!").unwrap();
        assert_eq!(template.variables(), ["name", "city"]);
        assert_eq!(
            template.segments[1],
            Segment::Variable { name: "name".into(), fallback: Some("müşterimiz".into()) }
        );
    }

    #[test]
    fn brackets_that_do_not_close_are_refused() {
        assert!(matches!(Template::parse("Hi {{name}"), Err(TemplateError::Unclosed { .. })));
        assert!(matches!(Template::parse("Hi {{na{{me}}"), Err(TemplateError::Unclosed { .. })));
        assert_eq!(Template::parse("Hi {{ }}"), Err(TemplateError::Nameless));
        assert_eq!(Template::parse("{ok} }} {").unwrap().variables().len(), 0);
    }
}
