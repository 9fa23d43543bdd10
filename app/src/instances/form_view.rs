//! The form of an instance: its fields as the server renders them. `editor` helps while it is filled in; without JavaScript it is a plain
//! form.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    api::CreateInstance,
    editor::{ADD_ORIGIN, InstanceEditor},
    form::{InstanceForm, field_name, slug_from},
};
use crate::{
    redirects::InstanceField,
    saving::form_element::{BAR, BUTTON, FORM, SAID},
    ui::{
        form::FieldError,
        icon::{WARNING, icon},
    },
};

/// One line of text, with its label, help and error.
struct TextField {
    id: &'static str,
    label: &'static str,
    help: &'static str,
    value: String,
    /// What an empty field means, or an example.
    offered: String,
    /// `url` shows it in monospace, and brings a phone's keys for it.
    inputmode: &'static str,
    hidden: bool,
}

/// The form, filled with what is stored or with what was typed and not saved. `exists` says whether the instance is there already: then
/// its slug is fixed.
pub(super) fn instance_form(form: InstanceForm, errors: &[FieldError], exists: bool) -> impl IntoView + use<> {
    let domain = Some(form.domain.trim()).filter(|domain| !domain.is_empty()).unwrap_or("myapp.com");
    let slug = Some(slug_from(&form.name)).filter(|slug| !slug.is_empty()).unwrap_or_else(|| "my-app".to_owned());
    let text = |field: InstanceField, help, value: &String, offered: String, inputmode| {
        let hidden = exists && field == InstanceField::Slug;
        let (id, label) = (field.name(), field.label());
        text_field(errors, TextField { id, label, help, value: value.clone(), offered, inputmode, hidden })
    };
    let name_help = "What your team calls it. Visitors see it on the portal.";
    let slug_help = "Its name in URLs, fixed from then on. Empty means one made from the name.";
    let domain_help = "Your application's own host name. Links may lead to it and to its subdomains.";
    let portal_help = "Where the hosted pages are. Empty means the one shown.";
    let home_help = "Where people go when nothing else is allowed. Empty means the one shown.";
    let end = (!exists).then(|| {
        view! {
            <div class="end" id=BAR data-function=CreateInstance::PATH>
                <p class="said" aria-live="polite"><strong id=SAID></strong></p>
                <button class="button primary" id=BUTTON>"Create instance"</button>
            </div>
        }
    });
    view! {
        <form
            method="post"
            id=FORM
            class="card"
            autocomplete="off"
        >
            <input type="hidden" name="version" value=form.version />
            <input type="hidden" name="base" value=form.base.clone() />
            {text(InstanceField::Name, name_help, &form.name, "MyApp".to_owned(), "text")}
            {text(InstanceField::Slug, slug_help, &form.slug, slug, "text")}
            <fieldset class="field">
                <legend>{InstanceField::Environment.label()}</legend>
                {choice("development", "Development", "For building: http and localhost are fine.", form.environment != "production")}
                {choice("production", "Production", "For real visitors: https only.", form.environment == "production")}
                {error_of(errors, "environment")}
            </fieldset>
            {text(InstanceField::Domain, domain_help, &form.domain, "myapp.com".to_owned(), "url")}
            {text(InstanceField::PortalOrigin, portal_help, &form.portal_origin, format!("https://accounts.{domain}"), "url")}
            {text(InstanceField::HomeUrl, home_help, &form.home_url, format!("https://{domain}/"), "url")}
            {origins(errors, &form.allowed_origins)}
            {end}
        </form>
        <InstanceEditor />
    }
}

/// The fields that the settings save.
pub(super) const SETTINGS: [&str; 6] = ["name", "environment", "domain", "portal_origin", "home_url", "allowed_origins"];

fn text_field(errors: &[FieldError], field: TextField) -> impl IntoView + use<> {
    let TextField { id, label, help, value, offered, inputmode, hidden } = field;
    view! {
        <div class="field" hidden=hidden>
            <label for=id>{label}</label>
            <p class="help" id=format!("{id}-help")>{help}</p>
            <div class="input">
                <input
                    type="text"
                    inputmode=inputmode
                    id=id
                    name=id
                    value=value
                    placeholder=offered
                    spellcheck="false"
                    autocapitalize="none"
                    aria-describedby=format!("{id}-help {id}-error")
                    aria-invalid=invalid(errors, id)
                />
            </div>
            {error_of(errors, id)}
        </div>
    }
}

fn choice(value: &'static str, label: &'static str, help: &'static str, checked: bool) -> impl IntoView {
    // The first one is where the summary's link leads.
    let id = (value == "development").then_some("environment");
    view! {
        <label class="choice">
            <input type="radio" id=id name="environment" value=value checked=checked />
            <span>{label} " " <small>{help}</small></span>
        </label>
    }
}

/// How many inputs for new origins there are, the two that are shown at once included.
const NEW_ORIGINS: usize = 12;

/// What an allowed origin looks like.
const ORIGIN_EXAMPLE: &str = "https://*.preview.myapp.dev";

/// One input for each allowed origin, and two for new ones. With JavaScript a button shows more.
fn origins(errors: &[FieldError], stored: &[String]) -> impl IntoView + use<> {
    let shown = stored.len() + 2;
    let blank = std::iter::repeat_n(String::new(), NEW_ORIGINS);
    let origin = |(index, value): (usize, String)| {
        let id = field_name(InstanceField::AllowedOrigin(index));
        let hidden = index >= shown;
        view! {
            <div class="input" hidden=hidden>
                <input
                    type="text"
                    inputmode="url"
                    id=id.clone()
                    name="allowed_origins"
                    value=value
                    placeholder=if index == 0 { ORIGIN_EXAMPLE } else { "" }
                    spellcheck="false"
                    autocapitalize="none"
                    aria-label=format!("Allowed origin {}", index + 1)
                    aria-describedby=format!("allowed_origins-help {id}-error")
                    aria-invalid=invalid(errors, &id)
                />
            </div>
            {error_of(errors, &id)}
        }
    };
    view! {
        <fieldset class="field">
            <legend>{InstanceField::AllowedOrigin(0).label()}</legend>
            <p class="help" id="allowed_origins-help">
                "Sites besides the domain that links may lead to. A * stands for everything below a name of your own."
            </p>
            <div class="rows">{stored.iter().cloned().chain(blank).enumerate().map(origin).collect_view()}</div>
            <button type="button" class="button small" id=ADD_ORIGIN hidden>"Add another"</button>
        </fieldset>
    }
}

fn message(errors: &[FieldError], field: &str) -> Option<String> {
    errors.iter().find(|error| error.field == field).map(|error| error.message.clone())
}

fn invalid(errors: &[FieldError], field: &str) -> Option<&'static str> {
    message(errors, field).map(|_| "true")
}

/// What is wrong with a field, or the place for it.
fn error_of(errors: &[FieldError], field: &str) -> impl IntoView + use<> {
    let id = format!("{field}-error");
    let message = message(errors, field);
    let hidden = message.is_none();
    view! { <p class="verdict" data-kind="refused" id=id hidden=hidden>{icon(WARNING)}<span>{message}</span></p> }
}
