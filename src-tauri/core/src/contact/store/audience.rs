//! Contacts as an audience: walked in the order of their ids, a page at a time, with what their messages need.

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, QueryBuilder, Row, Sqlite, SqliteConnection};

use super::{count, count_tagged, facts_of, fields_of};
use crate::clock::Millis;
use crate::contact::Fields;
use crate::contact::permission::{Facts, Moment, account_of, facts};
use crate::contact::phone::Phone;
use crate::contact::segment::filter::{Filter, Today};
use crate::contact::segment::store::condition::{self, Asked};
use crate::contact::variable::{self, Own};
use crate::ids::ContactId;
use crate::stored::Json;

/// Whom an audience is made of.
#[derive(Clone, Copy, Debug)]
pub enum Whom<'a> {
    Chosen(&'a Chosen),
    One(ContactId),
    /// Those of the chosen whom another feature's rows name.
    Among(&'a dyn Members, &'a Chosen),
}

/// Everybody or some groups, without others. Before filters look at fields, their values are to be settled.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub everybody: bool,
    pub with: Group,
    pub without: Group,
    pub today: Today,
}

impl Chosen {
    pub fn everybody(now: Millis) -> Self {
        Self::of(true, Group::default(), now)
    }

    /// These people, as far as they are contacts.
    pub fn people(people: Vec<ContactId>, now: Millis) -> Self {
        Self::of(false, Group { people, ..Group::default() }, now)
    }

    fn of(everybody: bool, with: Group, now: Millis) -> Self {
        Self { everybody, with, without: Group::default(), today: Today { now, zone: chrono_tz::Tz::UTC } }
    }
}

/// Whoever has one of the tags, whom one of the filters finds, and single people.
#[derive(Clone, Debug, Default)]
pub struct Group {
    pub tags: Vec<String>,
    pub filters: Vec<Filter>,
    pub people: Vec<ContactId>,
}

impl Group {
    fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.filters.is_empty() && self.people.is_empty()
    }
}

/// A condition on a contact `c`, in a feature that knows rows which this store does not.
pub trait Members: std::fmt::Debug + Send + Sync {
    fn push(&self, select: &mut QueryBuilder<Sqlite>);
}

#[derive(Clone, Debug)]
pub struct Person {
    pub id: ContactId,
    pub phone: String,
    pub name: String,
    pub email: String,
    pub fields: Fields,
    /// What decides whether they may be written to.
    pub facts: Facts,
    /// The phone of their WhatsApp account as far as it is known, as digits: the same for every spelling.
    pub account: u64,
    /// As far as anybody has found out.
    pub on_whatsapp: Option<bool>,
}

impl Person {
    /// What a variable stands for: a field of this very name, a part that every contact has, a field whose name is
    /// written another way, or the part of which lists call the column so.
    pub fn value(&self, variable: &str) -> Option<&str> {
        if let Some(exact) = self.fields.get(variable) {
            return Some(exact);
        }
        let same = || self.fields.iter().find(|(name, _)| variable::is_same(variable, name));
        match variable::own(variable) {
            Some(own) => Some(self.own(own)),
            None => match same() {
                Some((_, value)) => Some(value),
                None => variable::by_header(variable).map(|own| self.own(own)),
            },
        }
    }

    fn own(&self, own: Own) -> &str {
        match own {
            Own::Name => &self.name,
            Own::Phone => &self.phone,
            Own::Email => &self.email,
        }
    }
}

/// So many contacts of an audience at a time, in the order of their ids.
pub const PAGE: u32 = 5_000;

const PEOPLE: &str = concat!(
    "SELECT c.id, c.phone, c.name, c.email, c.fields, ",
    facts!(),
    ", ",
    account_of!("c.phone"),
    " AS account, c.on_whatsapp FROM contacts c WHERE "
);

fn people(moment: Moment) -> Result<QueryBuilder<Sqlite>, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    for argument in [moment.at, moment.promotion_gap] {
        arguments.add(argument).map_err(sqlx::Error::Encode)?;
    }
    Ok(QueryBuilder::with_arguments(PEOPLE, arguments))
}

pub async fn people_after(
    db: &mut SqliteConnection,
    whom: Whom<'_>,
    moment: Moment,
    after: Option<ContactId>,
    limit: u32,
) -> Result<Vec<Person>, sqlx::Error> {
    let mut select = people(moment)?;
    push_whom(&mut select, whom, Asked::Few)?;
    if let Some(after) = after {
        select.push(" AND c.id > ").push_bind(after);
    }
    select.push(" ORDER BY c.id LIMIT ").push_bind(limit);
    let rows = select.build().fetch_all(db).await?;
    rows.iter().map(person).collect()
}

