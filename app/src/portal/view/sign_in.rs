//! `/sign-in`: asks for an identifier and a password.

use leptos::prelude::*;

use super::{
    elements::form_buttons,
    form_error::{FormError, Wording},
};
use crate::{
    portal::address::{Address, Page},
    redirects::FORGOT_PASSWORD,
    ui::field::Field,
};

const WORDING: Wording = Wording {
    label: |field| if field == "password" { "Password" } else { "Email, phone number or username" },
    unavailable: "We can't sign you in right now. Try again in a moment.",
};

/// The page, with `identifier` in its first field.
pub fn sign_in(address: &Address, identifier: String, sends_mail: bool, error: Option<&FormError>) -> impl IntoView + use<> {
    let errors = FormError::fields(error);
    let forgotten = sends_mail.then(|| view! { <a href=address.to_other_path(FORGOT_PASSWORD)>"Forgot your password?"</a> <br /> });
    view! {
        {FormError::summary(error, WORDING)}
        <form method="post" action=address.to(Page::SignIn) novalidate>
            {Field { name: "identifier", label: "Email, phone number or username", kind: "text", autocomplete: "username", value: identifier, ..Field::default() }.show(errors)}
            {Field { name: "password", label: "Password", kind: "password", autocomplete: "current-password", ..Field::default() }.show(errors)}
            {form_buttons(address, "Sign in")}
        </form>
        <p class="other">{forgotten} "No account yet? " <a href=address.to_other(Page::SignUp)>"Sign up"</a></p>
    }
}
