//! `/sign-up`: asks for what a new account needs.

use leptos::prelude::*;

use super::{
    elements::{PASSWORD_HELP, form_buttons, or_with_password, provider_button},
    form_error::{FormError, Wording},
};
use crate::{
    identity_provider::ProviderButton,
    portal::{
        address::{Address, Page},
        form::SignUpForm,
    },
    ui::field::Field,
};

const WORDING: Wording = Wording {
    label: |field| match field {
        "email_address" => "Email",
        "phone_number" => "Phone number",
        "username" => "Username",
        "first_name" => "First name",
        "last_name" => "Last name",
        _ => "Password",
    },
    unavailable: "We can't create your account right now. Try again in a moment.",
};

/// The page, with `form` in its fields. The password is never shown again.
///
/// With a provider, its button comes first. Where it takes the place of passwords, there is nothing else.
pub fn sign_up(address: &Address, form: SignUpForm, provider: Option<&ProviderButton>, error: Option<&FormError>) -> impl IntoView + use<> {
    if let Some(provider) = provider.filter(|provider| provider.replaces_accounts) {
        return view! { {FormError::summary(error, WORDING)} {provider_button(address, provider)} }.into_any();
    }
    let errors = FormError::fields(error);
    let SignUpForm { email_address, phone_number, username, first_name, last_name, .. } = form;
    view! {
        {FormError::summary(error, WORDING)}
        {provider.map(|provider| view! { {provider_button(address, provider)} {or_with_password()} })}
        <form method="post" action=address.to(Page::SignUp) novalidate>
            <div class="pair">
                {Field { name: "first_name", label: "First name", kind: "text", autocomplete: "given-name", value: first_name, ..Field::default() }.show(errors)}
                {Field { name: "last_name", label: "Last name", kind: "text", autocomplete: "family-name", value: last_name, ..Field::default() }.show(errors)}
            </div>
            <fieldset aria-describedby="one">
                <legend>"Sign in with"</legend>
                <p class="help" id="one">"One of these is enough."</p>
                {Field { name: "email_address", label: "Email", kind: "email", autocomplete: "email", value: email_address, ..Field::default() }.show(errors)}
                {Field { name: "phone_number", label: "Phone number", kind: "tel", autocomplete: "tel", value: phone_number, ..Field::default() }.show(errors)}
                {Field { name: "username", label: "Username", kind: "text", autocomplete: "username", value: username, ..Field::default() }.show(errors)}
            </fieldset>
            {Field { name: "password", label: "Password", help: PASSWORD_HELP, kind: "password", autocomplete: "new-password", ..Field::default() }.show(errors)}
            {form_buttons(address, "Sign up")}
        </form>
        <p class="other">"Have an account? " <a href=address.to_other(Page::SignIn)>"Sign in"</a></p>
    }
    .into_any()
}
