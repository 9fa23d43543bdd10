//! What forms have in common: errors by field, the summary above, what became of a post.

use std::borrow::Cow;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use validator::ValidationErrors;

use super::icon::{WARNING, icon};
use crate::redirects::Correction;

/// A field's name and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name in the form.
    pub field: String,
    /// One sentence that names the fix.
    pub message: String,
    /// The value that the field should have, where the mistake is a common one. Saving accepts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<String>,
}

impl FieldError {
    /// The error of one field.
    pub fn new(field: &str, message: impl ToString) -> Self {
        Self { field: field.to_owned(), message: message.to_string(), correction: None }
    }

    /// The same error beside another field.
    #[must_use]
    pub fn of(self, field: &str) -> Self {
        Self { field: field.to_owned(), ..self }
    }

    /// The error with a correction, which names the mistake.
    #[must_use]
    pub fn corrected(self, correction: Option<Correction>) -> Self {
        match correction {
            Some(Correction { value, mistake: "" }) => Self { correction: Some(value), ..self },
            Some(Correction { value, mistake }) => Self { message: mistake.to_owned(), correction: Some(value), ..self },
            None => self,
        }
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

/// What a form is filled with, urlencoded: for a hidden field, and for the browser.
#[cfg(feature = "ssr")]
pub fn write(form: &impl Serialize) -> String {
    serde_html_form::to_string(form).unwrap_or_default()
}

/// Reads what [`write()`] wrote; `None` for anything else.
#[cfg(feature = "ssr")]
pub fn read<Form: serde::de::DeserializeOwned>(text: &str) -> Option<Form> {
    serde_html_form::from_str(text).ok()
}

/// What went wrong, above a form: it takes the focus, and links to the fields to fix.
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
