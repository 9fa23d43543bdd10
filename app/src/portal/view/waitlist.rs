//! `/waitlist`: an email address.

use leptos::prelude::*;

use super::{
    end,
    form_error::{Problem, Wording},
};
use crate::{
    portal::address::{Address, Page},
    ui::field::Field,
};

const WORDING: Wording = Wording { label: |_| "Email", unavailable: "We can't put you on the waitlist right now. Try again in a moment." };

/// The page, with what is in its field.
pub fn waitlist(address: &Address, email: String, problem: Option<&Problem>) -> impl IntoView + use<> {
    let errors = Problem::errors(problem);
    view! {
        {Problem::summary(problem, WORDING)}
        <p class="lead">"Leave your address, and you hear when it is your turn."</p>
        <form method="post" action=address.to(Page::Waitlist) novalidate>
            {Field { name: "email_address", label: "Email", kind: "email", autocomplete: "email", value: email, ..Field::default() }.show(errors)}
            {end(address, "Join the waitlist")}
        </form>
    }
}
