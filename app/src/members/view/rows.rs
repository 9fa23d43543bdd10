//! The rows of the Members page: one for each member and each invitation, with the buttons to change it.

use leptos::prelude::*;
use url::form_urlencoded;

use crate::{
    admins::{Role, store::links::PendingInvitation},
    members::{filter::MembersFilter, store::Member},
    paths,
    ui::{
        copy_button::copy_button,
        field::error_of,
        form::FieldError,
        icon::{TICK, icon},
        text::moment,
    },
};

/// A role that was just changed, as the page's query says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChangedRole {
    pub(super) member: i64,
    was: Role,
}

impl ChangedRole {
    /// Reads the query that follows a changed role: `changed=7&was=viewer`.
    pub(super) fn read(query: &str) -> Option<Self> {
        let value = |name: &str| form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        Some(Self { member: value("changed")?.parse().ok()?, was: value("was")?.parse().ok()? })
    }
}

/// What every row of the members needs to know.
pub(super) struct MemberList {
    /// The instance's slug.
    pub(super) slug: String,
    /// The instance's name.
    pub(super) name: String,
    /// Which members the page shows. A change leads back to the same ones.
    pub(super) filter: MembersFilter,
    /// Whether the page has a search.
    pub(super) has_search: bool,
    /// The key of the admin who looks at the list.
    pub(super) caller: i64,
    /// Whether they may change it.
    pub(super) is_owner: bool,
    /// The role that was just changed.
    pub(super) changed: Option<ChangedRole>,
    /// The members whose API tokens reach the instance.
    pub(super) with_tokens: Vec<i64>,
}

impl MemberList {
    /// The row of a member.
    pub(super) fn member_row(&self, member: Member, errors: &[FieldError]) -> impl IntoView + use<> {
        let Member { id, email, role, since } = member;
        let you = (id == self.caller).then(|| view! { " " <span class="badge">"You"</span> });
        let error = errors.iter().find(|error| error.field == format!("role-{id}")).map(|error| error.message.clone());
        let change = self.is_owner.then(|| self.role_form(id, &email, role, error.is_some()).into_any());
        let fixed = (!self.is_owner).then(|| view! { <span class="badge">{role.label()}</span> });
        let out = if id == self.caller {
            Some(self.leave_form().into_any())
        } else {
            self.is_owner.then(|| self.remove_form(id, &email).into_any())
        };
        let line = match self.changed.filter(|changed| self.is_owner && changed.member == id && changed.was != role) {
            Some(changed) => self.changed_line(id, role, changed.was).into_any(),
            None => view! { <p class="help">"Since " {moment(since)}</p> }.into_any(),
        };
        view! {
            <li>
                <div>
                    <p>{email} {you}</p>
                    {line}
                    {error.map(|message| error_of(&format!("role-{id}"), message))}
                </div>
                {fixed}
                {change}
                {out}
            </li>
        }
    }

    /// Says which role a member had before, and gives it back.
    fn changed_line(&self, id: i64, role: Role, was: Role) -> impl IntoView + use<> {
        let said = format!("{}, was {}", role.label(), was.label());
        view! {
            <form method="post" action=self.filter.under(&paths::instance(&self.slug).member_role(), &[]) class="help changed" role="status">
                {icon(TICK)}
                <span>{said}</span>
                <input type="hidden" name="member" value=id />
                <button class="undo" name="role" value=was.name()>"Undo"</button>
            </form>
        }
    }

    fn role_form(&self, id: i64, email: &str, role: Role, invalid: bool) -> impl IntoView + use<> {
        let options =
            Role::ALL.map(|other| view! { <option value=other.name() selected=other == role>{other.label()}</option> }).collect_view();
        let unseen = format!(" of {email}");
        let label = format!("Role of {email}");
        view! {
            <form method="post" action=self.filter.under(&paths::instance(&self.slug).member_role(), &[]) class="inline">
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
                <button class="button plain small">"Change" <span class="unseen">" the role" {unseen}</span></button>
            </form>
        }
    }

