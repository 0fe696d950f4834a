//! The one shape in which an error leaves the core.

use std::fmt;

use serde::Serialize;

use crate::db::Db;
use crate::error::{Coded, Params};

/// A stable code, what its sentence is filled with, and the sentence in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
#[serde(rename = "AppError")]
pub struct Problem {
    pub code: String,
    pub message: String,
    pub params: Params,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: Coded> From<E> for Problem {
    fn from(error: E) -> Self {
        Self { code: error.code().to_owned(), message: error.to_string(), params: error.params() }
    }
}

impl Problem {
    /// A task of ours ended by itself; there is nothing the owner could do but report it.
    pub fn crashed(error: tokio::task::JoinError) -> Self {
        Self {
            code: "app.crashed".to_owned(),
            message: format!("Something in Ulak broke ({error}). Nothing was lost; try again, and report it if it stays."),
            params: Params::from([("reason".to_owned(), error.to_string())]),
        }
    }

    /// Names the folder where the error only knew that it was the database.
    pub(super) fn at(mut self, db: &Db) -> Self {
        let folder = db.folder().display().to_string();
        if let Some(known) = self.params.get_mut("folder") {
            self.message = self.message.replace("the data folder", &folder);
            *known = folder;
        }
        self
    }
}
