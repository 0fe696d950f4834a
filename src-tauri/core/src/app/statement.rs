//! The credits of one month, on paper: what there was, what came in, what each campaign cost, what was left.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{Months, NaiveDate};
use chrono_tz::Tz;
use sqlx::SqliteConnection;

use super::report::paper::number;
use super::report::{paid, sheets, stamp, write_pdf};
use super::{Credits, Problem};
use crate::campaign::store as campaigns;
use crate::clock::{Millis, at_wall, local};
use crate::db::StorageError;
use crate::error::{Coded, Params};
use crate::ids::CampaignId;
use crate::ledger::figures::{self, Month, OwnersLine};
use crate::ledger::{Book, EntryKind};
use crate::messages::Messages;
use crate::paper::{Block, Column, Figure, Paper, Plain, Table, Value};
use crate::params;
use crate::settings::Language;
use crate::table::{self, TableError, ending};

#[derive(Debug, thiserror::Error)]
#[error("{month} is not a month. It is written as 2026-11.")]
struct NoMonth {
    month: String,
}

impl Coded for NoMonth {
    fn code(&self) -> &'static str {
        "credits.no_month"
    }

    fn params(&self) -> Params {
        params! { month: self.month }
    }
}

impl Credits {
    /// Into a PDF or a workbook, as the file's name ends. `month` is `YYYY-MM`.
    pub async fn export_statement(
        &self,
        book: Book,
        month: &str,
        path: &Path,
        language: Option<Language>,
    ) -> Result<(), Problem> {
        let settings = self.settings().await?;
        let words = Messages::of(language.or(settings.language).unwrap_or(Language::En).as_str());
        let no_month = || NoMonth { month: month.to_owned() };
        let first = format!("{month}-01").parse::<NaiveDate>().map_err(|_| no_month())?;
        let (from, to) = span(first, settings.zone).ok_or_else(no_month)?;
        let mut reader = self.reader().await?;
        let sums = figures::month(&mut reader, book, from, to).await.map_err(StorageError::from)?;
        let names = names(&mut reader, &sums).await.map_err(StorageError::from)?;
        drop(reader);
        let statement = Statement { sums: &sums, names: &names, words: &words, zone: settings.zone };
        let paper = statement.paper(first, book, &settings.business_name);
        match ending(path).as_str() {
            "pdf" => write_pdf(path, paper).await,
            "xlsx" => {
                let mut workbook = table::Book::create(path);
                workbook.sheet(&paper.title, &[42, 18, 18, 18, 40])?;
                sheets::summary(&mut workbook, &paper)?;
                Ok(workbook.end()?)
            }
            _ => Err(TableError::format(path, ".pdf, .xlsx").into()),
        }
    }
}

fn span(first: NaiveDate, zone: Tz) -> Option<(Millis, Millis)> {
    let next = first.checked_add_months(Months::new(1))?;
    Some((at_wall(first.into(), zone)?, at_wall(next.into(), zone)?))
}

async fn names(db: &mut SqliteConnection, sums: &Month) -> Result<BTreeMap<CampaignId, String>, sqlx::Error> {
    let ids: Vec<CampaignId> = sums.spent_on.iter().map(|(id, _)| *id).collect();
    Ok(campaigns::by_ids(db, &ids).await?.into_iter().map(|listed| (listed.id, listed.name)).collect())
}

struct Statement<'a> {
    sums: &'a Month,
    names: &'a BTreeMap<CampaignId, String>,
    words: &'a Messages,
    zone: Tz,
}

impl Statement<'_> {
    fn paper(&self, first: NaiveDate, book: Book, business: &str) -> Paper {
        let words = self.words;
        // "1 November 2026" without its day.
        let month = words.day(first).split_once(' ').map_or_else(String::new, |(_, month)| month.to_owned());
        let blocks = [Some(self.figures()), self.campaigns(), self.lines_of_owner()];
        Paper {
            title: words.say("credits_statement_title", &[("month", &month)]),
            subtitle: business.to_owned(),
            stamp: stamp(book, words),
            foot: "Ulak".to_owned(),
            language: words.tag().to_owned(),
            blocks: blocks.into_iter().flatten().collect(),
        }
    }

    fn figures(&self) -> Block {
        let Month { opening, granted, adjusted, spent, .. } = *self.sums;
        let figures = [
            ("credits_opening", opening),
            ("credits_topped_up", granted),
            ("credits_corrected", adjusted),
            ("credits_spent_in", spent),
            ("credits_closing", opening + granted + adjusted - spent),
        ];
        let figure = |(key, value)| Figure { label: self.words.say(key, &[]), value: number(value, self.words) };
        Block::Figures(figures.map(figure).into())
    }

    /// Single messages together at the end.
    fn campaigns(&self) -> Option<Block> {
        let words = self.words;
        let (named, single): (Vec<_>, Vec<_>) =
            self.sums.spent_on.iter().partition(|(id, _)| self.names.contains_key(id));
        let called = |id: &CampaignId| match self.names.get(id) {
            Some(name) if !name.is_empty() => name.clone(),
            _ => words.say("campaigns_untitled", &[]),
        };
        let mut rows: Vec<Vec<Value>> =
            named.iter().map(|(id, spent)| vec![called(id).into(), number(*spent, words)]).collect();
        let single: i64 = single.iter().map(|(_, spent)| spent).sum();
        if single > 0 {
            rows.push(vec![words.say("log_singles", &[]).into(), number(single, words)]);
        }
        let together = vec![words.say("report_together", &[]).into(), number(self.sums.spent, words)];
        let columns = [("credits_campaign", 5, false), ("nav_credits", 1, true)];
        (!rows.is_empty()).then(|| self.table("credits_by_campaign", &columns, rows, Some(together)))
    }

    fn lines_of_owner(&self) -> Option<Block> {
        let words = self.words;
        let row = |line: &OwnersLine| {
            let entry = if line.kind == EntryKind::Grant { "entry_grant" } else { "entry_adjust" };
            let day = local(line.at, self.zone).date_naive();
            // As the owner wrote it, and where it can be read, as what it is.
            let price = match paid(&line.price) {
                Some((currency, paid)) => Plain::Amount(paid, currency),
                None => Plain::Text,
            };
            vec![
                Value { shown: words.day(day), plain: Plain::Day(day) },
                words.say(entry, &[]).into(),
                number(line.credits, words),
                Value { shown: line.price.clone(), plain: price },
                line.note.clone().into(),
            ]
        };
        let rows: Vec<Vec<Value>> = self.sums.lines.iter().map(row).collect();
        let columns = [
            ("figures_day", 4, false),
            ("credits_entry", 3, false),
            ("nav_credits", 2, true),
            ("credits_price", 3, true),
            ("credits_note", 5, false),
        ];
        (!rows.is_empty()).then(|| self.table("credits_lines_of_owner", &columns, rows, None))
    }

    fn table(
        &self,
        title: &str,
        columns: &[(&str, u16, bool)],
        rows: Vec<Vec<Value>>,
        together: Option<Vec<Value>>,
    ) -> Block {
        let column = |(key, share, end): &(&str, u16, bool)| Column {
            label: self.words.say(key, &[]),
            share: *share,
            end: *end,
        };
        let columns = columns.iter().map(column).collect();
        Block::Table(Table { title: self.words.say(title, &[]), columns, rows, together })
    }
}
