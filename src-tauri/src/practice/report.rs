//! What `ulak practice` says: lines for people, or one JSON object an event.

use std::io::Write;

use chrono_tz::Tz;
use serde_json::json;
use ulak_core::app::{Brought, NowView, Summary};
use ulak_core::campaign::live::{LiveView, WaitKind};
use ulak_core::contact::import::ImportProgress;
use ulak_core::outbox::store::reading::Counts;
use ulak_core::outbox::store::recipients::RecipientRow;

use crate::terminal::{self, Voice};
use crate::words::{self, Moment};

#[derive(Clone, Copy)]
pub struct Report {
    pub voice: Voice,
    /// The line for people can be written over itself.
    live: bool,
}

impl Report {
    pub fn new(json: bool, live: bool) -> Self {
        Self { voice: Voice { json }, live }
    }

    pub fn importing(self, progress: &ImportProgress) {
        if self.voice.json {
            self.voice
                .event(&json!({ "event": "importing", "percent": progress.percent, "rows": progress.totals.rows }));
        }
    }

    pub fn imported(self, brought: &Brought) {
        if self.voice.json {
            return self.voice.event(&json!({ "event": "imported", "contacts": brought }));
        }
        self.voice.line(&format!(
            "Contacts: {} imported, {} merged, {} refused.",
            brought.imported, brought.merged, brought.rejected
        ));
    }

    pub fn scheduled(self, live: &LiveView) {
        if self.voice.json {
            let event = json!({ "event": "scheduled", "campaign": live.id, "messages": live.people, "parts": live.parts, "due_at": live.due_at });
            return self.voice.event(&event);
        }
        self.voice.line(&format!(
            "Campaign: {} people, {} parts, {} credits held. The practice number sends nothing to anybody.",
            live.people, live.parts, live.credits.held
        ));
    }

    pub fn skipped(self, person: &RecipientRow) {
        let RecipientRow { name, phone_shown, reason, .. } = person;
        self.voice.event(&json!({ "event": "skipped", "phone": phone_shown, "name": name, "reason": reason }));
        let why = words::skip(reason.as_deref().unwrap_or_default(), None);
        self.voice.line(&format!("  {phone_shown:<20} {name:<24} {why}"));
    }

    pub fn progress(self, now: &NowView, zone: Tz, parts: &Counts, shown: &mut String) {
        let line = if self.voice.json {
            json!({ "event": "progress", "parts": parts, "wait": now.wait.kind }).to_string()
        } else {
            format!(
                "✓ {} sent  ✓✓ {} delivered  ✓✓ {} read  of {}{}",
                parts.accepted(),
                parts.delivered + parts.read + parts.played,
                parts.read + parts.played,
                parts.total(),
                waiting(now, zone)
            )
        };
        if line == *shown {
            return;
        }
        if self.voice.json {
            let _ = writeln!(std::io::stdout(), "{line}");
        } else if self.live {
            let _ = write!(std::io::stderr(), "\r\x1b[2K{line}");
        }
        *shown = line;
    }

    pub fn end_of_progress(self) {
        if self.live && !self.voice.json {
            terminal::warn("");
        }
    }

    pub fn interrupted(self, temporary: bool) {
        self.end_of_progress();
        terminal::warn(if temporary {
            "Stopped. Nothing is left of this practice."
        } else {
            "Stopped. Start again with the same --data to go on; nobody gets anything twice."
        });
    }

    pub fn summary(self, brought: &Brought, summary: &Summary) {
        self.voice.summary(json!({ "contacts": brought }), summary);
    }
}

/// Behind the counts, where something is waited for.
fn waiting(now: &NowView, zone: Tz) -> String {
    match now.wait.kind {
        WaitKind::Nothing | WaitKind::Sending => String::new(),
        _ => format!("  {}", words::wait(&now.wait, Moment { now: now.clock, zone })),
    }
}
