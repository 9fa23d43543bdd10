//! Folds changes that builds make by the dozen: preview origins that one actor added or removed, one after the other.

use std::collections::BTreeSet;

use sqlx::PgPool;

use super::{
    Kind,
    difference::is_moved,
    filter::Criteria,
    store::{Change, Scope, read_page, with_keys},
};
use crate::ui::text::{Grouped, listed};

/// A line of the history.
#[derive(Clone, Debug)]
pub(crate) enum Line {
    /// One change.
    One(Box<Change>),
    /// Several changes that are told as one, the newest first.
    Folded(Vec<Change>),
}

impl Line {
    /// One change, or several as one.
    fn of(changes: Vec<Change>) -> Self {
        match <[Change; 1]>::try_from(changes) {
            Ok([change]) => Self::One(Box::new(change)),
            Err(changes) => Self::Folded(changes),
        }
    }

    /// The key of its last change.
    fn last(&self) -> Option<i64> {
        match self {
            Self::One(change) => Some(change.id),
            Self::Folded(changes) => changes.last().map(|change| change.id),
        }
    }
}

/// A page of lines.
#[derive(Clone, Debug)]
pub(crate) struct LinesPage {
    /// The lines, the newest first.
    pub(crate) lines: Vec<Line>,
    /// The key below which the next page begins; `None` if there is nothing older.
    pub(super) older: Option<i64>,
}

/// The most changes that are read for one page.
const MAX_CHANGES: usize = 1_000;

/// How many changes are read at a time once folded ones go on.
const FOLDED_PAGE_SIZE: i64 = 200;

/// The newest lines that match, at most `limit` of them. Where many changes are one line, more of them are read.
///
/// # Errors
/// The query fails.
pub(crate) async fn read_lines(pool: &PgPool, scope: Scope, criteria: &Criteria, limit: i64) -> sqlx::Result<LinesPage> {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut criteria, mut page_size) = (with_keys(pool, scope, criteria.clone()).await?, limit);
    let mut changes: Vec<Change> = Vec::new();
    loop {
        let page = read_page(pool, scope, &criteria, page_size).await?;
        changes.extend(page.changes);
        // Changes that have not been read may belong to the last line.
        let goes_on = page.older.is_some() && changes.last().is_some_and(|change| is_folded(change.kind));
        let count = changes.chunk_by(is_one_line).count();
        let is_full = count > most || (count == most && !goes_on) || changes.len() >= MAX_CHANGES;
        if is_full || page.older.is_none() {
            let mut lines = fold(changes);
            let has_older = page.older.is_some() || lines.len() > most;
            lines.truncate(most);
            return Ok(LinesPage { older: lines.last().and_then(Line::last).filter(|_| has_older), lines });
        }
        if goes_on {
            page_size = FOLDED_PAGE_SIZE;
        }
        criteria.before = page.older;
    }
}

/// Whether changes of this kind are folded.
pub(super) fn is_folded(kind: Kind) -> bool {
    Kind::PREVIEW_ORIGINS.contains(&kind)
}

/// Whether two changes, one after the other, belong to one line.
fn is_one_line(one: &Change, other: &Change) -> bool {
    is_folded(one.kind) && is_folded(other.kind) && one.who == other.who && one.api_token == other.api_token
}

/// The changes as lines.
fn fold(changes: Vec<Change>) -> Vec<Line> {
    let mut lines: Vec<Vec<Change>> = Vec::new();
    for change in changes {
        match lines.last_mut() {
            Some(line) if line.last().is_some_and(|last| is_one_line(last, &change)) => line.push(change),
            _ => lines.push(vec![change]),
        }
    }
    lines.into_iter().map(Line::of).collect()
}

/// What somebody did in folded changes, as a phrase that follows their name. Each origin counts once, and as added rather than as moved.
pub(crate) fn describe_folded(changes: &[Change]) -> String {
    let origins = |is_meant: fn(&Change) -> bool| -> BTreeSet<_> {
        changes.iter().filter(|change| is_meant(change)).filter_map(|change| change.about.as_deref()).collect()
    };
    let added = origins(|change| change.kind == Kind::PreviewOriginAdded && !is_moved(change));
    let moved = origins(is_moved).difference(&added).count();
    let removed = origins(|change| change.kind == Kind::PreviewOriginRemoved).len();
    let done = [("added", added.len()), ("moved the expiry of", moved), ("removed", removed)];
    let done: Vec<_> = done.into_iter().filter(|(_, count)| *count > 0).collect();
    // The first phrase says what is counted.
    let phrase = |(at, (did, count)): (usize, &(&str, usize))| match (at, count) {
        (0, 1) => format!("{did} 1 preview origin"),
        (0, _) => format!("{did} {} preview origins", Grouped(*count)),
        _ => format!("{did} {}", Grouped(*count)),
    };
    listed(&done.iter().enumerate().map(phrase).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn change(kind: Kind, who: &str, about: &str) -> Change {
        Change {
            id: 1,
            at: datetime!(2026-11-27 12:00 UTC),
            kind,
            instance: None,
            version: None,
            who: who.to_owned(),
            address: None,
            api_token: None,
            about: Some(about.to_owned()),
            before: serde_json::Map::new(),
            after: serde_json::Map::new(),
            attempts: None,
        }
    }

    /// A preview origin that gets another expiry.
    fn moved(who: &str, about: &str) -> Change {
        let mut change = change(Kind::PreviewOriginAdded, who, about);
        change.before.insert("expires_at".to_owned(), "2026-12-03T12:00:00Z".into());
        change
    }

    fn said(lines: &[Line]) -> Vec<String> {
        let say = |line: &Line| match line {
            Line::One(change) => format!("{} {}", change.who, change.kind),
            Line::Folded(changes) => format!("{} {}", changes[0].who, describe_folded(changes)),
        };
        lines.iter().map(say).collect()
    }

    #[test]
    fn what_one_actor_did_with_preview_origins_is_one_line() {
        use Kind::{PreviewOriginAdded as Added, PreviewOriginRemoved as Removed, Settings};
        let changes = [
            change(Added, "ci", "https://a.example"),
            change(Added, "ci", "https://b.example"),
            moved("ci", "https://a.example"),
            change(Added, "other", "https://c.example"),
            change(Settings, "ci", ""),
            change(Removed, "ci", "https://a.example"),
            change(Removed, "ci", "https://b.example"),
            change(Settings, "ci", ""),
            change(Settings, "ci", ""),
            moved("ci", "https://d.example"),
            change(Added, "ci", "https://a.example"),
            change(Removed, "ci", "https://b.example"),
            change(Settings, "ci", ""),
            moved("ci", "https://a.example"),
            moved("ci", "https://b.example"),
        ];
        let expected = [
            "ci added 2 preview origins",
            "other preview_origin_added",
            "ci settings",
            "ci removed 2 preview origins",
            "ci settings",
            "ci settings",
            "ci added 1 preview origin, moved the expiry of 1 and removed 1",
            "ci settings",
            "ci moved the expiry of 2 preview origins",
        ];
        assert_eq!(said(&fold(changes.to_vec())), expected);
    }
}
