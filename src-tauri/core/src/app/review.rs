//! The review before scheduling: what it costs, who is skipped, when it will be done.

use chrono::{NaiveDate, Offset};
use chrono_tz::Tz;
use serde::Serialize;

use super::{Campaigns, Problem};
use crate::campaign::draft::Draft;
use crate::campaign::estimate::Stretch;
use crate::campaign::forecast::{Rates, Shares};
use crate::campaign::live::all_sessions;
use crate::campaign::review::{self, Compatriots, PriceLine, SkipLine, Survey, survey};
use crate::clock::{DAY, MINUTE, Millis, local};
use crate::contact::phone::{Country, WhoseClock};
use crate::db::StorageError;
use crate::ids::{CampaignId, SessionId};
use crate::inbound::store::replies;
use crate::ledger::{Book, store as ledger};
use crate::outbox::window::{self, SendingHours, minute_of_day};
use crate::session::Session;
use crate::session::practice::first_gap;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Review {
    pub people: i64,
    pub will_send: i64,
    pub skipped: Vec<SkipLine>,
    pub price: Vec<PriceLine>,
    pub credits: i64,
    pub free: i64,
    pub free_after: i64,
    pub shortage: i64,
    pub covered_people: i64,
    pub practice: bool,
    pub starts_at: Millis,
    pub finishes_at: Option<Millis>,
    pub parts_per_hour: i64,
    pub zone: String,
    /// From which countries the people are, most first.
    pub clocks: Vec<ClockLine>,
    pub days: Vec<DayPlan>,
    pub sessions: Vec<SessionShare>,
    pub blockers: Vec<Problem>,
    /// Whose last words the owner should read before they are written to again.
    pub perhaps_stops: i64,
    /// Of those who will get it, whom WhatsApp does not know, and whom nobody has asked it for.
    pub absent: i64,
    pub unknown: i64,
    /// One of the chosen numbers could ask.
    pub can_look_up: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct DayPlan {
    /// `YYYY-MM-DD`, local.
    pub day: String,
    pub spans: Vec<Span>,
    pub parts: i64,
    /// When the campaign may go out on that day.
    pub open: Vec<Span>,
    pub others: Vec<OtherSpan>,
}

/// Minutes since local midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Span {
    pub from: u16,
    pub to: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct OtherSpan {
    pub name: String,
    pub from: u16,
    pub to: u16,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct SessionShare {
    pub id: SessionId,
    pub name: String,
    pub chosen: bool,
    /// In percent of the parts.
    pub share: i64,
}

/// Those from one country.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ClockLine {
    /// By its code; none where the number does not tell.
    pub country: Option<String>,
    pub people: i64,
    /// So many minutes its clock is ahead of the owner's when the campaign starts; none where it keeps several times, so
    /// that the owner's clock counts.
    pub ahead: Option<i64>,
}

const DAYS_SHOWN: usize = 7;

impl Campaigns {
    pub async fn review_campaign(&self, id: CampaignId) -> Result<Review, Problem> {
        let draft = self.draft(id).await?;
        let hours = self.settings().await?.hours();
        let now = self.now();
        let mut reader = self.reader().await?;
        let survey = survey(&mut reader, &draft, now).await?;
        let balance = ledger::balance(&mut reader, draft.book).await.map_err(StorageError::from)?;
        let sessions = all_sessions(&mut reader).await.map_err(StorageError::from)?;
        let credits = survey.credits();
        let first = self.first_practice(&mut reader, &draft, &sessions).await?;
        let practice_gap = first.map(|open| first_gap(open + survey.parts()));
        let rates = Rates { hours: &hours, sessions: &sessions, practice_gap };
        let wanted = draft.leaves_at(now);
        let waiting = shares_of(&draft, &survey);
        let forecast =
            rates.forecast(&mut reader, Some((&draft, waiting.clone())), now).await.map_err(StorageError::from)?;
        let (plan, others) = (forecast.plan(draft.id), forecast.others(draft.id));
        let perhaps_stops = replies::perhaps_stops(&mut reader, now - 30 * DAY).await.map_err(StorageError::from)?;
        let stopped = self.dispatcher.refuse_stopped(draft.book).err().into_iter();
        let starts_at = plan.first().map_or(wanted, |stretch| stretch.from);
        let kept = kept(&draft, &waiting, &hours);
        Ok(Review {
            people: survey.people,
            will_send: survey.will_send,
            skipped: review::skip_lines(&survey),
            price: review::price_lines(&survey),
            credits,
            free: balance.free(),
            free_after: balance.free() - credits,
            shortage: balance.shortage(credits),
            covered_people: survey.covered_by(balance.free()),
            practice: draft.book == Book::Practice,
            starts_at,
            finishes_at: plan.last().map(|stretch| stretch.to),
            parts_per_hour: rates.parts_an_hour(&draft, now),
            zone: hours.zone.name().to_owned(),
            clocks: clock_lines(&survey, hours.zone, starts_at),
            days: day_plans(plan, &others, &hours, &kept),
            sessions: shares(&draft, &sessions),
            blockers: stopped
                .chain(review::blockers(&draft, &survey, &hours, now).into_iter().map(Problem::from))
                .collect(),
            perhaps_stops,
            absent: survey.absent,
            unknown: survey.not_looked_up,
            can_look_up: draft.book == Book::Real && self.asker(&draft).is_some(),
        })
    }
}

/// How many parts would wait on whose clock.
fn shares_of(draft: &Draft, survey: &Survey) -> Shares {
    let mut shares = Shares::new();
    for (country, there) in &survey.countries {
        let clock = draft.local_hours.then(|| WhoseClock::in_country(*country));
        *shares.entry(clock).or_default() += there.parts;
    }
    shares
}

/// The hours in which something of it may go out.
fn kept(draft: &Draft, shares: &Shares, owners: &SendingHours) -> Vec<SendingHours> {
    let kept = draft.hours_of(owners).unwrap_or_else(|| SendingHours::always(owners.zone));
    let zone = |clock: &Option<WhoseClock>| clock.map_or(owners.zone, |clock| clock.zone(owners.zone));
    shares.keys().map(|clock| kept.on_clock(zone(clock))).collect()
}

fn clock_lines(survey: &Survey, owners: Tz, at: Millis) -> Vec<ClockLine> {
    let offset = |zone: Tz| i64::from(local(at, zone).offset().fix().local_minus_utc()) / 60;
    let line = |(country, there): (&Option<Country>, &Compatriots)| ClockLine {
        country: country.map(Country::code),
        people: there.people,
        ahead: country.and_then(Country::only_zone).map(|zone| offset(zone) - offset(owners)),
    };
    let mut lines: Vec<ClockLine> = survey.countries.iter().map(line).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.people));
    lines
}

