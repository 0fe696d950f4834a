//! Lists of contacts from files: looked at (`preview`), gone through (`run` with `Scan`) and brought in (`run`
//! with `Import`).
//!
//! Every row gets one verdict, and `rows = new + known + twice + doubtful + refused` at every moment. A doubtful row has a phone that only
//! the owner can confirm; it stays out until the owner ticks it. Rows act as if they
//! came in one after another: a later non-empty value wins, an empty one takes nothing away. So importing the
//! same file again, after a cancel or a full disk as well, changes nothing and brings nobody twice.

mod cards;
mod consent;
mod delimited;
mod erasure;
mod error;
mod headed;
mod layout;
mod list;
mod mapping;
mod messages;
mod number_format;
mod preview;
mod records;
mod refused;
mod rows;
mod run;
mod source;
mod store;
pub mod undo;
mod verdict;
mod workbook;

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::phone::Repair;
use super::{Consent, Standing};
use crate::clock::Millis;
use crate::ids::ImportId;
use crate::page::Cursor;
use crate::stored::stored_words;

pub use crate::error::Problem as Reason;

pub use error::{ImportError, Notice, RowError};
pub use headed::{Headed, NamedRow};
pub use preview::preview;
pub use refused::{export_refused, reasons, refusals};
pub use run::{Job, run};
pub use store::changes::{Touch, erase, touching};
pub use store::reports::page as reports;
pub use store::{end_interrupted, forget};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    #[serde(rename = "windows-1254")]
    Windows1254,
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl Encoding {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1254 => "windows-1254",
            Self::Windows1252 => "windows-1252",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Separator {
    Comma,
    Semicolon,
    Tab,
}

impl Separator {
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

/// Where a list comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Origin {
    File {
        path: PathBuf,
    },
    /// What was copied elsewhere: cells, a column of numbers, a text with phones in it. `name` stands for a file's.
    Pasted {
        name: String,
        text: String,
    },
}

/// What a column is taken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "use", rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum ColumnUse {
    Phone,
    Name,
    Email,
    Tags,
    Field {
        name: String,
    },
    /// Yes or no to promotions, or the day of a yes.
    Consent,
    /// When the consent was given.
    ConsentDate,
    /// Where the consent was given.
    ConsentSource,
    /// On which list the person stands: normal, gray or black.
    Standing,
    Ignore,
}

/// What the owner chose; `None` is found out from the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ImportOptions {
    pub encoding: Option<Encoding>,
    pub separator: Option<Separator>,
    /// A sheet of a workbook, by its name.
    pub sheet: Option<String>,
    pub header: Option<bool>,
    pub country: Option<String>,
    pub columns: Option<Vec<ColumnUse>>,
    pub standing: Standing,
    pub tags: Vec<String>,
    pub consent: Option<Consent>,
    pub ticked: Ticked,
    /// Each phone of a row becomes a contact, and counts as a row; else each row takes its best one.
    pub each_phone: bool,
}

/// The doubtful rows that the owner lets come in with the phone that is probably meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Ticked {
    /// All that are doubtful for one of these reasons, by its code.
    pub reasons: Vec<String>,
    pub rows: BTreeSet<u32>,
}

impl Ticked {
    fn has(&self, row: u32, reason: &str) -> bool {
        self.rows.contains(&row) || self.reasons.iter().any(|ticked| ticked == reason)
    }
}

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Verdict {
    New,
    /// In Ulak already; `adds` names what the row adds or changes there.
    Known {
        adds: Vec<String>,
    },
    /// The phone stood in an earlier row, which this one completes.
    Twice {
        row: u32,
    },
    /// `phone` (E.164) is probably meant; the owner decides.
    Doubtful {
        phone: String,
        reason: Reason,
    },
    Refused {
        reason: Reason,
    },
}

