//! What forms have in common: errors by field, the summary above, what became of a post.

use validator::ValidationErrors;

use crate::instances::form::FieldError;

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
pub use on_server::{Problem, Rejected, error_summary};

#[cfg(feature = "ssr")]
mod on_server {
    use leptos::prelude::*;

    use super::FieldError;
    use crate::ui::icon::{WARNING, icon};

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
        Conflict,
    }

    impl Problem {
        /// What is wrong with one field.
        pub fn of(&self, field: &str) -> Option<String> {
            match self {
                Self::Fields(errors) => errors.iter().find(|error| error.field == field).map(|error| error.message.clone()),
                Self::Conflict => None,
            }
        }
    }

    /// The summary above a form that was not saved. It takes the focus and links to each field.
    pub fn error_summary(problem: Option<&Problem>, label: fn(&str) -> String) -> impl IntoView + use<> {
        problem.map(|problem| {
            let (title, text, errors) = match problem {
                Problem::Fields(errors) => ("Not saved yet", "What you typed is kept. Mend this, then save again:", errors.clone()),
                Problem::Conflict => (
                    "Somebody saved in between",
                    "What you typed is kept and not saved. Fields that differ from what is stored now say so. Saving again replaces it.",
                    Vec::new(),
                ),
            };
            let links = (!errors.is_empty())
                .then(|| {
                    errors
                        .into_iter()
                        .map(|FieldError { field, message }| {
                            let label = label(&field);
                            view! { <li><a href=format!("#{field}")>{label}": "{message}</a></li> }
                        })
                        .collect_view()
                })
                .map(|links| view! { <ul>{links}</ul> });
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
        })
    }
}
