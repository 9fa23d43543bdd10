//! Why a form was not taken: in a summary above it, and beside each field.

use leptos::prelude::*;

use crate::ui::form::{FieldError, summary};

/// Why a form was not taken.
#[derive(Clone, Debug)]
pub enum Problem {
    /// Fields are wrong. A field of the name `""` is the form as a whole.
    Fields(Vec<FieldError>),
    /// Too many tries; the next one is taken in that many seconds.
    Often(u64),
    /// Whoever recognises or stores does not answer.
    Unavailable,
}

/// What is said where something else than the fields keeps a form from being taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wording {
    /// What a field is called.
    pub(super) label: fn(&str) -> &'static str,
    /// What can't be done right now.
    pub(super) unavailable: &'static str,
}

impl Problem {
    /// What is said beside fields.
    pub(super) fn errors(problem: Option<&Self>) -> &[FieldError] {
        match problem {
            Some(Self::Fields(errors)) => errors,
            Some(Self::Often(_) | Self::Unavailable) | None => &[],
        }
    }

    /// The summary above the form. It takes the focus and links to each field.
    pub(super) fn summary(problem: Option<&Self>, wording: Wording) -> impl IntoView + use<> {
        problem.map(|problem| {
            let (title, text) = match problem {
                Self::Fields(errors) => {
                    let whole = errors.iter().find(|error| error.field.is_empty());
                    ("That did not work", whole.map_or_else(|| "Mend this, then try again:".to_owned(), |error| error.message.clone()))
                }
                Self::Often(seconds) => ("Too many tries", format!("Wait {}, then try again. What you typed is kept.", wait(*seconds))),
                Self::Unavailable => ("Not right now", wording.unavailable.to_owned()),
            };
            let named = Self::errors(Some(problem)).iter().filter(|error| !error.field.is_empty());
            let links = named.map(|error| (format!("#{}", error.field), format!("{}: {}", (wording.label)(&error.field), error.message)));
            summary(title, text, links.collect())
        })
    }
}

fn wait(seconds: u64) -> String {
    match seconds {
        1 => "a second".to_owned(),
        2..120 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
