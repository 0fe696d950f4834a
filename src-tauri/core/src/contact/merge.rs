//! Two contacts of one person become one: what the merged contact is. Pure, but for its types; `store/merge.rs` writes
//! it.
//!
//! The contact whose phone stays takes the other one in. What the owner chose of names and fields holds; of what protects
//! the person the stricter holds: a withdrawal wins over a consent, and a list over none.

use serde::{Deserialize, Serialize};

use super::{Consent, Contact, Fields, Standing};
use crate::clock::Millis;
use crate::ids::ContactId;

/// What the owner chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct MergeEdit {
    /// Its phone stays.
    pub keep: ContactId,
    /// Its phone is found under the other contact from then on.
    pub gone: ContactId,
    pub name: String,
    pub email: String,
    pub fields: Fields,
}

/// What is decided by rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    pub standing: Standing,
    pub consent: Option<Consent>,
    pub withdrawn_at: Option<Millis>,
    pub tags: Vec<String>,
    pub created_at: Millis,
}

pub fn merged(keep: &Contact, gone: &Contact) -> Merged {
    let mut tags: Vec<String> = keep.tags.iter().chain(&gone.tags).cloned().collect();
    tags.sort();
    tags.dedup();
    Merged {
        standing: keep.standing.max(gone.standing),
        consent: consent(keep, gone).cloned(),
        withdrawn_at: keep.withdrawn_at.into_iter().chain(gone.withdrawn_at).min(),
        tags,
        created_at: keep.created_at.min(gone.created_at),
    }
}

/// The one that was taken back, else the newer one.
fn consent<'a>(keep: &'a Contact, gone: &'a Contact) -> Option<&'a Consent> {
    let taken_back = [keep, gone].into_iter().filter(|contact| contact.withdrawn_at.is_some());
    let newest = [&gone.consent, &keep.consent].into_iter().flatten().max_by_key(|consent| consent.at);
    taken_back.filter_map(|contact| contact.consent.as_ref()).next().or(newest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IdGenerator;

    fn contact(standing: Standing, consent: Option<i64>, withdrawn_at: Option<i64>) -> Contact {
        let consent = consent.map(|at| Consent { source: format!("shop {at}"), at, note: String::new() });
        Contact {
            id: IdGenerator::at(5).next(),
            phone: "+905385550214".to_owned(),
            phone_shown: String::new(),
            name: String::new(),
            email: String::new(),
            fields: Fields::new(),
            tags: vec!["vip".to_owned(), format!("{standing:?}")],
            standing,
            consent,
            withdrawn_at,
            created_at: 5,
            last_message_at: None,
            last_reply_at: None,
        }
    }

    #[test]
    fn the_stricter_holds_whichever_stays() {
        let standings = [Standing::Normal, Standing::Gray, Standing::Black];
        let consents = [None, Some(1), Some(2)];
        let cases: Vec<Contact> = standings
            .into_iter()
            .flat_map(|standing| consents.map(|consent| (standing, consent)))
            .flat_map(|(standing, consent)| [None, Some(7), Some(9)].map(|at| contact(standing, consent, at)))
            .collect();
        for (one, other) in cases.iter().flat_map(|one| cases.iter().map(move |other| (one, other))) {
            let (merged, turned) = (merged(one, other), super::merged(other, one));
            assert_eq!(merged.standing, one.standing.max(other.standing));
            assert_eq!(merged.withdrawn_at.is_some(), one.withdrawn_at.is_some() || other.withdrawn_at.is_some());
            assert_eq!(merged.consent.is_some(), one.consent.is_some() || other.consent.is_some());
            assert_eq!(
                (merged.standing, merged.withdrawn_at, merged.tags),
                (turned.standing, turned.withdrawn_at, turned.tags)
            );
        }
        let (old, new) = (contact(Standing::Normal, Some(1), None), contact(Standing::Normal, Some(2), None));
        assert_eq!(merged(&old, &new).consent, new.consent);
        let back = contact(Standing::Normal, Some(1), Some(7));
        assert_eq!((merged(&new, &back).consent, merged(&new, &back).withdrawn_at), (back.consent, Some(7)));
    }
}
