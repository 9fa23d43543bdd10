//! What a page shows of a form that was posted: that it was saved, or why not.

use leptos::prelude::*;

use crate::{
    saving::{
        form_element::{FIX_FIELDS, INVALID},
        outcome::{Confirmation, Conflict},
    },
    ui::{
        form::{FieldError, summary},
        icon::{TICK, WARNING, icon},
    },
};

/// Whether the page's query says that a form was just saved.
pub fn has_saved(query: &str) -> bool {
    matches!(query, "saved" | "merged")
}

/// Says that a save has succeeded, if the page's query does: alone, or merged with what somebody else has saved. `undo` undoes it.
pub fn saved_banner<Undo: IntoView>(query: &str, undo: Undo) -> Option<impl IntoView + use<Undo>> {
    let text = match query {
        "saved" => "Saved. Links follow it from now on.",
        "merged" => "Saved, and merged with what somebody else has saved in between: you changed different fields. History shows both.",
        _ => return None,
    };
    Some(view! { <div class="banner" role="status">{icon(TICK)}<span>{text}</span>{undo}</div> })
}

/// Says to a viewer why there is nothing to save with.
pub fn read_only_note() -> impl IntoView {
    view! { <p class="banner note" role="note">"You are a viewer of this instance. You can see and try everything, but not save. Ask an owner to make you an editor."</p> }
}

/// A form that was posted and not saved: what was typed, and why. The page that shows it finds it in its context.
#[derive(Clone, Debug)]
pub struct Rejected<Form> {
    /// Every field as typed.
    pub form: Form,
    /// Why it was not saved.
    pub problem: Problem,
}

/// Why a form was not saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Fields are wrong.
    Fields(Vec<FieldError>),
    /// Its sender is asked whether they mean it.
    Confirm(Confirmation),
    /// Somebody saved in between.
    Conflict(Conflict),
}

impl Problem {
    /// What is to be said beside fields.
    pub fn into_errors(self) -> Vec<FieldError> {
        match self {
            Self::Fields(errors) => errors,
            Self::Confirm(_) | Self::Conflict(_) => Vec::new(),
        }
    }

    /// What there is to choose between, where both have changed a field.
    pub fn to_choose(&self) -> Option<&Conflict> {
        match self {
            Self::Conflict(conflict) if !conflict.both.is_empty() => Some(conflict),
            Self::Conflict(_) | Self::Confirm(_) | Self::Fields(_) => None,
        }
    }
}

/// The summary above a form that was not saved. It takes the focus and links to each field.
pub fn problem_summary(problem: Option<&Problem>, label: fn(&str) -> String) -> Option<AnyView> {
    let Conflict { ahead, both, .. } = match problem? {
        Problem::Conflict(conflict) => conflict,
        Problem::Confirm(confirmation) => return Some(question(confirmation).into_any()),
        Problem::Fields(errors) => {
            let links = errors.iter().map(|error| (format!("#{}", error.field), format!("{}: {}", label(&error.field), error.message)));
            return Some(summary(INVALID, FIX_FIELDS, links.collect()).into_any());
        }
    };
    let (title, text) = match (ahead, both.is_empty()) {
        (true, true) => (
            "The form is out of date",
            "It comes from a version that is not stored any more. What you typed is kept and not saved yet. Look it over, then save again.",
        ),
        (true, false) => (
            "The form is out of date",
            "It comes from a version that is not stored any more. What you typed is kept and not saved yet. Choose for these fields, then save:",
        ),
        (false, true) => (
            "Somebody saved in between",
            "What you typed is kept and not saved yet. The other changes are in the form now: save again to add yours.",
        ),
        (false, false) => (
            "Somebody saved in between",
            "What you typed is kept and not saved yet. Both of you changed the following. Choose for each, then save:",
        ),
    };
    Some(summary(title, text, both.iter().map(|choice| (format!("#{}", choice.field), label(&choice.field))).collect()).into_any())
}

/// How many visits a form concerns, and the button that saves it all the same. It takes the focus.
pub fn question(confirmation: &Confirmation) -> impl IntoView + use<> {
    view! {
        <section class="summary question" tabindex="-1" autofocus aria-labelledby="question-title">
            {icon(WARNING)}
            <div>
                <h2 id="question-title">"Look at the impact, then save"</h2>
                <div inner_html=confirmation.html.clone()></div>
            </div>
        </section>
    }
}
