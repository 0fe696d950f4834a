//! What only the window sees; everything else is the core's own view of things.

use qrcode::{Color, QrCode};
use serde::Deserialize;
use serde::Serialize;
use specta::Type;
use ulak_core::app::{LinkEndView, LinkView};
use ulak_core::clock::Millis;
use ulak_core::error::Problem;
use ulak_core::ids::SessionId;
use ulak_core::session::client::LinkHow;
use ulak_core::session::linking::Stage;

/// Whether there is data to show, and if not, what the owner can do.
#[derive(Clone, Debug, Serialize, Type)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AppStatus {
    Open {
        /// To be shown once; there until the owner confirms it.
        recovery_code: Option<String>,
    },
    /// The first start on a computer without a keyring.
    NeedsPassphrase,
    Locked {
        reason: Problem,
    },
    Failed {
        error: Problem,
    },
}

#[derive(Clone, Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Country {
    pub code: String,
    pub calling_code: u16,
}

/// How the owner wants to link.
#[derive(Clone, Debug, Deserialize, Type)]
#[serde(rename = "LinkHow", tag = "kind", rename_all = "snake_case")]
pub enum LinkWish {
    Qr,
    PairingCode { phone: String },
}

impl From<LinkWish> for LinkHow {
    fn from(wish: LinkWish) -> Self {
        match wish {
            LinkWish::Qr => Self::Qr,
            LinkWish::PairingCode { phone } => Self::PairingCode { phone },
        }
    }
}

/// How far linking is, with the code drawn.
#[derive(Clone, Debug, Serialize, Type)]
#[serde(rename = "LinkView", rename_all = "camelCase")]
pub struct LinkPicture {
    pub session_id: SessionId,
    pub stage: Stage,
    pub qr: Option<QrPicture>,
    pub code: Option<String>,
    pub expires_at: Option<Millis>,
    pub end: Option<LinkEndView>,
    pub problem: Option<Problem>,
    pub clock_ahead: Option<Millis>,
}

/// The dark squares as an SVG path, in squares, without the quiet zone.
#[derive(Clone, Debug, Serialize, Type)]
pub struct QrPicture {
    pub size: u32,
    pub path: String,
}

impl LinkPicture {
    pub fn of(view: LinkView) -> Self {
        Self {
            session_id: view.session_id,
            stage: view.stage,
            qr: view.qr.as_deref().and_then(drawn),
            code: view.code,
            expires_at: view.expires_at,
            end: view.end,
            problem: view.problem,
            clock_ahead: view.clock_ahead,
        }
    }
}

fn drawn(text: &str) -> Option<QrPicture> {
    let code = QrCode::new(text).ok()?;
    let width = code.width();
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
    let path = dark.map(|(at, _)| format!("M{} {}h1v1h-1z", at % width, at / width)).collect();
    Some(QrPicture { size: u32::try_from(width).ok()?, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_three_corners() {
        let picture = drawn("2@ref,key,identity,secret").unwrap_or_else(|| unreachable!("it is short enough"));
        let far = picture.size - 7;
        for corner in [(0, 0), (far, 0), (0, far)] {
            assert!(picture.path.contains(&format!("M{} {}h1v1h-1z", corner.0, corner.1)), "{corner:?}");
        }
    }
}
