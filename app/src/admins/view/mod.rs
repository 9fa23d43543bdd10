//! The screens of admins: signing in, following a one-time link, and one's own account.

pub mod account;
pub mod link;
pub mod sign_in;

use leptos::prelude::*;

use crate::{
    error::AppError,
    ui::form::{FieldError, summary},
};

/// The help text of a new password.
const PASSWORD_HELP: &str = "12 characters at least. A few words in a row are easy to remember.";

/// A form that was rejected: to sign in, to follow a link or to change a password. The page finds it in its context.
#[derive(Clone, Debug)]
pub struct RejectedSignIn {
    /// The email address, as typed.
    pub email: String,
    /// The page to open after signing in.
    pub next: String,
    /// The one-time link's token.
    pub token: String,
    /// Why it was rejected.
    pub reason: RejectionReason,
}

/// Why a form was rejected.
#[derive(Clone, Debug)]
pub enum RejectionReason {
    /// Fields are wrong.
    Fields(Vec<FieldError>),
    /// Too many attempts; the next one is possible after this many seconds.
    RateLimited(u64),
    /// The database does not answer.
    Unavailable,
}

/// The summary above a rejected form.
fn rejection_summary(reason: Option<&RejectionReason>, label: fn(&str) -> &'static str) -> impl IntoView + use<> {
    reason.map(|reason| match reason {
        RejectionReason::Fields(errors) => {
            let links = errors.iter().map(|error| (format!("#{}", error.field), format!("{}: {}", label(&error.field), error.message)));
            summary("That did not work", "Fix these fields, then try again:", links.collect()).into_any()
        }
        RejectionReason::Unavailable => summary("Not available", AppError::Unavailable.to_string(), Vec::new()).into_any(),
        RejectionReason::RateLimited(seconds) => {
            let wait = if *seconds == 1 { "Wait a second, then try again.".to_owned() } else { format!("Wait {seconds} seconds, then try again.") };
            view! {
                {summary("Too many attempts", "Signing in is paused for a moment, to stop people who guess passwords. Browsers that have been used to sign in before are not affected.", Vec::new())}
                <p>{wait}</p>
            }
            .into_any()
        }
    })
}

/// The errors to show beside the fields.
fn errors(reason: Option<RejectionReason>) -> Vec<FieldError> {
    match reason {
        Some(RejectionReason::Fields(errors)) => errors,
        _ => Vec::new(),
    }
}

/// A field's label.
fn label(field: &str) -> &'static str {
    match field {
        "email" => "Email",
        "current" => "Current password",
        "new" => "New password",
        _ => "Password",
    }
}
