//! Saves a form in place: calls its server function, and shows the outcome in the page that the server has rendered. Nothing reloads,
//! nothing moves, and what was typed stays until it is stored.

use std::time::Duration;

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
};
use web_sys::{Element, Event, FocusOptions, HtmlElement, HtmlFormElement, KeyboardEvent, SubmitEvent};

use super::{
    api_call::{arguments, call, get, list, text},
    conflict::{remove_choices, show_choices},
    correction,
    effect::VisitEffect,
    errors::{hide_errors, show_errors, show_summary},
    form_element::{ALLOW, BAR, BUTTON, CONFIRMED, DISALLOW, DISCARD, FORM, Fields, IMPACT, SAID, SIGN_IN, UNDO, base, element, fill},
    offer,
    page_refresh::refresh,
    submit::submit,
    unsaved::{changed, unsaved},
};
use crate::{error::AppError, paths};

/// How long the bar says that the form is saved.
const SAVED_SHOWN: Duration = Duration::from_secs(10);

/// The event that tells the form's own island that something else is stored now.
pub const STORED: &str = "portal-redirects:stored";

/// The event with which the form's own island tells that it shows another verdict.
pub const CHECKED: &str = "portal-redirects:checked";

/// Tells that on the window.
pub fn tell(event: &str) {
    if let Ok(event) = Event::new(event) {
        let _ = window().dispatch_event(&event);
    }
}

/// Saves the form of the page in place. Form, bar and summary are beside it and made by the server.
#[island]
pub fn SaveInPlace() -> impl IntoView {
    Effect::new(move |_| InPlace::new().listen());
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Editing,
    Saving,
    Saved(i64),
    Failed(AppError),
}

#[derive(Clone, Copy)]
struct InPlace {
    phase: StoredValue<Phase>,
    /// What was sent with the last save, urlencoded.
    sent: StoredValue<String>,
    /// The form that undoes the last save, urlencoded; empty where there is nothing to undo.
    undo: StoredValue<String>,
    /// Whether somebody else's changes were merged with the last save.
    merged: StoredValue<bool>,
    /// Whether the page is left on purpose.
    leaving: StoredValue<bool>,
    /// How many visits the form concerns.
    effect: VisitEffect,
}

impl InPlace {
    fn new() -> Self {
        Self {
            phase: StoredValue::new(Phase::Editing),
            sent: StoredValue::new(String::new()),
            undo: StoredValue::new(String::new()),
            merged: StoredValue::new(false),
            leaving: StoredValue::new(false),
            effect: VisitEffect::new(),
        }
    }

    fn listen(self) {
        // Without this there is nothing to say.
        if let Some(said) = element(SAID).and_then(|said| said.parent_element()) {
            let _ = said.set_attribute("role", "status");
        }
        correction::enliven();
        self.show();
        on("submit", move |event| {
            let Some(target) = event.target().map(JsCast::unchecked_into::<HtmlFormElement>) else { return };
            // A button with an address of its own leads there, as "Preview with these values" does.
            let button = event.unchecked_ref::<SubmitEvent>().submitter();
            let attribute = |name| button.as_ref().and_then(|button| button.get_attribute(name));
            if target.id() == FORM && attribute("formaction").is_none() {
                event.prevent_default();
                let is_confirming = attribute("name").as_deref() == Some(CONFIRMED);
                let confirmed = attribute("value").filter(|_| is_confirming).map(|seen| [CONFIRMED, "=", &seen].concat());
                self.save(&confirmed.unwrap_or_default());
            } else if target.has_attribute("data-function") {
                event.prevent_default();
                submit(target, self.leaving);
            } else {
                self.leaving.set_value(true);
            }
        });
        // It announces what it does as if it were typed, so it can't answer to that event itself.
        on("change", |event| offer::tick(&event));
        on("input", move |_| {
            if self.phase.get_value() != Phase::Saving {
                self.phase.set_value(Phase::Editing);
            }
            self.show();
        });
        on("keydown", move |event| {
            let key = event.unchecked_ref::<KeyboardEvent>();
            if (key.ctrl_key() || key.meta_key()) && key.key() == "s" {
                event.prevent_default();
                if changed() > 0 {
                    self.save("");
                }
            }
        });
        on("click", move |event| {
            correction::take(&event);
            let Some(id) = event.target().map(|target| target.unchecked_into::<Element>().id()) else { return };
            if id == UNDO {
                let undo = self.undo.get_value();
                fill(&undo, &base(), false);
                self.save(&undo);
            } else if id == DISCARD {
                self.leaving.set_value(true);
            }
        });
        on("beforeunload", move |event| {
            if changed() > 0 && element(BUTTON).is_some() && !self.leaving.get_value() {
                event.prevent_default();
            }
        });
        on(CHECKED, move |_| self.show());
        // The page may come back from the browser's cache, unsaved as it was left.
        on("pageshow", move |_| self.leaving.set_value(false));
    }

    /// Sends the form, unless it is being sent. `more` has what no input has: the origins of the form that it undoes with, and what its
    /// sender has seen.
    fn save(self, more: &str) {
        let (Some(bar), Some(typed), Some(more)) = (element(BAR), Fields::typed(), Fields::read(more)) else { return };
        if self.phase.get_value() == Phase::Saving || element(BUTTON).is_none() {
            return;
        }
        for name in [ALLOW, DISALLOW, CONFIRMED] {
            typed.add(name, &more);
        }
        self.phase.set_value(Phase::Saving);
        self.sent.set_value(typed.write());
        self.show();
        let data = |name| bar.get_attribute(name).unwrap_or_default();
        let called = call(data("data-function"), arguments(&data("data-arguments"), &typed));
        leptos::task::spawn_local(async move {
            match called.await {
                Ok(outcome) => self.take(&outcome),
                Err(error) => self.phase.set_value(Phase::Failed(error)),
            }
            self.show();
        });
    }

