//! `ulak link`: a number is linked from the terminal, by QR code or by a code that its owner types in.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::json;
use tokio::time::timeout;
use ulak_core::app::{App, LinkEndView, LinkView, Opening};
use ulak_core::error::Problem;
use ulak_core::ids::SessionId;
use ulak_core::session::client::LinkHow;
use ulak_core::session::linking::Stage;

use crate::terminal::{self, LOOK, Voice};

/// Once the phone has accepted, the first connection takes a moment.
const FIRST_CONNECTION: Duration = Duration::from_secs(30);

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
    let mut shown = None;
    loop {
        let view = app.numbers().link_view(session)?;
        let problem = view.problem.as_ref().map(|problem| problem.code.clone());
        let told = (view.stage, view.qr.clone(), view.code.clone(), problem);
        if shown.as_ref() != Some(&told) {
            show(&view, voice);
            match view.stage {
                Stage::Passkey if view.problem.is_none() => {
                    let app = Arc::clone(app);
                    tokio::spawn(async move { app.numbers().use_passkey(session).await });
                    shown = Some(told);
                }
                // Asked once: whoever was too hasty starts again.
                Stage::Passkey => {
                    app.numbers().cancel_link(session).await?;
                    return Ok(false);
                }
                Stage::PasskeyCode => {
                    if !says_yes().await {
                        app.numbers().cancel_link(session).await?;
                        voice.line("Nothing was linked.");
                        return Ok(false);
                    }
                    app.numbers().confirm_passkey(session).await?;
                    shown = Some(told);
                }
                // The phone may have been linked before: then its number goes on under its old id.
                Stage::Linked => return connected(app, view.session_id, voice).await,
                Stage::Ended => return Ok(false),
                _ => shown = Some(told),
            }
        }
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
            voice.event(&json!({ "event": "passkey", "expires_at": view.expires_at, "problem": view.problem }));
            match &view.problem {
                None => voice.line(
                    "WhatsApp asks for the passkey of this account. The system of this computer opens a window of its \
                     own: choose the phone there, scan the code with its camera, and confirm on the phone. Ulak never \
                     sees the passkey.",
                ),
                Some(problem) => voice.problem(problem),
            }
        }
        (Stage::PasskeyCode, _, Some(code)) => {
            voice.event(&json!({ "event": "passkey_code", "code": code }));
            voice.line(&format!("The phone shows a code. Only if it is {code}, type yes and press Enter:"));
        }
        (Stage::Ended, _, _) => {
            voice.event(&json!({ "event": "ended", "reason": view.end }));
            match &view.problem {
                Some(problem) => voice.problem(problem),
                None => voice.line(match view.end {
                    Some(LinkEndView::PasskeyUnavailable) => {
                        "WhatsApp asks for the passkey of this account, and this computer cannot answer. Nothing was \
                         linked. Use a computer with Windows 11, link another number, or remove the passkey on the \
                         phone: WhatsApp, Settings, Account, Passkeys. The account is then protected less."
                    }
                    Some(LinkEndView::PasskeyTooLate) => {
                        "WhatsApp waited for the passkey in vain. Nothing was linked. Start again."
                    }
                    Some(LinkEndView::PasskeyRefused) => {
                        "WhatsApp did not take the passkey. Nothing was linked. Start again."
                    }
                    _ => "The phone did not accept. Start again for a new code.",
                }),
            }
        }
        _ => {}
    }
}

/// Read in a thread of its own: nothing that waits for the terminal keeps the number from being heard.
async fn says_yes() -> bool {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    matches!(read.await, Ok(Ok(line)) if line.trim().eq_ignore_ascii_case("yes"))
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
