//! What every error that an owner can meet carries: a stable code, its parameters and an English sentence.
//!
//! The window looks the sentence up by the code in the owner's language; the terminal prints the English one.

use std::collections::BTreeMap;

pub type Params = BTreeMap<String, String>;

pub trait Coded: std::error::Error {
    /// Stable, as in `import.no_phone_column`.
    fn code(&self) -> &'static str;

    /// What the sentence of that code is filled with.
    fn params(&self) -> Params {
        Params::new()
    }
}

/// `params! { row: 12, column: "Name" }`
#[macro_export]
macro_rules! params {
    ($($name:ident : $value:expr),* $(,)?) => {
        $crate::error::Params::from([$((stringify!($name).to_owned(), $value.to_string())),*])
    };
}
