//! After a save in place, the parts of the page around the form are fetched again: the navigation and the head, which says where the
//! version is live. Everything else stays as it is.

use leptos::prelude::{document, window};

use crate::ui::fetched_page::fetch;

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
    });
}
