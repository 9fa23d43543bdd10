//! What is wrong with a value of a settings file or of a request, and where it is.

use std::fmt::Write;

use serde::Serialize;

use crate::{
    redirects::{Flow, InstanceField},
    ui::form::FieldError,
};

/// What is wrong with one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{pointer}: {message}")]
pub struct ManifestError {
    /// Where the value is, as a JSON pointer (RFC 6901). Empty for the whole document.
    pub pointer: String,
    /// What is wrong and how to fix it.
    pub message: String,
}

impl ManifestError {
    pub(super) fn new(pointer: impl Into<String>, message: impl ToString) -> Self {
        Self { pointer: pointer.into(), message: message.to_string() }
    }

    /// An error of a form's field. The slug is no part of the settings: its error is one of all of them.
    pub fn of_field(error: FieldError) -> Self {
        Self { pointer: pointer_of_field(&error.field), message: error.message }
    }

    /// The same error of settings that are themselves at `parent`.
    #[must_use]
    pub fn below(self, parent: &str) -> Self {
        Self { pointer: format!("{parent}{}", self.pointer), ..self }
    }
}

/// Where the value of a form's field is in an instance's settings.
fn pointer_of_field(field: &str) -> String {
    if let Some(flow) = Flow::of_field(field) {
        return format!("/redirects/{}", flow.field());
    }
    match InstanceField::named(field) {
        Some(InstanceField::Slug) => String::new(),
        Some(InstanceField::AllowedOrigin(_)) => "/allowed_origins/0".to_owned(),
        Some(known) => format!("/{}", known.name()),
        None => match field.rsplit_once('-') {
            Some((name, index)) => format!("/{name}/{index}"),
            None => format!("/{field}"),
        },
    }
}

/// A JSON pointer with one more step.
pub(super) fn step(pointer: &str, name: &str) -> String {
    let mut longer = pointer.to_owned();
    // Writing to a string can't fail.
    let _ = write!(longer, "/{}", name.replace('~', "~0").replace('/', "~1"));
    longer
}
