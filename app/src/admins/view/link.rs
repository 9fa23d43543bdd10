//! The page of a one-time link. It says what the link is for, and asks for a password.

use crate::paths;
use leptos::prelude::*;

use super::{PASSWORD_HELP, RejectedSignIn, RejectionReason, errors, label, rejection_summary};
use crate::{
    admins::{
        one_time_links::{self, OpenedLink},
        sign_in::SignInError,
        store::links::Purpose,
    },
    error::AppError,
    layout::{frame::Entrance, loading},
    ui::field::Field,
};

/// The page of a one-time link: to create the first account, to accept an invitation, or to choose a new password.
#[component]
pub fn LinkPage() -> impl IntoView {
    let rejected = use_context::<RejectedSignIn>();
    let token = rejected.as_ref().map_or_else(|| loading::query_value("token"), |rejected| rejected.token.clone());
    let (email, reason) = rejected.map_or_else(Default::default, |rejected| (rejected.email, Some(rejected.reason)));
    loading::loaded(async move {
        let opened = match one_time_links::open(&loading::pool()?, &token).await {
            Ok(opened) => opened,
            Err(SignInError::Link) => return Ok(invalid_link().into_any()),
            Err(SignInError::Database(error)) => return Err(loading::unavailable(error)),
            Err(_) => return Err(AppError::Unavailable),
        };
        Ok(link_form(&opened, token, email, reason).into_any())
    })
}

/// The page of a link that is not valid.
fn invalid_link() -> impl IntoView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::GONE);
    }
    view! {
        <Entrance title="This link is no longer valid">
            <p>"It has been used, has expired, or is incomplete. Ask the person who gave it to you for a new one."</p>
            <p><a href=paths::SIGN_IN>"Sign in"</a></p>
        </Entrance>
    }
}

fn link_form(opened: &OpenedLink, token: String, email: String, reason: Option<RejectionReason>) -> impl IntoView + use<> {
    let summary = rejection_summary(reason.as_ref(), label);
    let errors = errors(reason);
    let page = opened.link.purpose.page();
    let (title, lead, button) = match &opened.link.purpose {
        Purpose::Setup => (
            "Create the first admin",
            "This account may create instances, and owns every instance that there is.".to_owned(),
            "Create account",
        ),
        Purpose::Reset(email) => (
            "Choose a new password",
            if opened.link.by_mail {
                format!("For {email}. This ends all open sessions.")
            } else {
                format!("For {email}. This ends all open sessions, and turns the second factor off if there is one.")
            },
            "Save and sign in",
        ),
        Purpose::Invite(invitation) => {
            let to = match (&opened.instance, invitation.membership) {
                (Some(instance), Some((_, role))) => {
                    format!("{} invites {} to {instance}, as {role}.", opened.link.created_by, invitation.email)
                }
                _ if invitation.owner_of_all => {
                    format!(
                        "{} invites {}, as an admin who may create instances and owns every instance.",
                        opened.link.created_by, invitation.email
                    )
                }
                _ => format!("{} invites {}, as an admin who may create instances.", opened.link.created_by, invitation.email),
            };
            ("You are invited", to, if opened.has_account { "Sign in and join" } else { "Create account" })
        }
    };
    let username = match &opened.link.purpose {
        Purpose::Setup => {
            Field { name: "email", label: "Email", kind: "email", autocomplete: "username", value: email, ..Field::default() }
                .show(&errors)
                .into_any()
        }
        // Nobody types this, but a password manager needs to know whose password it is.
        Purpose::Invite(_) | Purpose::Reset(_) => {
            let email = match &opened.link.purpose {
                Purpose::Invite(invitation) => invitation.email.to_string(),
                Purpose::Reset(email) => email.to_string(),
                Purpose::Setup => String::new(),
            };
            view! { <input type="text" name="email" autocomplete="username" value=email hidden readonly /> }.into_any()
        }
    };
    let has_password = opened.has_account && matches!(opened.link.purpose, Purpose::Invite(_));
    let password = if has_password {
        Field {
            name: "password",
            label: "Your password",
            help: "There is already an account with this address.",
            kind: "password",
            autocomplete: "current-password",
            ..Field::default()
        }
    } else {
        Field {
            name: "password",
            label: "New password",
            help: PASSWORD_HELP,
            kind: "password",
            autocomplete: "new-password",
            ..Field::default()
        }
    };
    let code = opened.asks_for_code.then(|| {
        let help = "The six digits that your authenticator app shows for Portal Redirects.";
        Field { name: "code", label: "Code", help, kind: "text", autocomplete: "one-time-code", ..Field::default() }.show(&errors)
    });
    view! {
        <Entrance title=title>
            {summary}
            <p>{lead}</p>
            <form method="post" class="card" novalidate action=page>
                <input type="hidden" name="token" value=token />
                {username}
                {password.show(&errors)}
                {code}
                <div class="end"><button class="button primary">{button}</button></div>
            </form>
        </Entrance>
    }
}
