//! A filter as a condition of SQL on a contact `c`: the same rule as `matching::matches`.
//!
//! Whoever counts or lists asks it of all contacts at once, so what lies in other tables is looked up as a set; whoever
//! walks along the contacts asks it of a few at a time, so it is looked up for each of them.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::clock::Millis;
use crate::contact::fold::fold;
use crate::contact::segment::filter::{
    Condition, ConsentState, Filter, FilterError, Matching, Measure, OnWhatsapp, Range, Test, Today, Value, measure,
};
use crate::contact::{ContactError, language};
use crate::language::Language;

/// How many contacts a statement asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    All,
    /// A page of them.
    Few,
}

/// How many contacts the filter finds.
pub async fn count(reader: &mut SqliteConnection, filter: &Filter, today: Today) -> Result<i64, ContactError> {
    let opposite = opposite(filter);
    let all = if opposite.is_some() { "(SELECT count(*) FROM contacts) -" } else { "" };
    let filter = opposite.as_ref().unwrap_or(filter);
    let mut select = QueryBuilder::new(format!("SELECT {all} (SELECT count(*) FROM "));
    if filter.conditions.len() == 1 || filter.matching == Matching::Any {
        push_union(&mut select, filter, today)?;
    } else {
        select.push("contacts c WHERE ");
        push(&mut select, filter, Asked::All, today)?;
    }
    select.push(")");
    Ok(select.build_query_scalar().fetch_one(reader).await?)
}

/// Of a filter that leaves out: whom it leaves out.
fn opposite(filter: &Filter) -> Option<Filter> {
    match (filter.matching, filter.conditions.as_slice()) {
        (Matching::None, conditions) => Some(Filter { matching: Matching::Any, conditions: conditions.to_vec() }),
        (_, [one @ Condition { not: true, .. }]) => {
            let condition = Condition { not: false, ..one.clone() };
            Some(Filter { matching: Matching::All, conditions: vec![condition] })
        }
        _ => None,
    }
}

/// The ids of all contacts that the filter finds, as a query within another.
pub fn push_members(select: &mut QueryBuilder<Sqlite>, filter: &Filter, today: Today) -> Result<(), FilterError> {
    select.push("SELECT c.id FROM contacts c WHERE ");
    push(select, filter, Asked::All, today)
}

/// Where one condition is enough, those of each are put together, and nobody is asked for all of them.
fn push_union(select: &mut QueryBuilder<Sqlite>, filter: &Filter, today: Today) -> Result<(), FilterError> {
    filter.check()?;
    let mut between = "(";
    for condition in &filter.conditions {
        select.push(between);
        between = " UNION ";
        if !condition.not && matches!(condition.test, Test::Tag { .. } | Test::Field { .. }) {
            push_elsewhere(select, &condition.test, |head, _| head.to_owned())?;
        } else {
            select.push("SELECT c.id FROM contacts c WHERE ");
            push_condition(select, condition, Asked::All, today)?;
        }
    }
    select.push(")");
    Ok(())
}

/// The condition as a whole, in brackets: 0 or 1 and never NULL.
pub fn push(select: &mut QueryBuilder<Sqlite>, filter: &Filter, asked: Asked, today: Today) -> Result<(), FilterError> {
    filter.check()?;
    let (open, between) = match filter.matching {
        Matching::All => ("(", " AND "),
        Matching::Any => ("(", " OR "),
        Matching::None => ("NOT (", " OR "),
    };
    select.push(open);
    for (place, condition) in filter.conditions.iter().enumerate() {
        if place > 0 {
            select.push(between);
        }
        push_condition(select, condition, asked, today)?;
    }
    select.push(")");
    Ok(())
}

fn push_condition(
    select: &mut QueryBuilder<Sqlite>,
    condition: &Condition,
    asked: Asked,
    today: Today,
) -> Result<(), FilterError> {
    if condition.not {
        select.push("NOT ");
    }
    match &condition.test {
        test @ (Test::Tag { .. } | Test::Field { .. }) => {
            push_elsewhere(select, test, |head, alias| of(asked, head, alias))?;
            select.push(")");
        }
        Test::Standing { standing } => {
            select.push("c.standing = ").push_bind(*standing);
        }
        Test::Consent { consent } => {
            select.push(match consent {
                ConsentState::Recorded => "(c.consent_at IS NOT NULL AND c.consent_withdrawn_at IS NULL)",
                ConsentState::None => "(c.consent_at IS NULL AND c.consent_withdrawn_at IS NULL)",
                ConsentState::Withdrawn => "(c.consent_withdrawn_at IS NOT NULL)",
            });
        }
        Test::Contacted { when } => push_when(select, "c.last_message_at", when.span(today)?),
        Test::Answered { when } => push_when(select, "c.last_reply_at", when.span(today)?),
        Test::OnWhatsapp { known } => {
            select.push(match known {
                OnWhatsapp::Yes => "(c.on_whatsapp IS 1)",
                OnWhatsapp::No => "(c.on_whatsapp IS 0)",
                OnWhatsapp::Unknown => "(c.on_whatsapp IS NULL)",
            });
        }
        Test::Language { spoken } => push_language(select, spoken.language(), asked),
        Test::Import { import } => {
            select.push(of(asked, "SELECT i.contact_id FROM import_changes i WHERE i.import_id = ", "i"));
            select.push_bind(*import).push(")");
        }
    }
    Ok(())
}

