//! What visitors see of a sign-in at the identity provider: why it failed, and the page that links an account.

use leptos::prelude::*;

use super::{
    elements::form_buttons,
    form_error::{FormError, Wording},
};
use crate::{
    portal::address::{Address, Page},
    ui::field::Field,
};

/// Why a sign-in at the provider has led to no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderProblem {
    /// The provider or the settings are at fault; trying again may help.
    Unavailable,
    /// The provider says that the person has cancelled, or may not.
    Denied,
    /// The sign-in took too long, began in another browser, or was used already.
    Expired,
    /// What the provider has returned is not valid.
    Invalid,
    /// There are too many sign-ins from this address.
    RateLimited,
    /// The instance lets nobody sign up there.
    SignUpClosed,
    /// The claims have neither a verified email address nor a username.
    NoIdentifier,
    /// Somebody else has the address or username.
    Taken,
    /// Only people with a verified address of some domains may sign in.
    WrongDomain,
}

impl ProviderProblem {
    /// The heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Unavailable => "Not right now",
            Self::Denied => "You are not signed in",
            Self::RateLimited => "Too many attempts",
            Self::Expired | Self::Invalid => "That did not work",
            Self::SignUpClosed | Self::NoIdentifier | Self::Taken | Self::WrongDomain => "You can't sign in with this account",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Unavailable => {
                "The identity provider does not answer as it should. Try again in a moment. If this keeps happening, tell the people who run this site."
            }
            Self::Denied => "The identity provider did not let you through, or you cancelled. You can try again.",
            Self::Expired => "This sign-in took too long, was used already, or began in another browser. Begin again.",
            Self::Invalid => {
                "The identity provider's answer is not valid. Begin again. If this keeps happening, tell the people who run this site."
            }
            Self::RateLimited => "Wait a minute, then try again.",
            Self::SignUpClosed => {
                "You don't have an account here yet, and new people can't sign up this way. Ask the people who run this site for one."
            }
            Self::NoIdentifier => {
                "The identity provider returned neither a verified email address nor a username. Ask the people who run it to verify your address."
            }
            Self::Taken => "Somebody else here has your email address or username already. Ask the people who run this site.",
            Self::WrongDomain => "Only people with a verified email address of certain domains can sign in here. Choose another account.",
        }
    }
}

/// The page that explains it, with the way on. It keeps the parameters of the visitor's link.
pub fn provider_problem(address: &Address, problem: ProviderProblem) -> impl IntoView + use<> {
    let cancel = address.exit_url.clone();
    view! {
        <p role="alert">{problem.text()}</p>
        <div class="end">
            <a class="button primary" href=address.to(Page::SignIn)>"Back to sign-in"</a>
            <a class="cancel" href=cancel>"Cancel"</a>
        </div>
    }
}

const WORDING: Wording = Wording { label: |_| "Password", unavailable: "We can't sign you in right now. Try again in a moment." };

/// The page that asks for the password of the account with that address.
pub fn link_account(address: &Address, email: &str, error: Option<&FormError>) -> impl IntoView + use<> {
    let errors = FormError::fields(error);
    let email = email.to_owned();
    view! {
        {FormError::summary(error, WORDING)}
        <p>"There is an account with the address "<strong>{email.clone()}</strong>" already. Type its password once to sign in to it with your identity provider from now on."</p>
        <form method="post" action=address.to_link() novalidate>
            // Tells password managers whose password it is.
            <input type="text" autocomplete="username" value=email hidden readonly />
            {Field { name: "password", label: "Password", kind: "password", autocomplete: "current-password", ..Field::default() }.show(errors)}
            {form_buttons(address, "Link and sign in")}
        </form>
    }
}
