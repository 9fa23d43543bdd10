//! `/confirm-email`: takes the code from a mail.

use leptos::prelude::*;

use super::{
    elements::{confirmation, form_buttons},
    form_error::{FormError, Wording},
};
use crate::{
    portal::{
        address::{Address, Page},
        codes::CONFIRMATION_HOURS,
    },
    redirects::CONFIRM_EMAIL,
    ui::{field::Field, text::in_hours},
};

const WORDING: Wording = Wording { label: |_| "Code", unavailable: "We can't do that right now. Try again in a moment." };

/// The page of a visitor with that email address. `code` is that of the mail's link; without one, it is typed.
pub fn confirm_email(
    address: &Address,
    email: &str,
    code: Option<String>,
    is_sent: bool,
    error: Option<&FormError>,
) -> impl IntoView + use<> {
    let errors = FormError::fields(error);
    let sent =
        format!("A mail is on its way. Its link and its code work for {}. Look in the spam folder, too.", in_hours(CONFIRMATION_HOURS));
    let sent = confirmation(is_sent.then_some(sent));
    let code = if let Some(code) = code.filter(|_| error.is_none()) {
        view! { <input type="hidden" name="code" value=code /> }.into_any()
    } else {
        let help = "The 16 letters and digits in the mail.";
        view! { {Field { name: "code", label: "Code", help, kind: "text", autocomplete: "off", ..Field::default() }.show(errors)} }
            .into_any()
    };
    view! {
        {FormError::summary(error, WORDING)}
        {sent}
        <p class="lead">"Confirm that you read mail at " <strong>{email.to_owned()}</strong> "."</p>
        <form method="post" action=address.to_path(CONFIRM_EMAIL) novalidate>
            {code}
            {form_buttons(address, "Confirm")}
        </form>
        <p class="other"><a href=address.to(Page::User)>"Back to your account"</a></p>
    }
}
