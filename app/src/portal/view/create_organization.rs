//! `/create-organization`: its name.

use leptos::prelude::*;

use super::{
    end,
    form_error::{Problem, Wording},
};
use crate::{
    portal::address::{Address, Page},
    ui::field::Field,
};

const WORDING: Wording = Wording { label: |_| "Name", unavailable: "We can't create the organization right now. Try again in a moment." };

/// The page, with what is in its field.
pub fn create_organization(address: &Address, name: String, problem: Option<&Problem>) -> impl IntoView + use<> {
    let errors = Problem::errors(problem);
    view! {
        {Problem::summary(problem, WORDING)}
        <p class="lead">"You are its first member."</p>
        <form method="post" action=address.to(Page::CreateOrganization) novalidate>
            {Field { name: "name", label: "Name", kind: "text", autocomplete: "organization", value: name, ..Field::default() }.show(errors)}
            {end(address, "Create organization")}
        </form>
    }
}
