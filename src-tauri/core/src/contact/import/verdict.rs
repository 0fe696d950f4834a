//! What becomes of a row, and of the contact behind its phone. Pure.
//!
//! Preview, scan and import judge by the same function, so what was shown is what happens. A standing only gets
//! stricter here, a name or a field is never emptied, and a consent on record, or one that was taken back, is never
//! replaced. A no of a row takes a consent back; what the owner states for all rows does not reach who said no.

use std::collections::{BTreeSet, HashMap};

use super::super::card::TEXT_LIMIT;
use super::super::phone::Phone;
use super::super::{Consent, Fields, Standing};
use super::consent::{Given, Said};
use super::rows::{Everybody, Person, Row};
use super::{Answer, ConsentTotals, ImportProgress, ImportTotals, Reason, Verdict};
use crate::clock::Millis;
use crate::ids::{ContactId, IdGenerator};

/// A contact as Ulak has it, with what rows add to it.
#[derive(Clone, Debug)]
pub struct Known {
    pub id: ContactId,
    pub phone: Phone,
    pub name: String,
    pub email: String,
    pub fields: Fields,
    pub tags: BTreeSet<String>,
    pub standing: Standing,
    pub consent: Option<Consent>,
    /// When the person said no or took the consent back; no list gives it anew.
    pub withdrawn_at: Option<Millis>,
    pub updated_at: Millis,
    /// The row of the table has to be written.
    pub changed: bool,
    pub new_tags: BTreeSet<String>,
}

/// The contacts that the rows of one chunk are about, new ones last and in their order.
#[derive(Default)]
pub struct People {
    pub list: Vec<Known>,
    places: HashMap<Phone, usize>,
    /// Phones of contacts that became one with another, which has the second phone.
    others: HashMap<Phone, Phone>,
}

/// The row in which each phone of the file stood first.
pub type Seen = HashMap<Phone, u32>;

impl People {
    pub fn new(list: Vec<Known>, others: HashMap<Phone, Phone>) -> Self {
        let places = list.iter().enumerate().map(|(place, known)| (known.phone, place)).collect();
        Self { list, places, others }
    }

    fn get(&mut self, phone: Phone) -> Option<&mut Known> {
        let phone = self.others.get(&phone).unwrap_or(&phone);
        self.list.get_mut(*self.places.get(phone)?)
    }

    fn add(&mut self, known: Known) {
        self.places.insert(known.phone, self.list.len());
        self.list.push(known);
    }
}

/// Judges a row and lets it act on the contact behind its phone.
pub fn judge(row: &Row, people: &mut People, seen: &mut Seen, everybody: &Everybody, mint: &IdGenerator) -> Verdict {
    let person = match &row.outcome {
        Ok(person) => person,
        Err(error) => {
            let reason = Reason::of(error);
            return match error.probable() {
                Some(phone) => Verdict::Doubtful { phone: phone.to_string(), reason },
                None => Verdict::Refused { reason },
            };
        }
    };
    let earlier = *seen.entry(person.phone).or_insert(row.number);
    let adds = match people.get(person.phone) {
        Some(known) if known.phone == person.phone => Some(known.take(person, everybody)),
        // The owner has chosen between the two, so what is left of the other one only fills what is empty.
        Some(known) => {
            let said = known.lacks(person);
            Some(known.take(&said, everybody))
        }
        None => {
            let mut known = Known::new(mint.next(), person.phone);
            known.take(person, everybody);
            people.add(known);
            None
        }
    };
    match adds {
        _ if earlier != row.number => Verdict::Twice { row: earlier },
        Some(adds) => Verdict::Known { adds },
        None => Verdict::New,
    }
}

impl ImportProgress {
    /// What a row that comes in says besides its verdict.
    pub(super) fn count(&mut self, row: &Row, now: Millis) {
        let Ok(person) = &row.outcome else { return };
        self.lost_cells += u32::try_from(person.lost.len()).unwrap_or(u32::MAX);
        self.repaired += u32::from(person.repair.is_some());
        self.consent.count(person, now);
    }
}

