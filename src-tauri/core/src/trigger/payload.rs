//! The fields of what a program tells, and how they are compared. Pure.

use serde_json::Value;

use super::Comparison;

/// What stands at a way such as `customer.phones.0`.
pub fn value_at<'a>(payload: &'a Value, path: &str) -> Option<&'a Value> {
    let step = |value: &'a Value, name: &str| match value {
        Value::Object(fields) => fields.get(name),
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    };
    let path = path.trim();
    if path.is_empty() {
        return None;
    }
    path.split('.').try_fold(payload, step)
}

/// The same as a text; a field that is empty, or no single value, has none.
pub fn text_at(payload: &Value, path: &str) -> Option<String> {
    text_of(value_at(payload, path)?)
}

fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (None, Some(number)) => number.to_string(),
            _ => number.to_string(),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(text).filter(|text| !text.trim().is_empty())
}

/// Every way to a single value in it with what stands there, in order; lists by their first item alone.
pub fn fields(payload: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(payload, String::new(), &mut found);
    found
}

/// So many fields are told of.
const MOST: usize = 200;

fn walk(value: &Value, path: String, found: &mut Vec<(String, String)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        _ if found.len() >= MOST => {}
        Value::Object(fields) => fields.iter().for_each(|(name, value)| walk(value, below(name), found)),
        Value::Array(items) => items.iter().take(1).for_each(|item| walk(item, below("0"), found)),
        Value::Null => found.push((path, String::new())),
        _ => {
            found.push((path, text_of(value).unwrap_or_default()));
        }
    }
}

/// Whether a field is what a condition wants; none where that cannot be told: it is empty, or more and less are asked of
/// what is no number. Texts are the same whatever their case.
pub fn compare(found: Option<&Value>, how: Comparison, wanted: &str) -> Option<bool> {
    let text = found.and_then(text_of);
    let measure = || match found {
        Some(Value::Number(number)) => number.as_f64(),
        _ => text.as_deref().and_then(number),
    };
    let same = |text: &str| match (measure(), number(wanted)) {
        (Some(found), Some(wanted)) => found == wanted,
        _ => text.trim().to_lowercase() == wanted.trim().to_lowercase(),
    };
    match how {
        Comparison::Is => Some(text.as_deref().is_some_and(same)),
        Comparison::IsNot => text.as_deref().map(|text| !same(text)),
        Comparison::Above => measure().zip(number(wanted)).map(|(found, wanted)| found > wanted),
        Comparison::Below => measure().zip(number(wanted)).map(|(found, wanted)| found < wanted),
    }
}

/// Only compared, never charged. Of two separators the last one parts the fraction; one alone in front of three digits may
/// be either, and is no number: `1.850` is 1850 here and 1.85 there.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.strip_prefix('-').unwrap_or(text);
    if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')) {
        return None;
    }
    let of = |separator: char| plain.matches(separator).count();
    let fraction = match (of('.'), of(',')) {
        (0, 0) => None,
        (1, 0) | (0, 1) => {
            let (whole, rest) = plain.split_once(['.', ','])?;
            if rest.len() == 3 && (1..=3).contains(&whole.len()) && whole != "0" {
                return None;
            }
            plain.rfind(['.', ','])
        }
        (dots, 0) if dots > 1 => None,
        (0, commas) if commas > 1 => None,
        _ => plain.rfind(['.', ',']),
    };
    let (whole, rest) = fraction
        .map_or((plain, ""), |at| (plain.get(..at).unwrap_or_default(), plain.get(at + 1..).unwrap_or_default()));
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let number: f64 = format!("{}.{}", digits(whole), if rest.is_empty() { "0" } else { rest }).parse().ok()?;
    Some(if text.starts_with('-') { -number } else { number })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_way_leads_through_objects_and_lists() {
        let payload = json!({ "a": { "b": ["x", { "c": 7 }] }, "n": null, "t": true, "f": 12.50, "e": " " });
        let at = |path: &str| text_at(&payload, path);
        assert_eq!(at("a.b.0").as_deref(), Some("x"));
        assert_eq!(at("a.b.1.c").as_deref(), Some("7"));
        assert_eq!(at(" t ").as_deref(), Some("true"));
        assert_eq!(at("f").as_deref(), Some("12.5"));
        for nothing in ["", "a", "a.b", "a.b.2", "a.b.x", "n", "e", "a..b", "zz"] {
            assert_eq!(at(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn the_fields_are_told_with_what_stands_there() {
        let payload = json!({ "no": "F-1", "who": { "phone": 1, "tags": ["a", "b"] }, "x": null });
        let fields = fields(&payload);
        let shown: Vec<_> = fields.iter().map(|(path, value)| (path.as_str(), value.as_str())).collect();
        assert_eq!(shown, [("no", "F-1"), ("who.phone", "1"), ("who.tags.0", "a"), ("x", "")]);
    }

    #[test]
    fn more_and_less_are_of_numbers_alone() {
        use Comparison::{Above, Below, Is, IsNot};
        for (found, how, wanted, holds) in [
            (json!("paid"), Is, " PAID ", Some(true)),
            (json!("10"), Is, "10,0", Some(true)),
            (json!("paid"), IsNot, "open", Some(true)),
            (json!("1.850,50"), Above, "1850", Some(true)),
            (json!("1,850.50"), Below, "1850", Some(false)),
            (json!("1.234.567"), Above, "1000000", Some(true)),
            (json!(1.234), Below, "100", Some(true)),
            (json!("0.125"), Below, "1", Some(true)),
            (json!("1.850"), Below, "100", None),
            (json!("nine"), Below, "10", None),
            (json!("inf"), Above, "10", None),
            (json!(""), Below, "10", None),
            (json!(null), IsNot, "open", None),
            (json!(""), Is, "", Some(false)),
            (json!("-5"), Below, "0", Some(true)),
        ] {
            assert_eq!(compare(Some(&found), how, wanted), holds, "{found} {how:?} {wanted:?}");
        }
        assert_eq!(compare(None, IsNot, "open"), None);
    }
}
