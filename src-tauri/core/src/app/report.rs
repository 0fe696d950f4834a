//! The report of a campaign: looked at, put beside others, and written into a file in the owner's language.

pub(super) mod paper;
pub(super) mod sheets;

use std::path::Path;

use super::{Campaigns, Problem};
use crate::campaign::report::{CampaignReport, Cost, ticks};
use crate::campaign::{CampaignError, store as campaigns};
use crate::contact::reading::{self, Number};
use crate::db::StorageError;
use crate::durable::Half;
use crate::ids::CampaignId;
use crate::inbound::store::figures::own_words;
use crate::ledger::{Book, figures};
use crate::messages::Messages;
use crate::paper::pdf;
use crate::settings::Language;
use crate::table::{TableError, ending};

/// As many as can be read side by side.
const MOST_COMPARED: usize = 5;

impl Campaigns {
    pub async fn report(&self, id: CampaignId) -> Result<CampaignReport, Problem> {
        let view = self.live(id).await?;
        let zone = self.settings().await?.zone;
        let mut reader = self.reader().await?;
        let draft = campaigns::by_id(&mut reader, id).await.map_err(StorageError::from)?.ok_or(CampaignError::Gone)?;
        let ticks = ticks(&mut reader, id, zone).await.map_err(StorageError::from)?;
        let price = price(&figures::prices(&mut reader, draft.book).await.map_err(StorageError::from)?);
        let cost = price.and_then(|(currency, per_credit)| {
            let delivered = view.counts.delivered + view.counts.read + view.counts.played;
            let whole = per_credit.checked_mul(view.credits.settled)?;
            Some(Cost { currency, per_credit, whole, per_delivered: whole.checked_div(delivered) })
        });
        let own_words = own_words(&mut reader, id).await.map_err(StorageError::from)?;
        Ok(CampaignReport {
            own_words,
            category: draft.category,
            offered: draft.choice.map(|choice| choice.options).unwrap_or_default(),
            delivery: ticks.delivery,
            reading: ticks.reading,
            hours: ticks.hours,
            best: ticks.best,
            cost,
            view,
        })
    }

    /// Up to five of them, in the order in which they are asked for; what is gone is left out.
    pub async fn reports(&self, ids: &[CampaignId]) -> Result<Vec<CampaignReport>, Problem> {
        let mut reports = Vec::new();
        for id in ids.iter().take(MOST_COMPARED) {
            match self.report(*id).await {
                Err(problem) if problem.code == "campaign.gone" => {}
                report => reports.push(report?),
            }
        }
        Ok(reports)
    }

    /// As a PDF, a workbook with its people and answers, or its people as separated text, as the file's name ends.
    pub async fn export_report(&self, id: CampaignId, path: &Path, language: Option<Language>) -> Result<(), Problem> {
        let settings = self.settings().await?;
        let language = language.or(settings.language).unwrap_or(Language::En);
        let words = Messages::of(language.as_str());
        let report = self.report(id).await?;
        let paper = paper::of(&report, &words, settings.zone, &settings.business_name);
        match ending(path).as_str() {
            "pdf" => write_pdf(path, paper).await,
            "xlsx" => sheets::write(self, &paper, id, path, &words, settings.zone).await,
            "csv" => sheets::people(self, id, path, &words, settings.zone).await,
            _ => Err(TableError::format(path, ".pdf, .xlsx, .csv").into()),
        }
    }
}

pub(super) async fn write_pdf(path: &Path, paper: crate::paper::Paper) -> Result<(), Problem> {
    let half = Half::beside(path);
    let made = tokio::task::spawn_blocking(move || pdf(&paper)).await.map_err(Problem::crashed)?;
    let bytes = made.map_err(|reason| TableError::cannot_write(path, reason))?;
    std::fs::write(half.path(), bytes).map_err(|reason| TableError::cannot_write(path, reason))?;
    Ok(half.done().map_err(|reason| TableError::cannot_write(path, reason))?)
}

/// What a credit cost in the newest top-up whose price can be read, and the currency that it is written in.
pub(super) fn price(top_ups: &[(i64, String)]) -> Option<(String, Number)> {
    top_ups.iter().find_map(|(credits, written)| {
        let (currency, paid) = paid(written)?;
        Some((currency, paid.checked_div(*credits)?))
    })
}

/// What was paid, as far as it can be read, and the currency that it is written in.
pub(super) fn paid(written: &str) -> Option<(String, Number)> {
    let paid = reading::number(written).filter(|paid| *paid > 0)?;
    let sign = |c: &char| !c.is_ascii_digit() && !c.is_whitespace() && !matches!(c, '.' | ',' | '\'' | '-' | '+');
    Some((written.chars().filter(sign).collect(), paid))
}

/// Practice costs nothing, whatever was noted with its credits.
pub(super) fn stamp(book: Book, words: &Messages) -> Option<String> {
    (book == Book::Practice).then(|| words.say("practice", &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credit_costs_what_the_newest_readable_price_says() {
        let top_ups = [(0, "₺5"), (100, "hediye"), (2_500, "₺1.250,00"), (10, "$ 1")];
        let top_ups = top_ups.map(|(credits, price)| (credits, price.to_owned()));
        assert_eq!(price(&top_ups), Some(("₺".to_owned(), 5_000)));
        assert_eq!(price(&[(1_000, "Rp 250.000".to_owned())]), Some(("Rp".to_owned(), 2_500_000)));
        assert_eq!(price(&[]), None);
    }
}
