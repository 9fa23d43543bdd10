//! The screens of admins: signing in, following a one-time link, one's own account and second factor.

pub mod account;
pub mod code;
pub mod link;
pub mod second_factor;
pub mod sign_in;

use leptos::prelude::*;

use crate::{
    error::AppError,
    ui::form::{FieldError, summary},
};

/// The help text of a new password.
const PASSWORD_HELP: &str = "12 characters at least. A few words in a row are easy to remember.";

/// A form that was rejected: to sign in, to follow a link, or to change a password or the second factor. The page finds it in its context.
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
    /// The sign-in was not finished in time.
    Expired,
    /// The sign-in at the identity provider failed, for that reason.
    Provider(String),
    /// The server can't read the secrets of second factors.
    SecretKey,
}

/// The summary above a rejected form.
fn rejection_summary(reason: Option<&RejectionReason>, label: fn(&str) -> &'static str) -> impl IntoView + use<> {
    reason.map(|reason| match reason {
        RejectionReason::Fields(errors) => {
            let links = errors.iter().map(|error| (format!("#{}", error.field), format!("{}: {}", label(&error.field), error.message)));
            summary("That did not work", "Fix these fields, then try again:", links.collect()).into_any()
        }
        RejectionReason::Provider(message) => summary("You are not signed in", message.clone(), Vec::new()).into_any(),
        RejectionReason::Unavailable => summary("Not available", AppError::Unavailable.to_string(), Vec::new()).into_any(),
        RejectionReason::Expired => {
            summary("Signing in took too long", "Enter your email address and password again. The code must follow within ten minutes.", Vec::new())
                .into_any()
        }
        RejectionReason::SecretKey => summary(
            "The server can't check codes",
            "Its secret key file is missing, or is not the one that the second factor was set up with. Ask your server's administrator: \
             the server's log says more. Recovery codes still work.",
            Vec::new(),
        )
        .into_any(),
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
        "code" => "Code",
        "recovery_code" => "Recovery code",
        "proof" => "Password or code",
        _ => "Password",
    }
}
