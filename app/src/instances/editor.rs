//! The form of an instance: it offers portal origin and home URL from the domain while the admin types, and saves in place. Without
//! JavaScript it is a plain form.
#![expect(missing_docs, reason = "the struct that #[island] makes of a function has its documentation on the function")]

use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};

use super::{
    api::CreateInstance,
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

/// One line of text, with its label, help and error.
struct TextField {
    id: &'static str,
    label: &'static str,
    help: &'static str,
    value: String,
    /// What an empty field means, or an example.
    offered: Signal<String>,
    /// Where what is typed goes, besides the form.
    typed: Option<RwSignal<String>>,
    /// `url` shows it in monospace, and brings a phone's keys for it.
    inputmode: &'static str,
    hidden: bool,
}

/// The form.
#[island]
pub fn InstanceEditor(start: InstanceStart) -> impl IntoView {
    let InstanceStart { form, errors, exists } = start;
    let errors = StoredValue::new(errors);
    let name = RwSignal::new(form.name.clone());
    let domain = RwSignal::new(form.domain.clone());
    let example = |text: &'static str| Signal::stored(text.to_owned());
    let from_domain = move |before: &'static str, after: &'static str| {
        let or_example =
            move |domain: &String| format!("{before}{}{after}", if domain.trim().is_empty() { "myapp.com" } else { domain.trim() });
        Signal::derive(move || domain.with(or_example))
    };
    let slug =
        Signal::derive(move || Some(name.with(|name| slug_from(name))).filter(|slug| !slug.is_empty()).unwrap_or("my-app".to_owned()));
    let text = |field: InstanceField, help, value: &String, offered, typed, inputmode| {
        // The slug is fixed once the instance is there.
        let hidden = exists && field == InstanceField::Slug;
        let (id, label) = (field.name(), field.label());
        text_field(errors, TextField { id, label, help, value: value.clone(), offered, typed, inputmode, hidden })
    };
    let name_help = "What your team calls it. Visitors see it on the portal.";
    let slug_help = "Its name in URLs, fixed from then on. Empty means one made from the name.";
    let domain_help = "Your application's own host name. Links may lead to it and to its subdomains.";
    let portal_help = "Where the hosted pages are. Empty means the one shown.";
    let home_help = "Where people go when nothing else is allowed. Empty means the one shown.";
    let end = (!exists).then(|| {
        view! {
            <div class="end" id=BAR data-function=CreateInstance::PATH>
                <p class="said" role="status"><strong id=SAID></strong></p>
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
            {text(InstanceField::Name, name_help, &form.name, example("MyApp"), Some(name), "text")}
            {text(InstanceField::Slug, slug_help, &form.slug, slug, None, "text")}
            <fieldset class="field">
                <legend>{InstanceField::Environment.label()}</legend>
                {choice("development", "Development", "For building: http and localhost are fine.", form.environment != "production")}
                {choice("production", "Production", "For real visitors: https only.", form.environment == "production")}
                {error_of(errors, "environment")}
            </fieldset>
            {text(InstanceField::Domain, domain_help, &form.domain, example("myapp.com"), Some(domain), "url")}
            {text(InstanceField::PortalOrigin, portal_help, &form.portal_origin, from_domain("https://accounts.", ""), None, "url")}
            {text(InstanceField::HomeUrl, home_help, &form.home_url, from_domain("https://", "/"), None, "url")}
            {origins(errors, form.allowed_origins)}
            {end}
        </form>
    }
}

/// The fields that the settings save.
pub const SETTINGS: [&str; 6] = ["name", "environment", "domain", "portal_origin", "home_url", "allowed_origins"];

fn text_field(errors: StoredValue<Vec<FieldError>>, field: TextField) -> impl IntoView {
    let TextField { id, label, help, value, offered, typed, inputmode, hidden } = field;
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
                    placeholder=move || offered.get()
                    spellcheck="false"
                    autocapitalize="none"
                    aria-describedby=format!("{id}-help {id}-error")
                    aria-invalid=invalid(errors, id)
                    on:input=move |event| {
                        if let Some(typed) = typed {
                            typed.set(event_target_value(&event));
                        }
                    }
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

/// One input for each allowed origin, and two for new ones; a button shows more.
fn origins(errors: StoredValue<Vec<FieldError>>, stored: Vec<String>) -> impl IntoView {
    let shown = RwSignal::new(stored.len() + 2);
    let live = RwSignal::new(false);
    Effect::new(move |_| live.set(true));
    let all = stored.len() + NEW_ORIGINS;
    let no_more = move || !live.get() || shown.get() == all;
    let blank = std::iter::repeat_n(String::new(), NEW_ORIGINS);
    let origin = move |(index, value): (usize, String)| {
        let id = field_name(InstanceField::AllowedOrigin(index));
        let hidden = move || index >= shown.get();
        view! {
            <div class="input" hidden=hidden>
                <input
                    type="text"
                    inputmode="url"
                    id=id.clone()
                    name="allowed_origins"
                    value=value
                    placeholder=if index == 0 { "https://*.preview.myapp.dev" } else { "" }
                    spellcheck="false"
                    autocapitalize="none"
                    aria-label=format!("Allowed origin {}", index + 1)
                    aria-describedby=format!("allowed_origins-help {id}-error")
                    aria-invalid=invalid(errors, &id)
                    // A value that arrives in a hidden input shows it.
                    on:input=move |_| shown.update(|shown| *shown = (index + 1).max(*shown))
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
            <div class="rows">
                {stored.into_iter().chain(blank).enumerate().map(origin).collect_view()}
            </div>
            <button
                type="button"
                class="button small"
                hidden=no_more
                on:click=move |_| shown.update(|shown| *shown += 1)
            >
                "Add another"
            </button>
        </fieldset>
    }
}

fn message(errors: StoredValue<Vec<FieldError>>, field: &str) -> Option<String> {
    errors.with_value(|errors| errors.iter().find(|error| error.field == field).map(|error| error.message.clone()))
}

fn invalid(errors: StoredValue<Vec<FieldError>>, field: &str) -> Option<&'static str> {
    message(errors, field).map(|_| "true")
}

/// What is wrong with a field, or the place for it.
fn error_of(errors: StoredValue<Vec<FieldError>>, field: &str) -> impl IntoView + use<> {
    let id = format!("{field}-error");
    let message = message(errors, field);
    let hidden = message.is_none();
    view! { <p class="verdict" data-kind="refused" id=id hidden=hidden>{icon(WARNING)}<span>{message}</span></p> }
}
