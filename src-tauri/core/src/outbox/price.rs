//! What parts cost: so many credits for each kind, as the owner set it. Pure.
//!
//! A part is priced when its message is made, and again when a revision gives it another content. That price stands with
//! it from then on: another try, an answer that comes late and what the owner sets meanwhile change nothing of it.

use serde::{Deserialize, Serialize};

use super::state::PartKind;

pub const MOST: u16 = 1_000;

/// The credits of one part of each kind; 0 costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Prices {
    pub text: u16,
    pub image: u16,
    pub video: u16,
    pub document: u16,
    pub voice: u16,
    pub audio: u16,
    pub poll: u16,
}

impl Default for Prices {
    fn default() -> Self {
        Self { text: 1, image: 1, video: 1, document: 1, voice: 1, audio: 1, poll: 1 }
    }
}

impl Prices {
    pub fn of(self, kind: PartKind) -> i64 {
        i64::from(match kind {
            PartKind::Text => self.text,
            PartKind::Image => self.image,
            PartKind::Video => self.video,
            PartKind::Document => self.document,
            PartKind::Voice => self.voice,
            PartKind::Audio => self.audio,
            PartKind::Poll => self.poll,
        })
    }

    /// None above the most.
    #[must_use]
    pub fn tidied(mut self) -> Self {
        let all = [
            &mut self.text,
            &mut self.image,
            &mut self.video,
            &mut self.document,
            &mut self.voice,
            &mut self.audio,
            &mut self.poll,
        ];
        all.into_iter().for_each(|price| *price = (*price).min(MOST));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_price_and_none_is_above_the_most() {
        let prices = Prices { text: 0, image: 3, video: u16::MAX, ..Prices::default() }.tidied();
        let of = [PartKind::Text, PartKind::Image, PartKind::Video, PartKind::Voice].map(|kind| prices.of(kind));
        assert_eq!(of, [0, 3, i64::from(MOST), 1]);
    }
}
