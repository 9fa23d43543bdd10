//! The place in the bar that says how many visits the form concerns. The server renders it, and is asked again whenever the form changes.

use leptos::{prelude::*, wasm_bindgen::JsCast};
use web_sys::HtmlElement;

use super::{
    api_call::{arguments, call},
    form_element::{BAR, EFFECT, Fields, SHOW_EFFECT, element},
    live_check::{Asked, LiveCheck},
};
use crate::error::AppError;

/// What is said while the server does not answer.
const UNKNOWN: &str = "<p class=effect>The number of visits that this concerns is not available right now.</p>";

/// The questions to the server.
#[derive(Clone, Copy)]
pub(super) struct VisitEffect {
    /// What was asked about last, urlencoded; empty where nothing is unsaved.
    typed: StoredValue<String>,
    check: LiveCheck,
}

impl VisitEffect {
    pub(super) fn new() -> Self {
        // It is shown while somebody types, so no button is needed.
        if let Some(button) = element(SHOW_EFFECT) {
            button.set_hidden(true);
        }
        Self { typed: StoredValue::new(String::new()), check: LiveCheck::default() }
    }

    /// Asks about what is typed, unless that was asked already. Nothing is said where nothing is unsaved.
    pub(super) fn follow(self, is_unsaved: bool) {
        let Some(bar) = element(BAR) else { return };
        let data = move |name: &str| bar.get_attribute(name).unwrap_or_default();
        let typed = if is_unsaved { typed() } else { String::new() };
        if data("data-effect").is_empty() || self.typed.with_value(|last| *last == typed) {
            return;
        }
        self.check.forget();
        if typed.is_empty() {
            show("");
        } else {
            busy(true);
            let ask = move || -> Asked {
                let Some(typed) = Fields::typed() else { return Box::pin(async { Err(AppError::BadRequest) }) };
                let asked = call(data("data-effect"), arguments(&data("data-arguments"), &typed));
                Box::pin(async move {
                    let html = asked.await?.as_string().unwrap_or_default();
                    Ok(Box::new(move || show(&html)) as Box<dyn FnOnce()>)
                })
            };
            self.check.ask(ask, |_| show(UNKNOWN));
        }
        self.typed.set_value(typed);
    }

    /// Shows what the server asks before it saves what is typed. A key that is still pressed must not answer it.
    pub(super) fn show_question(self, html: &str) {
        self.check.forget();
        self.typed.set_value(typed());
        show(html);
        let asked = element(EFFECT).and_then(|place| place.query_selector(".asked").ok().flatten());
        if let Some(asked) = asked {
            let _ = asked.unchecked_into::<HtmlElement>().focus();
        }
    }
}

fn typed() -> String {
    Fields::typed().map(|typed| typed.write()).unwrap_or_default()
}

fn busy(is_busy: bool) {
    if let Some(place) = element(EFFECT) {
        let _ = place.set_attribute("aria-busy", if is_busy { "true" } else { "false" });
    }
}

/// Puts HTML from the server into the place. A table that is open stays so.
fn show(html: &str) {
    let Some(place) = element(EFFECT) else { return };
    let is_open = matches!(place.query_selector("[open]"), Ok(Some(_)));
    place.set_inner_html(html);
    if is_open && let Ok(Some(details)) = place.query_selector("details") {
        let _ = details.set_attribute("open", "");
    }
    busy(false);
}
