//! Which of the checked links are shown: those with one outcome or all of them, and which page. The query string of the posted form's
//! address holds it.

use url::form_urlencoded;

use super::check::{CheckedLink, LinkOutcome};

/// How many links a page of results shows.
pub const PAGE_SIZE: usize = 100;

/// What is shown of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Only links with this outcome; `None` shows all.
    pub outcome: Option<LinkOutcome>,
    /// The number of the page, counted from 1.
    pub page: usize,
}

/// One page of the results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ResultsPage {
    /// The links on it.
    pub links: Vec<CheckedLink>,
    /// How many links come before it.
    pub before: usize,
    /// How many links all pages have together.
    pub all: usize,
    /// The number of this page, counted from 1. The last one if the selection names a later one.
    pub number: usize,
    /// How many pages there are.
    pub pages: usize,
}

impl Selection {
    /// The first page of the links with this outcome, or of all.
    pub fn first(outcome: Option<LinkOutcome>) -> Self {
        Self { outcome, page: 1 }
    }

    /// Reads a query string. What it doesn't say, or says wrongly, is the first page of all links.
    pub fn read(query: &str) -> Self {
        let value = |name| form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value);
        Self {
            outcome: value("show").and_then(|name| LinkOutcome::from_name(&name)),
            page: value("page").and_then(|page| page.parse().ok()).unwrap_or(1).max(1),
        }
    }

    /// The query string that [`Selection::read`] reads as this selection.
    pub fn write(self) -> String {
        format!("show={}&page={}", self.outcome.map_or("all", LinkOutcome::name), self.page)
    }

    /// Takes the page out of the results: refused links first, then lines that are no links, then links with advice.
    pub(super) fn page_of(self, links: Vec<CheckedLink>) -> ResultsPage {
        let mut links: Vec<_> = links.into_iter().filter(|link| self.outcome.is_none_or(|outcome| link.outcome == outcome)).collect();
        links.sort_by_key(|link| (rank(link.outcome), link.reason.is_empty()));
        let all = links.len();
        let pages = all.div_ceil(PAGE_SIZE).max(1);
        let number = self.page.clamp(1, pages);
        let before = (number - 1) * PAGE_SIZE;
        let links = links.into_iter().skip(before).take(PAGE_SIZE).collect();
        ResultsPage { links, before, all, number, pages }
    }
}

/// Orders outcomes: what needs attention comes first.
fn rank(outcome: LinkOutcome) -> u8 {
    match outcome {
        LinkOutcome::Refused => 0,
        LinkOutcome::NoLink => 1,
        LinkOutcome::Allowed => 2,
    }
}

/// The numbers of the pages to offer: the first, the last, and those around the current one. `None` is a gap.
pub(super) fn offered_pages(current: usize, pages: usize) -> Vec<Option<usize>> {
    let mut offered = Vec::new();
    let mut last = 0;
    for page in (1..=pages).filter(|page| *page == 1 || *page == pages || page.abs_diff(current) <= 1) {
        match page - last {
            1 => {}
            2 => offered.push(Some(page - 1)),
            _ => offered.push(None),
        }
        offered.push(Some(page));
        last = page;
    }
    offered
}
