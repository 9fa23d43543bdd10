//! The errors that may cross to the browser: codes with fixed texts, never free text from inside.

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use serde::{Deserialize, Serialize};

/// What can go wrong with a request, as the browser may know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AppError {
    /// There is no such instance or page.
    #[error("There is nothing at this address.")]
    NotFound,
    /// Nobody is signed in.
    #[error("You are signed out. Sign in, then send it again.")]
    SignedOut,
    /// The caller's role does not allow it.
    #[error("Your role does not allow this. Ask an owner of the instance. Only server-wide admins create instances.")]
    Forbidden,
    /// The server requires a second factor, and the caller has none.
    #[error("This server requires a second factor. Set yours up, then send it again.")]
    SecondFactorRequired,
    /// The instance is archived.
    #[error("This instance is archived. Its portal is closed, and its settings can't be seen or changed.")]
    Archived,
    /// Fields are missing, unknown or repeated: not a form of this dashboard.
    #[error("The form is incomplete. Reload the page and try again.")]
    BadRequest,
    /// The form is larger than any that this dashboard makes.
    #[error("That is too much for one form. Go back and shorten the longest field.")]
    TooLarge,
    /// What is stored of the instance is none by today's rules.
    #[error("This instance's stored domain or portal origin is no longer valid, so it can't be shown. The server's log names it.")]
    Invalid,
    /// The database can't be asked right now.
    #[error("The database does not answer right now. Nothing is lost; try again in a moment.")]
    Unavailable,
    /// Too many lists are being checked or made.
    #[error("Too many lists are being worked on right now. Go back, wait a moment, and send it again.")]
    Busy,
    /// The server can't be reached from the browser.
    #[error("The server can't be reached.")]
    Unreachable,
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::Deserialization(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_) => Self::BadRequest,
            _ => Self::Unreachable,
        }
    }
}
