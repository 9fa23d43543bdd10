//! The page between a flow and its target. It moves on by itself, and shows a link for browsers that don't.

use leptos::prelude::*;
use url::Url;

/// The page that leads to `target`.
pub fn move_on(target: &Url) -> impl IntoView + use<> {
    let host = target.host_str().unwrap_or_default().to_owned();
    view! {
        <p class="lead">"You are on your way to "<strong>{host}</strong>"."</p>
        <p><a class="button primary" href=target.as_str().to_owned()>"Continue"</a></p>
    }
}
