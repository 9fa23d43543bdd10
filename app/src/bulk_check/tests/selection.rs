//! Which links a page of results shows, and in which order.

use crate::{
    bulk_check::{
        check::{CheckedLink, LinkOutcome},
        selection::{PAGE_SIZE, Selection, offered_pages},
    },
    redirects::Source,
};

fn link(line: usize, outcome: LinkOutcome, reason: &str) -> CheckedLink {
    let target = Some(("https://myapp.com/".to_owned(), Source::HomeUrl));
    CheckedLink {
        line,
        link: String::new(),
        target,
        outcome,
        reason: reason.to_owned(),
        missing: None,
        note: String::new(),
        corrected: None,
    }
}

fn lines_on(selection: Selection, links: &[CheckedLink]) -> Vec<usize> {
    selection.page_of(links.to_vec()).links.iter().map(|link| link.line).collect()
}

#[test]
fn refused_links_come_first_then_no_links_then_links_with_advice() {
    use LinkOutcome::{Allowed, NoLink, Refused};
    let links = [
        link(1, Allowed, ""),
        link(2, Allowed, "Odd."),
        link(3, NoLink, "No."),
        link(4, Refused, "No."),
        link(5, Allowed, ""),
        link(6, Refused, "No."),
    ];
    assert_eq!(lines_on(Selection::first(None), &links), [4, 6, 3, 2, 1, 5]);
    assert_eq!(lines_on(Selection::first(Some(Refused)), &links), [4, 6]);
    assert_eq!(lines_on(Selection::first(Some(NoLink)), &links), [3]);
    assert_eq!(lines_on(Selection::first(None), &[]), [0; 0]);
}

#[test]
fn every_link_is_on_exactly_one_page() {
    for count in [0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 10 * PAGE_SIZE] {
        let links: Vec<_> = (1..=count).map(|line| link(line, LinkOutcome::Allowed, "")).collect();
        let pages = Selection::first(None).page_of(links.clone()).pages;
        let found: Vec<usize> = (1..=pages).flat_map(|page| lines_on(Selection { outcome: None, page }, &links)).collect();
        assert_eq!(found, (1..=count).collect::<Vec<_>>(), "{count}");
        assert_eq!(pages, count.div_ceil(PAGE_SIZE).max(1), "{count}");
    }
}

#[test]
fn a_page_that_does_not_exist_is_the_nearest_one() {
    let links: Vec<_> = (1..=PAGE_SIZE + 1).map(|line| link(line, LinkOutcome::Allowed, "")).collect();
    for (page, number) in [(0, 1), (3, 2), (usize::MAX, 2)] {
        let page = Selection { outcome: None, page }.page_of(links.clone());
        assert_eq!((page.number, page.pages, page.all, page.before), (number, 2, PAGE_SIZE + 1, (number - 1) * PAGE_SIZE));
    }
}

#[test]
fn a_selection_is_read_from_its_query_and_anything_else_is_the_first_page_of_all() {
    for outcome in LinkOutcome::ALL.map(Some).into_iter().chain([None]) {
        let selection = Selection { outcome, page: 12 };
        assert_eq!(Selection::read(&selection.write()), selection);
    }
    for query in ["", "show=all&page=0", "page=-1", "page=99999999999999999999999", "show=%FF&page=x", "show", "page=", "show=Refused"] {
        assert_eq!(Selection::read(query), Selection::first(None), "{query}");
    }
}

#[test]
fn the_first_page_the_last_one_and_the_neighbours_are_offered() {
    let offered = |current, pages| {
        let texts = offered_pages(current, pages).into_iter().map(|page| page.map_or("…".to_owned(), |page| page.to_string()));
        texts.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(offered(1, 1), "1");
    assert_eq!(offered(1, 100), "1 2 … 100");
    assert_eq!(offered(4, 100), "1 2 3 4 5 … 100");
    assert_eq!(offered(50, 100), "1 … 49 50 51 … 100");
    assert_eq!(offered(98, 100), "1 … 97 98 99 100");
    assert_eq!(offered(100, 100), "1 … 99 100");
}
