//! Receipts: "delivered" for every part of a sent campaign, then "read", a transaction for every hundred.

use std::path::Path;

use ulak_core::clock::Millis;
use ulak_core::outbox::receipt::{BATCH, apply};
use ulak_core::session::messenger::{Receipt, ReceiptKind};

use crate::Outcome;
use crate::measure::{Figure, Pairs, Stopwatch};
use crate::raw::{Raw, Value};
use crate::scene::{self, NOW, Place};

const PARTS: i64 = 100_000;
const REPETITIONS: usize = 3;
const KINDS: [(ReceiptKind, Millis); 2] = [(ReceiptKind::Delivered, NOW + 10_000), (ReceiptKind::Read, NOW + 60_000)];

pub async fn bench(place: &Place) -> Outcome<Vec<Figure>> {
    let base = scene::with_campaign(place, PARTS).await?;
    let wire_ids = sent(&base)?;
    let mut pairs = Pairs::default();
    for _ in 0..REPETITIONS {
        let (ours, theirs) = (place.copy(&base)?, place.copy(&base)?);
        pairs.push(applied(&ours, &wire_ids).await?, updated(&theirs, &wire_ids)?);
        for folder in [ours, theirs] {
            all_read(&folder)?;
            std::fs::remove_dir_all(folder)?;
        }
    }
    let note = format!("delivered and read of {PARTS} parts, {BATCH} in a transaction");
    Ok(vec![pairs.figure("receipts", Some(2.0), note)])
}

/// Marks every part as sent, and answers with the ids on the wire in the order of sending.
fn sent(folder: &Path) -> Outcome<Vec<String>> {
    let raw = Raw::open(folder)?;
    raw.run(&format!(
        "UPDATE parts SET state = 'sent', attempts = 1, session_id = (SELECT id FROM sessions), tried_at = {NOW}, sent_at = {NOW}"
    ))?;
    let text = |row: Vec<Value>| match row.into_iter().next() {
        Some(Value::Text(text)) => text,
        _ => String::new(),
    };
    Ok(raw.rows("SELECT wire_id FROM parts ORDER BY id")?.into_iter().map(text).collect())
}

async fn applied(folder: &Path, wire_ids: &[String]) -> Outcome<f64> {
    let db = scene::db(folder).await?;
    let batches: Vec<Vec<Receipt>> =
        KINDS.iter().flat_map(|(kind, at)| wire_ids.chunks(BATCH).map(|ids| receipts(ids, *kind, *at))).collect();
    let time = Stopwatch::start();
    for batch in &batches {
        let mut tx = db.begin().await?;
        apply(&mut tx, batch).await?;
        db.commit(tx).await?;
    }
    let seconds = time.seconds();
    db.close().await;
    Ok(seconds)
}

fn receipts(wire_ids: &[String], kind: ReceiptKind, at: Millis) -> Vec<Receipt> {
    wire_ids.iter().map(|wire_id| Receipt { wire_id: wire_id.clone(), kind, at }).collect()
}

fn updated(folder: &Path, wire_ids: &[String]) -> Outcome<f64> {
    let raw = Raw::open(folder)?;
    let wire_ids: Vec<Value> = wire_ids.iter().map(|wire_id| wire_id.clone().into()).collect();
    let time = Stopwatch::start();
    for (kind, at) in KINDS {
        let (name, from) = if kind == ReceiptKind::Read { ("read", "delivered") } else { ("delivered", "sent") };
        let mut update = raw.prepare(&format!(
            "UPDATE parts SET state = '{name}', {name}_at = ? WHERE wire_id = ? AND state = '{from}'"
        ))?;
        for batch in wire_ids.chunks(BATCH) {
            raw.run("BEGIN IMMEDIATE")?;
            batch.iter().try_for_each(|wire_id| update.run(&[at.into(), wire_id.clone()]))?;
            raw.run("COMMIT")?;
        }
    }
    Ok(time.seconds())
}

/// A yardstick that wrote something else would measure nothing.
fn all_read(folder: &Path) -> Outcome<()> {
    let rows = Raw::open(folder)?.rows("SELECT count(*) FROM parts WHERE state = 'read' AND read_at > delivered_at")?;
    match rows.first().map(Vec::as_slice) {
        Some([Value::Integer(PARTS)]) => Ok(()),
        other => Err(format!("{other:?} parts are read").into()),
    }
}
