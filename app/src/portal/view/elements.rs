//! Elements that several hosted pages share.

use std::borrow::Cow;

use leptos::prelude::*;

use crate::{
    identity_provider::ProviderButton,
    portal::address::Address,
    ui::icon::{TICK, icon},
};

/// The help text of a new password's field.
pub(super) const PASSWORD_HELP: &str = "At least 12 characters. A few words in a row are easy to remember.";

/// Confirms what the visitor has just done.
pub(super) fn confirmation(text: Option<impl Into<Cow<'static, str>>>) -> impl IntoView {
    text.map(|text| view! { <p class="banner" role="status">{icon(TICK)}{text.into()}</p> })
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

/// The way to the identity provider: a link and no form, because `form-action` would govern every redirect that follows.
pub(super) fn provider_button(address: &Address, provider: &ProviderButton) -> impl IntoView + use<> {
    let cancel = provider.replaces_accounts.then(|| {
        let cancel = address.exit_url.clone();
        view! { <a class="cancel" href=cancel>"Cancel"</a> }
    });
    let text = provider.text.clone();
    view! { <div class="end"><a class="button primary" href=address.to_provider() rel="nofollow">{text}</a>{cancel}</div> }
}

/// Stands between the way to the provider and the form.
pub(super) fn or_with_password() -> impl IntoView {
    view! { <p class="or">"Or with a password"</p> }
}
