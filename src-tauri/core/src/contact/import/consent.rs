//! What the cells of a row say about consent. Pure.
//!
//! Called by `rows` for every row, and by `verdict` with the time. Facts only: a no wins over all else that its row
//! says, and a word that is neither yes nor no, a date that cannot be read and one that is still to come give nothing.

use chrono::NaiveTime;

use super::super::fold::fold;
use super::super::reading;
use super::{Answer, ColumnUse};
use crate::clock::{DAY, Millis};

/// Words people write for yes and no, folded, in English, Turkish and Indonesian.
const YES: &[&str] = &[
    "1",
    "yes",
    "y",
    "true",
    "ok",
    "okay",
    "agreed",
    "accepted",
    "opted in",
    "opt in",
    "subscribed",
    "granted",
    "x",
    "✓",
    "✔",
    "evet",
    "e",
    "var",
    "onay",
    "onayli",
    "onayladi",
    "kabul",
    "kabul etti",
    "izinli",
    "izin var",
    "izin verdi",
    "verdi",
    "dogru",
    "ya",
    "iya",
    "setuju",
    "ada",
    "boleh",
    "bersedia",
    "diizinkan",
    "benar",
];
const NO: &[&str] = &[
    "0",
    "no",
    "n",
    "false",
    "not agreed",
    "declined",
    "refused",
    "rejected",
    "opted out",
    "opt out",
    "unsubscribed",
    "stop",
    "hayir",
    "h",
    "yok",
    "red",
    "ret",
    "reddetti",
    "onaysiz",
    "kabul etmedi",
    "izinsiz",
    "izin yok",
    "izin vermedi",
    "vermedi",
    "istemiyor",
    "yanlis",
    "iptal",
    "tidak",
    "tdk",
    "tidak setuju",
    "tidak ada",
    "tidak boleh",
    "tidak bersedia",
    "menolak",
    "tolak",
    "ditolak",
    "jangan",
    "berhenti",
    "salah",
];

/// What a row says about consent, with what it rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Said {
    #[default]
    Nothing,
    Yes(Given),
    /// `at` is when, where the row says so.
    No {
        at: Option<Millis>,
    },
    Unclear,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Empty where the row does not say.
    pub source: String,
    pub at: Option<Millis>,
    /// The cells as they stand in the list.
    pub note: String,
}

impl Said {
    /// Nobody agreed at a time that is still to come.
    pub fn answer(&self, now: Millis) -> Answer {
        match self {
            Self::Nothing => Answer::Nothing,
            Self::Yes(Given { at: Some(at), .. }) if *at > now + DAY => Answer::Unclear,
            Self::Yes(_) => Answer::Yes,
            Self::No { .. } => Answer::No,
            Self::Unclear => Answer::Unclear,
        }
    }
}

/// A filled cell of a column about consent.
pub struct Cell<'a> {
    pub used: &'a ColumnUse,
    pub header: &'a str,
    pub text: &'a str,
}

