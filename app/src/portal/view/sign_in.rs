//! `/sign-in`: asks for an identifier and a password.

use leptos::prelude::*;

use super::{
    elements::{form_buttons, or_with_password, provider_button},
    form_error::{FormError, Wording},
};
use crate::{
    identity_provider::ProviderButton,
    portal::address::{Address, Page},
    redirects::FORGOT_PASSWORD,
    ui::field::Field,
};

const WORDING: Wording = Wording {
    label: |field| if field == "password" { "Password" } else { "Email, phone number or username" },
    unavailable: "We can't sign you in right now. Try again in a moment.",
};

/// The page, with `identifier` in its first field.
///
/// With a provider, its button comes first. Where it takes the place of passwords, there is nothing else.
pub fn sign_in(
    address: &Address,
    identifier: String,
    provider: Option<&ProviderButton>,
    sends_mail: bool,
    error: Option<&FormError>,
) -> impl IntoView + use<> {
    if let Some(provider) = provider.filter(|provider| provider.replaces_accounts) {
        return view! { {FormError::summary(error, WORDING)} {provider_button(address, provider)} }.into_any();
    }
    let errors = FormError::fields(error);
    let forgotten = sends_mail.then(|| view! { <a href=address.to_other_path(FORGOT_PASSWORD)>"Forgot your password?"</a> <br /> });
    view! {
        {FormError::summary(error, WORDING)}
        {provider.map(|provider| view! { {provider_button(address, provider)} {or_with_password()} })}
        <form method="post" action=address.to(Page::SignIn) novalidate>
            {Field { name: "identifier", label: "Email, phone number or username", kind: "text", autocomplete: "username", value: identifier, ..Field::default() }.show(errors)}
            {Field { name: "password", label: "Password", kind: "password", autocomplete: "current-password", ..Field::default() }.show(errors)}
            {form_buttons(address, "Sign in")}
        </form>
        <p class="other">{forgotten} "No account yet? " <a href=address.to_other(Page::SignUp)>"Sign up"</a></p>
    }
    .into_any()
}
