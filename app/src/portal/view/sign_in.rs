//! `/sign-in`: an identifier and a password.

use leptos::prelude::*;

use super::{
    end,
    form_error::{Problem, Wording},
};
use crate::{
    portal::address::{Address, Page},
    ui::field::Field,
};

const WORDING: Wording = Wording {
    label: |field| if field == "password" { "Password" } else { "Email, phone number or username" },
    unavailable: "We can't sign you in right now. Try again in a moment.",
};

/// The page, with what is in its first field.
pub fn sign_in(address: &Address, identifier: String, problem: Option<&Problem>) -> impl IntoView + use<> {
    let errors = Problem::errors(problem);
    view! {
        {Problem::summary(problem, WORDING)}
        <form method="post" action=address.to(Page::SignIn) novalidate>
            {Field { name: "identifier", label: "Email, phone number or username", kind: "text", autocomplete: "username", value: identifier, ..Field::default() }.show(errors)}
            {Field { name: "password", label: "Password", kind: "password", autocomplete: "current-password", ..Field::default() }.show(errors)}
            {end(address, "Sign in")}
        </form>
        <p class="other">"No account yet? " <a href=address.to(Page::SignUp)>"Sign up"</a></p>
    }
}
