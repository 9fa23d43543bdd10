//! The Members page: the members of an instance and their roles, the invitations, and for owners the forms to change them.

mod list;
mod rows;

use axum::http::request::Parts;
use leptos::prelude::*;
use sqlx::PgPool;

use self::{
    list::PAGE_SIZE,
    rows::{ChangedRole, MemberList},
};

use crate::{
    admins::{
        Role, Token,
        store::links::{self, Invitation, Purpose},
    },
    api_tokens::store::makers,
    database::{StoreError, timed},
    layout::{
        frame::{InstanceFrame, Place},
        loading,
    },
    mail::SendsMail,
    members::{filter::MembersFilter, form::InviteForm, store},
    paths,
    ui::{
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

/// The link of an invitation that was just made. The page finds it in its request, which is the only one that has it.
#[derive(Clone)]
pub struct NewLink {
    /// The token that is in the link.
    pub token: Token,
    /// The link.
    pub link: String,
}

/// The members of an instance, and the invitations to it.
#[component]
pub fn MembersPage() -> impl IntoView {
    let slug = loading::slug();
    let query = loading::query();
    let changed = ChangedRole::read(&query);
    let filter = MembersFilter::read(&query);
    let says = |name: &str| url::form_urlencoded::parse(query.as_bytes()).any(|(key, _)| key == name);
    let done = if says("removed") {
        Some("They are removed and no longer see this instance.")
    } else {
        says("withdrawn").then_some("The invitation is withdrawn. Its link no longer works.")
    };
    let rejected = use_context::<RejectedMemberForm>();
    let new_link = use_context::<Parts>().and_then(|parts| parts.extensions.get::<NewLink>().cloned());
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let (caller, role, pool) = (loading::caller()?, loading::role(&slug).await?, loading::pool()?);
        let page = store::read_page(&pool, stored.id, &filter, PAGE_SIZE).await.map_err(StoreError::into_app_error)?;
        let count = store::count(&pool, stored.id, &filter.search).await.map_err(loading::unavailable)?;
        let is_owner = role == Role::Owner;
        let pending = if is_owner {
            // One more than the page shows tells whether there are others.
            links::pending(timed(&pool), stored.id, &filter.search, PAGE_SIZE + 1).await.map_err(loading::unavailable)?
        } else {
            Vec::new()
        };
        let changed_elsewhere = match changed.filter(|changed| page.members.iter().all(|member| member.id != changed.member)) {
            Some(changed) if is_owner => store::find(&pool, stored.id, changed.member).await.map_err(StoreError::into_app_error)?,
            _ => None,
        };
        let done = done.filter(|_| rejected.is_none()).map(|text| view! { <p class="banner" role="status">{icon(TICK)}{text}</p> });
        let summary = rejected.as_ref().map(|rejected| {
            let links = rejected.errors.iter().map(|error| (format!("#{}", error.field), error.message.clone()));
            summary("Nothing was changed", "Fix these fields, then try again:", links.collect())
        });
        let RejectedMemberForm { invite, errors } = rejected.unwrap_or_default();
        let new_link = match new_link.filter(|_| is_owner) {
            Some(new) => invited_by(&pool, stored.id, new).await.map_err(loading::unavailable)?,
            None => None,
        };
        let with_tokens = makers::makers(&pool, stored.id).await.map_err(loading::unavailable)?;
        let name = stored.settings.name.clone();
        let has_search = list::has_search(count, &pending);
        let list = MemberList { slug: slug.clone(), name, filter, has_search, caller: caller.id, is_owner, changed, with_tokens };
        let members = list::member_list(&list, count, page, changed_elsewhere, &errors);
        let invitations = list::invitations(&list, count, pending, new_link.as_ref());
        // The form is far below a long list.
        let to_invite = (is_owner && has_search).then(|| view! { <p><a href="#invite-title">"Invite somebody"</a></p> });
        let sends_mail = use_context::<SendsMail>().unwrap_or_default().0;
        let form = is_owner.then(|| invite_form(&slug, invite, &errors, sends_mail));
        let help = if is_owner {
            "Who may do what with this instance. The last owner can't leave or get another role."
        } else {
            "Who may do what with this instance. Owners invite people, change roles and remove members."
        };
        Ok(view! {
            <InstanceFrame stored place=Place::Members>
                {summary}
                {done}
                <section class="group" aria-labelledby="members-title">
                    <div>
                        <h2 id="members-title">"Members"</h2>
                        <p>{help}</p>
                        {to_invite}
                    </div>
                    {members}
                </section>
                {form}
                {invitations}
            </InstanceFrame>
        })
    })
}

/// The address that a new link is for, and the link; `None` if it does not invite to this instance any more.
async fn invited_by(pool: &PgPool, instance: i64, new: NewLink) -> sqlx::Result<Option<(String, String)>> {
    let found = links::find(timed(pool), &new.token).await?;
    Ok(found.and_then(|found| match found.purpose {
        Purpose::Invite(Invitation { email, membership: Some((id, _)), .. }) if id == instance => Some((email.to_string(), new.link)),
        _ => None,
    }))
}

fn invite_form(slug: &str, form: InviteForm, errors: &[FieldError], sends_mail: bool) -> impl IntoView + use<> {
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
        help: if sends_mail {
            "They get a mail with a link. You see a link too, to hand to them yourself."
        } else {
            "You get a link to hand to them. This server sends no mail."
        },
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
                <div class="end"><button class="button primary">{if sends_mail { "Invite" } else { "Make a link" }}</button></div>
            </form>
        </section>
    }
}
