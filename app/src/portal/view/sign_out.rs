//! `/sign-out`: a question, since a link alone must not end a session.

use leptos::prelude::*;

use super::{
    end,
    form_error::{Problem, Wording},
};
use crate::portal::{
    address::{Address, Page},
    identity::Visitor,
};

const WORDING: Wording = Wording { label: |_| "", unavailable: "We can't sign you out right now. Try again in a moment." };

/// The page; the visitor may not be known right now.
pub fn sign_out(address: &Address, visitor: Option<&Visitor>, problem: Option<&Problem>) -> impl IntoView + use<> {
    let who = visitor.map(|visitor| view! { <p class="who">"You are signed in as "<strong>{visitor.called().to_owned()}</strong>"."</p> });
    view! {
        {Problem::summary(problem, WORDING)}
        {who}
        <form method="post" action=address.to(Page::SignOut)>{end(address, "Sign out")}</form>
    }
}
