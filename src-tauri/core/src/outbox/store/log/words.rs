//! The words of messages, so that one is found by what it says and whom it went to. They are taken in by themselves,
//! a chunk at a time, behind the newest message that was; triggers keep what was taken in true to the messages.

use sqlx::SqliteConnection;

use crate::contact::fold::needles;
use crate::db::Tx;

/// Takes in the words of so many messages. True where more wait.
pub async fn take_in(db: &mut Tx, most: i64) -> Result<bool, sqlx::Error> {
    let (done, newest) = progress(db).await?;
    if done == newest {
        return Ok(false);
    }
    let end = newest.min(done + most);
    let words = "INSERT INTO message_words (rowid, words)
                 SELECT w.seq, w.words FROM message_wordings w WHERE w.seq > ? AND w.seq <= ?";
    sqlx::query(words).bind(done).bind(end).execute(&mut *db).await?;
    sqlx::query("UPDATE message_index SET seq = ?").bind(end).execute(db).await?;
    Ok(end < newest)
}

/// Forgets all words, so that they are taken in anew.
pub async fn begin_anew(db: &mut Tx) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO message_words (message_words) VALUES ('delete-all')").execute(&mut *db).await?;
    sqlx::query("UPDATE message_index SET seq = 0").execute(db).await.map(drop)
}

/// Of how many messages the words are not taken in yet.
pub async fn waiting(db: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let (done, newest) = progress(db).await?;
    Ok(newest - done)
}

async fn progress(db: &mut SqliteConnection) -> Result<(i64, i64), sqlx::Error> {
    let progress = "SELECT seq, (SELECT coalesce(max(r.seq), 0) FROM message_rows r) FROM message_index";
    sqlx::query_as(progress).fetch_one(db).await
}

/// A prefix of fewer letters fits half of all words, and one of fewer digits a good part of all phones.
const SHORTEST_BEGINNING: usize = 3;
const SHORTEST_PHONE: usize = 6;

/// What a search asks of the words: all of them, the way that people begin to type them. A phone is found however it is
/// written; `calling_code` stands before one that was typed as at home. None where nothing of it is a word.
pub fn expression(search: &str, calling_code: u16) -> Option<String> {
    let typed = needles(search);
    if let [digits] = typed.as_slice()
        && search.chars().any(|c| c.is_ascii_digit())
        && !search.chars().any(char::is_alphabetic)
        && digits.chars().all(|c| c.is_ascii_digit())
    {
        let as_typed: String = search.chars().filter(char::is_ascii_digit).collect();
        let ways = [digits.clone(), as_typed, format!("{calling_code}{digits}")];
        let phones = ways.map(|way| beginning(&way, SHORTEST_PHONE)).join(" OR ");
        return Some(words(search).map_or(phones.clone(), |numbers| format!("{phones} OR ({numbers})")));
    }
    words(search)
}

/// All of these words.
fn words(search: &str) -> Option<String> {
    let same = search.replace(['ı', 'İ'], "i");
    let words = same.split(|c: char| !c.is_alphanumeric() && !is_mark(c)).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(|word| beginning(word, SHORTEST_BEGINNING)).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Marks that belong to the letter before them, in the scripts that have most of them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{963}'
        | '\u{981}'..='\u{d4d}' | '\u{e31}'..='\u{e4e}')
}

fn beginning(word: &str, shortest: usize) -> String {
    if word.chars().count() < shortest { format!("\"{word}\"") } else { format!("\"{word}\"*") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_the_beginnings_of_its_words_or_a_phone() {
        assert_eq!(expression("Işık  \"çet", 90).as_deref(), Some("\"Işik\"* \"çet\"*"));
        assert_eq!(
            expression("0538 555 01 01", 90).as_deref(),
            Some("\"5385550101\"* OR \"05385550101\"* OR \"905385550101\"* OR (\"0538\"* \"555\"* \"01\" \"01\")")
        );
        assert_eq!(expression("0102", 90).as_deref(), Some("\"102\" OR \"0102\" OR \"90102\" OR (\"0102\"*)"));
        assert_eq!(expression("₺1,850 on", 90).as_deref(), Some("\"1\" \"850\"* \"on\""));
        assert_eq!(expression("e\u{301}cole", 90).as_deref(), Some("\"e\u{301}cole\"*"));
        assert_eq!(expression("\"", 90), None);
        assert_eq!(expression(" 🎂 ", 90), None);
    }
}
