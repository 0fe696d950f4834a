//! `ulak link`: a number is linked from the terminal, by QR code or by a code that its owner types in.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::timeout;
use ulak_core::app::{App, LinkEndView, LinkView, Opening};
use ulak_core::clock::{MINUTE, Millis};
use ulak_core::error::Problem;
use ulak_core::ids::SessionId;
use ulak_core::session::client::LinkHow;
use ulak_core::session::linking::Stage;

use crate::terminal::{self, LOOK, Voice};

/// Once the phone has accepted, the first connection takes a moment.
const FIRST_CONNECTION: Duration = Duration::from_secs(30);
const USE_PASSKEY: &str = "The system of this computer opens a window of its own: choose the phone there, scan the code \
                           with its camera, and confirm on the phone. Ulak never sees the passkey.";
const ASK_AGAIN: &str = "Type again and press Enter to be asked once more; anything else gives up.";

#[derive(Args)]
pub struct Options {
    /// Show a code for this number's owner to type in, instead of a QR code to scan
    #[arg(long, value_name = "PHONE")]
    pairing_code: Option<String>,
    /// Give up after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    wait: u64,
    /// One JSON object per event on a line of standard output
    #[arg(long)]
    json: bool,
}

pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_with_numbers(voice, data, Opening::default(), async |app: &Arc<App>| {
        risk(voice);
        let how = match &options.pairing_code {
            Some(phone) => LinkHow::PairingCode { phone: phone.clone() },
            None => LinkHow::Qr,
        };
        let session = app.numbers().start_link(how, None).await?;
        match timeout(Duration::from_secs(options.wait), linked(app, session, voice)).await {
            Ok(linked) => linked,
            Err(_) => {
                app.numbers().cancel_link(session).await?;
                Err(terminal::problem(
                    "link.too_late",
                    "Nobody scanned the code in time. Start again when the phone is at hand.".to_owned(),
                ))
            }
        }
    })
}

/// Said before every link, because the risk is the owner's.
fn risk(voice: Voice) {
    voice.line(
        "Ulak is not made by WhatsApp. Using it can break WhatsApp's terms, and WhatsApp can restrict or ban a number \
         that it does not like; nobody can promise you otherwise. Write only to people who agreed to hear from you.\n",
    );
}

