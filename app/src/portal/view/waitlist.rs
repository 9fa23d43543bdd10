//! `/waitlist`: asks for an email address.

use leptos::prelude::*;

use super::{
    elements::form_buttons,
    form_error::{FormError, Wording},
};
use crate::{
    portal::address::{Address, Page},
    ui::field::Field,
};

const WORDING: Wording = Wording { label: |_| "Email", unavailable: "We can't put you on the waitlist right now. Try again in a moment." };

/// The page, with `email` in its field.
pub fn waitlist(address: &Address, email: String, error: Option<&FormError>) -> impl IntoView + use<> {
    let errors = FormError::fields(error);
    view! {
        {FormError::summary(error, WORDING)}
        <p class="lead">"Enter your email address to join the waitlist."</p>
        <form method="post" action=address.to(Page::Waitlist) novalidate>
            {Field { name: "email_address", label: "Email", kind: "email", autocomplete: "email", value: email, ..Field::default() }.show(errors)}
            {form_buttons(address, "Join the waitlist")}
        </form>
    }
}
