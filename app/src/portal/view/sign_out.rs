//! `/sign-out`: asks first, because a link alone must not end a session.

use leptos::prelude::*;

use super::{
    elements::form_buttons,
    form_error::{FormError, Wording},
};
use crate::portal::{
    address::{Address, Page},
    identity::Visitor,
};

const WORDING: Wording = Wording { label: |_| "", unavailable: "We can't sign you out right now. Try again in a moment." };

/// The page. The visitor is `None` if the database does not answer.
pub fn sign_out(address: &Address, visitor: Option<&Visitor>, error: Option<&FormError>) -> impl IntoView + use<> {
    let who =
        visitor.map(|visitor| view! { <p class="who">"You are signed in as "<strong>{visitor.display_name().to_owned()}</strong>"."</p> });
    // The provider has a session of its own: without ending it, the next sign-in there asks for nothing.
    let also = visitor.is_some_and(|visitor| visitor.by_provider).then(|| {
        view! { <button name="provider" value="too">"Sign out here and at the identity provider"</button> }
    });
    view! {
        {FormError::summary(error, WORDING)}
        {who}
        <form method="post" action=address.to(Page::SignOut)>{form_buttons(address, "Sign out")}{also}</form>
    }
}
