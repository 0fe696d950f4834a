//! What a contact was: consents, standings, and the opt-outs of its phone. Triggers write the rows that are read here.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, SqliteConnection};

use super::merge;
use super::suppressions::{self, Cause};
use crate::clock::Millis;
use crate::contact::{Contact, ContactError, Standing};
use crate::ids::ContactId;

/// Something that became of a contact, by the owner, by a list or by the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A consent, as it was recorded.
    Consent {
        source: String,
        note: String,
    },
    /// The consent to promotions was taken back, or refused where there was none.
    Withdrawn,
    Standing(Standing),
    OptedOut(Cause),
    /// The opt-out ended, with the reason that was given.
    Returned {
        reason: String,
    },
}

impl Record {
    /// The contact and those that became one with it.
    pub fn ids(&self) -> Vec<ContactId> {
        std::iter::once(self.contact.id).chain(self.others.iter().copied()).collect()
    }
}

/// A contact as it is, with all that stands on record of its address.
#[derive(Clone, Debug)]
pub struct Record {
    pub contact: Contact,
    /// The contacts that became one with it.
    pub others: Vec<ContactId>,
    /// Its phone, and theirs.
    pub phones: Vec<String>,
    /// Every spelling of these phones, and the hidden identities behind them.
    pub addresses: Vec<String>,
    /// When a promotion last left for its phone.
    pub promoted_at: Option<Millis>,
}

pub async fn record(db: &mut SqliteConnection, id: ContactId) -> Result<Record, ContactError> {
    let contact = super::one(db, id).await?;
    let (others, mut phones): (Vec<_>, Vec<_>) = merge::others_of(db, id).await?.into_iter().unzip();
    phones.insert(0, contact.phone.clone());
    let addresses = suppressions::addresses(db, &phones, None).await?;
    let promoted_at = sqlx::query_scalar("SELECT at FROM promotions WHERE phone = ?").bind(&contact.phone);
    let promoted_at = promoted_at.fetch_optional(&mut *db).await?;
    Ok(Record { contact, others, phones, addresses, promoted_at })
}

/// All changes on record, in no order.
pub async fn changes(db: &mut SqliteConnection, record: &Record) -> Result<Vec<(Millis, Change)>, sqlx::Error> {
    let contact = &record.contact;
    let mut changes = past_consents(db, contact.id).await?;
    if let Some(consent) = &contact.consent {
        changes.push((consent.at, Change::Consent { source: consent.source.clone(), note: consent.note.clone() }));
    }
    changes.extend(contact.withdrawn_at.map(|at| (at, Change::Withdrawn)));
    let standings = "SELECT at, standing FROM standings WHERE contact_id = ?";
    let standings: Vec<(Millis, Standing)> = sqlx::query_as(standings).bind(contact.id).fetch_all(&mut *db).await?;
    let opt_outs = opt_outs(db, &record.addresses).await?;
    // A list that follows from an opt-out, or from its end, is no news of its own.
    let told = |time: &Millis| opt_outs.iter().any(|(at, _)| at == time);
    changes.extend(standings.into_iter().filter(|(at, _)| !told(at)).map(|(at, to)| (at, Change::Standing(to))));
    changes.extend(opt_outs);
    Ok(changes)
}

async fn past_consents(db: &mut SqliteConnection, id: ContactId) -> Result<Vec<(Millis, Change)>, sqlx::Error> {
    let rows = sqlx::query("SELECT source, at, note, withdrawn_at FROM past_consents WHERE contact_id = ?")
        .bind(id)
        .fetch_all(db)
        .await?;
    let mut changes = Vec::new();
    for row in &rows {
        if let (Some(source), Some(at)) = (row.try_get("source")?, row.try_get("at")?) {
            let note = row.try_get::<Option<String>, _>("note")?.unwrap_or_default();
            changes.push((at, Change::Consent { source, note }));
        }
        changes.extend(row.try_get::<Option<Millis>, _>("withdrawn_at")?.map(|at| (at, Change::Withdrawn)));
    }
    Ok(changes)
}

/// An opt-out of several spellings is one.
async fn opt_outs(db: &mut SqliteConnection, addresses: &[String]) -> Result<Vec<(Millis, Change)>, sqlx::Error> {
    let mut select = QueryBuilder::new(
        "SELECT DISTINCT since_at, cause, lifted_at, lifted_reason FROM suppressions WHERE address IN (",
    );
    suppressions::push_list(&mut select, addresses);
    let rows = select.push(")").build().fetch_all(db).await?;
    let mut changes = Vec::new();
    for row in &rows {
        changes.push((row.try_get("since_at")?, Change::OptedOut(row.try_get("cause")?)));
        changes.extend(returned(row)?);
    }
    Ok(changes)
}

fn returned(row: &SqliteRow) -> Result<Option<(Millis, Change)>, sqlx::Error> {
    let Some(at) = row.try_get::<Option<Millis>, _>("lifted_at")? else { return Ok(None) };
    let reason = row.try_get::<Option<String>, _>("lifted_reason")?.unwrap_or_default();
    Ok(Some((at, Change::Returned { reason })))
}
