//! The walk over an audience before anything is scheduled: who gets what, who is skipped and why, what it costs.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::SqliteConnection;

use super::CampaignError;
use super::compose::{Answers, CAPTION_LIMIT, Composed, Reached, TEXT_LIMIT, price};
use super::draft::Draft;
use crate::clock::Millis;
use crate::contact::phone::Country;
use crate::contact::store as contacts;
use crate::contact::store::audience::{PAGE, Person, people_after};
use crate::contact::variable::{self, Unknown};
use crate::ids::ContactId;
use crate::outbox::price::Prices;
use crate::outbox::state::SkipReason;
use crate::outbox::store::queue;
use crate::outbox::window::SendingHours;
use crate::session::store::notes;
use crate::template::choice::{OPTION_LIMIT, QUESTION_LIMIT};
use crate::template::{Choice, whatsapp_length};
use crate::text::is_blank;

/// What the walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    pub people: i64,
    pub will_send: i64,
    /// How many people get a message of so many parts and credits.
    pub price: BTreeMap<(i64, i64), i64>,
    prices: Prices,
    pub skipped: BTreeMap<(SkipReason, Option<String>), i64>,
    /// Position in the audience and length of the longest text.
    pub longest: Option<(i64, usize)>,
    /// People whose text is longer than a caption may be, where it should be one.
    pub over_caption: i64,
    pub over_text: i64,
    /// People for whom the question or an answer of a poll is longer than WhatsApp takes.
    pub over_poll: i64,
    /// Position in the audience of who lacks the most of what the text asks for, and how much that is.
    pub emptiest: Option<(i64, usize)>,
    /// Variables that no contact can have.
    pub unknown: Vec<Unknown>,
    /// From which countries those are who get it.
    pub countries: BTreeMap<Option<Country>, Compatriots>,
    /// Of those who will get it, whom WhatsApp does not know, and whom nobody has asked it for.
    pub absent: i64,
    pub not_looked_up: i64,
    /// How many people the first so many credits reach, in the order of sending.
    covered: Vec<i64>,
}

/// Those from one country.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compatriots {
    pub people: i64,
    pub parts: i64,
}

impl Survey {
    /// Over nobody yet, at these prices.
    pub(super) fn at(prices: Prices) -> Self {
        Self { prices, ..Self::default() }
    }

    pub fn credits(&self) -> i64 {
        self.price.iter().map(|((_, credits), people)| credits * people).sum()
    }

    pub fn parts(&self) -> i64 {
        self.price.iter().map(|((parts, _), people)| parts * people).sum()
    }

    /// How many people `free` credits cover when they are served in order.
    pub fn covered_by(&self, free: i64) -> i64 {
        let covered = self.covered.partition_point(|sum| *sum <= free.max(0));
        i64::try_from(covered).unwrap_or(i64::MAX)
    }

    pub(super) fn add(&mut self, composed: &Composed, caption: bool) {
        let index = self.people;
        self.people += 1;
        match composed {
            Composed::Skipped { reason, variable } => {
                *self.skipped.entry((*reason, variable.clone())).or_default() += 1;
            }
            Composed::Message { text, parts, answers } => {
                let credits = price(parts, self.prices);
                let parts = i64::try_from(parts.len()).unwrap_or(i64::MAX);
                self.will_send += 1;
                *self.price.entry((parts, credits)).or_default() += 1;
                self.covered.push(self.covered.last().copied().unwrap_or(0) + credits);
                self.measure(index, whatsapp_length(text), caption);
                self.over_poll += i64::from(answers.as_ref().is_some_and(too_long));
            }
        }
    }

    fn look_at_country(&mut self, composed: &Composed, person: &Person) {
        let Composed::Message { parts, .. } = composed else { return };
        let there = self.countries.entry(Country::of_phone(&person.phone)).or_default();
        there.people += 1;
        there.parts += i64::try_from(parts.len()).unwrap_or(i64::MAX);
    }

    /// Whether who gets it is on WhatsApp, and was looked up so lately that it is still believed.
    fn look_at(&mut self, composed: &Composed, person: &Person, looked_up: bool) {
        if matches!(composed, Composed::Message { .. }) {
            self.absent += i64::from(person.on_whatsapp == Some(false));
            self.not_looked_up += i64::from(!looked_up);
        }
    }

