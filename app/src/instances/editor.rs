//! Helps while the form of an instance is filled in: it offers slug, portal origin and home URL from what is typed, moves origins
//! between their input and their rows.

use std::time::Duration;

use leptos::{
    ev,
    prelude::*,
    server_fn::ServerFn,
    wasm_bindgen::{JsCast, JsValue},
};
use web_sys::{Element, HtmlElement, HtmlInputElement, InputEvent, js_sys::Array};

use super::{
    api::CheckSettings,
    form::{offered_host, origins_in, slug_from},
};
use crate::{
    error::AppError,
    saving::{
        api_call::{arguments, call, get, list},
        errors::{mark_checking, show_checked},
        form_element::{BAR, Fields, LIST, add_row, announce, base, element, form, inputs},
        in_place::{CHECKED, STORED, say_impact, show_impact, tell},
        live_check::{LiveCheck, why_unchecked},
        unsaved::changed,
    },
};

/// The id of the button that makes a row of what is in the input for an origin.
pub const ADD_ORIGIN: &str = "add-origin";
/// The id of the template of such a row.
pub const ORIGIN_TEMPLATE: &str = crate::saving::form_element::ROW_TEMPLATE;
/// The id of the line that shows what is folded away.
pub const ADVANCED_VALUES: &str = "advanced-values";

/// Follows what is typed into the form, which the server has rendered.
#[island]
pub fn InstanceEditor() -> impl IntoView {
    let checks = LiveCheck::default();
    Effect::new(move |_| {
        if let Some(form) = form() {
            let _ = form.set_attribute("data-live", "");
        }
        if let Some(button) = element(ADD_ORIGIN) {
            button.set_hidden(false);
        }
        number_origins();
        let typed = window_event_listener(ev::input, move |event| {
            let Some(input) = event.target().map(JsCast::unchecked_into::<HtmlInputElement>) else { return };
            if let Ok(Some(details)) = input.closest("details") {
                let _ = details.set_attribute("open", "");
            }
            let is_pasted = event.dyn_ref::<InputEvent>().is_some_and(|event| event.input_type() == "insertFromPaste");
            if input.name() == LIST && is_pasted {
                let input = input.clone();
                // The rows tell of themselves by the event that is being handled here.
                set_timeout(move || move_to_rows(&input, 2), Duration::ZERO);
            }
            offer();
            number_origins();
            // Nothing depends on an instance that is not there yet.
            if !base().is_empty() {
                mark_checking(&input);
                check(checks);
            }
        });
        let clicked = window_event_listener(ev::click, |event| {
            let Some(target) = event.target().map(JsCast::unchecked_into::<Element>) else { return };
            if target.id() == ADD_ORIGIN {
                if let Some(input) = new_origin() {
                    move_to_rows(&input, 1);
                }
            } else if let Ok(Some(row)) = target.closest("[data-remove]").map(|button| button.and_then(|button| button.parent_element()))
                && let Ok(Some(input)) = row.query_selector("input")
            {
                let input: HtmlInputElement = input.unchecked_into();
                input.set_checked(!input.checked());
                announce(&input);
                if !row.is_connected()
                    && let Some(input) = new_origin()
                {
                    let _ = input.focus();
                }
            }
        });
        let stored = window_event_listener_untyped(STORED, move |_| {
            number_origins();
            offer();
            // An answer from before is about another version.
            if changed() > 0 { check(checks) } else { checks.forget() }
        });
        on_cleanup(move || [typed, clicked, stored].into_iter().for_each(WindowListenerHandle::remove));
    });
}

/// Has the form checked, in a moment.
fn check(checks: LiveCheck) {
    checks.ask(|| Box::pin(ask()), |error| say_impact(&why_unchecked(error), ""));
}

/// Asks the server about the form as it is.
async fn ask() -> Result<Box<dyn FnOnce()>, AppError> {
    let given = element(BAR).and_then(|bar| bar.get_attribute("data-arguments")).unwrap_or_default();
    let typed = Fields::typed().ok_or(AppError::BadRequest)?;
    let answer = call(CheckSettings::PATH.to_owned(), arguments(&given, &typed)).await?;
    Ok(Box::new(move || show(&answer)))
}

