//! The form of an instance: its fields as the server renders them. `editor` helps while it is filled in; without JavaScript it is a plain
//! form.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    api::CreateInstance,
    editor::{ADVANCED_VALUES, InstanceEditor},
    form::{InstanceForm, offered_host, slug_from},
    origin_rows::origin_rows,
};
use crate::{
    paths,
    redirects::InstanceField,
    saving::form_element::{BAR, BUTTON, DISCARD, FORM, SAID},
    target_checks::{health::Health, view::health_line},
    ui::{
        correction::{correction_button, enter_saves},
        form::{FieldError, read},
        icon::{DOWN, WARNING, icon},
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
    /// How the stored value is, and whether another one is typed. `None` if it is not checked.
    health: Option<(Health, bool)>,
}

/// The fields that the settings save.
pub(super) const SETTINGS: [&str; 6] = ["name", "environment", "domain", "portal_origin", "home_url", "allowed_origins"];

/// The fields of a new instance that somebody would miss. The environment has a default.
const NEW: [&str; 6] = ["name", "slug", "domain", "portal_origin", "home_url", "allowed_origins"];

/// The form, filled with what is stored or with what was typed and not saved. `exists` says whether the instance is there already: then
/// its slug is fixed.
pub(super) fn instance_form(form: InstanceForm, errors: &[FieldError], exists: bool, health: AddressHealth) -> impl IntoView + use<> {
    let base: InstanceForm = read(&form.base).unwrap_or_default();
    let text = |field: InstanceField, help, value: &String, offered: String, inputmode| {
        let (id, label) = (field.name(), field.label());
        text_field(errors, TextField { id, label, help, value: value.clone(), offered, inputmode, health: None })
    };
    let name = text(InstanceField::Name, "Visitors see it on the portal.", &form.name, "MyApp".to_owned(), "text");
    let domain = text(InstanceField::Domain, "Links may lead to it and to its subdomains.", &form.domain, "myapp.com".to_owned(), "url");
    let end = (!exists).then(|| {
        view! {
            <div class="end" id=BAR data-function=CreateInstance::PATH data-fields=NEW.join(" ")>
                <p class="said" aria-live="polite"><strong id=SAID></strong></p>
                <button class="button primary" id=BUTTON>"Create instance"</button>
                <a class="button" id=DISCARD href=paths::INSTANCES>"Cancel"</a>
            </div>
        }
    });
    view! {
        <form method="post" id=FORM class="settings" autocomplete="off">
            {errors.iter().any(|error| error.correction.is_some()).then(enter_saves)}
            <input type="hidden" name="version" value=form.version />
            <input type="hidden" name="save_id" value=form.save_id.clone() />
            <input type="hidden" name="base" value=form.base.clone() />
            <section class="group" aria-labelledby="instance-title">
                <div>
                    <h2 id="instance-title">"Instance"</h2>
                    <p>"What it is called, and where your application lives."</p>
                </div>
                <div class="card">
                    <div class="pair">{name} {domain}</div>
                    <fieldset class="field">
                        <legend>{InstanceField::Environment.label()}</legend>
                        <div class="both">
                            {choice("development", "Development", "http and localhost are fine.", form.environment != "production")}
                            {choice("production", "Production", "For real visitors: https only.", form.environment == "production")}
                        </div>
                        {error_of(errors, "environment")}
                    </fieldset>
                </div>
            </section>
            {origin_rows(&form, &base, errors)}
            {advanced(&form, &base, errors, exists, health)}
            {end}
        </form>
        <InstanceEditor />
    }
}

/// What few change, folded away behind its values. It is open where something in it is wrong or not saved.
fn advanced(form: &InstanceForm, base: &InstanceForm, errors: &[FieldError], exists: bool, health: AddressHealth) -> impl IntoView + use<> {
    let host = offered_host(&form.domain);
    let offered = [format!("https://accounts.{host}"), format!("https://{host}/")];
    let slug = Some(slug_from(&form.name)).filter(|slug| !slug.is_empty()).unwrap_or_else(|| "my-app".to_owned());
    let shown = |typed: &str, offered: &str| Some(typed.trim()).filter(|typed| !typed.is_empty()).unwrap_or(offered).to_owned();
    let values = [shown(&form.portal_origin, &offered[0]), shown(&form.home_url, &offered[1]), shown(&form.slug, &slug)].join(" · ");
    let is_open = errors.iter().any(|error| matches!(error.field.as_str(), "portal_origin" | "home_url" | "slug"))
        || form.portal_origin.trim() != base.portal_origin
        || form.home_url.trim() != base.home_url
        || form.slug != base.slug;
    let [portal, home] = offered;
    let text = |field: InstanceField, help, value: &String, offered, inputmode, health| {
        let (id, label) = (field.name(), field.label());
        text_field(errors, TextField { id, label, help, value: value.clone(), offered, inputmode, health })
    };
    let portal_health = health.portal.map(|health| (health, form.portal_origin.trim() != base.portal_origin));
    let home_health = health.home.map(|health| (health, form.home_url.trim() != base.home_url));
    let slug_help = "The instance's name in addresses, fixed from then on. Empty means one made from the name.";
    let slug = if exists {
        view! {
            <div class="field">
                <h3>{InstanceField::Slug.label()}</h3>
                <p class="help">"The instance's name in addresses. It stays as it is."</p>
                <code class="fixed">{form.slug.clone()}</code>
                <input type="hidden" id="slug" name="slug" value=form.slug.clone() />
            </div>
        }
        .into_any()
    } else {
        text(InstanceField::Slug, slug_help, &form.slug, slug, "text", None).into_any()
    };
    view! {
        <section class="group" aria-labelledby="advanced-title">
            <div>
                <h2 id="advanced-title">"Advanced"</h2>
                <p>"Follows the domain unless you say otherwise."</p>
            </div>
            <details class="card advanced" open=is_open>
                <summary>
                    <span>
                        <strong>"Portal origin, home URL, slug"</strong>
                        <span class="help" id=ADVANCED_VALUES>{values}</span>
                    </span>
                    {icon(DOWN)}
                </summary>
                {text(InstanceField::PortalOrigin, "Where the hosted pages are. Empty means the one shown.", &form.portal_origin, portal, "url", portal_health)}
                {text(InstanceField::HomeUrl, "Where people go when nothing else is allowed. Empty means the one shown.", &form.home_url, home, "url", home_health)}
                {slug}
            </details>
        </section>
    }
}

/// How the stored portal origin and home URL are; `None` where they are not checked.
#[derive(Clone, Debug, Default)]
pub(super) struct AddressHealth {
    pub(super) portal: Option<Health>,
    pub(super) home: Option<Health>,
}

fn text_field(errors: &[FieldError], field: TextField) -> impl IntoView + use<> {
    let TextField { id, label, help, value, offered, inputmode, health } = field;
    let of_health = format!("{id}-health");
    // The editor hides it while another value is typed.
    let health = health.map(|(health, is_changed)| {
        view! { <div class="health-of" id=of_health hidden=is_changed>{health_line(&health)}</div> }
    });
    let typed = value.clone();
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <p class="help" id=format!("{id}-help")>{help}</p>
            <div class="input">
                <input
                    type="text"
                    inputmode=inputmode
                    dir=(inputmode == "url").then_some("ltr")
                    id=id
                    name=id
                    value=value
                    placeholder=offered
                    spellcheck="false"
                    autocapitalize="none"
                    data-1p-ignore
                    aria-describedby=format!("{id}-help {id}-error")
                    aria-invalid=invalid(errors, id)
                />
            </div>
            {health}
            {error_with_correction(errors, id, &typed)}
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

fn message(errors: &[FieldError], field: &str) -> Option<String> {
    errors.iter().find(|error| error.field == field).map(|error| error.message.clone())
}

pub(super) fn invalid(errors: &[FieldError], field: &str) -> Option<&'static str> {
    message(errors, field).map(|_| "true")
}

/// What is wrong with a field, or the place for it.
pub(super) fn error_of(errors: &[FieldError], field: &str) -> impl IntoView + use<> {
    error_with_correction(errors, field, "")
}

/// The same, with a button for the corrected value of what was `typed`.
pub(super) fn error_with_correction(errors: &[FieldError], field: &str, typed: &str) -> impl IntoView + use<> {
    let id = format!("{field}-error");
    let error = errors.iter().find(|error| error.field == field);
    let (message, hidden) = (error.map(|error| error.message.clone()), error.is_none());
    let correction = error.and_then(|error| error.correction.as_deref()).filter(|_| !typed.is_empty());
    let button = correction.map(|to| correction_button(field, typed, to, "submit"));
    view! { <p class="verdict" data-kind="refused" id=id hidden=hidden>{icon(WARNING)}<span>{message}</span>{button}</p> }
}
