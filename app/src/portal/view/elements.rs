//! Elements that several hosted pages share.

use leptos::prelude::*;

use crate::{
    portal::address::Address,
    ui::icon::{TICK, icon},
};

/// The help text of a new password's field.
pub(super) const PASSWORD_HELP: &str = "At least 12 characters. A few words in a row are easy to remember.";

/// Confirms what the visitor has just done.
pub(super) fn confirmation(text: Option<&'static str>) -> impl IntoView {
    text.map(|text| view! { <p class="banner" role="status">{icon(TICK)}{text}</p> })
}

/// The end of a form: its button, and a link that cancels.
pub(super) fn form_buttons(address: &Address, submit: &'static str) -> impl IntoView + use<> {
    let cancel = address.exit_url.clone();
    view! {
        <div class="end">
            <button class="primary">{submit}</button>
            <a class="cancel" href=cancel>"Cancel"</a>
        </div>
    }
}