    /// Before the person is added: `names` are the variables of the content.
    pub(super) fn look_for_gaps(&mut self, names: &[&str], person: &Person) {
        let gap = |name: &&&str| person.value(name).is_none_or(is_blank);
        let gaps = names.iter().filter(gap).count();
        if gaps > self.emptiest.map_or(0, |(_, most)| most) {
            self.emptiest = Some((self.people, gaps));
        }
    }

    fn measure(&mut self, index: i64, length: usize, caption: bool) {
        if self.longest.is_none_or(|(_, longest)| length > longest) {
            self.longest = Some((index, length));
        }
        self.over_caption += i64::from(caption && length > CAPTION_LIMIT);
        self.over_text += i64::from(length > TEXT_LIMIT);
    }
}

/// What forbids a message to one person.
pub fn refuse_too_long(text: &str, question: Option<&str>, options: &[String]) -> Result<(), CampaignError> {
    let answers = Answers { question: question.map(str::to_owned), options: options.to_vec() };
    let over = whatsapp_length(text).saturating_sub(TEXT_LIMIT);
    match over {
        0 if too_long(&answers) => Err(CampaignError::PollTooLong { people: 1 }),
        0 => Ok(()),
        over => Err(CampaignError::TextTooLong { people: 1, limit: TEXT_LIMIT, over }),
    }
}

fn too_long(answers: &Answers) -> bool {
    let Some(question) = &answers.question else { return false };
    let longer = |text: &String, limit: usize| whatsapp_length(text) > limit;
    longer(question, QUESTION_LIMIT) || answers.options.iter().any(|option| longer(option, OPTION_LIMIT))
}

pub async fn survey(db: &mut SqliteConnection, draft: &Draft, now: Millis) -> Result<Survey, CampaignError> {
    survey_after(db, draft, None, now).await
}

/// The same for those behind one contact.
pub async fn survey_after(
    db: &mut SqliteConnection,
    draft: &Draft,
    after: Option<ContactId>,
    now: Millis,
) -> Result<Survey, CampaignError> {
    let content = draft.content()?;
    let names = content.variables();
    let caption = draft.has_caption();
    let unknown = unknown(db, &names, &[]).await?;
    let mut survey = Survey { unknown, ..Survey::at(draft.prices(db).await?) };
    let mut reached = Reached::of(&queue::written_to(db, draft.id).await?);
    let moment = draft.moment(db, now).await?;
    let target = draft.target(db, now).await?;
    let mut page = people_after(db, target.whom(), moment, after, PAGE).await?;
    loop {
        let phones = page.iter().map(|person| person.phone.as_str()).collect();
        let looked_up = notes::looked_up(db, phones, now).await?;
        let full = page.len() == PAGE as usize;
        let rendering = async {
            for person in &page {
                survey.look_for_gaps(&names, person);
                let composed = reached.compose(&content, person);
                survey.look_at_country(&composed, person);
                survey.look_at(&composed, person, looked_up.contains(&person.phone));
                survey.add(&composed, caption);
            }
        };
        let Some(last) = page.last().filter(|_| full) else {
            rendering.await;
            return Ok(survey);
        };
        // The next page is read while this one is rendered.
        let reading = people_after(db, target.whom(), moment, Some(last.id), PAGE);
        let (following, ()) = tokio::join!(biased; reading, rendering);
        page = following?;
    }
}

/// Those of the names that mean nothing a contact can have, and nothing of what comes along.
pub async fn unknown(db: &mut SqliteConnection, names: &[&str], given: &[&str]) -> Result<Vec<Unknown>, CampaignError> {
    let mut fields = contacts::field_names(db).await?;
    fields.extend(given.iter().map(|name| (*name).to_owned()));
    Ok(variable::unknown(names, &fields))
}

/// A fallback is for those who have no value, and never for a name that was mistyped.
pub async fn refuse_misnamed(db: &mut SqliteConnection, names: &[&str], given: &[&str]) -> Result<(), CampaignError> {
    match unknown(db, names, given).await?.into_iter().next() {
        Some(unknown) => Err(misnamed(unknown)),
        None => Ok(()),
    }
}

