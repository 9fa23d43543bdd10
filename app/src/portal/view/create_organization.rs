//! `/create-organization`: asks for the organization's name.

use leptos::prelude::*;

use super::{
    elements::form_buttons,
    form_error::{FormError, Wording},
};
use crate::{
    portal::address::{Address, Page},
    ui::field::Field,
};

const WORDING: Wording = Wording { label: |_| "Name", unavailable: "We can't create the organization right now. Try again in a moment." };

/// The page, with `name` in its field.
pub fn create_organization(address: &Address, name: String, error: Option<&FormError>) -> impl IntoView + use<> {
    let errors = FormError::fields(error);
    view! {
        {FormError::summary(error, WORDING)}
        <p class="lead">"You will be its first member."</p>
        <form method="post" action=address.to(Page::CreateOrganization) novalidate>
            {Field { name: "name", label: "Name", kind: "text", autocomplete: "organization", value: name, ..Field::default() }.show(errors)}
            {form_buttons(address, "Create organization")}
        </form>
    }
}
