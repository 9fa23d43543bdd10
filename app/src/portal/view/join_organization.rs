//! `/join-organization`: shows an invitation.

use leptos::prelude::*;

use super::{
    elements::form_buttons,
    form_error::{FormError, Wording},
};
use crate::{
    portal::{
        address::{Address, Page},
        organizations::Invitation,
    },
    redirects::JOIN_ORGANIZATION,
};

const WORDING: Wording = Wording { label: |_| "", unavailable: "We can't add you to the organization right now. Try again in a moment." };

/// The page of an invitation with that code. Signed-out visitors are told to sign in first.
pub fn join_organization(
    address: &Address,
    invitation: &Invitation,
    code: String,
    is_signed_in: bool,
    error: Option<&FormError>,
) -> impl IntoView + use<> {
    let Invitation { organization, inviter, .. } = invitation.clone();
    let next = if is_signed_in {
        view! {
            <form method="post" action=address.to_path(JOIN_ORGANIZATION)>
                <input type="hidden" name="code" value=code />
                {form_buttons(address, "Join")}
            </form>
        }
        .into_any()
    } else {
        view! {
            <p>"Sign in or sign up first. You come back to this page afterwards."</p>
            <p class="other">
                <a href=address.to_other(Page::SignIn)>"Sign in"</a> " or " <a href=address.to_other(Page::SignUp)>"sign up"</a>
            </p>
        }
        .into_any()
    };
    view! {
        {FormError::summary(error, WORDING)}
        <p class="lead"><strong>{inviter}</strong> " invites you to " <strong>{organization}</strong> "."</p>
        {next}
    }
}
