//! The screens of accounts: signing in, following a one-time link, and one's own account.

pub mod account;
pub mod link;
pub mod sign_in;

use leptos::prelude::*;

use crate::ui::form::{FieldError, summary};

/// What is asked of a new password.
const PASSWORD_HELP: &str = "12 characters at least. A few words in a row are easy to remember.";

/// Why nobody came in, with what may be shown again. The page finds it in its context.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The email address, or what was typed for one.
    pub email: String,
    /// The page to go on to.
    pub next: String,
    /// The one-time link's token.
    pub token: String,
    /// What is wrong.
    pub why: Why,
}

/// Why nobody came in.
#[derive(Clone, Debug)]
pub enum Why {
    /// Fields are wrong.
    Fields(Vec<FieldError>),
    /// Too many tries; the next one is taken in that many seconds.
    RateLimited(u64),
}

fn shown(why: Option<&Why>, label: fn(&str) -> &'static str) -> impl IntoView + use<> {
    why.map(|why| match why {
        Why::Fields(errors) => {
            let links = errors.iter().map(|error| (format!("#{}", error.field), format!("{}: {}", label(&error.field), error.message)));
            summary("That did not work", "Mend this, then try again:", links.collect()).into_any()
        }
        Why::RateLimited(seconds) => {
            let wait = if *seconds == 1 { "Wait a second, then try again.".to_owned() } else { format!("Wait {seconds} seconds, then try again.") };
            view! {
                {summary("Too many tries", "Signing in is held up for a moment, to keep guessers out. A colleague who has signed in with their own browser before is not.", Vec::new())}
                <p>{wait}</p>
            }
            .into_any()
        }
    })
}

fn errors(why: Option<Why>) -> Vec<FieldError> {
    match why {
        Some(Why::Fields(errors)) => errors,
        _ => Vec::new(),
    }
}

fn label(field: &str) -> &'static str {
    match field {
        "email" => "Email",
        "current" => "Current password",
        "new" => "New password",
        _ => "Password",
    }
}
