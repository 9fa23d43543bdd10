//! Keeps the head's line about the runtimes current while the page is open, and loads a page again once what it waits for is there. Without
//! JavaScript both are as old as the page.

use std::time::Duration;

use leptos::prelude::*;

use crate::ui::fetched_page::{fetch, put_content};

/// How often the line is fetched while a runtime is behind.
const BEHIND_INTERVAL: Duration = Duration::from_secs(2);

/// How often a page that waits for something is fetched.
const WAITING_INTERVAL: Duration = Duration::from_secs(5);

/// Fetches the line again while a runtime is behind, and whenever somebody comes back to the page.
#[island]
pub fn WatchRuntimes() -> impl IntoView {
    Effect::new(move |_| {
        // The line may be another one by then: a save in place replaces the head.
        let _ = set_interval_with_handle(|| refresh(".live[data-kind=behind]"), BEHIND_INTERVAL);
        let _ = set_interval_with_handle(look_again, WAITING_INTERVAL);
        let _ = window_event_listener(leptos::ev::focus, |_| refresh(".live"));
    });
}

/// Fetches the line, if there is one like that.
fn refresh(selector: &str) {
    let Ok(Some(shown)) = document().query_selector(selector) else { return };
    let Some(address) = shown.get_attribute("data-from") else { return };
    fetch(&address, move |page| {
        let Ok(Some(fetched)) = page.query_selector(".live") else { return };
        let _ = shown.set_attribute("data-kind", &fetched.get_attribute("data-kind").unwrap_or_default());
        put_content(&page, ".live > summary");
        put_content(&page, ".live > ul");
    });
}

/// Loads the page again if it waits for something that is there by now.
fn look_again() {
    let Ok(Some(waiting)) = document().query_selector(".waiting") else { return };
    let Some(address) = waiting.get_attribute("data-from") else { return };
    fetch(&address, |page| {
        // An admin whose session has ended gets another page.
        if let (Ok(None), Ok(Some(_))) = (page.query_selector(".waiting"), page.query_selector(".figures")) {
            let _ = window().location().reload();
        }
    });
}
