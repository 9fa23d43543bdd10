//! The summary above a form that is saved in place. It takes the focus, and links to each field.

use leptos::{prelude::*, wasm_bindgen::JsCast};
use web_sys::HtmlElement;

use super::in_place::InPlace;
use crate::ui::form::summary;

/// What is wrong with the form, or who has saved in between; nothing where all is well.
pub fn summary_of(form: InPlace, label: fn(&str) -> String) -> impl IntoView {
    let InPlace { errors, choices, ahead, .. } = form;
    // A new one takes the focus; the one that the page came with has it by `autofocus`.
    Effect::new(move |before: Option<()>| {
        let any = errors.with(|errors| !errors.is_empty()) || choices.with(|choices| !choices.is_empty()) || ahead.get();
        if before.is_some() && any {
            focus();
        }
    });
    move || {
        let wrong = errors.get();
        let both = choices.get();
        if !wrong.is_empty() {
            let links = wrong.into_iter().map(|error| (format!("#{}", error.field), format!("{}: {}", label(&error.field), error.message)));
            return Some(summary("Not saved yet", "What you typed is kept. Fix these fields, then save again:", links.collect()));
        }
        let text = match (ahead.get(), both.is_empty()) {
            (false, true) => return None,
            (true, true) => {
                "The form comes from a version that is not stored any more. What you typed is kept and not saved yet. Look it over, then save again."
            }
            (true, false) => {
                "The form comes from a version that is not stored any more. What you typed is kept and not saved yet. Choose for these fields, then save:"
            }
            (false, false) => "What you typed is kept and not saved yet. Both of you changed these fields. Choose for each, then save:",
        };
        let links = both.into_iter().map(|choice| (format!("#{}", choice.field), label(&choice.field)));
        Some(summary("Somebody saved in between", text, links.collect()))
    }
}

fn focus() {
    request_animation_frame(|| {
        let summary = document().query_selector("section.summary").ok().flatten();
        if let Some(summary) = summary {
            let _ = summary.unchecked_into::<HtmlElement>().focus();
        }
    });
}

/// What somebody else has stored in a field that is changed here too, and a button that takes it.
pub fn choice_of(form: InPlace, field: &'static str, empty: &'static str) -> impl IntoView {
    let take = move |_| {
        if let Some(choice) = form.choice(field) {
            super::form_element::set(field, &choice.stored);
        }
        form.choices.update(|choices| choices.retain(|choice| choice.field != field));
    };
    move || {
        form.choice(field).map(|choice| {
            let (who, at) = choice
                .last
                .map_or_else(|| ("Somebody".to_owned(), String::new()), |last| (last.who.clone(), format!(" at {}", last.minute())));
            let stored = if choice.stored.is_empty() { empty.to_owned() } else { choice.stored };
            view! {
                <p class="verdict choice-of" data-kind="refused">
                    <span>{who}" stored "<code>{stored}</code>{at}". Saving replaces it with yours."</span>
                    <button type="button" class="button small" on:click=take>"Use theirs"</button>
                </p>
            }
        })
    }
}
