//! What became of the rows of a file, as a list beside it, in the owner's language.

use std::path::Path;

use super::super::Problem;
use crate::durable::sync_folder;
use crate::language::Language;
use crate::messages::Messages;
use crate::table::{Cell, Table};
use crate::trigger::Outcome;
use crate::trigger::store::folders::TakenRow;

/// On the disk when it comes back. A report that a crash left half done is written anew.
pub(super) fn write(
    path: &Path,
    language: Language,
    rows: &[TakenRow],
    problem: Option<&Problem>,
) -> Result<(), String> {
    let words = Messages::of(language.as_str());
    let headers = ["watched_row", "watched_became", "watched_why"].map(|key| words.say(key, &[]));
    let written = Table::create(path, headers.iter().map(String::as_str)).and_then(|mut table| {
        if let Some(problem) = problem {
            table.add([
                Cell::Empty,
                Cell::Text(word(&words, Outcome::Refused).into()),
                Cell::Text(words.problem(problem).into()),
            ])?;
        }
        for row in rows {
            let why = row.problem.as_ref().map_or(Cell::Empty, |problem| Cell::Text(words.problem(problem).into()));
            table.add([Cell::Number(row.row.into()), Cell::Text(word(&words, row.outcome).into()), why])?;
        }
        table.end()
    });
    written.map_err(|error| error.to_string())?;
    path.parent().map_or(Ok(()), sync_folder).map_err(|error| error.to_string())
}

fn word(words: &Messages, outcome: Outcome) -> String {
    let key = match outcome {
        Outcome::Accepted => "watched_accepted",
        Outcome::Duplicate => "watched_duplicate",
        Outcome::Unmet | Outcome::Off => "watched_unmet",
        Outcome::Refused => "watched_refused",
    };
    words.say(key, &[])
}
