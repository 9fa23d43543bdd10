//! After a save in place, the parts of the page around the form are fetched again: the navigation and the head, which says where the
//! version is live, and what the stored values lead to. Everything else stays as it is.

use std::time::Duration;

use leptos::{
    prelude::{document, set_timeout, window},
    wasm_bindgen::JsCast,
};
use web_sys::Element;

use crate::ui::fetched_page::{fetch, put_content};

/// How often the page is fetched again while the server checks what stored values lead to.
const CHECK_INTERVAL: Duration = Duration::from_secs(3);

/// The parts that say something about what is stored.
const PARTS: [&str; 2] = [".rail", ".head"];

/// Fetches the page, and puts its parts in the place of those that are shown. If it can't be fetched, they stay.
pub(super) fn refresh() {
    let Ok(path) = window().location().pathname() else { return };
    // The page waits a moment after a save until the version is live everywhere.
    fetch(&path, |page| {
        for part in PARTS {
            if let (Ok(Some(old)), Ok(Some(new))) = (document().query_selector(part), page.query_selector(part)) {
                let _ = old.replace_with_with_node_1(&new);
            }
        }
        document().set_title(&page.title());
        let Ok(shown) = document().query_selector_all(".health-of") else { return };
        for at in 0..shown.length() {
            if let Some(shown) = shown.get(at) {
                put_content(&page, &["#", &shown.unchecked_into::<Element>().id()].concat());
            }
        }
        // A check that a save has asked for takes a moment.
        if let Ok(Some(_)) = document().query_selector(".health[data-kind=waiting]") {
            set_timeout(refresh, CHECK_INTERVAL);
        }
    });
}