/// Each chosen number's share is its share of the tempo.
fn shares(draft: &Draft, sessions: &[Session]) -> Vec<SessionShare> {
    let chosen = |session: &Session| draft.session_ids.contains(&session.id);
    let rate = |session: &Session| 1_000_000_000 / session.pace.average_ms();
    let total: i64 = sessions.iter().filter(|session| chosen(session)).map(rate).sum();
    let share = |session: &Session| if chosen(session) { (rate(session) * 100 + total / 2) / total.max(1) } else { 0 };
    sessions
        .iter()
        .map(|session| SessionShare {
            id: session.id,
            name: session.called().to_owned(),
            chosen: chosen(session),
            share: share(session),
        })
        .collect()
}

/// The stretches by local day, as ribbons show them.
fn day_plans(
    plan: &[Stretch],
    others: &[(String, Stretch)],
    hours: &SendingHours,
    kept: &[SendingHours],
) -> Vec<DayPlan> {
    let mut days: Vec<DayPlan> = Vec::new();
    let pieces = plan.iter().flat_map(|stretch| by_day(stretch, hours));
    for (day, span, parts) in pieces {
        match days.last_mut() {
            Some(last) if last.day == day => {
                last.spans.push(span);
                last.parts += parts;
            }
            _ => days.push(DayPlan {
                others: others_on(&day, others, hours),
                open: day.parse().map(|day| spans(window::open_on(kept, day, hours.zone))).unwrap_or_default(),
                day,
                spans: vec![span],
                parts,
            }),
        }
    }
    days.truncate(DAYS_SHOWN);
    days
}

/// What is open of a day.
pub(super) fn open_on(hours: &SendingHours, day: NaiveDate) -> Vec<Span> {
    spans(hours.open_on(day))
}

fn spans(open: Vec<(u16, u16)>) -> Vec<Span> {
    open.into_iter().map(|(from, to)| Span { from, to }).collect()
}

fn others_on(day: &str, others: &[(String, Stretch)], hours: &SendingHours) -> Vec<OtherSpan> {
    let pieces = others.iter().flat_map(|(name, stretch)| {
        by_day(stretch, hours).into_iter().map(move |(day, span, _)| (day, name.clone(), span))
    });
    pieces
        .filter(|(on, ..)| on == day)
        .map(|(_, name, span)| OtherSpan { name, from: span.from, to: span.to })
        .collect()
}

/// A stretch cut at local midnights, its parts shared out by time.
pub(super) fn by_day(stretch: &Stretch, hours: &SendingHours) -> Vec<(String, Span, i64)> {
    let mut pieces = Vec::new();
    let (mut at, mut left) = (stretch.from, stretch.parts);
    while at < stretch.to && pieces.len() < DAYS_SHOWN {
        let wall = local(at, hours.zone);
        let from = minute_of_day(at, hours.zone);
        let midnight = at + Millis::from(1440 - i32::from(from)) * MINUTE;
        let end = midnight.min(stretch.to);
        let parts =
            if end == stretch.to { left } else { stretch.parts * (end - at) / (stretch.to - stretch.from).max(1) };
        let to = if end == midnight { 1440 } else { minute_of_day(end, hours.zone).max(from) };
        pieces.push((wall.format("%Y-%m-%d").to_string(), Span { from, to }, parts));
        left -= parts;
        at = end;
    }
    pieces
}
