//! `/check-mail`: takes the code of a mail before a session begins.

use leptos::prelude::*;

use super::{
    elements::{confirmation, form_buttons},
    form_error::{FormError, Wording},
};
use crate::{
    credentials::code::Code,
    portal::{
        address::{Address, Page},
        codes::CONFIRMATION_HOURS,
        confirmation::Pending,
    },
    redirects::CHECK_MAIL,
    ui::{field::Field, text::in_hours},
};

const WORDING: Wording = Wording { label: |_| "Code", unavailable: "We can't do that right now. Try again in a moment." };

/// The page in the browser where the sign-up or sign-in began. `code` is that of the mail's link; without one, it is typed. What was typed
/// and rejected stays.
pub fn check_mail(
    address: &Address,
    pending: &Pending,
    code: Option<Code>,
    is_sent_again: bool,
    rejected: Option<(&FormError, String)>,
) -> impl IntoView + use<> {
    let (error, typed) = rejected.map_or((None, String::new()), |(error, typed)| (Some(error), typed));
    let errors = FormError::fields(error);
    let again = confirmation(is_sent_again.then_some("Another mail is on its way."));
    let action = address.to_path(CHECK_MAIL);
    let (lead, field) = if let Some(code) = code.filter(|_| error.is_none()) {
        let lead = view! { "Confirm that you read mail at " <strong>{pending.email_address.clone()}</strong> "." }.into_any();
        (lead, view! { <input type="hidden" name="code" value=code.to_string() /> }.into_any())
    } else {
        let lead = view! {
            "A mail to " <strong>{pending.email_address.clone()}</strong> " is on its way. Enter its code here, or open its link in this browser, within " {in_hours(CONFIRMATION_HOURS)} "."
        };
        let help = "The 16 letters and digits in the mail.";
        // No `one-time-code`: phones would show a keyboard with digits only.
        let field = Field { name: "code", label: "Code", help, kind: "text", autocomplete: "off", value: typed };
        (lead.into_any(), view! { {field.show(errors)} }.into_any())
    };
    view! {
        {FormError::summary(error, WORDING)}
        {again}
        <p class="lead">{lead}</p>
        <form method="post" action=action.clone() novalidate>
            {field}
            {form_buttons(address, "Confirm")}
        </form>
        <form method="post" action=action class="other">
            <p>"No mail? Look in the spam folder, too."</p>
            <button name="again" value="on">"Send another mail"</button>
        </form>
        <p class="other">
            "Wrong address? " <a href=address.to(Page::SignUp)>"Sign up again"</a> " or " <a href=address.to(Page::SignIn)>"sign in"</a>
        </p>
    }
}

/// The page in any other browser. It shows the code of the mail's link, to be typed where the sign-up or sign-in began.
pub fn other_browser(address: &Address, code: Option<Code>) -> impl IntoView + use<> {
    let code = code.map(|code| {
        view! {
            <p>"Go back to that browser and enter this code there:"</p>
            <p><strong>{code.to_string()}</strong></p>
        }
    });
    view! {
        <p>
            {format!("You confirm your email address in the browser where you signed up or in, within {}. This is another browser, or that time is over.", in_hours(CONFIRMATION_HOURS))}
        </p>
        {code}
        <p>"If it was not you who signed up or in, close this page and don't share the code."</p>
        <p class="other">
            "If it was in this browser, allow cookies for this site and begin again: " <a href=address.to(Page::SignUp)>"sign up"</a> " or "
            <a href=address.to(Page::SignIn)>"sign in"</a>
        </p>
    }
}
