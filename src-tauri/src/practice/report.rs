//! What `ulak practice` says: lines for people, or one JSON object an event.

use std::io::Write;

use serde_json::{Value, json};
use ulak_core::app::{Brought, NowView, Summary};
use ulak_core::campaign::live::{LiveView, WaitKind};
use ulak_core::contact::import::ImportProgress;
use ulak_core::error::Problem;
use ulak_core::outbox::store::reading::Counts;

#[derive(Clone, Copy)]
pub struct Report {
    json: bool,
    /// The line for people can be written over itself.
    live: bool,
}

impl Report {
    pub fn new(json: bool, live: bool) -> Self {
        Self { json, live }
    }

    fn event(self, event: &Value) {
        // A reader that closed its end has seen enough.
        let _ = writeln!(std::io::stdout(), "{event}");
    }

    fn line(self, text: &str) {
        if !self.json {
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    pub fn problem(self, problem: &Problem) {
        if self.json {
            self.event(&json!({ "event": "error", "code": problem.code, "message": problem.message, "params": problem.params }));
        }
        eprintln!("{problem}");
    }

    pub fn recovery_code(self, code: &str) {
        eprintln!(
            "Recovery code, shown only this once: {code}\nIt opens your data when the passphrase or the keyring is lost. Write it down."
        );
    }

    pub fn importing(self, progress: &ImportProgress) {
        if self.json {
            self.event(&json!({ "event": "importing", "percent": progress.percent, "rows": progress.totals.rows }));
        }
    }

    pub fn imported(self, brought: &Brought) {
        if self.json {
            return self.event(&json!({ "event": "imported", "contacts": brought }));
        }
        self.line(&format!(
            "Contacts: {} imported, {} merged, {} refused.",
            brought.imported, brought.merged, brought.rejected
        ));
    }

    pub fn scheduled(self, live: &LiveView) {
        if self.json {
            let event = json!({ "event": "scheduled", "campaign": live.id, "messages": live.people, "parts": live.parts, "due_at": live.due_at });
            return self.event(&event);
        }
        self.line(&format!(
            "Campaign: {} people, {} parts, {} credits held. The practice number sends nothing to anybody.",
            live.people, live.parts, live.credits.held
        ));
    }

    pub fn progress(self, now: &NowView, parts: &Counts, shown: &mut String) {
        let line = if self.json {
            json!({ "event": "progress", "parts": parts, "wait": now.wait.kind }).to_string()
        } else {
            format!(
                "✓ {} sent  ✓✓ {} delivered  ✓✓ {} read  of {}{}",
                parts.accepted(),
                parts.delivered + parts.read + parts.played,
                parts.read + parts.played,
                parts.total(),
                waiting(now)
            )
        };
        if line == *shown {
            return;
        }
        if self.json {
            let _ = writeln!(std::io::stdout(), "{line}");
        } else if self.live {
            eprint!("\r\x1b[2K{line}");
        }
        *shown = line;
    }

    pub fn end_of_progress(self) {
        if self.live && !self.json {
            eprintln!();
        }
    }

    pub fn interrupted(self) {
        self.end_of_progress();
        eprintln!("Stopped. Start again with the same --data to go on; nobody gets anything twice.");
    }

    pub fn summary(self, brought: &Brought, summary: &Summary) {
        if self.json {
            let mut event = json!({ "event": "summary", "contacts": brought });
            if let (Some(event), Ok(Value::Object(summary))) = (event.as_object_mut(), serde_json::to_value(summary)) {
                event.extend(summary);
            }
            return self.event(&event);
        }
        self.table(summary);
    }

    fn table(self, summary: &Summary) {
        let parts = &summary.parts;
        let rows = [
            ("Pending", parts.pending),
            ("Sending", parts.sending),
            ("Sent ✓", parts.sent),
            ("Delivered ✓✓", parts.delivered),
            ("Read ✓✓", parts.read),
            ("Failed !", parts.failed),
            ("Skipped –", parts.skipped),
            ("Cancelled", parts.cancelled),
            ("Being checked ?", parts.unknown),
        ];
        self.line("\nParts");
        rows.iter().for_each(|(word, count)| self.row(word, *count));
        if !summary.skipped.is_empty() {
            self.line("Skipped people");
            for (reason, variable, people) in &summary.skipped {
                let reason =
                    variable.as_ref().map_or(reason.clone(), |variable| format!("{reason} {{{{{variable}}}}}"));
                self.row(&reason, *people);
            }
        }
        self.line("Credits");
        let credits = &summary.credits;
        let rows = [
            ("Granted", credits.granted),
            ("Held", credits.held),
            ("Settled", credits.settled),
            ("Released", credits.released),
            ("Balance", credits.balance),
        ];
        rows.iter().for_each(|(word, count)| self.row(word, *count));
        self.line(if summary.ledger_ok { "The ledger adds up." } else { "THE LEDGER DOES NOT ADD UP." });
    }

    fn row(self, word: &str, count: i64) {
        self.line(&format!("  {word:<24}{count:>8}"));
    }
}

fn waiting(now: &NowView) -> String {
    let seconds = now.wait.until.map_or(0, |until| (until - now.clock).max(0) / 1000);
    match now.wait.kind {
        WaitKind::Pace => format!("  next in {seconds} s"),
        WaitKind::Rest => format!("  resting for {seconds} s"),
        WaitKind::Hours => format!("  outside the sending hours, {} min to go", seconds / 60),
        WaitKind::Due => format!("  due in {} min", seconds / 60),
        WaitKind::Disk => "  waiting: the disk is full".to_owned(),
        WaitKind::PausedAll | WaitKind::Paused => "  paused".to_owned(),
        _ => String::new(),
    }
}
