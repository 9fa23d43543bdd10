//! `/unauthorized-sign-in`: for visitors who learn of a sign-in to their account that was not theirs.

use leptos::prelude::*;

use super::{
    elements::confirmation,
    form_error::{FormError, Wording},
};
use crate::portal::{
    address::{Address, AfterSignIn, Page},
    identity::Visitor,
};

const WORDING: Wording = Wording { label: |_| "", unavailable: "We can't end the other sessions right now. Try again in a moment." };

/// The page. It tells a signed-in visitor what to do, and others to sign in first. `ended`: the other sessions were just ended.
pub fn unauthorized_sign_in(address: &Address, visitor: Option<&Visitor>, ended: bool, error: Option<&FormError>) -> impl IntoView + use<> {
    let steps = match visitor {
        Some(_) if ended => view! {
            {confirmation(Some("You are signed out everywhere else."))}
            <p>"The person who signed in may know your password. Choose a new one now."</p>
            <p><a class="button primary" href=address.to(Page::User)>"Change the password"</a></p>
        }
        .into_any(),
        Some(visitor) => view! {
            <p>"If somebody signed in to your account "<strong>{visitor.display_name().to_owned()}</strong>" and it was not you, sign out everywhere else. Then choose a new password."</p>
            <form method="post" action=address.to(Page::UnauthorizedSignIn)>
                <div class="end"><button class="primary">"Sign out everywhere else"</button><a class="cancel" href=address.exit_url.clone()>"It was me"</a></div>
            </form>
        }
        .into_any(),
        None => view! {
            <p>"If somebody signed in to your account and it was not you, sign in first. Then end the other sessions, and choose a new password."</p>
            <div class="end"><a class="button primary" href=address.sign_in_first(AfterSignIn::UnauthorizedSignIn)>"Sign in"</a><a class="cancel" href=address.exit_url.clone()>"It was me"</a></div>
        }
        .into_any(),
    };
    view! {
        {FormError::summary(error, WORDING)}
        {steps}
    }
}
