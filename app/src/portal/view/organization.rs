//! `/organization`: the visitor's organizations, each with its members and a button to leave it.

use leptos::prelude::*;

use super::{
    elements::confirmation,
    form_error::{FormError, Wording},
};
use crate::{
    portal::{
        address::{Address, Page},
        organizations::Organization,
    },
    ui::{field::Field, text::Grouped},
};

/// What the page shows besides the organizations.
#[derive(Clone, Debug, Default)]
pub struct OrganizationPage {
    /// Whether the server sends mail, so that members can invite.
    pub may_invite: bool,
    /// The address of an invitation, as typed.
    pub invited: String,
    /// What was just done, from the page's address.
    pub done: Option<String>,
}

const WORDING: Wording =
    Wording { label: |_| "Email", unavailable: "We can't remove you from the organization right now. Try again in a moment." };

/// The page.
pub fn organization(
    address: &Address,
    organizations: Vec<Organization>,
    shown: OrganizationPage,
    error: Option<&FormError>,
) -> impl IntoView + use<> {
    let done = match shown.done.as_deref().filter(|_| error.is_none()) {
        Some("invited") => Some("A mail with the invitation is on its way."),
        _ => None,
    };
    let invitation = (shown.may_invite && !organizations.is_empty()).then(|| invitation(address, &organizations, shown.invited, error));
    let none = organizations.is_empty().then(|| view! { <p>"You are not in an organization yet."</p> });
    let items = organizations.into_iter().map(|organization| item(address, organization)).collect_view();
    view! {
        {FormError::summary(error, WORDING)}
        {confirmation(done)}
        {none}
        <ul class="rows">{items}</ul>
        {invitation}
        <nav aria-label="Account">
            <a href=address.to(Page::CreateOrganization)>"Create an organization"</a>
            <a href=address.to(Page::User)>"Your account"</a>
        </nav>
    }
}

/// The form that invites somebody to one of the organizations.
fn invitation(address: &Address, organizations: &[Organization], invited: String, error: Option<&FormError>) -> impl IntoView + use<> {
    let choices = organizations
        .iter()
        .map(|organization| view! { <option value=organization.id>{organization.name.clone()}</option> })
        .collect_view();
    let email = Field {
        name: "email_address",
        label: "Email",
        help: "They get a mail with a link.",
        kind: "email",
        autocomplete: "off",
        value: invited,
    };
    view! {
        <section aria-labelledby="invite-title">
            <h2 id="invite-title">"Invite somebody"</h2>
            <form method="post" action=address.form(Page::Organization, "invite") novalidate>
                <div class="field">
                    <label for="organization">"Organization"</label>
                    <div class="input"><select id="organization" name="organization">{choices}</select></div>
                </div>
                {email.show(FormError::fields(error))}
                <div class="end"><button>"Send the invitation"</button></div>
            </form>
        </section>
    }
}

fn item(address: &Address, organization: Organization) -> impl IntoView + use<> {
    let Organization { id, name, members, count } = organization;
    let others = usize::try_from(count).unwrap_or_default().saturating_sub(members.len());
    let more = (others > 0).then(|| view! { <li>{format!("and {} more", Grouped(others))}</li> });
    let members = members.into_iter().map(|member| view! { <li>{member}</li> }).collect_view();
    view! {
        <li>
            <div>
                <h2>{name.clone()}</h2>
                <ul class="members" aria-label="Members">{members}{more}</ul>
            </div>
            <form method="post" action=address.to(Page::Organization)>
                <input type="hidden" name="organization" value=id />
                <button class="small">"Leave"<span class="unseen">" "{name}</span></button>
            </form>
        </li>
    }
}
