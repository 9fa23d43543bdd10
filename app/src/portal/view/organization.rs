//! `/organization`: the visitor's organizations, each with its members and the way out of it.

use leptos::prelude::*;

use super::form_error::{Problem, Wording};
use crate::{
    portal::{
        address::{Address, Page},
        organizations::Organization,
    },
    ui::text::Grouped,
};

const WORDING: Wording =
    Wording { label: |_| "", unavailable: "We can't take you out of the organization right now. Try again in a moment." };

/// The page.
pub fn organization(address: &Address, organizations: Vec<Organization>, problem: Option<&Problem>) -> impl IntoView + use<> {
    let none = organizations.is_empty().then(|| view! { <p>"You are in no organization yet."</p> });
    let items = organizations.into_iter().map(|organization| item(address, organization)).collect_view();
    view! {
        {Problem::summary(problem, WORDING)}
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
