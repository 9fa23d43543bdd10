//! Folds changes that builds make by the dozen: preview origins that one actor added or removed, one after the other.

use std::collections::BTreeSet;

use sqlx::PgPool;

use super::{
    Kind,
    filter::Criteria,
    store::{Change, PAGE_SIZE, Scope, read_page},
};
use crate::ui::text::Grouped;

/// A line of the history.
#[derive(Clone, Debug)]
pub(super) enum Line {
    /// One change.
    One(Box<Change>),
    /// Several changes that are told as one, the newest first.
    Folded(Vec<Change>),
}

impl Line {
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
pub(super) struct LinesPage {
    /// The lines, the newest first.
    pub(super) lines: Vec<Line>,
    /// The key below which the next page begins; `None` if there is nothing older.
    pub(super) older: Option<i64>,
}

/// The most changes that are read for one page.
const MAX_CHANGES: usize = 1_000;

/// Whether changes of this kind are folded.
pub(super) fn is_folded(kind: Kind) -> bool {
    matches!(kind, Kind::PreviewOriginAdded | Kind::PreviewOriginRemoved)
}

/// The newest lines that match. Where many changes are one line, more of them are read.
///
/// # Errors
/// The query fails.
pub(super) async fn read_lines(pool: &PgPool, scope: Scope, criteria: &Criteria) -> sqlx::Result<LinesPage> {
    let most = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
    let mut criteria = criteria.clone();
    let mut changes = Vec::new();
    loop {
        let page = read_page(pool, scope, &criteria, PAGE_SIZE).await?;
        changes.extend(page.changes);
        // Changes that have not been read may belong to the last line.
        let goes_on = page.older.is_some() && changes.last().is_some_and(|change| is_folded(change.kind));
        let mut lines = fold(&changes);
        let is_full = lines.len() > most || (lines.len() == most && !goes_on) || changes.len() >= MAX_CHANGES;
        if is_full || page.older.is_none() {
            let has_older = page.older.is_some() || lines.len() > most;
            lines.truncate(most);
            return Ok(LinesPage { older: lines.last().and_then(Line::last).filter(|_| has_older), lines });
        }
        criteria.before = page.older;
    }
}

/// The changes as lines.
pub(super) fn fold(changes: &[Change]) -> Vec<Line> {
    let together = |one: &Change, other: &Change| {
        is_folded(one.kind) && is_folded(other.kind) && one.who == other.who && one.api_token == other.api_token
    };
    let line = |changes: &[Change]| match changes {
        [change] => Line::One(Box::new(change.clone())),
        changes => Line::Folded(changes.to_vec()),
    };
    changes.chunk_by(together).map(line).collect()
}

/// What somebody did in folded changes, as a phrase that follows their name. An origin whose end was moved counts once.
pub(super) fn describe_folded(changes: &[Change]) -> String {
    let count = |kind| {
        changes.iter().filter(|change| change.kind == kind).filter_map(|change| change.about.as_deref()).collect::<BTreeSet<_>>().len()
    };
    let origins = |count: usize| format!("{} preview origin{}", Grouped(count), if count == 1 { "" } else { "s" });
    match (count(Kind::PreviewOriginAdded), count(Kind::PreviewOriginRemoved)) {
        (added, 0) => format!("added {}", origins(added)),
        (0, removed) => format!("removed {}", origins(removed)),
        (added, removed) => format!("added {} and removed {}", origins(added), Grouped(removed)),
    }
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
            change(Added, "ci", "https://a.example"),
            change(Added, "other", "https://c.example"),
            change(Settings, "ci", ""),
            change(Removed, "ci", "https://a.example"),
            change(Removed, "ci", "https://b.example"),
            change(Settings, "ci", ""),
            change(Settings, "ci", ""),
            change(Added, "ci", "https://a.example"),
            change(Removed, "ci", "https://b.example"),
        ];
        let expected = [
            "ci added 2 preview origins",
            "other preview_origin_added",
            "ci settings",
            "ci removed 2 preview origins",
            "ci settings",
            "ci settings",
            "ci added 1 preview origin and removed 1",
        ];
        assert_eq!(said(&fold(&changes)), expected);
    }
}
