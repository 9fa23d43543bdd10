//! The page of a one-time link: it says what the link is for, and asks for a password.

use crate::paths;
use leptos::prelude::*;

use super::{PASSWORD_HELP, Refused, Why, errors, label, shown};
use crate::{
    admins::{
        one_time_links::{self, Asked},
        sign_in::EntryError,
        store::links::Purpose,
    },
    error::AppError,
    layout::{frame::Entrance, loading},
    ui::field::Field,
};

/// What a one-time link asks for: the first account, an invitation's, or a new password.
#[component]
pub fn LinkPage() -> impl IntoView {
    let refused = use_context::<Refused>();
    let token = refused.as_ref().map_or_else(|| loading::query_value("token"), |refused| refused.token.clone());
    let (email, why) = refused.map_or_else(Default::default, |refused| (refused.email, Some(refused.why)));
    loading::loaded(async move {
        let asked = match one_time_links::ask(&loading::pool()?, &token).await {
            Ok(asked) => asked,
            Err(EntryError::Link) => return Ok(gone().into_any()),
            Err(EntryError::Database(error)) => return Err(loading::unavailable(error)),
            Err(_) => return Err(AppError::Unavailable),
        };
        Ok(link_form(&asked, token, email, why).into_any())
    })
}

/// A link that does not hold.
fn gone() -> impl IntoView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::GONE);
    }
    view! {
        <Entrance title="This link no longer holds">
            <p>"It was used already, is too old, or is not whole. Ask whoever gave it to you for a new one."</p>
            <p><a href=paths::SIGN_IN>"Sign in"</a></p>
        </Entrance>
    }
}

fn link_form(asked: &Asked, token: String, email: String, why: Option<Why>) -> impl IntoView + use<> {
    let summary = shown(why.as_ref(), label);
    let errors = errors(why);
    let page = asked.link.purpose.page();
    let (title, lead, button) = match &asked.link.purpose {
        Purpose::Setup => {
            ("Create the first admin", "This account may create instances and owns those that are there.".to_owned(), "Create account")
        }
        Purpose::Reset(email) => ("Choose a new password", format!("For {email}. Every session that is open ends."), "Save and sign in"),
        Purpose::Invite(invite) => {
            let to = match (&asked.instance, invite.membership) {
                (Some(instance), Some((_, role))) => {
                    format!("{} invites {} to {instance}, as {role}.", asked.link.created_by, invite.email)
                }
                _ if invite.owner_of_all => {
                    format!(
                        "{} invites {}, as an admin who may create instances and owns every one there is.",
                        asked.link.created_by, invite.email
                    )
                }
                _ => format!("{} invites {}, as an admin who may create instances.", asked.link.created_by, invite.email),
            };
            ("You are invited", to, if asked.has_account { "Sign in and join" } else { "Create account" })
        }
    };
    let username = match &asked.link.purpose {
        Purpose::Setup => {
            Field { name: "email", label: "Email", kind: "email", autocomplete: "username", value: email, ..Field::default() }
                .show(&errors)
                .into_any()
        }
        // Nothing to type, but a password manager wants to know whose password it is.
        Purpose::Invite(_) | Purpose::Reset(_) => {
            let email = match &asked.link.purpose {
                Purpose::Invite(invite) => invite.email.to_string(),
                Purpose::Reset(email) => email.to_string(),
                Purpose::Setup => String::new(),
            };
            view! { <input type="text" name="email" autocomplete="username" value=email hidden readonly /> }.into_any()
        }
    };
    let old = asked.has_account && matches!(asked.link.purpose, Purpose::Invite(_));
    let password = if old {
        Field {
            name: "password",
            label: "Your password",
            help: "There is an account of this address already.",
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
    view! {
        <Entrance title=title>
            {summary}
            <p>{lead}</p>
            <form method="post" class="card" novalidate action=page>
                <input type="hidden" name="token" value=token />
                {username}
                {password.show(&errors)}
                <div class="end"><button class="button primary">{button}</button></div>
            </form>
        </Entrance>
    }
}
