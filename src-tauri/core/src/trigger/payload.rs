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
    let text = match value_at(payload, path)? {
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
            let text = text_at(&serde_json::json!({ "v": value }), "v").unwrap_or_default();
            found.push((path, text));
        }
    }
}

/// Texts are the same whatever their case; what is more or less must be two numbers.
pub fn compare(found: &str, how: Comparison, wanted: &str) -> bool {
    let same = || match (number(found), number(wanted)) {
        (Some(found), Some(wanted)) => found == wanted,
        _ => found.trim().to_lowercase() == wanted.trim().to_lowercase(),
    };
    let both = number(found).zip(number(wanted));
    match how {
        Comparison::Is => same(),
        Comparison::IsNot => !same(),
        Comparison::Above => both.is_some_and(|(found, wanted)| found > wanted),
        Comparison::Below => both.is_some_and(|(found, wanted)| found < wanted),
    }
}

/// Only compared, never charged: `1850`, `1850.5` or `1850,5`.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let text = if text.contains('.') { text.to_owned() } else { text.replacen(',', ".", 1) };
    let starts = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    text.parse().ok().filter(|number: &f64| starts && number.is_finite())
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
        for (found, how, wanted, holds) in [
            ("paid", Comparison::Is, " PAID ", true),
            ("10", Comparison::Is, "10.0", true),
            ("paid", Comparison::IsNot, "open", true),
            ("1850,5", Comparison::Above, "1850", true),
            ("9", Comparison::Below, "10", true),
            ("", Comparison::Below, "10", false),
            ("nine", Comparison::Below, "10", false),
            ("inf", Comparison::Above, "10", false),
            ("", Comparison::Is, "", true),
        ] {
            assert_eq!(compare(found, how, wanted), holds, "{found:?} {how:?} {wanted:?}");
        }
    }
}
