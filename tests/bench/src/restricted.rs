//! Decisions for a number that may write to nobody new, over a queue of a million people of whom it knows the last.

use ulak_core::outbox::plan::{Action, next_action};
use ulak_core::outbox::store::{Walks, snapshot};
use ulak_core::outbox::turn::Turns;
use ulak_core::session::store as sessions;

use crate::Outcome;
use crate::measure::{Figure, Stopwatch, Unit, p95};
use crate::raw::Raw;
use crate::scene::{self, NOW, Place};

const PEOPLE: i64 = 1_000_000;
/// Seconds that a decision may take.
const GOAL: f64 = 0.005;

pub async fn bench(place: &Place) -> Outcome<Vec<Figure>> {
    let folder = scene::with_queue(place, PEOPLE).await?;
    Raw::open(&folder)?.run(&format!(
        "UPDATE sessions SET kind = 'whatsapp', linked_at = {NOW}, locked_until = {NOW} + 3600000;
         INSERT INTO chats SELECT id, (SELECT max(contact_id) FROM messages), {NOW} FROM sessions;"
    ))?;
    let db = scene::db(&folder).await?;
    let all = sessions::all(&mut *db.read().acquire().await?).await?;
    let number = all.first().ok_or("there is no session")?.id;
    let (mut walks, mut times) = (Walks::default(), Vec::new());
    loop {
        let time = Stopwatch::start();
        let (snapshot, _) =
            snapshot(&mut *db.read().acquire().await?, &mut walks, &mut Turns::default(), NOW, &[number], &[]).await?;
        let action = next_action(NOW, &snapshot);
        times.push(time.seconds());
        match action {
            Action::Send { .. } => break,
            Action::Sleep { until, .. } if until <= NOW => {}
            other => return Err(format!("the known person is not found, but {other:?}").into()),
        }
    }
    let all: f64 = times.iter().sum();
    let note = format!("p95 of {} decisions; the last of {PEOPLE} is found after {all:.1} s", times.len());
    Ok(vec![Figure::plain("decide, restricted, 1M strangers", Unit::Seconds, p95(&times), Some(GOAL), note)])
}
