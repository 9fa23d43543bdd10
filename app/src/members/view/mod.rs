//! The Members page: the members of an instance and their roles, the invitations, and for owners the forms to change them.

mod rows;

use crate::paths;
use leptos::prelude::*;

use rows::{invitation_row, member_row};

use crate::{
    admins::{
        Role,
        store::links::{self, Invitation},
    },
    database::StoreError,
    layout::{
        frame::{InstanceFrame, Place},
        loading,
    },
    members::{form::InviteForm, store},
    ui::{
        copy_button::CopyButton,
        field::{Field, error_of},
        form::{FieldError, summary},
        icon::{TICK, icon},
    },
};

/// A form of this page that was rejected. The page finds it in its context.
#[derive(Clone, Debug, Default)]
pub struct RejectedMemberForm {
    /// The form to invite somebody, as typed.
    pub invite: InviteForm,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// An invitation that was just created. The page finds it in its context, and shows its link only once.
#[derive(Clone)]
pub struct NewInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// The link, with its token.
    pub link: String,
}

/// The members of an instance, and the invitations to it.
#[component]
pub fn MembersPage() -> impl IntoView {
    let slug = loading::slug();
    let done = match loading::query().as_str() {
        "saved" => Some("The role is changed."),
        "removed" => Some("They are removed and no longer see this instance."),
        "withdrawn" => Some("The invitation is withdrawn. Its link no longer works."),
        _ => None,
    };
    let rejected = use_context::<RejectedMemberForm>();
    let new_invitation = use_context::<NewInvitation>();
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let (caller, role, pool) = (loading::caller()?, loading::role(&slug).await?, loading::pool()?);
        let members = store::list(&pool, stored.id).await.map_err(StoreError::into_app_error)?;
        let is_owner = role == Role::Owner;
        let pending = if is_owner { links::pending(&pool, stored.id).await.map_err(loading::unavailable)? } else { Vec::new() };
        let done = done.filter(|_| rejected.is_none()).map(|text| view! { <p class="banner" role="status">{icon(TICK)}{text}</p> });
        let summary = rejected.as_ref().map(|rejected| {
            let links = rejected.errors.iter().map(|error| (format!("#{}", error.field), error.message.clone()));
            summary("Nothing was changed", "Fix these fields, then try again:", links.collect())
        });
        let RejectedMemberForm { invite, errors } = rejected.unwrap_or_default();
        let rows = members.into_iter().map(|member| member_row(member, &slug, caller.id, is_owner, &errors)).collect_view();
        let invitations = (!pending.is_empty()).then(|| {
            let rows = pending.into_iter().map(|pending| invitation_row(pending, &slug)).collect_view();
            view! {
                <section class="group" aria-labelledby="invitations-title">
                    <div>
                        <h2 id="invitations-title">"Invitations"</h2>
                        <p>"Nobody has accepted these yet. Their links are not shown again: to get a new one, invite the same address again."</p>
                    </div>
                    <ul class="card rows-of">{rows}</ul>
                </section>
            }
        });
        let form = is_owner.then(|| invite_form(&slug, invite, &errors));
        let help = if is_owner {
            "Who may do what with this instance. The last owner can't leave or get another role."
        } else {
            "Who may do what with this instance. Owners invite people, change roles and remove members."
        };
        Ok(view! {
            <InstanceFrame stored place=Place::Members>
                {summary}
                {done}
                {new_invitation.map(link_once)}
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

/// The link of a new invitation. Only this response has it.
fn link_once(created: NewInvitation) -> impl IntoView {
    let NewInvitation { invitation, link } = created;
    let role = invitation.membership.map_or("", |(_, role)| role.name());
    view! {
        <section class="card once" aria-labelledby="link-title">
            <div role="status">
                <h2 id="link-title">{format!("Hand this link to {}", invitation.email)}</h2>
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
            // The link of the error summary leads to the first choice.
            let id = (role == Role::ALL[0]).then_some("role");
            view! {
                <label class="choice">
                    <input type="radio" id=id name="role" value=role.name() checked=role == chosen />
                    <span>{role.label()} " " <small>{role.help()}</small></span>
                </label>
            }
        })
        .collect_view();
    let error = errors.iter().find(|error| error.field == "role").map(|error| error_of("role", error.message.clone()));
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
                <p>"New people choose a password when they follow the link. People with an account sign in."</p>
            </div>
            <form method="post" class="card" action=paths::instance(slug).members()>
                {email.show(errors)}
                <fieldset class="field">
                    <legend>"Role"</legend>
                    {choices}
                    {error}
                </fieldset>
                <div class="end"><button class="button primary">"Make a link"</button></div>
            </form>
        </section>
    }
}
