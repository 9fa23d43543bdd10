//! Why a form was rejected, shown in a summary above it and beside each field.

use leptos::prelude::*;

use crate::{
    portal::identity::IdentityError,
    ui::form::{FieldError, summary},
};

/// Why a form was rejected.
#[derive(Clone, Debug)]
pub enum FormError {
    /// Fields are wrong. A field named `""` stands for the form as a whole.
    Fields(Vec<FieldError>),
    /// Too many attempts. The next one is possible after this many seconds.
    RateLimited(u64),
    /// The database or the identity provider does not answer.
    Unavailable,
}

impl From<IdentityError> for FormError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Fields(errors) => Self::Fields(errors),
            IdentityError::ManagedElsewhere => {
                Self::Fields(vec![FieldError::new("", "You can change this only with the provider that you sign in with.")])
            }
            IdentityError::QuotaUsed(seconds) => Self::RateLimited(u64::try_from(seconds).unwrap_or_default()),
            IdentityError::Unavailable => Self::Unavailable,
        }
    }
}

/// The texts of a page that its form's errors need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wording {
    /// The label of a field.
    pub(super) label: fn(&str) -> &'static str,
    /// The text for [`FormError::Unavailable`].
    pub(super) unavailable: &'static str,
}

impl FormError {
    /// The errors to show beside the fields.
    pub(super) fn fields(error: Option<&Self>) -> &[FieldError] {
        match error {
            Some(Self::Fields(errors)) => errors,
            Some(Self::RateLimited(_) | Self::Unavailable) | None => &[],
        }
    }

    /// The errors of fields that this one has.
    pub fn fields_of(error: &Self) -> &[FieldError] {
        Self::fields(Some(error))
    }

    /// The summary above the form. It takes the focus and links to each field.
    pub(super) fn summary(error: Option<&Self>, wording: Wording) -> impl IntoView + use<> {
        error.map(|error| {
            let (title, text) = match error {
                Self::Fields(errors) => {
                    let whole = errors.iter().find(|error| error.field.is_empty());
                    ("That did not work", whole.map_or_else(|| "Fix these fields and try again:".to_owned(), |error| error.message.clone()))
                }
                Self::RateLimited(seconds) => {
                    ("Too many attempts", format!("Wait {}, then try again. What you typed is still here.", wait(*seconds)))
                }
                Self::Unavailable => ("Not right now", wording.unavailable.to_owned()),
            };
            let named = Self::fields(Some(error)).iter().filter(|error| !error.field.is_empty());
            let links = named.map(|error| (format!("#{}", error.field), format!("{}: {}", (wording.label)(&error.field), error.message)));
            summary(title, text, links.collect())
        })
    }
}

fn wait(seconds: u64) -> String {
    match seconds {
        1 => "a second".to_owned(),
        2..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", seconds.div_ceil(60)),
        _ => format!("{} hours", seconds.div_ceil(3600)),
    }
}
