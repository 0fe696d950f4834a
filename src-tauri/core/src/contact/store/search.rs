//! Searching among all contacts: their words, the index over them, and the rule of `contact::search` as SQL.
//!
//! Triggers note in `contact_words_due` whose words were changed, so whoever writes contacts need not think of it.
//! `settle` reads them; whoever searches settles first. Where many are due still, the texts of the contacts are looked
//! at instead, which takes longer and finds some more, but leaves out nobody.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::contact::fold::fold;
use crate::contact::search::{DIALLED, Needle, Words, needles};
use crate::db::{Db, StorageError, Tx};
use crate::ids::ContactId;

/// Contacts whose words are written in one transaction, so that others wait for a tenth of a second at most.
const CHUNK: u32 = 1_000;
/// Words that one statement brings.
const BROUGHT: usize = 250;
/// So many that a search finds are sorted sooner than found along a list.
const FEW: i64 = 1_000;
/// The index is asked for so many of the words; the rule for all.
const ASKED: usize = 8;

/// Until nobody's words are due.
pub async fn settle(db: &Db) -> Result<(), StorageError> {
    while settle_next(db).await? {}
    Ok(())
}

/// What a search can wait for. Whether more is due.
pub async fn settle_next(db: &Db) -> Result<bool, StorageError> {
    if !is_due(&mut *db.read().acquire().await?).await? {
        return Ok(false);
    }
    let mut tx = db.begin().await?;
    let more = settle_some(&mut tx, CHUNK).await.map_err(|error| db.error(error))?;
    db.commit(tx).await?;
    Ok(more)
}

async fn is_due(reader: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM contact_words_due)").fetch_one(reader).await
}

/// Reads the words of so many contacts; whether there may be more.
pub async fn settle_some(tx: &mut Tx, limit: u32) -> Result<bool, sqlx::Error> {
    let due = "SELECT d.contact_id, c.search FROM contact_words_due d LEFT JOIN contacts c ON c.id = d.contact_id
               ORDER BY d.contact_id LIMIT ?";
    let due: Vec<(ContactId, Option<String>)> = sqlx::query_as(due).bind(limit).fetch_all(&mut *tx).await?;
    let Some((last, _)) = due.last() else { return Ok(false) };
    let last = *last;
    let tags = tags_of_due(tx, last).await?;
    for statement in [
        "DELETE FROM contact_words WHERE contact_id IN (SELECT contact_id FROM contact_words_due WHERE contact_id <= ?)",
        "DELETE FROM contact_words_due WHERE contact_id <= ?",
    ] {
        sqlx::query(statement).bind(last).execute(&mut *tx).await?;
    }
    let none = Vec::new();
    let words = due.iter().filter_map(|(id, search)| {
        let tags = tags.get(id).unwrap_or(&none);
        Some((*id, Words::of(search.as_ref()?, tags, id.0.as_u128())))
    });
    let placed = place(tx, words.collect()).await?;
    let placed: Vec<_> = placed.into_iter().collect();
    for some in placed.chunks(BROUGHT) {
        write(tx, some).await?;
    }
    Ok(due.len() >= usize::try_from(limit).unwrap_or(usize::MAX))
}

async fn tags_of_due(tx: &mut Tx, last: ContactId) -> Result<BTreeMap<ContactId, Vec<String>>, sqlx::Error> {
    let tags = "SELECT t.contact_id, t.tag FROM contact_words_due d JOIN contact_tags t ON t.contact_id = d.contact_id
                WHERE d.contact_id <= ?";
    let found: Vec<(ContactId, String)> = sqlx::query_as(tags).bind(last).fetch_all(tx).await?;
    let mut tags: BTreeMap<ContactId, Vec<String>> = BTreeMap::new();
    for (id, tag) in found {
        tags.entry(id).or_default().push(tag);
    }
    Ok(tags)
}

/// In the order of their places, each behind those that are taken. The index is written fastest in this order.
async fn place(tx: &mut Tx, words: Vec<(ContactId, Words)>) -> Result<BTreeMap<i64, (ContactId, Words)>, sqlx::Error> {
    let taken = "SELECT place FROM contact_words WHERE place IN (SELECT value FROM json_each(?))";
    let mut placed = BTreeMap::new();
    let mut waiting = words;
    while !waiting.is_empty() {
        let wanted: Vec<i64> = waiting.iter().map(|(_, words)| words.place).collect();
        let wanted = serde_json::json!(wanted).to_string();
        let taken: Vec<i64> = sqlx::query_scalar(taken).bind(wanted).fetch_all(&mut *tx).await?;
        let taken: BTreeSet<i64> = taken.into_iter().collect();
        let mut next = Vec::new();
        for (id, mut words) in waiting {
            if taken.contains(&words.place) || placed.contains_key(&words.place) {
                words.place += 1;
                next.push((id, words));
            } else {
                placed.insert(words.place, (id, words));
            }
        }
        waiting = next;
    }
    Ok(placed)
}

async fn write(tx: &mut Tx, some: &[(i64, (ContactId, Words))]) -> Result<(), sqlx::Error> {
    let mut insert = QueryBuilder::new("INSERT INTO contact_words (place, contact_id, digits, words) ");
    insert.push_values(some, |mut row, (place, (id, words))| {
        row.push_bind(*place).push_bind(*id).push_bind(words.digits.clone()).push_bind(words.words.clone());
    });
    insert.build().execute(&mut *tx).await?;
    let mut insert = QueryBuilder::new("INSERT INTO contact_index (rowid, words) ");
    insert.push_values(some, |mut row, (place, (_, words))| {
        row.push_bind(*place).push_bind(words.indexed());
    });
    insert.build().execute(tx).await?;
    Ok(())
}

