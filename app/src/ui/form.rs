//! What forms have in common: errors by field, the summary above, what became of a post.

use serde::{Deserialize, Serialize};
use validator::ValidationErrors;

/// A field's name and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name in the form.
    pub field: String,
    /// One sentence that names the fix.
    pub message: String,
}

impl FieldError {
    /// The error of one field.
    pub fn new(field: &str, message: impl ToString) -> Self {
        Self { field: field.to_owned(), message: message.to_string() }
    }
}

/// A validator's answer as field errors, in no particular order.
pub fn field_errors(checked: &Result<(), ValidationErrors>) -> Vec<FieldError> {
    let Err(errors) = checked else { return Vec::new() };
    errors
        .field_errors()
        .into_iter()
        .filter_map(|(field, errors)| {
            let error = errors.first()?;
            Some(FieldError::new(field.as_ref(), error.message.as_deref().unwrap_or("That is not right.")))
        })
        .collect()
}

#[cfg(feature = "ssr")]
pub use on_server::{Problem, Rejected, error_summary, read, read_only_note, saved_banner, summary, write};

#[cfg(feature = "ssr")]
mod on_server {
    use std::borrow::Cow;

    use leptos::prelude::*;
    use serde::{Serialize, de::DeserializeOwned};

    use super::FieldError;
    use crate::ui::{
        icon::{TICK, WARNING, icon},
        merge::Conflict,
    };

    /// What a form is filled with, as one text for a hidden field.
    pub fn write(form: &impl Serialize) -> String {
        serde_html_form::to_string(form).unwrap_or_default()
    }

    /// Reads what [`write()`] wrote; `None` where it is something else.
    pub fn read<Form: DeserializeOwned>(text: &str) -> Option<Form> {
        serde_html_form::from_str(text).ok()
    }

    /// Says that a save has succeeded, where the page's query does: alone, or together with what somebody else has saved.
    pub fn saved_banner(query: &str) -> Option<impl IntoView + use<>> {
        let text = match query {
            "saved" => "Saved. Links follow it from now on.",
            "merged" => "Saved, together with what somebody else has saved in between: you changed different fields. History shows both.",
            _ => return None,
        };
        Some(view! { <p class="banner" role="status">{icon(TICK)}{text}</p> })
    }

    /// Says to a viewer why there is nothing to save with.
    pub fn read_only_note() -> impl IntoView {
        view! { <p class="banner note" role="note">"You are a viewer of this instance: you see and try everything, and save nothing. Ask an owner to make you an editor."</p> }
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
        /// Somebody saved in between.
        Conflict(Conflict),
    }

    impl Problem {
        /// What is to be said beside fields.
        pub fn into_errors(self) -> Vec<FieldError> {
            match self {
                Self::Fields(errors) => errors,
                Self::Conflict(_) => Vec::new(),
            }
        }

        /// What there is to choose between, where both have changed a field.
        pub fn to_choose(&self) -> Option<&Conflict> {
            match self {
                Self::Conflict(conflict) if !conflict.both.is_empty() => Some(conflict),
                Self::Conflict(_) | Self::Fields(_) => None,
            }
        }
    }

    /// The summary above a form that was not saved. It takes the focus and links to each field.
    pub fn error_summary(problem: Option<&Problem>, label: fn(&str) -> String) -> impl IntoView + use<> {
        problem.map(|problem| {
            let (title, text) = match problem {
                Problem::Fields(_) => ("Not saved yet", "What you typed is kept. Mend this, then save again:"),
                Problem::Conflict(Conflict { ahead: true, both, .. }) => (
                    "The form is out of date",
                    if both.is_empty() {
                        "It comes from a version that is not stored any more. What you typed is kept, and not saved yet: look it over, then save again."
                    } else {
                        "It comes from a version that is not stored any more. What you typed is kept, and not saved yet. Choose for these, then save:"
                    },
                ),
                Problem::Conflict(Conflict { both, .. }) if both.is_empty() => (
                    "Somebody saved in between",
                    "What you typed is kept, and not saved yet. The other changes are in the form now: save again to add yours.",
                ),
                Problem::Conflict(_) => (
                    "Somebody saved in between",
                    "What you typed is kept, and not saved yet. Both of you changed the following. Choose for each, then save:",
                ),
            };
            let links: Vec<_> = match problem {
                Problem::Fields(errors) => errors
                    .iter()
                    .map(|FieldError { field, message }| (format!("#{field}"), format!("{}: {message}", label(field))))
                    .collect(),
                Problem::Conflict(conflict) => conflict.both.iter().map(|choice| (format!("#{}", choice.field), label(choice.field))).collect(),
            };
            summary(title, text, links)
        })
    }

    /// What went wrong, above a form: it takes the focus, and links to where it is mended.
    pub fn summary(title: &'static str, text: impl Into<Cow<'static, str>>, links: Vec<(String, String)>) -> impl IntoView {
        let text = text.into();
        let items = links.iter().cloned().map(|(href, text)| view! { <li><a href=href>{text}</a></li> }).collect_view();
        let links = (!links.is_empty()).then(|| view! { <ul>{items}</ul> });
        view! {
            <section class="summary" role="alert" tabindex="-1" autofocus aria-labelledby="summary-title">
                {icon(WARNING)}
                <div>
                    <h2 id="summary-title">{title}</h2>
                    <p>{text}</p>
                    {links}
                </div>
            </section>
        }
    }
}
