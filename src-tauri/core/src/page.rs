//! Pages of long lists. A page begins behind the key of a row that is known, so that rows that come in meanwhile move
//! nothing into it or out of it. Whoever jumps says how many rows lie between: those are stepped over in an index. Only
//! the rows of the page are read, and the total comes from a counter.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Where a page begins, and how long it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Place {
    /// The last row before it; the list's beginning where there is none.
    pub after: Option<Cursor>,
    /// So many rows are stepped over behind that.
    pub skip: u32,
    pub limit: u32,
}

/// The key of a row, which whoever asks for the rows behind it hands back as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Cursor(String);

impl Place {
    /// The first rows of a list.
    pub fn first(limit: u32) -> Self {
        Self { after: None, skip: 0, limit }
    }

    pub fn behind(after: Option<Cursor>, limit: u32) -> Self {
        Self { after, skip: 0, limit }
    }

    pub fn key<K: DeserializeOwned>(&self) -> Result<Option<K>, sqlx::Error> {
        let key = self.after.as_ref().map(|Cursor(key)| serde_json::from_str(key)).transpose();
        key.map_err(|error| sqlx::Error::Decode(error.into()))
    }

    pub fn skip(&self) -> i64 {
        i64::from(self.skip)
    }

    /// How many keys are to be read: one more than the page has tells whether there is another page.
    pub fn take(&self) -> i64 {
        i64::from(self.limit.min(MOST)) + 1
    }

    /// The rows of the page, and where the next one begins: behind the key of its last row.
    pub fn cut<R, K: Serialize>(
        &self,
        mut rows: Vec<R>,
        key: impl Fn(&R) -> K,
    ) -> Result<(Vec<R>, Option<Cursor>), sqlx::Error> {
        let most = self.limit.min(MOST) as usize;
        let more = rows.len() > most;
        rows.truncate(most);
        let last = rows.last().filter(|_| more).map(|row| serde_json::to_string(&key(row))).transpose();
        let next = last.map_err(|error| sqlx::Error::Encode(error.into()))?.map(Cursor);
        Ok((rows, next))
    }
}

/// Which rows of an ordered list make a page, seen from its nearer end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Counted from the end of the list: its rows come in the opposite order.
    pub backwards: bool,
    pub skip: i64,
    pub take: i64,
}

/// The most rows of a page.
const MOST: u32 = 500;

pub fn span(offset: i64, limit: i64, total: i64) -> Span {
    let take = limit.min(total - offset).max(0);
    let behind = (total - offset - take).max(0);
    if behind < offset {
        Span { backwards: true, skip: behind, take }
    } else {
        Span { backwards: false, skip: offset, take }
    }
}

impl Span {
    /// The page in the order of the list.
    pub fn in_order<T>(self, mut rows: Vec<T>) -> Vec<T> {
        if self.backwards {
            rows.reverse();
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_of_every_list_is_found_from_its_nearer_end() {
        for total in 0..23 {
            let list: Vec<i64> = (0..total).collect();
            for (offset, limit) in (0..25).flat_map(|offset| (1..7).map(move |limit| (offset, limit))) {
                let wanted: Vec<i64> = list.iter().copied().skip(offset as usize).take(limit as usize).collect();
                let span = span(offset, limit, total);
                let ends: Vec<i64> = if span.backwards { list.iter().rev().copied().collect() } else { list.clone() };
                let found = ends.into_iter().skip(span.skip as usize).take(span.take as usize).collect();
                assert_eq!(span.in_order(found), wanted, "{offset} {limit} of {total}");
                assert!(span.skip <= total / 2 || wanted.is_empty(), "{span:?} of {total}");
            }
        }
    }
}
