//! The chain over the ledger's lines: a seal is a digest of the seal before it and of the lines since, so no line can be
//! changed, taken out or slipped in behind it. Lines are sealed by the agenda a few minutes after they were written, so
//! that sending costs nothing more.

use blake2::{Blake2s256, Digest};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::db::Tx;
use crate::ledger::LedgerError;

/// A seal covers at most so many lines: what a start reads again.
pub const MOST: i64 = 5_000;

/// The newest line that a seal covers, and its digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seal {
    pub seq: i64,
    pub digest: Vec<u8>,
}

/// The next seal over at most so many lines; none where every line is sealed.
pub async fn next(db: &mut SqliteConnection, most: i64) -> Result<Option<Seal>, sqlx::Error> {
    let last = before(db, i64::MAX).await?;
    let end: Option<i64> =
        sqlx::query_scalar("SELECT max(seq) FROM (SELECT seq FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?)")
            .bind(last.seq)
            .bind(most)
            .fetch_one(&mut *db)
            .await?;
    let Some(seq) = end else { return Ok(None) };
    Ok(Some(Seal { seq, digest: digest(db, &last, seq).await? }))
}

/// Keeps a seal. Lines that it covers are never written anew, so it was true when it was computed and stays so.
pub async fn keep(db: &mut Tx, seal: &Seal) -> Result<(), sqlx::Error> {
    let keep = "INSERT INTO ledger_seals (seq, digest) VALUES (?, ?) ON CONFLICT DO NOTHING";
    sqlx::query(keep).bind(seal.seq).bind(seal.digest.as_slice()).execute(db).await.map(drop)
}

/// Whether the lines of the newest seals are as they were sealed: as many seals as cover what one may cover at most.
pub async fn check_newest(db: &mut SqliteConnection) -> Result<(), LedgerError> {
    let mut seal = before(db, i64::MAX).await?;
    let enough = seal.seq - MOST;
    while seal.seq > enough.max(0) {
        let last = before(db, seal.seq).await?;
        compare(db, &last, &seal).await?;
        seal = last;
    }
    Ok(())
}

/// The same for every line that was ever sealed.
pub async fn check_all(db: &mut SqliteConnection) -> Result<(), LedgerError> {
    let mut last = Seal::default();
    while let Some(seal) = behind(db, last.seq).await? {
        compare(db, &last, &seal).await?;
        last = seal;
    }
    Ok(())
}

async fn compare(db: &mut SqliteConnection, last: &Seal, seal: &Seal) -> Result<(), LedgerError> {
    match digest(db, last, seal.seq).await? == seal.digest {
        true => Ok(()),
        false => Err(LedgerError::Changed { from: last.seq + 1, to: seal.seq }),
    }
}

/// The newest seal before a line.
async fn before(db: &mut SqliteConnection, seq: i64) -> Result<Seal, sqlx::Error> {
    let newest = "SELECT seq, digest FROM ledger_seals WHERE seq < ? ORDER BY seq DESC LIMIT 1";
    let found = sqlx::query(newest).bind(seq).fetch_optional(db).await?;
    Ok(found.as_ref().map(seal).transpose()?.unwrap_or_default())
}

async fn behind(db: &mut SqliteConnection, seq: i64) -> Result<Option<Seal>, sqlx::Error> {
    let next = "SELECT seq, digest FROM ledger_seals WHERE seq > ? ORDER BY seq LIMIT 1";
    sqlx::query(next).bind(seq).fetch_optional(db).await?.as_ref().map(seal).transpose()
}

fn seal(row: &SqliteRow) -> Result<Seal, sqlx::Error> {
    Ok(Seal { seq: row.try_get("seq")?, digest: row.try_get("digest")? })
}

async fn digest(db: &mut SqliteConnection, last: &Seal, to: i64) -> Result<Vec<u8>, sqlx::Error> {
    let lines = sqlx::query(
        "SELECT seq, book, kind, campaign_id, part_id, round, credits, held, balance_after, held_after, lines, note, price, at
         FROM ledger WHERE seq > ? AND seq <= ? ORDER BY seq",
    )
    .bind(last.seq)
    .bind(to)
    .fetch_all(db)
    .await?;
    let mut digest = Blake2s256::new();
    digest.update(&last.digest);
    for line in &lines {
        for number in ["seq", "round", "credits", "held", "balance_after", "held_after", "lines", "at"] {
            digest.update(line.try_get::<i64, _>(number)?.to_le_bytes());
        }
        for text in ["book", "kind", "note", "price"] {
            add(&mut digest, line.try_get::<&str, _>(text)?.as_bytes());
        }
        for id in ["campaign_id", "part_id"] {
            add(&mut digest, line.try_get::<Option<&[u8]>, _>(id)?.unwrap_or_default());
        }
    }
    Ok(digest.finalize().to_vec())
}

/// With its length, so that nothing can move from one field to the next.
fn add(digest: &mut Blake2s256, bytes: &[u8]) {
    digest.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
    digest.update(bytes);
}