    /// Shows the outcome of a save.
    fn take(self, outcome: &JsValue) {
        hide_errors();
        remove_choices();
        let [saved, rejected, conflict, confirm] = ["saved", "rejected", "conflict", "confirm"].map(|kind| get(outcome, kind));
        if saved.is_object() {
            if base().is_empty() {
                // A new instance has a page of its own.
                self.leaving.set_value(true);
                let _ = window().location().assign(&paths::instance(&text(&saved, "slug")).redirects());
                return;
            }
            #[expect(clippy::cast_possible_truncation, reason = "a version counts the saves of one instance")]
            let version = get(&saved, "version").as_f64().unwrap_or_default() as i64;
            self.undo.set_value(text(&saved, "undo"));
            self.merged.set_value(get(&saved, "merged").is_truthy());
            show_impact(&get(&saved, "impact"));
            self.refill(&text(&saved, "form"));
            self.phase.set_value(Phase::Saved(version));
            set_timeout(move || self.hide(version), SAVED_SHOWN);
            refresh();
            return;
        }
        self.phase.set_value(Phase::Editing);
        let merged = [&rejected, &conflict, &confirm].map(|outcome| text(outcome, "merged")).concat();
        if !merged.is_empty() {
            self.refill(&merged);
        }
        if confirm.is_object() {
            self.effect.show_question(&text(&confirm, "html"));
        } else if rejected.is_object() {
            show_errors(&list(&rejected, "errors"));
        } else {
            show_choices(&list(&conflict, "both"));
            show_summary(get(&conflict, "ahead").is_truthy(), &list(&conflict, "both"));
        }
    }

    /// Puts a form into the inputs, which takes over what somebody else has stored. What was typed since it was sent stays.
    fn refill(self, form: &str) {
        self.sent.with_value(|sent| fill(form, sent, true));
        tell(STORED);
    }

    /// Says in the bar how things stand.
    fn show(self) {
        let (phase, count) = (self.phase.get_value(), changed());
        let said = match phase {
            Phase::Saving => "Saving…".to_owned(),
            Phase::Saved(version) => {
                let merged = if self.merged.get_value() { ", merged with somebody else's changes" } else { "" };
                let typed_since = if count == 0 { String::new() } else { format!(" · {}", unsaved(count)) };
                format!("Saved · version {version}{merged}{typed_since}")
            }
            Phase::Failed(AppError::Unreachable) => "Not saved: the server can't be reached. What you typed is still here.".to_owned(),
            Phase::Failed(AppError::SignedOut) => "Not saved: you are signed out. What you typed is still here.".to_owned(),
            Phase::Failed(error) => format!("Not saved. {error} What you typed is still here."),
            // What a new instance lacks, its form says.
            Phase::Editing if count == 0 || base().is_empty() => String::new(),
            Phase::Editing if element(BUTTON).is_none() => "Viewers can try values, but not save them.".to_owned(),
            Phase::Editing => unsaved(count),
        };
        if phase != Phase::Saving {
            self.effect.follow(count > 0);
        }
        let is_all_saved = matches!(phase, Phase::Saved(_)) && count == 0;
        if let Some(text) = element(SAID) {
            text.set_text_content(Some(&said));
        }
        let hide = |id, hidden| element(id).iter().for_each(|element| element.set_hidden(hidden));
        if !base().is_empty() {
            hide(BAR, said.is_empty());
        }
        hide(UNDO, !is_all_saved || self.undo.with_value(String::is_empty));
        hide(SIGN_IN, phase != Phase::Failed(AppError::SignedOut));
        hide(BUTTON, is_all_saved);
        hide(DISCARD, is_all_saved);
        if let Some(button) = element(BUTTON) {
            let label = match phase {
                Phase::Failed(_) => "Try again",
                _ if base().is_empty() => "Create instance",
                _ => "Save changes",
            };
            button.set_text_content(Some(label));
            let _ = match phase {
                Phase::Saving => button.set_attribute("aria-disabled", "true"),
                _ => button.remove_attribute("aria-disabled"),
            };
        }
    }

    /// Hides the bar, unless there is something newer to say. The focus does not get lost with it.
    fn hide(self, version: i64) {
        // What the save has broken stays in sight.
        if self.phase.get_value() != Phase::Saved(version) || element(IMPACT).is_some_and(|impact| !impact.hidden()) {
            return;
        }
        let focused = document().active_element();
        if focused.is_some_and(|focused| focused.closest(".bar").ok().flatten().is_some())
            && let Some(main) = element("main")
        {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = main.unchecked_into::<HtmlElement>().focus_with_options(&options);
        }
        self.phase.set_value(Phase::Editing);
        self.show();
    }
}

/// Says in the bar what a save means for redirects: an [`super::outcome::Impact`], or nothing.
pub fn show_impact(impact: &JsValue) {
    say_impact(&text(impact, "text"), &text(impact, "page"));
}

/// Says something in the bar beside what is unsaved, and where to look, if there is a page for it.
pub fn say_impact(text: &str, page: &str) {
    let Some(link) = element(IMPACT) else { return };
    link.set_text_content(Some(text));
    let _ = if page.is_empty() { link.remove_attribute("href") } else { link.set_attribute("href", page) };
    link.set_hidden(text.is_empty());
}

/// Hears an event of the window for as long as the page is there.
fn on(name: &str, heard: impl FnMut(Event) + 'static) {
    let heard: Box<dyn FnMut(Event)> = Box::new(heard);
    let heard = Closure::wrap(heard).into_js_value();
    let _ = window().add_event_listener_with_callback(name, heard.unchecked_ref());
}
