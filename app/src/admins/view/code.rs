//! The second step of signing in: the page that asks for a code.

use axum::http::request::Parts;
use leptos::prelude::*;

use super::{RejectedSignIn, RejectionReason, errors, label, rejection_summary};
use crate::{
    admins::store::pending_sign_ins::PendingSignIn,
    error::AppError,
    layout::{frame::Entrance, loading},
    paths,
    ui::{field::Field, form::FieldError},
};

/// The page that asks for a code of the authenticator app, or for a recovery code.
#[component]
pub fn CodePage() -> impl IntoView {
    let rejected = use_context::<RejectedSignIn>();
    let next = rejected.as_ref().map_or_else(|| loading::query_value("next"), |rejected| rejected.next.clone());
    let pending = use_context::<Parts>().and_then(|parts| parts.extensions.get::<PendingSignIn>().cloned());
    let reason = rejected.map(|rejected| rejected.reason);
    loading::loaded(async move {
        // The guard has found it.
        let pending = pending.ok_or(AppError::SignedOut)?;
        Ok(code_forms(&pending, next, reason))
    })
}

fn code_forms(pending: &PendingSignIn, next: String, reason: Option<RejectionReason>) -> impl IntoView + use<> {
    let summary = rejection_summary(reason.as_ref(), label);
    // Without the key no code can be checked, and recovery codes still can.
    let recovers = matches!(reason, Some(RejectionReason::SecretKey));
    let errors = errors(reason);
    let recovers = recovers || errors.iter().any(|FieldError { field, .. }| field == "recovery_code");
    let account = pending.email.to_string();
    let code = Field {
        name: "code",
        label: "Code",
        help: "The six digits that your authenticator app shows for Portal Redirects.",
        kind: "text",
        autocomplete: "one-time-code",
        ..Field::default()
    };
    let recovery_code = Field {
        name: "recovery_code",
        label: "Recovery code",
        help: "One of the ten codes that you saved. Each one works once.",
        kind: "text",
        autocomplete: "off",
        ..Field::default()
    };
    view! {
        <Entrance title="Enter your code">
            {summary}
            <p>"You are signing in as "<strong>{account}</strong>"."</p>
            <form method="post" class="card" action=paths::SIGN_IN_CODE novalidate>
                <input type="hidden" name="next" value=next.clone() />
                {code.show(&errors)}
                <div class="end"><button class="button primary">"Sign in"</button></div>
            </form>
            <details class="card recovery" open=recovers>
                <summary>"No phone at hand? Use a recovery code"</summary>
                <form method="post" action=paths::SIGN_IN_CODE novalidate>
                    <input type="hidden" name="next" value=next />
                    {recovery_code.show(&errors)}
                    <div class="end"><button class="button">"Sign in with the recovery code"</button></div>
                </form>
            </details>
            <p class="help">
                "Lost the codes too? Your server's administrator can create a link that turns the second factor off: "
                <code>"portal-redirects admin reset"</code>
            </p>
            <p><a href=paths::SIGN_IN>"Sign in as somebody else"</a></p>
        </Entrance>
    }
}
