//! The page between a flow and its target. It moves on by itself, and shows a link for browsers that don't.

use leptos::prelude::*;

/// The page that leads to `target`, a URL with that host.
pub fn move_on(target: String, host: String) -> impl IntoView + use<> {
    view! {
        <p class="lead">"You are on your way to "<strong>{host}</strong>"."</p>
        <p><a class="button primary" href=target>"Continue"</a></p>
    }
}
