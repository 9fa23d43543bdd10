//! What is shown in a page's place: there is none, or not now.

use leptos::prelude::*;

use crate::{redirects::MAX_QUERY_BYTES, ui::text::Grouped};

/// Why there is no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Nothing is at this address.
    Missing,
    /// The instance, or what the page shows, can't be read right now.
    Unavailable,
    /// What was posted is no form of the page.
    NotAForm,
    /// What was posted is larger than any form.
    TooLarge,
    /// The query is larger than any link needs.
    LongLink,
    /// The page can't be asked in that way.
    Method,
}

impl Notice {
    /// Its heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Missing => "Nothing here",
            Self::Unavailable => "Not right now",
            Self::NotAForm | Self::Method => "That did not work",
            Self::TooLarge | Self::LongLink => "That is too long",
        }
    }
}

/// What it says.
pub fn notice(notice: Notice) -> impl IntoView {
    let text = match notice {
        Notice::Missing => "There is no such page. If you came here by a link, it may not be whole.".to_owned(),
        Notice::Unavailable => "This page can't be shown right now. Nothing is lost; try again in a moment.".to_owned(),
        Notice::NotAForm => "The form did not arrive whole. Go back, reload the page, and send it again.".to_owned(),
        Notice::TooLarge => "That is too much for one form. Go back and shorten the longest field.".to_owned(),
        Notice::LongLink => format!("This link is too long: {} bytes after its ? at most.", Grouped(MAX_QUERY_BYTES)),
        Notice::Method => "This page can be opened, and its form sent. Go back and try that.".to_owned(),
    };
    view! { <p>{text}</p> }
}