/// What was taken out of the index stays in its pages until they are written anew.
pub async fn forget_what_is_gone(tx: &mut Tx) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO contact_index (contact_index) VALUES ('optimize')").execute(tx).await?;
    Ok(())
}

/// A search as it is asked of a list.
#[derive(Clone, Debug, Default)]
pub struct Search {
    needles: Vec<Needle>,
    /// What the index is asked for.
    asked: String,
    way: Way,
}

#[derive(Clone, Debug, Default)]
enum Way {
    /// Everybody is found.
    #[default]
    All,
    /// So few that they are looked up and sorted.
    Few,
    /// Found along the index, in the order of their places.
    Many,
    /// The words of some are due: every text is looked at. For each needle, the tags that it finds.
    Unsettled { tags: Vec<Vec<String>> },
}

impl Search {
    pub async fn of(reader: &mut SqliteConnection, text: &str) -> Result<Self, sqlx::Error> {
        let needles = needles(text);
        if needles.is_empty() {
            return Ok(Self::default());
        }
        let asked = needles.iter().take(ASKED).map(Needle::asked).collect::<Vec<_>>().join(" AND ");
        if is_due(reader).await? {
            let tags = tags_found(reader, &needles).await?;
            return Ok(Self { needles, asked, way: Way::Unsettled { tags } });
        }
        let found = "SELECT count(*) FROM (SELECT 1 FROM contact_index WHERE contact_index MATCH ? LIMIT ?)";
        let found: i64 = sqlx::query_scalar(found).bind(&asked).bind(FEW + 1).fetch_one(reader).await?;
        Ok(Self { needles, asked, way: if found > FEW { Way::Many } else { Way::Few } })
    }

    pub fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// They are all looked at.
    pub fn finds_few(&self) -> bool {
        matches!(self.way, Way::Few)
    }

    /// Their list has the order of the index.
    pub fn finds_many(&self) -> bool {
        matches!(self.way, Way::Many)
    }

    /// The question to the index.
    pub fn asked(&self) -> &str {
        &self.asked
    }

    /// The condition on a contact whose id `contact` is.
    pub fn push(&self, select: &mut QueryBuilder<Sqlite>, contact: &'static str) {
        match &self.way {
            Way::All => {}
            Way::Few => {
                select
                    .push(" AND ")
                    .push(contact)
                    .push(" IN (SELECT w.contact_id FROM contact_words w WHERE w.place IN ");
                select
                    .push("(SELECT rowid FROM contact_index WHERE contact_index MATCH ")
                    .push_bind(self.asked.clone());
                self.push_rule(select.push(")"));
                select.push(")");
            }
            Way::Many => {
                select.push(" AND EXISTS (SELECT 1 FROM contact_words w WHERE w.contact_id = ").push(contact);
                self.push_rule(select);
                select.push(")");
            }
            Way::Unsettled { tags } => self.push_texts(select, contact, tags),
        }
    }

    /// The rule, on the words `w`.
    pub fn push_rule(&self, select: &mut QueryBuilder<Sqlite>) {
        for needle in &self.needles {
            let (begins, digits) = match needle {
                Needle::Word(word) => (word, None),
                Needle::Digits { digits, dialled } => (digits, Some(dialled)),
            };
            select.push(" AND (instr(w.words, ").push_bind(format!(" {begins}")).push(") > 0");
            if let Some(dialled) = digits {
                select.push(" OR instr(w.digits, ").push_bind(begins.clone()).push(") > 0");
                if let Some(bare) = dialled {
                    select.push(" OR instr(w.digits, ").push_bind(bare.clone());
                    select.push(format!(") BETWEEN 1 AND {DIALLED}"));
                }
            }
            select.push(")");
        }
    }

    fn push_texts(&self, select: &mut QueryBuilder<Sqlite>, contact: &'static str, tags: &[Vec<String>]) {
        // A list of contacts has the text at hand.
        let listed = contact == "c.id";
        let s = if listed { "c" } else { "s" };
        if !listed {
            select.push(" AND EXISTS (SELECT 1 FROM contacts s WHERE s.id = ").push(contact);
        }
        for (needle, tags) in self.needles.iter().zip(tags) {
            let (text, bare) = match needle {
                Needle::Word(word) => (word, None),
                Needle::Digits { digits, dialled } => (digits, dialled.as_ref()),
            };
            select.push(" AND (0");
            for text in std::iter::once(text).chain(bare) {
                select.push(format!(" OR instr({s}.search, ")).push_bind(text.clone()).push(") > 0");
            }
            if !tags.is_empty() {
                select.push(format!(
                    " OR EXISTS (SELECT 1 FROM contact_tags t WHERE t.contact_id = {s}.id AND t.tag IN ("
                ));
                let mut list = select.separated(", ");
                tags.iter().for_each(|tag| {
                    list.push_bind(tag.clone());
                });
                select.push("))");
            }
            select.push(")");
        }
        if !listed {
            select.push(")");
        }
    }
}

async fn tags_found(reader: &mut SqliteConnection, needles: &[Needle]) -> Result<Vec<Vec<String>>, sqlx::Error> {
    let tags: Vec<String> = sqlx::query_scalar("SELECT tag FROM tag_counts WHERE people > 0").fetch_all(reader).await?;
    let holds = |needle: &Needle, tag: &String| match needle {
        Needle::Word(text) | Needle::Digits { digits: text, .. } => fold(tag).contains(text.as_str()),
    };
    Ok(needles.iter().map(|needle| tags.iter().filter(|tag| holds(needle, tag)).cloned().collect()).collect())
}