/// What a row says about consent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Answer {
    #[default]
    Nothing,
    Yes,
    /// The person gets no promotions, and no list changes that.
    No,
    /// Neither yes nor no, or a day that cannot be: no consent.
    Unclear,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct PreviewRow {
    /// As a spreadsheet counts from 1, or the number of a card.
    pub row: u32,
    pub cells: Vec<String>,
    /// As it comes in; none where the row does not.
    pub name: Option<String>,
    /// E.164
    pub phone: Option<String>,
    /// The column of that phone, where a list has several.
    pub phone_column: Option<u32>,
    pub consent: Answer,
    /// What was mended of the phone.
    pub repair: Option<Repair>,
    /// Columns whose cells are left out: they cannot be read, or are too long.
    pub lost: Vec<u32>,
    pub verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Column {
    pub header: String,
    #[serde(rename = "use")]
    pub used: ColumnUse,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ImportPreview {
    pub file_name: String,
    pub bytes: u64,
    /// None where the list is no text.
    pub encoding: Option<Encoding>,
    /// None where no separator cuts its rows.
    pub separator: Option<Separator>,
    /// The sheets of a workbook, those that can be seen first.
    pub sheets: Vec<String>,
    pub sheet: Option<String>,
    /// None where the format says what its columns are.
    pub header: Option<bool>,
    pub country: String,
    pub columns: Vec<Column>,
    /// What was found out, where the columns are as the owner had them for a list with this header.
    pub found: Option<Vec<ColumnUse>>,
    pub rows: Vec<PreviewRow>,
    pub notices: Vec<Reason>,
}

/// `rows` is the sum of the others but `unchanged`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ImportTotals {
    pub rows: u32,
    pub new: u32,
    pub known: u32,
    /// Of the known ones: those to which the row adds nothing.
    pub unchanged: u32,
    pub twice: u32,
    pub doubtful: u32,
    pub refused: u32,
}

/// What the rows that come in say about consent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ConsentTotals {
    pub yes: u32,
    pub no: u32,
    pub nothing: u32,
    pub unclear: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Refusal {
    pub row: u32,
    /// What is probably meant (E.164), if the row is only doubtful.
    pub phone: Option<String>,
    /// The cells as they stand in the file, in one line.
    pub raw: String,
    pub reason: Reason,
}

/// Which of the rows that stay out are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum LeftOut {
    All,
    Doubtful,
    Refused,
}

/// How many rows stay out for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ReasonTotal {
    pub code: String,
    pub doubtful: bool,
    pub rows: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum ImportStep {
    /// Verdicts only: no contact is made or changed.
    Scan,
    Import,
}

stored_words!(ImportStep { Scan = "scan", Import = "import" });

/// `running → done | cancelled | failed`; a run that a crash ended is found and called failed on the next start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum ImportState {
    Running,
    Done,
    Cancelled,
    Failed,
}

stored_words!(ImportState {
    Running = "running",
    Done = "done",
    Cancelled = "cancelled",
    Failed = "failed",
});

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename = "ImportRun")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ImportProgress {
    pub import_id: ImportId,
    pub step: ImportStep,
    pub state: ImportState,
    pub percent: u8,
    pub totals: ImportTotals,
    pub consent: ConsentTotals,
    /// Cells of people who come in that were left out: they could not be read, or are too long.
    pub lost_cells: u32,
    /// People who come in with a phone that was mended.
    pub repaired: u32,
    pub error: Option<Reason>,
}

/// What is on record of an import that is over or running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ImportReport {
    pub id: ImportId,
    pub file_name: String,
    pub state: ImportState,
    pub started_at: Millis,
    pub totals: ImportTotals,
    /// Once it was taken back.
    pub undone: Option<Undone>,
    pub can_undo: bool,
}

/// What became of the contacts that an import had made or changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Undone {
    pub removed: u32,
    pub restored: u32,
    /// Those who got a message or were changed since stay as they are.
    pub kept: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ImportReportPage {
    pub next: Option<Cursor>,
    pub rows: Vec<ImportReport>,
}
