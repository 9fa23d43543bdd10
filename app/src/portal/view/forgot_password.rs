//! `/forgot-password`: asks for the email address that gets a mail. `/reset-password`: asks for the code in the mail, and a new password.

use leptos::prelude::*;

use super::{
    elements::{PASSWORD_HELP, confirmation, form_buttons},
    form_error::{FormError, Wording},
};
use crate::{
    portal::{
        address::{Address, Page},
        codes::RESET_HOURS,
    },
    redirects::{FORGOT_PASSWORD, RESET_PASSWORD},
    ui::{field::Field, text::in_hours},
};

const WORDING: Wording = Wording {
    label: |field| match field {
        "email_address" => "Email",
        "code" => "Code",
        _ => "New password",
    },
    unavailable: "We can't do that right now. Try again in a moment.",
};

/// The page that asks for an email address, with `email` in its field.
pub fn forgot_password(address: &Address, email: String, error: Option<&FormError>) -> impl IntoView + use<> {
    let errors = FormError::fields(error);
    view! {
        {FormError::summary(error, WORDING)}
        <p class="lead">"Enter the email address of your account. You get a mail with a link and a code to choose a new password."</p>
        <form method="post" action=address.to_path(FORGOT_PASSWORD) novalidate>
            {Field { name: "email_address", label: "Email", kind: "email", autocomplete: "email", value: email, ..Field::default() }.show(errors)}
            {form_buttons(address, "Send the mail")}
        </form>
        <p class="other"><a href=address.to(Page::SignIn)>"Back to sign-in"</a></p>
    }
}

/// The page on a server that sends no mail.
pub fn no_mail(address: &Address) -> impl IntoView + use<> {
    view! {
        <p>"This site sends no mail, so you can't choose a new password here. Ask the people who run it."</p>
        <p class="other"><a href=address.to(Page::SignIn)>"Back to sign-in"</a></p>
    }
}

/// What the page that asks for a new password knows.
#[derive(Clone, Debug, Default)]
pub struct ResetPage {
    /// The code of the mail's link; empty where it is to be typed.
    pub code: String,
    /// Whether the code is typed.
    pub is_typed: bool,
    /// Whether a mail was just asked for.
    pub is_sent: bool,
}

/// The page that asks for a new password.
pub fn reset_password(address: &Address, page: ResetPage, error: Option<&FormError>) -> impl IntoView + use<> {
    let errors = FormError::fields(error);
    let sent = format!(
        "If there is an account with this address, a mail is on its way. Its link and its code work for {}. Look in the spam folder, too.",
        in_hours(RESET_HOURS)
    );
    let sent = confirmation(page.is_sent.then_some(sent));
    let code = if page.is_typed {
        let help = "The 16 letters and digits in the mail.";
        // No `one-time-code`: phones would show a keyboard with digits only.
        view! { {Field { name: "code", label: "Code", help, kind: "text", autocomplete: "off", value: page.code }.show(errors)} }.into_any()
    } else {
        view! { <input type="hidden" name="code" value=page.code /> }.into_any()
    };
    view! {
        {FormError::summary(error, WORDING)}
        {sent}
        <form method="post" action=address.to_path(RESET_PASSWORD) novalidate>
            {code}
            {Field { name: "new", label: "New password", help: PASSWORD_HELP, kind: "password", autocomplete: "new-password", ..Field::default() }.show(errors)}
            <p class="help">"This ends every session of your account."</p>
            {form_buttons(address, "Save and sign in")}
        </form>
        <p class="other">"No mail, or the code has expired? " <a href=address.to_path(FORGOT_PASSWORD)>"Ask for another one"</a></p>
    }
}

/// The page of a link that does not work any more.
pub fn expired_code(address: &Address) -> impl IntoView + use<> {
    view! {
        <p>{format!("This link was used already, or has expired. A link works once, within {}.", in_hours(RESET_HOURS))}</p>
        <p class="other"><a href=address.to_path(FORGOT_PASSWORD)>"Ask for another mail"</a></p>
    }
}
