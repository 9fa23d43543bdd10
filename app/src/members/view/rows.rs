//! The rows of the Members page: one for each member and each invitation, with the buttons to change it.

use crate::paths;
use leptos::prelude::*;

use crate::{
    admins::{Role, store::links::PendingInvitation},
    members::store::Member,
    ui::{field::error_of, form::FieldError, text::moment},
};

/// The row of a member. `caller` is the key of the admin who looks at the list, and `is_owner` whether they may change it.
pub(super) fn member_row(member: Member, slug: &str, caller: i64, is_owner: bool, errors: &[FieldError]) -> impl IntoView + use<> {
    let Member { id, email, role, since } = member;
    let you = (id == caller).then(|| view! { " " <span class="badge">"You"</span> });
    let error = errors.iter().find(|error| error.field == format!("role-{id}")).map(|error| error.message.clone());
    let invalid = error.is_some();
    let change = is_owner.then(|| role_form(id, &email, role, slug, invalid).into_any());
    let fixed = (!is_owner).then(|| view! { <span class="badge">{role.label()}</span> });
    let leave = (id == caller).then(|| leave_form(slug).into_any());
    let remove = (is_owner && id != caller).then(|| remove_form(id, &email, slug).into_any());
    view! {
        <li>
            <div>
                <p>{email} {you}</p>
                <p class="help">"Since " {moment(since)} "."</p>
                {error.map(|message| error_of(&format!("role-{id}"), message))}
            </div>
            {fixed}
            {change}
            {leave}
            {remove}
        </li>
    }
}

fn role_form(id: i64, email: &str, role: Role, slug: &str, invalid: bool) -> impl IntoView + use<> {
    let options =
        Role::ALL.map(|other| view! { <option value=other.name() selected=other == role>{other.label()}</option> }).collect_view();
    let unseen = format!(" of {email}");
    let label = format!("Role of {email}");
    view! {
        <form method="post" action=paths::instance(slug).member_role() class="inline">
            <input type="hidden" name="member" value=id />
            <div class="input">
                <select
                    id=format!("role-{id}")
                    name="role"
                    aria-label=label
                    aria-describedby=format!("role-{id}-error")
                    aria-invalid=invalid.then_some("true")
                    autocomplete="off"
                >
                    {options}
                </select>
            </div>
            <button class="button small">"Change" <span class="unseen">" the role" {unseen}</span></button>
        </form>
    }
}

fn remove_form(id: i64, email: &str, slug: &str) -> impl IntoView + use<> {
    let (unseen, text) = (format!(" {email}"), format!("{email} will no longer see this instance."));
    view! {
        <details class="sure">
            <summary class="button small">"Remove"<span class="unseen">{unseen.clone()}</span></summary>
            <form method="post" action=paths::instance(slug).remove_member()>
                <p class="help">{text}</p>
                <input type="hidden" name="member" value=id />
                <button class="button small danger">"Remove now"<span class="unseen">{unseen}</span></button>
            </form>
        </details>
    }
}

fn leave_form(slug: &str) -> impl IntoView + use<> {
    view! {
        <details class="sure">
            <summary class="button small">"Leave"</summary>
            <form method="post" action=paths::instance(slug).leave()>
                <p class="help">"You will no longer see this instance. An owner can invite you again."</p>
                <button class="button small danger">"Leave now"</button>
            </form>
        </details>
    }
}

/// The row of an invitation that nobody has accepted yet.
pub(super) fn invitation_row(pending: PendingInvitation, slug: &str) -> impl IntoView + use<> {
    let PendingInvitation { id, email, role, expires_at } = pending;
    let role = role.parse().map_or("", Role::label);
    let unseen = format!(" the invitation for {email}");
    view! {
        <li>
            <div>
                <p>{email} " " <span class="badge">{role}</span></p>
                <p class="help">"Valid until " {moment(expires_at)} "."</p>
            </div>
            <form method="post" action=paths::instance(slug).withdraw_invitation()>
                <input type="hidden" name="invitation" value=id />
                <button class="button small">"Withdraw"<span class="unseen">{unseen}</span></button>
            </form>
        </li>
    }
}
