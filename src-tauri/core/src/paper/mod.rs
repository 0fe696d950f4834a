//! What is printed: a page of figures, bars and tables, as a PDF whose fonts are in it. Pure: bytes out, no clock.
//!
//! Called by reports and statements, which choose the words. The layout is here and nowhere else.

mod face;
mod pdf;

use chrono::NaiveDate;

pub use pdf::pdf;

pub struct Paper {
    pub title: String,
    pub subtitle: String,
    /// A stamp beside the title: that it is practice.
    pub stamp: Option<String>,
    /// Under every page, before its number.
    pub foot: String,
    /// `tr`, `en`, `id`.
    pub language: String,
    pub blocks: Vec<Block>,
}

pub enum Block {
    /// A few figures side by side.
    Figures(Vec<Figure>),
    Bars {
        title: String,
        note: String,
        bars: Vec<Bar>,
    },
    /// One value an hour of the day.
    Hours {
        title: String,
        note: String,
        values: Vec<i64>,
    },
    Table(Table),
}

pub struct Figure {
    pub label: String,
    pub value: Value,
}

/// What is printed, and what it is for a file that counts with it.
pub struct Value {
    pub shown: String,
    pub plain: Plain,
}

pub enum Plain {
    Text,
    Number(i64),
    /// In ten-thousandths, with its currency as the owner writes it.
    Amount(i64, String),
    Day(NaiveDate),
}

impl From<String> for Value {
    fn from(shown: String) -> Self {
        Self { shown, plain: Plain::Text }
    }
}

pub struct Bar {
    pub label: String,
    pub value: Value,
    /// Of the longest, from 0 to 1,000.
    pub permille: u16,
    pub note: String,
    pub tint: Tint,
}

#[derive(Clone, Copy)]
pub enum Tint {
    Plain,
    Read,
    Accent,
}

pub struct Table {
    pub title: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
    /// The last row, set apart.
    pub together: Option<Vec<Value>>,
}

pub struct Column {
    pub label: String,
    /// Its share of the width, beside those of the others.
    pub share: u16,
    /// Numbers stand at the end.
    pub end: bool,
}
