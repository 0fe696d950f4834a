//! The report of a campaign: looked at, put beside others, and written into a file in the owner's language.

pub(super) mod paper;
pub(super) mod sheets;

use std::path::Path;

use super::{Campaigns, Problem};
use crate::campaign::report::{CampaignReport, Cost, ticks};
use crate::campaign::{CampaignError, store as campaigns};
use crate::clock::Millis;
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
        let prices = priced(&figures::prices(&mut reader, draft.book).await.map_err(StorageError::from)?);
        // A later top-up does not change what it cost.
        let cost = price_at(&prices, view.started_at.unwrap_or(self.now())).and_then(|price| {
            let (currency, per_credit) = (price.currency.clone(), price.per_credit);
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

/// What a credit cost from one top-up on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Price {
    pub since: Millis,
    pub currency: String,
    /// In ten-thousandths.
    pub per_credit: Number,
}

/// The prices that can be read and are in the currency of the newest of them, the oldest first. The top-ups are given with
/// the newest first.
pub(super) fn priced(top_ups: &[(Millis, i64, String)]) -> Vec<Price> {
    let read = |(since, credits, written): &(Millis, i64, String)| {
        let (currency, paid) = paid(written)?;
        Some(Price { since: *since, currency, per_credit: paid.checked_div(*credits)? })
    };
    let mut prices: Vec<Price> = top_ups.iter().filter_map(read).collect();
    if let Some(newest) = prices.first().map(|price| price.currency.clone()) {
        prices.retain(|price| price.currency == newest);
    }
    prices.reverse();
    prices
}

/// The price in force at a moment; before the first of them, the first.
pub(super) fn price_at(prices: &[Price], at: Millis) -> Option<&Price> {
    prices.iter().rfind(|price| price.since <= at).or(prices.first())
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
    fn a_credit_costs_what_the_top_up_before_it_says() {
        let top_ups = [(9, 0, "₺5"), (8, 100, "hediye"), (7, 1_000, "₺800"), (5, 2_500, "₺1.250,00"), (3, 10, "$ 1")];
        let prices = priced(&top_ups.map(|(at, credits, price)| (at, credits, price.to_owned())));
        let at = |at| price_at(&prices, at).map(|price| (price.currency.as_str(), price.per_credit));
        assert_eq!(at(9), Some(("₺", 8_000)));
        assert_eq!(at(6), Some(("₺", 5_000)), "a dearer top-up does not change what was before it");
        assert_eq!(at(1), Some(("₺", 5_000)), "before the first price, the first; dollars are no lira");
        let rupiah = priced(&[(1, 1_000, "Rp 250.000".to_owned())]);
        assert_eq!(price_at(&rupiah, 2).map(|price| price.per_credit), Some(2_500_000));
        assert_eq!(price_at(&priced(&[]), 2), None);
    }
}