impl ConsentTotals {
    fn count(&mut self, person: &Person, now: Millis) {
        match person.consent.answer(now) {
            Answer::Yes => self.yes += 1,
            Answer::No => self.no += 1,
            Answer::Nothing => self.nothing += 1,
            Answer::Unclear => self.unclear += 1,
        }
    }
}

impl Everybody {
    /// Where and when: by the row, else by what the owner states for all, else by the list and the day it came in.
    fn given(&self, given: &Given) -> Consent {
        let all = self.consent.as_ref();
        let source = all.map_or(&self.file, |consent| &consent.source);
        Consent {
            source: if given.source.is_empty() { source.clone() } else { given.source.clone() },
            at: given.at.or(all.map(|consent| consent.at)).unwrap_or(self.now),
            note: given.note.chars().take(TEXT_LIMIT).collect(),
        }
    }
}

impl ImportTotals {
    pub(super) fn count(&mut self, verdict: &Verdict) {
        self.rows += 1;
        match verdict {
            Verdict::New => self.new += 1,
            Verdict::Known { adds } => {
                self.known += 1;
                self.unchanged += u32::from(adds.is_empty());
            }
            Verdict::Twice { .. } => self.twice += 1,
            Verdict::Doubtful { .. } => self.doubtful += 1,
            Verdict::Refused { .. } => self.refused += 1,
        }
    }
}

impl Known {
    fn new(id: ContactId, phone: Phone) -> Self {
        Self {
            id,
            phone,
            name: String::new(),
            email: String::new(),
            fields: Fields::new(),
            tags: BTreeSet::new(),
            standing: Standing::Normal,
            consent: None,
            withdrawn_at: None,
            updated_at: 0,
            changed: true,
            new_tags: BTreeSet::new(),
        }
    }

    /// What a row says beyond what is known.
    fn lacks(&self, person: &Person) -> Person {
        let mut person = person.clone();
        if !self.name.is_empty() {
            person.name.clear();
        }
        if !self.email.is_empty() {
            person.email.clear();
        }
        person.fields.retain(|field, _| self.fields.get(field).is_none_or(String::is_empty));
        person
    }

    /// Takes what a row says; answers with the names of what is added or changed.
    fn take(&mut self, person: &Person, everybody: &Everybody) -> Vec<String> {
        let mut adds = Vec::new();
        let mut text = |name: &str, have: &mut String, say: &String| {
            if !say.is_empty() && have != say {
                have.clone_from(say);
                adds.push(name.to_owned());
            }
        };
        text("name", &mut self.name, &person.name);
        text("email", &mut self.email, &person.email);
        for (field, say) in &person.fields {
            text(field, self.fields.entry(field.clone()).or_default(), say);
        }
        let standing = everybody.standing.max(person.standing);
        if standing > self.standing {
            self.standing = standing;
            adds.push("standing".to_owned());
        }
        adds.extend(self.hear(&person.consent, everybody).map(str::to_owned));
        if self.tag(person.tags.iter().chain(&everybody.tags)) {
            adds.push("tags".to_owned());
        }
        // A list of people who want nothing leaves its mark on all of them: taking an earlier list back lets none go.
        self.changed |= !adds.is_empty() || standing == Standing::Black;
        adds
    }

    /// What the row says about consent, or what the owner states for all rows where it says nothing.
    fn hear(&mut self, said: &Said, everybody: &Everybody) -> Option<&'static str> {
        if self.withdrawn_at.is_some() {
            return None;
        }
        let consent = match (said.answer(everybody.now), said) {
            (Answer::No, Said::No { at }) => {
                self.withdrawn_at = Some(at.unwrap_or(everybody.now).min(everybody.now));
                return Some("refusal");
            }
            (Answer::Yes, Said::Yes(given)) => Some(everybody.given(given)),
            (Answer::Nothing, _) => everybody.consent.clone(),
            _ => None,
        };
        if self.consent.is_some() || consent.is_none() {
            return None;
        }
        self.consent = consent;
        Some("consent")
    }

    fn tag<'a>(&mut self, tags: impl Iterator<Item = &'a String>) -> bool {
        let before = self.new_tags.len();
        for tag in tags {
            if !self.tags.contains(tag) && self.new_tags.insert(tag.clone()) {
                self.tags.insert(tag.clone());
            }
        }
        self.new_tags.len() > before
    }
}
