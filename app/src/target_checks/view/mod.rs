//! The health of targets on screens: a line beside a field or a row, and the card with all of them.

mod card;
mod line;

pub(crate) use line::{health_html, health_line};

use card::card;
use leptos::{prelude::*, server_fn::ServerFn};
use serde_json::json;

use super::{CHECK_FORM, CHECK_SAID, api::CheckTargets};
use crate::paths;

/// The form that has an instance's targets checked and comes back to the page that its button names. The button can be elsewhere on the page.
pub(crate) fn check_form<Button: IntoView>(slug: &str, button: Button) -> impl IntoView + use<Button> {
    view! {
        <form
            method="post"
            id=CHECK_FORM
            action=paths::instance(slug).check_targets()
            data-function=CheckTargets::PATH
            data-arguments=json!({ "slug": slug }).to_string()
            data-stays="Checking…"
            data-said=CHECK_SAID
        >
            {button}
        </form>
    }
}

/// What the targets of an instance answer, with the way to check them again for editors. It is left out where they can't be read.
#[component]
pub fn TargetsCard(
    /// The slug of the instance.
    slug: String,
) -> impl IntoView {
    view! { <Suspense>{Suspend::new(async move { card(&slug).await.ok() })}</Suspense> }
}