/// Shows the server's answer: errors beside their fields, what saving would mean in the bar, and what a removal means in its row.
fn show(answer: &JsValue) {
    show_checked(&list(answer, "errors"));
    // What the last save has meant stays until something else is typed.
    if changed() > 0 {
        show_impact(&get(answer, "impact"));
    }
    let origins: Vec<_> = list(answer, "origins").into_iter().map(|pair| Array::from(&pair)).collect();
    for input in inputs(LIST) {
        let Ok(Some(note)) = input.closest(".origin").and_then(|row| row.map_or(Ok(None), |row| row.query_selector(".impact"))) else {
            continue;
        };
        let found = origins.iter().find(|pair| pair.get(0).as_string() == Some(input.value()));
        let html = found.and_then(|pair| pair.get(1).as_string()).unwrap_or_default();
        if let Ok(Some(span)) = note.query_selector("span") {
            span.set_inner_html(&html);
        }
        note.unchecked_into::<HtmlElement>().set_hidden(html.is_empty());
    }
    tell(CHECKED);
}

/// The input for another origin.
fn new_origin() -> Option<HtmlInputElement> {
    Some(document().query_selector("#add input").ok()??.unchecked_into())
}

/// Makes rows of the origins in an input, if there are at least so many.
fn move_to_rows(input: &HtmlInputElement, least: usize) {
    let origins = origins_in(&input.value());
    if origins.len() < least {
        return;
    }
    input.set_value("");
    for origin in origins {
        add_row(origin.trim());
    }
    announce(input);
    let _ = input.focus();
}

/// Offers what follows from what is typed.
fn offer() {
    let Some(typed) = Fields::typed() else { return };
    let host = offered_host(&typed.get("domain")).to_owned();
    let slug = slug_from(&typed.get("name"));
    let slug = if slug.is_empty() { "my-app".to_owned() } else { slug };
    let values =
        [("portal_origin", ["https://accounts.", &host].concat()), ("home_url", ["https://", &host, "/"].concat()), ("slug", slug)];
    let mut shown = Vec::new();
    let stored = Fields::read(&base());
    for (field, offered) in values {
        if let Some(input) = element(field) {
            let _ = input.set_attribute("placeholder", &offered);
        }
        let value = typed.get(field);
        if let Some(health) = element(&[field, "-health"].concat()) {
            health.set_hidden(stored.as_ref().is_some_and(|stored| stored.get(field) != value.trim()));
        }
        shown.push(if value.trim().is_empty() { offered } else { value });
    }
    if let Some(line) = element(ADVANCED_VALUES) {
        line.set_text_content(Some(&shown.join(" · ")));
    }
}

/// Gives the origins the ids that the server counts them by, and the rows their state. A row that is neither stored nor kept goes.
fn number_origins() {
    let stored = Fields::read(&base()).map(|base| base.get_all(LIST)).unwrap_or_default();
    let mut count = 0;
    for input in inputs(LIST) {
        let Ok(Some(group)) = input.closest(".origin, .add") else { continue };
        let is_row = input.type_() == "checkbox";
        let is_sent = if is_row { input.checked() } else { !input.value().trim().is_empty() };
        let is_stored = stored.contains(&input.value());
        if is_row && !is_stored && !is_sent {
            group.remove();
            continue;
        }
        let id = if is_row && !is_sent { String::new() } else { id_of(count) };
        count += usize::from(is_sent);
        let _ = group.toggle_attribute_with_force("data-stored", is_stored);
        input.set_id(&id);
        let part = |selector| group.query_selector(selector).ok().flatten();
        if let Some(error) = part(".verdict:not(.impact)") {
            error.set_id(&[&id, "-error"].concat());
        }
        if let Some(label) = part("label[for]") {
            let _ = label.set_attribute("for", &id);
        }
        if let Some(badge) = part(".badge[hidden]").or_else(|| part("label[for] + .badge")) {
            badge.unchecked_into::<HtmlElement>().set_hidden(!is_sent || is_stored);
        }
        if let Some(button) = part("[data-remove]") {
            button.unchecked_into::<HtmlElement>().set_hidden(false);
        }
        if let Some(code) = part("code").filter(|_| is_row) {
            code.set_text_content(Some(&input.value()));
        }
    }
}

/// The id of the origin of that number.
fn id_of(index: usize) -> String {
    if index == 0 { LIST.to_owned() } else { [LIST, "-", &index.to_string()].concat() }
}
