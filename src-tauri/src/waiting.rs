//! Why nothing moves, told once for each reason: to scripts every wait, to people those that last.

use std::collections::BTreeSet;

use serde_json::json;
use ulak_core::app::{App, NumberKind, NumberView};
use ulak_core::campaign::live::WaitKind;
use ulak_core::error::Problem;

use crate::terminal::{self, Voice};
use crate::words;

#[derive(Default)]
pub struct Waiting {
    told: Option<(WaitKind, Vec<(String, String)>)>,
    said: Option<String>,
    noticed: BTreeSet<u32>,
}

impl Waiting {
    pub async fn tell(&mut self, app: &App, voice: Voice) -> Result<(), Problem> {
        app.refuse_damaged()?;
        tell_notices(voice, app, &mut self.noticed);
        let wait = app.home().now_view().await?.wait;
        let linked: Vec<NumberView> =
            app.numbers().list().await?.into_iter().filter(|number| number.kind == NumberKind::Whatsapp).collect();
        let states: Vec<_> = linked.iter().map(|number| (number.phone.clone(), number.state.clone())).collect();
        let told = Some((wait.kind, states));
        if self.told == told {
            return Ok(());
        }
        if let Some((kind, numbers)) = &told {
            voice.event(&json!({ "event": "waiting", "why": kind, "until": wait.until, "numbers": numbers }));
        }
        self.told = told;
        if !lasts(wait.kind) {
            return Ok(());
        }
        let moment = terminal::moment(app).await?;
        let mut lines = vec![format!("Waiting: {}.", words::wait(&wait, moment))];
        let down = linked.iter().filter(|number| number.state != "connected" || number.shut.is_some());
        lines.extend(down.map(|number| format!("  {}: {}", words::called(number), words::number(number, moment))));
        let said = lines.join("\n");
        if self.said.as_ref() != Some(&said) {
            voice.line(&said);
            self.said = Some(said);
        }
        Ok(())
    }
}

/// What Ulak met and went on from, each once.
pub fn tell_notices(voice: Voice, app: &App, told: &mut BTreeSet<u32>) {
    app.notices().iter().filter(|notice| told.insert(notice.id)).for_each(|notice| voice.notice(&notice.problem));
}

/// Longer than between two messages.
fn lasts(kind: WaitKind) -> bool {
    !matches!(kind, WaitKind::Nothing | WaitKind::Sending | WaitKind::Pace)
}
