//! Pausing, resuming and cancelling while another campaign of 300,000 people is being scheduled.

use std::path::Path;

use ulak_core::ids::CampaignId;

use crate::Outcome;
use crate::measure::{Figure, Stopwatch, Unit, p95};
use crate::scene::{self, Place};

const PEOPLE: i64 = 300_000;
const FEW: i64 = 100;
const SMALL: usize = 40;
/// Seconds that the owner may wait.
const GOAL: f64 = 0.050;

pub async fn bench(place: &Place) -> Outcome<Vec<Figure>> {
    let (folder, large) = scene::with_contacts(place, FEW).await?;
    let small = small_campaigns(&folder, large).await?;
    scene::add_contacts(&folder, FEW..PEOPLE)?;
    let app = scene::app(&folder).await?;
    let scheduling = tokio::spawn({
        let app = app.clone();
        async move { app.campaigns().schedule_campaign(large, false).await.map(drop) }
    });
    let (mut steered, mut cancelled) = (Vec::new(), Vec::new());
    let (one, rest) = small.split_first().ok_or("there is no small campaign")?;
    for other in rest {
        steered.push(timed(async || app.campaigns().pause_campaign(*one).await.map(drop)).await?);
        steered.push(timed(async || app.campaigns().resume_campaign(*one).await.map(drop)).await?);
        cancelled.push(timed(async || app.campaigns().cancel_campaign(*other).await.map(drop)).await?);
        // Spread over the scheduling, which takes seconds.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    if scheduling.is_finished() {
        return Err("the scheduling ended before what it was to be in the way of".into());
    }
    scheduling.await??;
    app.close().await;
    Ok(vec![
        figure("pause, resume while 300k are scheduled", &steered),
        figure("cancel while 300k are scheduled", &cancelled),
    ])
}

fn figure(name: &str, seconds: &[f64]) -> Figure {
    let slowest = seconds.iter().copied().fold(0.0, f64::max);
    let note = format!("p95 of {}, the slowest {:.1} ms", seconds.len(), slowest * 1e3);
    Figure::plain(name, Unit::Seconds, p95(seconds), Some(GOAL), note)
}

async fn timed<F, E>(act: F) -> Outcome<f64>
where
    F: AsyncFn() -> Result<(), E>,
    E: std::error::Error + 'static,
{
    let time = Stopwatch::start();
    act().await?;
    Ok(time.seconds())
}

/// Campaigns like the large one, scheduled while there are few people.
async fn small_campaigns(folder: &Path, like: CampaignId) -> Outcome<Vec<CampaignId>> {
    let app = scene::app(folder).await?;
    let mut small = Vec::new();
    for _ in 0..SMALL {
        let copy = app.campaigns().duplicate_campaign(like).await?;
        small.push(app.campaigns().schedule_campaign(copy.id, false).await?);
    }
    app.close().await;
    Ok(small)
}
