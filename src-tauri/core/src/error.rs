//! What every error that an owner can meet carries: a stable code, its parameters and an English sentence.
//!
//! The window looks the sentence up by the code in the owner's language; the terminal prints the English one.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub type Params = BTreeMap<String, String>;

pub trait Coded: std::error::Error {
    /// Stable, as in `import.no_phone_column`.
    fn code(&self) -> &'static str;

    /// What the sentence of that code is filled with.
    fn params(&self) -> Params {
        Params::new()
    }
}

/// The one shape in which an error is shown: a stable code, what its sentence is filled with, and the sentence in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "AppError")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Problem {
    pub code: String,
    pub message: String,
    pub params: Params,
}

impl Problem {
    pub fn of(error: &impl Coded) -> Self {
        Self { code: error.code().to_owned(), message: error.to_string(), params: error.params() }
    }

    /// A task of ours ended by itself; there is nothing the owner could do but report it.
    pub fn crashed(error: tokio::task::JoinError) -> Self {
        Self {
            code: "app.crashed".to_owned(),
            message: format!(
                "Something in Ulak broke ({error}). Nothing was lost; try again, and report it if it stays."
            ),
            params: Params::from([("reason".to_owned(), error.to_string())]),
        }
    }
}

/// A sentence that tells another problem as its reason: in English, and what the reason takes to be said in another
/// language (its code as `because`, its parameters as `because.name`).
pub fn because(mut params: Params, reason: &Problem) -> Params {
    params.insert("reason".to_owned(), reason.message.clone());
    params.insert(BECAUSE.to_owned(), reason.code.clone());
    params.extend(reason.params.iter().map(|(name, value)| (format!("{BECAUSE}.{name}"), value.clone())));
    params
}

const BECAUSE: &str = "because";

/// Whether a parameter says why: what a library answered may differ from time to time.
pub fn is_reason(name: &str) -> bool {
    name == "reason" || name.starts_with(BECAUSE)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl<E: Coded> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

/// `params! { row: 12, column: "Name" }`
#[macro_export]
macro_rules! params {
    ($($name:ident : $value:expr),* $(,)?) => {
        $crate::error::Params::from([$((stringify!($name).to_owned(), $value.to_string())),*])
    };
}