/// `asked`: the list has a column that says yes or no, so a date or a source alone is no consent.
pub fn said(cells: &[Cell<'_>], asked: bool) -> Said {
    let mut given = Given::default();
    let (mut yes, mut no, mut unclear) = (false, false, false);
    for cell in cells {
        match (cell.used, meaning(cell.text)) {
            (_, Meaning::Nothing) => continue,
            (_, Meaning::No) => no = true,
            (ColumnUse::ConsentSource, _) => cell.text.clone_into(&mut given.source),
            (ColumnUse::Consent, Meaning::Yes) => yes = true,
            (used, Meaning::Day(day)) => {
                given.at = Some(day);
                yes |= *used == ColumnUse::Consent;
            }
            _ => unclear = true,
        }
        given.note = noted(given.note, cell);
    }
    yes |= !asked && (given.at.is_some() || !given.source.is_empty());
    match (no, unclear, yes) {
        (true, ..) => Said::No { at: given.at },
        (_, true, _) => Said::Unclear,
        (.., true) => Said::Yes(given),
        _ => Said::Nothing,
    }
}

/// Whether a cell says yes or no, or is a day: what a column is guessed by.
pub fn is_answer(cell: &str) -> bool {
    matches!(meaning(cell), Meaning::Yes | Meaning::No | Meaning::Day(_))
}

enum Meaning {
    Yes,
    No,
    Day(Millis),
    Nothing,
    Other,
}

fn meaning(cell: &str) -> Meaning {
    let folded = fold(cell.trim());
    let words = folded.trim_matches(['.', '!', '(', ')', '"']).split([' ', '-', '_']);
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let words = words.join(" ");
    match words.as_str() {
        "" | "–" | "—" => Meaning::Nothing,
        word if YES.contains(&word) => Meaning::Yes,
        word if NO.contains(&word) => Meaning::No,
        _ => day(cell).map_or(Meaning::Other, Meaning::Day),
    }
}

/// Its noon: the same day in every zone of the world's shops.
fn day(cell: &str) -> Option<Millis> {
    Some(reading::day(cell)?.and_time(NaiveTime::from_hms_opt(12, 0, 0)?).and_utc().timestamp_millis())
}

fn noted(note: String, cell: &Cell<'_>) -> String {
    let header = cell.header.trim();
    let said = if header.is_empty() { cell.text.to_owned() } else { format!("{header}: {}", cell.text) };
    if note.is_empty() { said } else { format!("{note}, {said}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2 September 2025, 12:00 UTC.
    const NOON: Millis = 1_756_814_400_000;

    fn of(cells: &[(&ColumnUse, &str)]) -> Said {
        let cells: Vec<Cell> = cells.iter().map(|(used, text)| Cell { used, header: "İzin", text }).collect();
        said(&cells, cells.iter().any(|cell| *cell.used == ColumnUse::Consent))
    }

    #[test]
    fn yes_and_no_are_known_in_three_languages_whatever_their_case() {
        for yes in
            ["Evet", "EVET", "evet.", "İzinli", "VAR", "yes", "Y", "TRUE", "1", "ya", "Setuju", "opt-in", "x", "✓"]
        {
            assert!(matches!(of(&[(&ColumnUse::Consent, yes)]), Said::Yes(_)), "{yes}");
        }
        for no in
            ["Hayır", "HAYIR", "hayir", "yok", "İPTAL", "no", "N", "false", "0", "tidak", "Tidak setuju", "opted out"]
        {
            assert_eq!(of(&[(&ColumnUse::Consent, no)]), Said::No { at: None }, "{no}");
        }
    }

    #[test]
    fn what_is_neither_is_unclear_and_a_dash_says_nothing() {
        for unclear in ["belki", "sor", "evet mi", "?", "45902", "2.9", "31.02.2025", "nope"] {
            assert_eq!(of(&[(&ColumnUse::Consent, unclear)]), Said::Unclear, "{unclear}");
        }
        for nothing in ["-", "–", " "] {
            assert_eq!(of(&[(&ColumnUse::Consent, nothing)]), Said::Nothing);
        }
    }

    #[test]
    fn a_day_is_kept_as_its_noon() {
        let Said::Yes(given) = of(&[(&ColumnUse::ConsentDate, "02.09.2025 14:11")]) else { panic!() };
        assert_eq!(given.at, Some(NOON));
        assert_eq!(of(&[(&ColumnUse::ConsentDate, "geçen yaz")]), Said::Unclear);
    }

    #[test]
    fn a_no_wins_and_a_date_beside_an_empty_answer_is_no_consent() {
        let (consent, date, source) = (&ColumnUse::Consent, &ColumnUse::ConsentDate, &ColumnUse::ConsentSource);
        assert_eq!(of(&[(consent, "hayır"), (date, "02.09.2025"), (source, "Form")]), Said::No { at: Some(NOON) });
        assert_eq!(of(&[(date, "02.09.2025"), (source, "yok")]), Said::No { at: Some(NOON) });
        assert_eq!(of(&[(consent, "-"), (date, "02.09.2025")]), Said::Nothing);
        let given = Given {
            source: "Mağaza formu".into(),
            at: Some(NOON),
            note: "İzin: evet, İzin: 02.09.2025, İzin: Mağaza formu".into(),
        };
        assert_eq!(of(&[(consent, "evet"), (date, "02.09.2025"), (source, "Mağaza formu")]), Said::Yes(given));
    }

    #[test]
    fn nobody_agreed_at_a_time_that_is_still_to_come() {
        let yes = of(&[(&ColumnUse::Consent, "02.09.2025")]);
        assert_eq!(yes.answer(NOON), Answer::Yes);
        assert_eq!(yes.answer(NOON - 3 * DAY), Answer::Unclear);
    }
}
