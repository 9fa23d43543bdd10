//! The switcher under the keyboard: Ctrl+K opens it, typing searches, arrows choose, Escape and a click elsewhere close it. The server
//! renders the switcher and what it finds. A save in place replaces the rail, so everything is looked up when it is needed.

use std::time::Duration;

use leptos::{ev, prelude::*, wasm_bindgen::JsCast};
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, KeyboardEvent, UrlSearchParams};

use crate::ui::fetched_page::fetch;

/// How long typing must pause before it is searched for.
const TYPING_PAUSE: Duration = Duration::from_millis(150);

/// Brings the switcher to life.
#[island]
pub fn SwitcherKeys() -> impl IntoView {
    Effect::new(move |_| {
        let timer = StoredValue::new(None::<TimeoutHandle>);
        let _ = window_event_listener(ev::keydown, |event| press(&event));
        let _ = window_event_listener(ev::click, |event| {
            if !is_inside(&event) {
                close();
            }
        });
        let _ = window_event_listener(ev::focusin, |event| {
            if !is_inside(&event) {
                close();
            }
        });
        let _ = window_event_listener(ev::input, move |event| {
            if is_inside(&event) {
                if let Some(handle) = timer.get_value() {
                    handle.clear();
                }
                timer.set_value(set_timeout_with_handle(find, TYPING_PAUSE).ok());
            }
        });
    });
}

/// Whether something happened in the switcher.
fn is_inside(event: &Event) -> bool {
    event.target().is_some_and(|target| matches!(target.unchecked_into::<Element>().closest(".switcher"), Ok(Some(_))))
}

fn one(selector: &str) -> Option<HtmlElement> {
    Some(document().query_selector(selector).ok()??.unchecked_into())
}

fn search() -> Option<HtmlInputElement> {
    Some(one(".switcher input")?.unchecked_into())
}

fn close() -> bool {
    let open = one(".switcher[open]");
    if let Some(open) = &open {
        let _ = open.remove_attribute("open");
    }
    open.is_some()
}

/// Searches for what is typed, and shows it in the place of the list.
fn find() {
    let (Some(search), Some(menu)) = (search(), one(".switcher .menu")) else { return };
    let (typed, from) = (search.value(), menu.get_attribute("data-from").unwrap_or_default());
    let Ok(query) = UrlSearchParams::new() else { return };
    query.set("q", &typed);
    fetch(&format!("{from}&{}", String::from(query.to_string())), move |page| {
        let is_late = self::search().is_none_or(|search| search.value() != typed);
        if let (false, Some(old), Ok(Some(new))) = (is_late, one(".switcher .found"), page.query_selector(".found")) {
            let _ = old.replace_with_with_node_1(&new);
        }
    });
}

fn press(event: &KeyboardEvent) {
    let key = event.key();
    if (event.ctrl_key() || event.meta_key()) && key == "k" {
        let (Some(switcher), Some(search)) = (one(".switcher"), search()) else { return };
        event.prevent_default();
        let _ = switcher.set_attribute("open", "");
        let _ = search.focus();
        search.select();
        return;
    }
    if key == "Escape" {
        if close()
            && let Some(summary) = one(".switcher > summary")
        {
            let _ = summary.focus();
        }
        return;
    }
    let Some(focused) = document().active_element().filter(|focused| matches!(focused.closest(".switcher[open]"), Ok(Some(_)))) else {
        return;
    };
    match key.as_str() {
        "ArrowDown" | "ArrowUp" => {
            event.prevent_default();
            step(&focused, key == "ArrowDown");
        }
        "Enter" => {
            let Some(search) = search().filter(|search| ***search == focused) else { return };
            let shown = one(".switcher .found").and_then(|found| found.get_attribute("data-search")).unwrap_or_default();
            // What is shown is what was typed: the first one is meant. Else the form leads to the list.
            if let (true, Some(first)) = (shown == search.value().trim(), one(".switcher .found a")) {
                event.prevent_default();
                first.click();
            }
        }
        // After opening it with the mouse, typing goes to the search field.
        letter if letter.len() == 1 && letter != " " && !event.ctrl_key() && !event.meta_key() && !event.alt_key() => {
            if let Some(search) = search() {
                let _ = search.focus();
            }
        }
        _ => {}
    }
}

/// Moves the focus to the next or the previous of what can be chosen.
fn step(focused: &Element, forward: bool) {
    let Ok(all) = document().query_selector_all(".switcher input, .switcher .menu a") else { return };
    let all: Vec<HtmlElement> = (0..all.length()).filter_map(|at| Some(all.get(at)?.unchecked_into())).collect();
    let at = all.iter().position(|element| **element == *focused);
    let next = match (at, forward) {
        (Some(at), true) => at + 1,
        (Some(at), false) => at.saturating_sub(1),
        (None, _) => 0,
    };
    if let Some(next) = all.get(next) {
        let _ = next.focus();
    }
}