    fn remove_form(&self, id: i64, email: &str) -> impl IntoView + use<> {
        let page = paths::instance(&self.slug);
        let unseen = format!(" {email}");
        let tokens = if self.with_tokens.contains(&id) { " Their API tokens for this instance stop working." } else { "" };
        let text = format!(" loses access to {} at once.{tokens} History keeps what they changed.", self.name);
        view! {
            <details class="sure">
                <summary class="button plain small">"Remove"<span class="unseen">{unseen.clone()}</span></summary>
                <form method="post" action=self.filter.under(&page.remove_member(), &[]) class="below">
                    <p><b>{email.to_owned()}</b>{text}</p>
                    <input type="hidden" name="member" value=id />
                    <a class="button small" href=self.filter.page(&self.slug, &[])>"Cancel"</a>
                    <button class="button small danger">"Remove now"<span class="unseen">{unseen}</span></button>
                </form>
            </details>
        }
    }

    fn leave_form(&self) -> impl IntoView + use<> {
        let page = paths::instance(&self.slug);
        let tokens = if self.with_tokens.contains(&self.caller) { " Your API tokens for this instance stop working." } else { "" };
        let text = format!("You lose access to {} at once.{tokens} An owner can invite you again.", self.name);
        view! {
            <details class="sure">
                <summary class="button plain small">"Leave"</summary>
                <form method="post" action=page.leave() class="below">
                    <p>{text}</p>
                    <a class="button small" href=self.filter.page(&self.slug, &[])>"Cancel"</a>
                    <button class="button small danger">"Leave now"</button>
                </form>
            </details>
        }
    }
}

/// The row of an invitation that nobody has accepted yet, with its link if it was just made.
pub(super) fn invitation_row(
    link: Option<String>,
    pending: PendingInvitation,
    slug: &str,
    filter: &MembersFilter,
) -> impl IntoView + use<> {
    let PendingInvitation { id, email, role, created_at, created_by, expires_at } = pending;
    let page = paths::instance(slug);
    let role: Option<Role> = role.parse().ok();
    let (name, label) = (role.map_or("", Role::name), role.map_or("", Role::label));
    let unseen = format!(" the invitation for {email}");
    let link = link.map(|link| link_once(&email, name, link).into_any());
    view! {
        <li>
            <div>
                <p>{email.clone()} " " <span class="badge">{label}</span></p>
                <p class="help">"Made " {moment(created_at)} " by " {created_by} " · valid until " {moment(expires_at)}</p>
            </div>
            <form method="post" action=page.members()>
                <input type="hidden" name="email" value=email.clone() />
                <button class="button plain small" name="role" value=name>"New link"<span class="unseen">" for " {email}</span></button>
            </form>
            <form method="post" action=filter.under(&page.withdraw_invitation(), &[])>
                <input type="hidden" name="invitation" value=id />
                <button class="button plain small">"Withdraw"<span class="unseen">{unseen}</span></button>
            </form>
            {link}
        </li>
    }
}

/// The link of a new invitation. Only this page has it.
fn link_once(email: &str, role: &str, link: String) -> impl IntoView + use<> {
    let article = if role.starts_with(['e', 'o']) { "an" } else { "a" };
    let said = format!("Hand this link to {email}. It makes them {article} {role} of this instance, works once, and is shown only now.");
    view! {
        <div class="below" data-kind="made">
            <p role="status">{said}</p>
            <code id="invitation-link">{link}</code>
            {copy_button("invitation-link", "the link")}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_role_is_read_from_the_query_and_nothing_else() {
        assert_eq!(ChangedRole::read("changed=7&was=viewer"), Some(ChangedRole { member: 7, was: Role::Viewer }));
        for other in ["", "changed=7", "was=viewer", "changed=x&was=viewer", "changed=7&was=king", "saved"] {
            assert_eq!(ChangedRole::read(other), None, "{other}");
        }
    }
}
