//! The bar below a form that is saved in place: what is unsaved, Save and Discard, and what became of the last save.

use std::time::Duration;

use leptos::{ev, prelude::*, wasm_bindgen::JsCast};
use web_sys::{FocusOptions, HtmlElement};

use super::{
    form_element::count_changed,
    in_place::{InPlace, Phase},
};
use crate::{error::AppError, paths};

/// How long the bar says that the form is saved.
const SAVED_SHOWN: Duration = Duration::from_secs(10);

/// The bar. `names` are the form's fields, `attention` says how many of the changed ones will be refused, `discard` is the page with
/// what is stored, and `more` stands beside Save. Without JavaScript the bar is always there.
pub fn bar(
    form: InPlace,
    names: Vec<&'static str>,
    attention: Signal<usize>,
    discard: String,
    save: Option<Callback<()>>,
    more: impl IntoView + 'static,
) -> impl IntoView {
    let InPlace { phase, changed, choices, undo, live, .. } = form;
    let leaving = StoredValue::new(false);
    let count = move || form.base.with_untracked(|base| changed.set(count_changed(&names, base)));
    Effect::new(move |_| {
        let count = count.clone();
        form.base.track();
        count();
        let unload = window_event_listener(ev::beforeunload, move |event| {
            if changed.get_untracked() > 0 && !leaving.get_value() {
                event.prevent_default();
            }
        });
        let submit = window_event_listener(ev::submit, move |event| leaving.set_value(!event.default_prevented()));
        // The page may come back from the browser's cache, unsaved as it was left.
        let back = window_event_listener(ev::pageshow, move |_| leaving.set_value(false));
        let input = window_event_listener(ev::input, move |_| {
            count();
            if !matches!(phase.get_untracked(), Phase::Saving | Phase::Editing) {
                phase.set(Phase::Editing);
            }
        });
        let key = window_event_listener(ev::keydown, move |event| {
            if (event.ctrl_key() || event.meta_key()) && event.key() == "s" {
                event.prevent_default();
                if let Some(save) = save.filter(|_| changed.get_untracked() > 0) {
                    save.run(());
                }
            }
        });
        on_cleanup(move || [unload, submit, back, input, key].into_iter().for_each(WindowListenerHandle::remove));
    });
    Effect::new(move |_| {
        if let Phase::Saved { version, .. } = phase.get() {
            set_timeout(move || hide(phase, version), SAVED_SHOWN);
        }
    });
    let said = move || match phase.get() {
        _ if !live.get() => String::new(),
        Phase::Saving => "Saving…".to_owned(),
        Phase::Saved { version, merged: false } => format!("Saved · version {version}"),
        Phase::Saved { version, merged: true } => format!("Saved · version {version}, merged with somebody else's changes"),
        Phase::Failed(AppError::Unreachable) => "Not saved: the server can't be reached. What you typed is still here.".to_owned(),
        Phase::Failed(AppError::SignedOut) => "Not saved: you are signed out. What you typed is still here.".to_owned(),
        Phase::Failed(error) => format!("Not saved. {error}"),
        Phase::Editing => {
            let count = changed.get();
            let attention = match (choices.with(Vec::len), attention.get()) {
                (0, 0) => String::new(),
                (0, 1) => ", one needs attention".to_owned(),
                (0, count) => format!(", {count} need attention"),
                (1, _) => ", somebody else changed one of them too".to_owned(),
                (count, _) => format!(", somebody else changed {count} of them too"),
            };
            format!("{count} unsaved change{}{attention}", if count == 1 { "" } else { "s" })
        }
    };
    let is_saved = move || matches!(phase.get(), Phase::Saved { .. });
    let press_undo = move |_| {
        form.type_undo();
        if let Some(save) = save {
            save.run(());
        }
    };
    view! {
        <div class="bar" hidden=move || live.get() && changed.get() == 0 && phase.get() == Phase::Editing>
            <p aria-live="polite"><strong>{said}</strong></p>
            <button type="button" class="button" hidden=move || !(is_saved() && undo.with(|undo| !undo.is_empty())) on:click=press_undo>"Undo"</button>
            <a class="button" href=paths::SIGN_IN target="_blank" rel="noopener" hidden=move || phase.get() != Phase::Failed(AppError::SignedOut)>
                "Sign in in a new tab"
            </a>
            // Enter in a field presses the first button that submits.
            {save.map(|_| save_button(phase, "Save changes"))}
            <span class="more" hidden=is_saved>
                {more}
                <a class="button" href=discard on:click=move |_| leaving.set_value(true)>"Discard"</a>
            </span>
        </div>
    }
}

/// The button that saves. While the form is being saved it can't be pressed again.
pub fn save_button(phase: RwSignal<Phase>, label: &'static str) -> impl IntoView {
    view! {
        <button
            class="button primary"
            aria-disabled=move || (phase.get() == Phase::Saving).then_some("true")
            hidden=move || matches!(phase.get(), Phase::Saved { .. })
        >
            {move || match phase.get() {
                Phase::Saving => "Saving…",
                Phase::Failed(_) => "Try again",
                _ => label,
            }}
        </button>
    }
}

/// Hides the bar, unless there is something newer to say. The focus does not get lost with it.
fn hide(phase: RwSignal<Phase>, shown: i64) {
    if !matches!(phase.get_untracked(), Phase::Saved { version, .. } if version == shown) {
        return;
    }
    let focused = document().active_element();
    if focused.is_some_and(|focused| focused.closest(".bar").ok().flatten().is_some())
        && let Some(main) = document().get_element_by_id("main")
    {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = main.unchecked_into::<HtmlElement>().focus_with_options(&options);
    }
    phase.set(Phase::Editing);
}