/// Those whom a test finds in a table of their own, each once.
fn push_elsewhere(
    select: &mut QueryBuilder<Sqlite>,
    test: &Test,
    begun: impl Fn(&str, &str) -> String,
) -> Result<(), FilterError> {
    match test {
        Test::Tag { tag } => {
            select.push(begun("SELECT t.contact_id FROM contact_tags t WHERE t.tag = ", "t"));
            select.push_bind(tag.clone());
            Ok(())
        }
        Test::Field { field, value } => {
            select.push(begun("SELECT v.contact_id FROM contact_values v WHERE v.field = ", "v"));
            select.push_bind(field.clone());
            push_value(select, value)
        }
        _ => Ok(()),
    }
}

/// The beginning of a look into another table, up to its first argument.
fn of(asked: Asked, select: &str, alias: &str) -> String {
    match asked {
        // The sign keeps SQLite from looking up the wide row of each: the index with what filters ask is gone through.
        Asked::All => format!("+c.id IN ({select}"),
        Asked::Few => {
            let select = select.replacen(" WHERE ", &format!(" WHERE {alias}.contact_id = c.id AND "), 1);
            format!("EXISTS ({select}")
        }
    }
}

/// Without a language: those of whom no column names one.
fn push_language(select: &mut QueryBuilder<Sqlite>, spoken: Option<Language>, asked: Asked) {
    let languages = match &spoken {
        Some(language) => std::slice::from_ref(language),
        None => &Language::ALL[..],
    };
    if spoken.is_none() {
        select.push("NOT ");
    }
    select.push(of(asked, "SELECT v.contact_id FROM contact_values v WHERE v.field IN (", "v"));
    push_texts(select, language::FIELDS.iter());
    select.push(") AND v.text IN (");
    push_texts(select, languages.iter().flat_map(|language| language::words(*language)));
    select.push("))");
}

fn push_texts<'a>(select: &mut QueryBuilder<Sqlite>, texts: impl Iterator<Item = &'a &'static str>) {
    let mut list = select.separated(", ");
    for text in texts {
        list.push_bind(*text);
    }
}

fn push_value(select: &mut QueryBuilder<Sqlite>, value: &Value) -> Result<(), FilterError> {
    match (value, value.range()?) {
        (_, Some(Range::Days(first, last))) => push_between(select, " AND v.day BETWEEN ", first, last),
        (_, Some(Range::Numbers(first, last))) => push_between(select, " AND v.number BETWEEN ", first, last),
        (Value::Equal { to }, None) => {
            select.push(" AND (v.text = ").push_bind(fold(to.trim()));
            match measure(to) {
                Some(Measure::Day(day)) => select.push(" OR v.day = ").push_bind(day),
                Some(Measure::Number(number)) => select.push(" OR v.number = ").push_bind(number),
                None => select,
            };
            select.push(")");
        }
        (Value::Contains { text }, None) => {
            select.push(" AND instr(v.text, ").push_bind(fold(text.trim())).push(") > 0");
        }
        (_, None) => {}
    }
    Ok(())
}

fn push_between(select: &mut QueryBuilder<Sqlite>, head: &str, first: i64, last: i64) {
    select.push(head).push_bind(first).push(" AND ").push_bind(last);
}

fn push_when(select: &mut QueryBuilder<Sqlite>, column: &str, span: Option<(Millis, Millis)>) {
    match span {
        None => {
            select.push("(").push(column).push(" IS NULL)");
        }
        Some((from, before)) => {
            select.push("(").push(column).push(" IS NOT NULL AND ").push(column).push(" >= ").push_bind(from);
            select.push(" AND ").push(column).push(" < ").push_bind(before).push(")");
        }
    }
}
