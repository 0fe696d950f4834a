//! What is kept of a poll that was sent, and the votes that are read with it.
//!
//! An answer names its options by their hashes and is encrypted with the poll's secret. Both stand in a note for as
//! long as answers are likely, so that they can be read after a restart and after the number was linked anew. A repeat
//! of the same part uses the same secret: whichever copy the phone shows, its answers can be read.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use ulak_core::clock::{DAY, Millis, SharedClock};
use ulak_core::session::client::{NoteKind, Notes};
use whatsapp_rust::wacore::poll::{PollVoteCiphertext, compute_option_hash};
use whatsapp_rust::{Client, Jid};

use crate::words::Vote;

const KEPT: Millis = 90 * DAY;

#[derive(Clone)]
pub struct Polls {
    pub notes: Arc<dyn Notes>,
    pub clock: SharedClock,
}

#[derive(Serialize, Deserialize)]
struct Note {
    secret: Vec<u8>,
    options: Vec<String>,
}

/// The secret of this poll: the one that an earlier try used, or a fresh one. `None` when there is no randomness.
pub async fn secret(polls: &Polls, wire_id: &str, options: &[String]) -> Option<Vec<u8>> {
    if let Some(note) = note(polls, wire_id).await {
        return Some(note.secret);
    }
    let mut secret = vec![0; 32];
    getrandom::fill(&mut secret).ok()?;
    let note = Note { secret, options: options.to_owned() };
    let text = serde_json::to_string(&note).ok()?;
    polls.notes.put(NoteKind::Poll, wire_id, text, polls.clock.now() + KEPT).await;
    Some(note.secret)
}

/// The options that a vote chose; none, if it was taken back. `None`: the vote is for no poll of ours, or unreadable.
pub async fn open(polls: &Polls, client: &Client, vote: &Vote, voter: &Jid) -> Option<Vec<String>> {
    let note = note(polls, &vote.poll).await?;
    // The vote is bound to both names in the same writing: phone numbers or hidden identities.
    let own = if voter.is_lid() { client.lid().or_else(|| client.pn()) } else { client.pn() };
    let ciphertext = PollVoteCiphertext { enc_payload: &vote.payload, enc_iv: &vote.iv };
    let opened = client.polls().decrypt_vote(ciphertext, &note.secret, &vote.poll, &own?, voter).await;
    match opened {
        Ok(hashes) => Some(chosen(&note.options, &hashes)),
        Err(error) => {
            tracing::warn!(%error, "a vote cannot be read");
            None
        }
    }
}

fn chosen(options: &[String], hashes: &[Vec<u8>]) -> Vec<String> {
    let is_chosen = |option: &&String| hashes.iter().any(|hash| hash.as_slice() == compute_option_hash(option));
    options.iter().filter(is_chosen).cloned().collect()
}

async fn note(polls: &Polls, wire_id: &str) -> Option<Note> {
    serde_json::from_str(&polls.notes.get(NoteKind::Poll, wire_id).await?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vote_names_its_options_by_their_hashes() {
        let options = ["Tea".to_owned(), "Coffee".to_owned()];
        let hash = compute_option_hash("Coffee").to_vec();
        assert_eq!(chosen(&options, &[hash]), ["Coffee"]);
        assert!(chosen(&options, &[vec![0; 32]]).is_empty());
        assert!(chosen(&options, &[]).is_empty());
    }
}
