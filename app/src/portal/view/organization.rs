//! `/organization`: the visitor's organizations, each with its members and a button to leave it.

use leptos::prelude::*;

use super::form_error::{FormError, Wording};
use crate::{
    portal::{
        address::{Address, Page},
        organizations::Organization,
    },
    ui::text::Grouped,
};

const WORDING: Wording =
    Wording { label: |_| "", unavailable: "We can't remove you from the organization right now. Try again in a moment." };

/// The page.
pub fn organization(address: &Address, organizations: Vec<Organization>, error: Option<&FormError>) -> impl IntoView + use<> {
    let none = organizations.is_empty().then(|| view! { <p>"You are not in an organization yet."</p> });
    let items = organizations.into_iter().map(|organization| item(address, organization)).collect_view();
    view! {
        {FormError::summary(error, WORDING)}
        {none}
        <ul class="rows">{items}</ul>
        <nav aria-label="Account">
            <a href=address.to(Page::CreateOrganization)>"Create an organization"</a>
            <a href=address.to(Page::User)>"Your account"</a>
        </nav>
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