pub async fn person_at(
    db: &mut SqliteConnection,
    whom: Whom<'_>,
    moment: Moment,
    index: u32,
) -> Result<Option<Person>, sqlx::Error> {
    let mut select = people(moment)?;
    push_whom(&mut select, whom, Asked::All)?;
    select.push(" ORDER BY c.id LIMIT 1 OFFSET ").push_bind(index);
    select.build().fetch_optional(db).await?.as_ref().map(person).transpose()
}

/// From the counters where one tells it.
pub async fn count_people(db: &mut SqliteConnection, whom: Whom<'_>) -> Result<i64, sqlx::Error> {
    if let Whom::Chosen(Chosen { everybody, with, without, .. }) = whom
        && without.is_empty()
    {
        match (everybody, with.tags.as_slice()) {
            (true, _) => return count(db).await,
            (false, [tag]) if with.filters.is_empty() && with.people.is_empty() => return count_tagged(db, tag).await,
            _ => {}
        }
    }
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new("SELECT count(*) FROM contacts c WHERE ");
    push_whom(&mut select, whom, Asked::All)?;
    select.build_query_scalar().fetch_one(db).await
}

fn push_whom(select: &mut QueryBuilder<Sqlite>, whom: Whom<'_>, asked: Asked) -> Result<(), sqlx::Error> {
    match whom {
        Whom::One(id) => {
            select.push("c.id = ").push_bind(id);
        }
        Whom::Among(members, chosen) => {
            members.push(select);
            select.push(" AND ");
            push_chosen(select, chosen, asked)?;
        }
        Whom::Chosen(chosen) => push_chosen(select, chosen, asked)?,
    }
    Ok(())
}

fn push_chosen(select: &mut QueryBuilder<Sqlite>, chosen: &Chosen, asked: Asked) -> Result<(), sqlx::Error> {
    if chosen.everybody {
        select.push("1");
    } else {
        push_group(select, &chosen.with, asked, chosen.today)?;
    }
    if !chosen.without.is_empty() {
        select.push(" AND NOT ");
        push_group(select, &chosen.without, asked, chosen.today)?;
    }
    // Whoever came in after the values of fields were settled is none of the audience: no filter could tell.
    let has_filters = !chosen.with.filters.is_empty() || !chosen.without.filters.is_empty();
    if has_filters && asked == Asked::Few {
        select
            .push(" AND NOT EXISTS (SELECT 1 FROM contact_values_due d WHERE d.contact_id = c.id AND c.created_at >= ");
        select.push_bind(chosen.today.now).push(")");
    }
    Ok(())
}

/// Of an empty group nobody is.
fn push_group(select: &mut QueryBuilder<Sqlite>, group: &Group, asked: Asked, today: Today) -> Result<(), sqlx::Error> {
    select.push("(0");
    if !group.tags.is_empty() {
        select.push(match asked {
            Asked::All => " OR +c.id IN (SELECT t.contact_id FROM contact_tags t WHERE t.tag IN (",
            Asked::Few => " OR EXISTS (SELECT 1 FROM contact_tags t WHERE t.contact_id = c.id AND t.tag IN (",
        });
        let mut tags = select.separated(", ");
        group.tags.iter().for_each(|tag| {
            tags.push_bind(tag.clone());
        });
        select.push("))");
    }
    for filter in &group.filters {
        select.push(" OR ");
        condition::push(select, filter, asked, today).map_err(|error| sqlx::Error::Encode(error.into()))?;
    }
    if !group.people.is_empty() {
        // However many there are, they are one argument.
        let people: Vec<String> = group.people.iter().map(|id| id.0.simple().to_string()).collect();
        select.push(" OR c.id IN (WITH named(id) AS (SELECT unhex(value) FROM json_each(").push_bind(Json(people));
        // Whoever became one with another is that one.
        select.push(
            ")) SELECT id FROM named UNION ALL SELECT m.into_id FROM merged_contacts m JOIN named ON named.id = m.contact_id)",
        );
    }
    select.push(")");
    Ok(())
}

fn person(row: &SqliteRow) -> Result<Person, sqlx::Error> {
    Ok(Person {
        id: row.try_get("id")?,
        phone: row.try_get("phone")?,
        name: row.try_get("name")?,
        email: row.try_get("email")?,
        fields: fields_of(row)?,
        facts: facts_of(row, 5)?,
        account: Phone::from_e164(row.try_get("account")?).map_or(0, Phone::subscriber),
        on_whatsapp: row.try_get("on_whatsapp")?,
    })
}
