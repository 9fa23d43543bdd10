//! The Members page: who may do what with an instance, who is invited, and for owners the ways to change that.

use crate::paths;
use leptos::prelude::*;

use super::{
    form::InviteForm,
    rows::{invitation_row, member_row},
    store,
};
use crate::{
    admins::{
        Role,
        store::links::{self, Invite},
    },
    database::StoreError,
    layout::{
        frame::{InstanceFrame, Place},
        loading,
    },
    ui::{
        copy_button::CopyButton,
        field::{Field, error_of},
        form::{FieldError, summary},
        icon::{TICK, icon},
    },
};

/// A form that was not followed, with why. The page finds it in its context.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    /// Whom to invite, as typed.
    pub invite: InviteForm,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// An invitation that was just made. The page finds it in its context, and it is shown this once.
#[derive(Clone)]
pub struct Invited {
    /// Whom it is for.
    pub invite: Invite,
    /// The link, with its token.
    pub link: String,
}

/// The members of an instance.
#[component]
pub fn MembersPage() -> impl IntoView {
    let slug = loading::slug();
    let done = match loading::query().as_str() {
        "saved" => Some("The role is changed."),
        "removed" => Some("They are removed, and see nothing of this instance any more."),
        "withdrawn" => Some("The invitation is withdrawn. Its link no longer holds."),
        _ => None,
    };
    let refused = use_context::<Refused>();
    let invited = use_context::<Invited>();
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let (caller, role, pool) = (loading::caller()?, loading::role(&slug).await?, loading::pool()?);
        let members = store::list(&pool, stored.id).await.map_err(StoreError::into_app_error)?;
        let owns = role == Role::Owner;
        let pending = if owns { links::pending(&pool, stored.id).await.map_err(loading::unavailable)? } else { Vec::new() };
        let done = done.filter(|_| refused.is_none()).map(|text| view! { <p class="banner" role="status">{icon(TICK)}{text}</p> });
        let summary = refused.as_ref().map(|refused| {
            let links = refused.errors.iter().map(|error| (format!("#{}", error.field), error.message.clone()));
            summary("Nothing is changed", "Mend this, then try again:", links.collect())
        });
        let Refused { invite, errors } = refused.unwrap_or_default();
        let rows = members.into_iter().map(|member| member_row(member, &slug, caller.id, owns, &errors)).collect_view();
        let invitations = (!pending.is_empty()).then(|| {
            let rows = pending.into_iter().map(|pending| invitation_row(pending, &slug)).collect_view();
            view! {
                <section class="group" aria-labelledby="invitations-title">
                    <div>
                        <h2 id="invitations-title">"Invitations"</h2>
                        <p>"Nobody has accepted these yet. A link is not shown again: invite the same address once more for a new one."</p>
                    </div>
                    <ul class="card rows-of">{rows}</ul>
                </section>
            }
        });
        let form = owns.then(|| invite_form(&slug, invite, &errors));
        let help = if owns {
            "What each may do with this instance. The last owner can't go or become less."
        } else {
            "What each may do with this instance. Owners invite, change roles and remove."
        };
        Ok(view! {
            <InstanceFrame stored place=Place::Members>
                {summary}
                {done}
                {invited.map(link_once)}
                <section class="group" aria-labelledby="members-title">
                    <div>
                        <h2 id="members-title">"Members"</h2>
                        <p>{help}</p>
                    </div>
                    <ul class="card rows-of">{rows}</ul>
                </section>
                {form}
                {invitations}
            </InstanceFrame>
        })
    })
}

/// The link of a new invitation. It is in this answer and nowhere else.
fn link_once(invited: Invited) -> impl IntoView {
    let Invited { invite, link } = invited;
    let role = invite.membership.map_or("", |(_, role)| role.name());
    view! {
        <section class="card once" aria-labelledby="link-title">
            <div role="status">
                <h2 id="link-title">{format!("Hand this link to {}", invite.email)}</h2>
                <p class="help">{format!("It makes them {} of this instance. It works once, within a week, and is shown only now.", with_article(role))}</p>
            </div>
            <p class="value"><code id="invitation-link">{link}</code><CopyButton of="invitation-link".to_owned() label="the link".to_owned() /></p>
        </section>
    }
}

fn with_article(role: &str) -> String {
    let article = if role.starts_with(['e', 'o']) { "an" } else { "a" };
    format!("{article} {role}")
}

fn invite_form(slug: &str, form: InviteForm, errors: &[FieldError]) -> impl IntoView + use<> {
    let chosen: Role = form.role.parse().unwrap_or(Role::Viewer);
    let choices = Role::ALL
        .map(|role| {
            // The first one is where the summary's link leads.
            let id = (role == Role::ALL[0]).then_some("role");
            view! {
                <label class="choice">
                    <input type="radio" id=id name="role" value=role.name() checked=role == chosen />
                    <span>{role.label()} " " <small>{role.help()}</small></span>
                </label>
            }
        })
        .collect_view();
    let wrong = errors.iter().find(|error| error.field == "role").map(|error| error_of("role", error.message.clone()));
    let email = Field {
        name: "email",
        label: "Email",
        help: "You get a link to hand to them. This server sends no mail.",
        kind: "email",
        autocomplete: "off",
        value: form.email,
    };
    view! {
        <section class="group" aria-labelledby="invite-title">
            <div>
                <h2 id="invite-title">"Invite"</h2>
                <p>"Somebody new chooses a password when they follow the link. Who has an account already signs in."</p>
            </div>
            <form method="post" class="card" action=paths::instance(slug).members()>
                {email.show(errors)}
                <fieldset class="field">
                    <legend>"Role"</legend>
                    {choices}
                    {wrong}
                </fieldset>
                <div class="end"><button class="button primary">"Make a link"</button></div>
            </form>
        </section>
    }
}