/// A variable that no contact can have.
pub fn misnamed(Unknown { name, nearest }: Unknown) -> CampaignError {
    match nearest {
        Some(nearest) => CampaignError::Misspelt { name, nearest },
        None => CampaignError::UnknownVariable { name },
    }
}

/// What forbids scheduling, each with what to do. A shortage of credits is not among them: it has its own answer.
pub fn blockers(draft: &Draft, survey: &Survey, owners: &SendingHours, now: Millis) -> Vec<CampaignError> {
    let mut blockers = Vec::new();
    if is_blank(&draft.text) && draft.media.is_empty() && draft.choice.is_none() {
        blockers.push(CampaignError::Empty);
    } else if survey.will_send == 0 {
        blockers.push(CampaignError::Nobody);
    }
    if draft.session_ids.is_empty() {
        blockers.push(CampaignError::NoNumber);
    }
    let hours = draft.hours_of(owners);
    if hours.is_some_and(|hours| hours.next_open(draft.leaves_at(now)).is_none()) {
        blockers.push(CampaignError::NeverOpen);
    }
    if let Some(flaw) = draft.choice.as_ref().and_then(Choice::flaw) {
        blockers.push(flaw.into());
    }
    blockers.extend(survey.unknown.iter().cloned().map(misnamed));
    if survey.over_poll > 0 {
        blockers.push(CampaignError::PollTooLong { people: survey.over_poll });
    }
    if survey.over_text > 0 {
        let over = survey.longest.map_or(0, |(_, length)| length.saturating_sub(TEXT_LIMIT));
        blockers.push(CampaignError::TextTooLong { people: survey.over_text, limit: TEXT_LIMIT, over });
    } else if survey.over_caption > 0 && !draft.split_long_caption {
        blockers.push(CampaignError::CaptionTooLong { people: survey.over_caption, limit: CAPTION_LIMIT });
    }
    blockers
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct SkipLine {
    pub reason: SkipReason,
    pub people: i64,
    pub variable: Option<String>,
}

pub fn skip_lines(survey: &Survey) -> Vec<SkipLine> {
    let line = |((reason, variable), people): (&(SkipReason, Option<String>), &i64)| SkipLine {
        reason: *reason,
        people: *people,
        variable: variable.clone(),
    };
    let mut lines: Vec<SkipLine> = survey.skipped.iter().map(line).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.people));
    lines
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct PriceLine {
    pub people: i64,
    /// Of one message, and what it costs.
    pub parts: i64,
    pub credits: i64,
}

pub fn price_lines(survey: &Survey) -> Vec<PriceLine> {
    let line = |((parts, credits), people): (&(i64, i64), &i64)| PriceLine {
        people: *people,
        parts: *parts,
        credits: *credits,
    };
    survey.price.iter().map(line).collect()
}

/// What the composer shows while the owner types.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Longest {
    /// Position in the audience.
    pub index: i64,
    pub length: i64,
}

/// The person who lacks the most of what the text asks for.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Emptiest {
    /// Position in the audience.
    pub index: i64,
    pub missing: i64,
}

/// The people a draft would skip for one reason; with a variable those who lack that one.
pub async fn skipped_people(
    db: &mut SqliteConnection,
    draft: &Draft,
    (reason, variable): (SkipReason, Option<&str>),
    limit: usize,
    now: Millis,
) -> Result<Vec<ContactId>, CampaignError> {
    let content = draft.content()?;
    let moment = draft.moment(db, now).await?;
    let target = draft.target(db, now).await?;
    let mut found = Vec::new();
    let mut reached = Reached::default();
    let mut after = None;
    loop {
        let page = people_after(db, target.whom(), moment, after, PAGE).await?;
        let skipped = page.iter().filter(|person| match reached.compose(&content, person) {
            Composed::Skipped { reason: why, variable: lacks } => {
                why == reason && (variable.is_none() || lacks.as_deref() == variable)
            }
            Composed::Message { .. } => false,
        });
        found.extend(skipped.map(|person| person.id).take(limit - found.len()));
        after = page.last().map(|person| person.id);
        if page.len() < PAGE as usize || found.len() >= limit {
            return Ok(found);
        }
    }
}
