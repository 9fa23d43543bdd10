//! `/unauthorized-sign-in`: for somebody who hears of a sign-in that was not theirs.

use leptos::prelude::*;

use super::{
    done,
    form_error::{Problem, Wording},
};
use crate::portal::{
    address::{Address, Page, Then},
    identity::Visitor,
};

const WORDING: Wording = Wording { label: |_| "", unavailable: "We can't end the other sessions right now. Try again in a moment." };

/// The page: what to do, for a visitor who is signed in and for one who has to be first. `ended`: the other sessions have been.
pub fn unauthorized_sign_in(address: &Address, visitor: Option<&Visitor>, ended: bool, problem: Option<&Problem>) -> impl IntoView + use<> {
    let steps = match visitor {
        Some(_) if ended => view! {
            {done(Some("You are signed out everywhere else."))}
            <p>"Whoever signed in may know your password. Choose a new one now."</p>
            <p><a class="button primary" href=address.to(Page::User)>"Change the password"</a></p>
        }
        .into_any(),
        Some(visitor) => view! {
            <p>"If somebody signed in to your account "<strong>{visitor.called().to_owned()}</strong>" and it was not you, sign out everywhere else. Then choose a new password."</p>
            <form method="post" action=address.to(Page::UnauthorizedSignIn)>
                <div class="end"><button class="primary">"Sign out everywhere else"</button><a class="cancel" href=address.out.clone()>"It was me"</a></div>
            </form>
        }
        .into_any(),
        None => view! {
            <p>"If somebody signed in to your account and it was not you, sign in first. Then end the other sessions, and choose a new password."</p>
            <div class="end"><a class="button primary" href=address.to_sign_in_then(Then::User)>"Sign in"</a><a class="cancel" href=address.out.clone()>"It was me"</a></div>
        }
        .into_any(),
    };
    view! {
        {Problem::summary(problem, WORDING)}
        {steps}
    }
}