async fn linked(app: &Arc<App>, session: SessionId, voice: Voice) -> Result<bool, Problem> {
    let mut typed = Typed::default();
    let mut shown = None;
    loop {
        let view = app.numbers().link_view(session)?;
        let told = (view.stage, view.qr.clone(), view.code.clone());
        if shown.as_ref() != Some(&told) {
            shown = Some(told);
            show(&view, voice);
            let goes_on = match view.stage {
                Stage::Passkey => use_passkey(app, session, voice, &mut typed).await,
                Stage::PasskeyCode => confirm_passkey(app, session, &mut typed).await?,
                // The phone may have been linked before: then its number goes on under its old id.
                Stage::Linked => return connected(app, view.session_id, voice).await,
                Stage::Ended => return Ok(false),
                _ => true,
            };
            if !goes_on {
                app.numbers().cancel_link(session).await?;
                voice.line("Nothing was linked.");
                return Ok(false);
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The system asks for the passkey until it was used or WhatsApp no longer waits. False: the owner gave up.
async fn use_passkey(app: &Arc<App>, session: SessionId, voice: Voice, typed: &mut Typed) -> bool {
    loop {
        let inside = Arc::clone(app);
        let asked = tokio::spawn(async move { inside.numbers().use_passkey(session).await });
        let problem = tokio::select! {
            answer = asked => match answer {
                Ok(Err(problem)) if is_at(app, session, Stage::Passkey) => problem,
                _ => return true,
            },
            () = left(app, session, Stage::Passkey) => return true,
        };
        voice.event(&json!({ "event": "passkey", "problem": problem, "do": ASK_AGAIN }));
        voice.line(&format!("{} {ASK_AGAIN}", problem.message));
        tokio::select! {
            again = typed.says("again") => if !again { return false },
            () = left(app, session, Stage::Passkey) => return true,
        }
    }
}

/// False: the phone shows another code, or nobody says what it shows.
async fn confirm_passkey(app: &App, session: SessionId, typed: &mut Typed) -> Result<bool, Problem> {
    tokio::select! {
        same = typed.says("yes") => if !same { return Ok(false) },
        () = left(app, session, Stage::PasskeyCode) => return Ok(true),
    }
    app.numbers().confirm_passkey(session).await?;
    Ok(true)
}

fn is_at(app: &App, session: SessionId, stage: Stage) -> bool {
    app.numbers().link_view(session).is_ok_and(|view| view.stage == stage)
}

async fn left(app: &App, session: SessionId, stage: Stage) {
    while is_at(app, session, stage) {
        tokio::time::sleep(LOOK).await;
    }
}

fn show(view: &LinkView, voice: Voice) {
    match (view.stage, &view.qr, &view.code) {
        (Stage::Qr, Some(code), _) => {
            voice.event(&json!({ "event": "qr", "code": code, "expires_at": view.expires_at }));
            voice.line("On the phone: WhatsApp, Linked devices, Link a device. Then scan:\n");
            voice.line(&drawn(code));
        }
        (Stage::Code, _, Some(code)) => {
            voice.event(&json!({ "event": "code", "code": code, "expires_at": view.expires_at }));
            voice.line(&format!(
                "On the phone: WhatsApp, Linked devices, Link with phone number instead. Then type: {code}"
            ));
        }
        (Stage::Passkey, ..) => {
            voice.event(&json!({
                "event": "passkey", "expires_at": view.expires_at, "problem": view.problem, "do": USE_PASSKEY,
            }));
            voice.line(&format!("WhatsApp asks for the passkey of this account. {USE_PASSKEY}"));
        }
        (Stage::PasskeyCode, _, Some(code)) => {
            let same = format!("The phone shows a code. Only if it is {code}, type yes and press Enter.");
            voice.event(&json!({
                "event": "passkey_code", "code": code, "expires_at": view.expires_at, "do": same,
            }));
            voice.line(&same);
        }
        (Stage::Ended, ..) => show_end(view, voice),
        _ => {}
    }
}

fn show_end(view: &LinkView, voice: Voice) {
    let advice = match view.end {
        Some(LinkEndView::PasskeyUnavailable) => {
            "WhatsApp asks for the passkey of this account, and this computer cannot answer. Nothing was linked. Use a \
             computer with Windows 11, version 22H2 or later, link another number, or remove the passkey on the phone: \
             WhatsApp, Settings, Account, Passkeys. The account is then protected less."
        }
        Some(LinkEndView::PasskeyTooLate) => {
            "WhatsApp waited for the passkey in vain. Nothing was linked. Start again."
        }
        Some(LinkEndView::PasskeyRefused) => "WhatsApp did not take the passkey. Nothing was linked. Start again.",
        _ => "The phone did not accept. Start again for a new code.",
    };
    voice.event(&json!({
        "event": "ended", "reason": view.end, "do": advice, "clock_ahead_ms": view.clock_ahead,
    }));
    match &view.problem {
        Some(problem) => voice.problem(problem),
        None => voice.line(advice),
    }
    if let Some(ahead) = view.clock_ahead {
        voice.line(&clock_off(ahead));
    }
}

fn clock_off(ahead: Millis) -> String {
    let minutes = ahead.saturating_abs() / MINUTE;
    let side = if ahead > 0 { "ahead of" } else { "behind" };
    format!(
        "This computer's clock is {} h {} min {side} WhatsApp's, which can be the reason. Let the system set it by \
         itself, then start again.",
        minutes / 60,
        minutes % 60
    )
}

/// Lines that are typed. They are read in a thread of its own, from the first question on: nothing that waits for the
/// terminal keeps the number from being heard, or Ulak from ending.
#[derive(Default)]
struct Typed(Option<mpsc::UnboundedReceiver<String>>);

impl Typed {
    /// Whether the next line is this word. No where nothing can be typed.
    async fn says(&mut self, word: &str) -> bool {
        let lines = self.0.get_or_insert_with(read_lines);
        matches!(lines.recv().await, Some(line) if line.trim().eq_ignore_ascii_case(word))
    }
}

fn read_lines() -> mpsc::UnboundedReceiver<String> {
    let (tell, typed) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let mut lines = std::io::stdin().lines().map_while(Result::ok);
        while lines.next().is_some_and(|line| tell.send(line).is_ok()) {}
    });
    typed
}

fn drawn(code: &str) -> String {
    match QrCode::new(code) {
        Ok(code) => code.render::<Dense1x2>().build(),
        Err(_) => code.to_owned(),
    }
}

async fn connected(app: &App, session: SessionId, voice: Voice) -> Result<bool, Problem> {
    let number = app.numbers().list().await?.into_iter().find(|number| number.id == session);
    let phone = number.map(|number| number.phone).unwrap_or_default();
    voice.event(&json!({ "event": "linked", "session": session, "phone": phone }));
    voice.line(&format!("Linked: {phone}"));
    let connected = timeout(FIRST_CONNECTION, async {
        while !app.numbers().list().await?.iter().any(|number| number.id == session && number.state == "connected") {
            tokio::time::sleep(LOOK).await;
        }
        Ok::<(), Problem>(())
    });
    if let Ok(connected) = connected.await {
        connected?;
        voice.event(&json!({ "event": "connected", "session": session }));
        voice.line("Connected.");
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use ulak_core::clock::HOUR;

    use super::*;

    #[test]
    fn a_clock_that_is_off_is_said_with_its_direction() {
        assert!(clock_off(-(3 * HOUR + 2 * MINUTE)).contains("3 h 2 min behind WhatsApp's"));
        assert!(clock_off(2 * HOUR).contains("2 h 0 min ahead of WhatsApp's"));
    }
}
