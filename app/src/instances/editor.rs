//! The form of an instance: offers portal origin and home URL from the domain as one types. A plain form without JavaScript.
#![expect(missing_docs, reason = "the struct that #[island] makes of a function has its documentation on the function")]

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::form::{FieldError, InstanceForm, field_name, slug_from};
use crate::{
    redirects::InstanceField,
    ui::icon::{WARNING, icon},
};

/// What the form begins with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InstanceStart {
    /// Every field, as stored or as typed and not saved.
    pub form: InstanceForm,
    /// What is wrong with it.
    pub errors: Vec<FieldError>,
    /// Whether the instance is there already: then its slug is fixed.
    pub exists: bool,
}

/// The form.
#[island]
pub fn InstanceEditor(start: InstanceStart) -> impl IntoView {
    let InstanceStart { form, errors, exists } = start;
    let errors = StoredValue::new(errors);
    let name = RwSignal::new(form.name.clone());
    let domain = RwSignal::new(form.domain.clone());
    let offered = move |before: &str, after: &str| {
        domain.with(|domain| format!("{before}{}{after}", if domain.trim().is_empty() { "myapp.com" } else { domain.trim() }))
    };
    let more = RwSignal::new(0_usize);
    let live = RwSignal::new(false);
    Effect::new(move |_| live.set(true));
    let origins = form.allowed_origins.iter().cloned().chain(["", ""].map(str::to_owned)).collect::<Vec<_>>();
    let first = origins.len();
    let origin = move |index: usize, value: String| {
        let id = field_name(InstanceField::AllowedOrigin(index));
        view! {
            <div class="input" data-kind=kind(errors, &id)>
                <input
                    type="text"
                    inputmode="url"
                    id=id.clone()
                    name="allowed_origins"
                    value=value
                    spellcheck="false"
                    autocapitalize="none"
                    aria-label=format!("Allowed origin {}", index + 1)
                    aria-describedby=format!("allowed_origins-help {id}-error")
                    aria-invalid=invalid(errors, &id)
                    placeholder=if index == 0 { "https://*.preview.myapp.dev" } else { "" }
                />
            </div>
            {error_of(errors, &id)}
        }
    };
    let development = form.environment != "production";
    view! {
        <form method="post" class="card" autocomplete="off">
            <input type="hidden" name="version" value=form.version />
            <div class="field">
                <label for="name">"Name"</label>
                <p class="help" id="name-help">"What your team calls it. Visitors see it on the portal."</p>
                <div class="input" data-kind=kind(errors, "name")>
                    <input type="text" id="name" name="name" value=form.name.clone() placeholder="MyApp" aria-describedby="name-help name-error"
                        aria-invalid=invalid(errors, "name") on:input=move |event| name.set(event_target_value(&event)) />
                </div>
                {error_of(errors, "name")}
            </div>
            <div class="field" hidden=exists>
                <label for="slug">"Slug"</label>
                <p class="help" id="slug-help">"Its name in URLs, fixed from then on. Empty means one made from the name."</p>
                <div class="input" data-kind=kind(errors, "slug")>
                    <input type="text" id="slug" name="slug" value=form.slug.clone() spellcheck="false" autocapitalize="none"
                        placeholder=move || name.with(|name| Some(slug_from(name)).filter(|slug| !slug.is_empty()).unwrap_or("my-app".to_owned()))
                        aria-describedby="slug-help slug-error" aria-invalid=invalid(errors, "slug") />
                </div>
                {error_of(errors, "slug")}
            </div>
            <fieldset class="field">
                <legend>"Environment"</legend>
                <label class="choice"><input type="radio" id="environment" name="environment" value="development" checked=development />
                    <span>"Development" <small>"For building: http and localhost are fine."</small></span></label>
                <label class="choice"><input type="radio" name="environment" value="production" checked=!development />
                    <span>"Production" <small>"For real visitors: https only."</small></span></label>
                {error_of(errors, "environment")}
            </fieldset>
            <div class="field">
                <label for="domain">"Domain"</label>
                <p class="help" id="domain-help">"Your application's own host name. Links may lead to it and to its subdomains."</p>
                <div class="input" data-kind=kind(errors, "domain")>
                    <input type="text" inputmode="url" id="domain" name="domain" value=form.domain.clone() placeholder="myapp.com" spellcheck="false"
                        autocapitalize="none" aria-describedby="domain-help domain-error" aria-invalid=invalid(errors, "domain")
                        on:input=move |event| domain.set(event_target_value(&event)) />
                </div>
                {error_of(errors, "domain")}
            </div>
            <div class="field">
                <label for="portal_origin">"Portal origin"</label>
                <p class="help" id="portal_origin-help">"Where the hosted pages are. Empty means " <code>{move || offered("https://accounts.", "")}</code></p>
                <div class="input" data-kind=kind(errors, "portal_origin")>
                    <input type="text" inputmode="url" id="portal_origin" name="portal_origin" value=form.portal_origin.clone() spellcheck="false"
                        autocapitalize="none" placeholder=move || offered("https://accounts.", "")
                        aria-describedby="portal_origin-help portal_origin-error" aria-invalid=invalid(errors, "portal_origin") />
                </div>
                {error_of(errors, "portal_origin")}
            </div>
            <div class="field">
                <label for="home_url">"Home URL"</label>
                <p class="help" id="home_url-help">"Where people go when nothing else is allowed. Empty means " <code>{move || offered("https://", "/")}</code></p>
                <div class="input" data-kind=kind(errors, "home_url")>
                    <input type="text" inputmode="url" id="home_url" name="home_url" value=form.home_url.clone() spellcheck="false"
                        autocapitalize="none" placeholder=move || offered("https://", "/")
                        aria-describedby="home_url-help home_url-error" aria-invalid=invalid(errors, "home_url") />
                </div>
                {error_of(errors, "home_url")}
            </div>
            <fieldset class="field">
                <legend>"Allowed origins"</legend>
                <p class="help" id="allowed_origins-help">"Sites besides the domain that links may lead to. A * stands for everything below a name of your own."</p>
                <div class="rows">
                    {origins.into_iter().enumerate().map(|(index, value)| origin(index, value)).collect_view()}
                    {move || (0..more.get()).map(|index| origin(first + index, String::new())).collect_view()}
                </div>
                <button type="button" class="button small" hidden=move || !live.get() on:click=move |_| more.update(|more| *more += 1)>"Add another"</button>
            </fieldset>
            <div class="end">
                <button class="button primary">{if exists { "Save changes" } else { "Create instance" }}</button>
            </div>
        </form>
    }
}

fn message(errors: StoredValue<Vec<FieldError>>, field: &str) -> Option<String> {
    errors.with_value(|errors| errors.iter().find(|error| error.field == field).map(|error| error.message.clone()))
}

fn kind(errors: StoredValue<Vec<FieldError>>, field: &str) -> &'static str {
    if message(errors, field).is_some() { "refused" } else { "" }
}

fn invalid(errors: StoredValue<Vec<FieldError>>, field: &str) -> Option<&'static str> {
    message(errors, field).map(|_| "true")
}

fn error_of(errors: StoredValue<Vec<FieldError>>, field: &str) -> impl IntoView + use<> {
    let id = format!("{field}-error");
    message(errors, field).map(|message| {
        view! { <p class="verdict" data-kind="refused" id=id>{icon(WARNING)}<span>{message}</span></p> }
    })
}
