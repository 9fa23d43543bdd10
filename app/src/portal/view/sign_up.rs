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

/// Said on a server that sends no mail, where the email address is confirmed first.
pub const NO_SIGN_UP: &str = "You can't sign up with a password right now: your email address must be confirmed first, and this site can't send \
    mail at the moment. Try again later, or ask the people who run it.";

/// What the page knows of the instance.
#[derive(Clone, Copy, Debug)]
pub struct SignUpPage<'a> {
    /// The identity provider, if there is one.
    pub provider: Option<&'a ProviderButton>,
    /// Whether the email address is confirmed first, and therefore required.
    pub requires_email: bool,
    /// Whether nobody can sign up with a password, because there is no mail to confirm the address with.
    pub is_closed: bool,
}

/// The page, with `form` in its fields. The password is never shown again.
///
/// With a provider, its button comes first. Where it takes the place of passwords, there is nothing else.
pub fn sign_up(address: &Address, form: SignUpForm, page: SignUpPage<'_>, error: Option<&FormError>) -> impl IntoView + use<> {
    let SignUpPage { provider, requires_email, is_closed } = page;
    if let Some(provider) = provider.filter(|provider| provider.replaces_accounts) {
        return view! { {FormError::summary(error, WORDING)} {provider_button(address, provider)} }.into_any();
    }
    let have_account = view! { <p class="other">"Have an account? " <a href=address.to_other(Page::SignIn)>"Sign in"</a></p> };
    if is_closed && error.is_none() {
        let provider = provider.map(|provider| provider_button(address, provider));
        return view! { <p role="status">{NO_SIGN_UP}</p> {provider} {have_account} }.into_any();
    }
    let errors = FormError::fields(error);
    let (email_help, help) = if requires_email {
        ("You get a mail with a code to confirm it.", "The email address is needed. You can add the other two.")
    } else {
        ("", "One of these is enough.")
    };
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
                <p class="help" id="one">{help}</p>
                {Field { name: "email_address", label: "Email", help: email_help, kind: "email", autocomplete: "email", value: email_address }.show(errors)}
                {Field { name: "phone_number", label: "Phone number", kind: "tel", autocomplete: "tel", value: phone_number, ..Field::default() }.show(errors)}
                {Field { name: "username", label: "Username", kind: "text", autocomplete: "username", value: username, ..Field::default() }.show(errors)}
            </fieldset>
            {Field { name: "password", label: "Password", help: PASSWORD_HELP, kind: "password", autocomplete: "new-password", ..Field::default() }.show(errors)}
            {form_buttons(address, "Sign up")}
        </form>
        {have_account}
    }
    .into_any()
}
