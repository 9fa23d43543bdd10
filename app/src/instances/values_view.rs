//! The settings of an instance for those who may not change them: values to read, and no fields.

use leptos::prelude::*;

use super::{form_view::AddressHealth, stored::StoredInstance};
use crate::{
    redirects::{Environment, InstanceField},
    target_checks::{health::Health, view::health_line},
    ui::text::Escaped,
};

/// Every setting with its value.
pub(super) fn settings_values(stored: &StoredInstance, health: &AddressHealth) -> impl IntoView + use<> {
    let settings = &stored.settings;
    let code = |text: &str| view! { <code>{Escaped(text).to_string()}</code> }.into_any();
    let checked = |text: &str, health: Option<&Health>| view! { {code(text)}{health.map(health_line)} }.into_any();
    let environment = match settings.environment {
        Environment::Development => "Development",
        Environment::Production => "Production",
    };
    let origins = settings.allowed_origins.iter().map(|origin| view! { <li>{code(origin)}</li> }).collect_view();
    let origins =
        if settings.allowed_origins.is_empty() { "None besides the domain".into_any() } else { view! { <ul>{origins}</ul> }.into_any() };
    let rows = [
        (InstanceField::Name, Escaped(&settings.name).to_string().into_any()),
        (InstanceField::Domain, code(&stored.domain_typed)),
        (InstanceField::Environment, environment.into_any()),
        (InstanceField::AllowedOrigin(0), origins),
        (InstanceField::PortalOrigin, checked(&settings.portal_origin, health.portal.as_ref())),
        (InstanceField::HomeUrl, checked(&settings.home_url, health.home.as_ref())),
        (InstanceField::Slug, code(&settings.slug)),
    ];
    let rows = rows.map(|(field, value)| view! { <div><dt>{field.label()}</dt><dd>{value}</dd></div> }).collect_view();
    view! { <dl class="card values">{rows}</dl> }
}
