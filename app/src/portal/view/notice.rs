//! Notices: what a visitor sees instead of a page.

use leptos::prelude::*;

use super::proxy_mistake::{ProxyMistake, proxy_mistake};
use crate::{
    redirects::{Flow, MAX_QUERY_BYTES},
    ui::text::Grouped,
};

/// Why there is a notice instead of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// There is no page at this address.
    NotFound,
    /// The instance is archived. This is its name.
    Closed(String),
    /// The instance's portal pages are switched off. This is its name.
    SwitchedOff(String),
    /// The database does not answer.
    Unavailable,
    /// The server has not had its database yet.
    Waiting,
    /// The posted body is not a form of the page.
    InvalidForm,
    /// The posted body is larger than any form.
    FormTooLarge,
    /// The query is longer than any link needs.
    LinkTooLong,
    /// The browser did not keep the cookie of a session that has begun. This is the flow that began it.
    CookiesBlocked(Flow),
    /// The page does not support the request's method.
    MethodNotAllowed,
    /// An application's authorization request can't be answered, and nobody may be redirected. The sentence says why.
    Authorization(&'static str),
    /// Too many requests of that client.
    TooManyRequests,
    /// The invitation to an organization was used, or has expired.
    InvitationEnded,
    /// The proxy in front of the server is not set up.
    Proxy(ProxyMistake),
}

/// What a server says that has not had its database yet.
pub const WAITING: &str = "The database does not answer right now. The server is waiting for its database and goes on by itself. If you run it, \
     its log says what it waits for.";

impl Notice {
    /// The heading.
    pub fn heading(&self) -> &'static str {
        match self {
            Self::NotFound => "Page not found",
            Self::Closed(_) => "This portal is closed",
            Self::SwitchedOff(_) => "There is no page here",
            Self::Unavailable => "Not right now",
            Self::Waiting => "Waiting for the database",
            Self::TooManyRequests => "Too many requests",
            Self::InvalidForm | Self::MethodNotAllowed | Self::Authorization(_) => "That did not work",
            Self::InvitationEnded => "This invitation is no longer valid",
            Self::CookiesBlocked(_) => "Your browser blocks cookies",
            Self::FormTooLarge | Self::LinkTooLong => "That is too long",
            Self::Proxy(mistake) => mistake.heading(),
        }
    }
}

/// The text below the heading.
pub fn notice(notice: Notice) -> AnyView {
    let text = match notice {
        Notice::Closed(name) => return no_portal(name, " has closed its account portal."),
        Notice::SwitchedOff(name) => return no_portal(name, " has switched its account portal's pages off."),
        Notice::Proxy(mistake) => return proxy_mistake(&mistake),
        Notice::CookiesBlocked(flow) => {
            let done =
                if flow == Flow::SignUp { "Your account is created, but you are not signed in. " } else { "You are not signed in. " };
            let fix = "Allow cookies for this site in your browser's settings. Then go back and sign in.";
            format!("{done}Without a cookie, this site can't recognize you on the next page. {fix}")
        }
        Notice::Authorization(why) => why.to_owned(),
        Notice::TooManyRequests => "There were too many requests from your network. Wait a minute, and try again.".to_owned(),
        Notice::InvitationEnded => "It was used already, or has expired. Ask the person who invited you for another one.".to_owned(),
        Notice::NotFound => "There is no page at this address. If you followed a link, part of it may be missing.".to_owned(),
        Notice::Unavailable => "This page can't be shown right now. Nothing is lost; try again in a moment.".to_owned(),
        Notice::Waiting => WAITING.to_owned(),
        Notice::InvalidForm => "The form is incomplete. Go back, reload the page, and send it again.".to_owned(),
        Notice::FormTooLarge => "That is too much for one form. Go back and shorten the longest field.".to_owned(),
        Notice::LinkTooLong => {
            format!("This link is too long: at most {} bytes are possible after the question mark.", Grouped(MAX_QUERY_BYTES))
        }
        Notice::MethodNotAllowed => "You can open this page and send its form. Go back and try that.".to_owned(),
    };
    view! { <p>{text}</p> }.into_any()
}

fn no_portal(name: String, what: &'static str) -> AnyView {
    view! { <p><strong>{name}</strong>{what}" If you followed a link, ask the person who gave it to you for another one."</p> }.into_any()
}
