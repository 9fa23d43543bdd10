//! The form of an instance: it offers portal origin and home URL from the domain while the admin types, and saves in place. Without
//! JavaScript it is a plain form.
#![expect(missing_docs, reason = "the struct that #[island] makes of a function has its documentation on the function")]

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    api::{create_instance, save_settings},
    form::{InstanceForm, field_label, field_name, slug_from},
};
use crate::{
    paths,
    redirects::InstanceField,
    saving::{
        bar::{bar, save_button},
        form_element::{FORM, Fields},
        in_place::{InPlace, Phase},
        outcome::Saved,
        page_refresh::refresh,
        summary::{choice_of, summary_of},
    },
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
    /// Whether the caller may not save.
    pub read_only: bool,
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
    let InstanceStart { form, errors, exists, read_only } = start;
    let saving = InPlace::new(form.base.clone(), errors);
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
        text_field(saving, TextField { id, label, help, value: value.clone(), offered, typed, inputmode, hidden })
    };
    let name_help = "What your team calls it. Visitors see it on the portal.";
    let slug_help = "Its name in URLs, fixed from then on. Empty means one made from the name.";
    let domain_help = "Your application's own host name. Links may lead to it and to its subdomains.";
    let portal_help = "Where the hosted pages are. Empty means the one shown.";
    let home_help = "Where people go when nothing else is allowed. Empty means the one shown.";
    let slug_of_page = form.slug.clone();
    let save = Callback::new(move |()| {
        let Some(typed) = typed(&slug_of_page) else { return };
        if exists {
            saving.save(save_settings(typed.slug.clone(), typed), |_| refresh());
        } else {
            let open = |saved: &Saved| drop(window().location().assign(&paths::instance(&saved.slug).redirects()));
            saving.save(create_instance(typed), open);
        }
    });
    let end = if exists {
        let discard = paths::instance(&form.slug).settings();
        bar(saving, SETTINGS.to_vec(), Signal::stored(0), discard, (!read_only).then_some(save), ()).into_any()
    } else {
        view! { <div class="end">{failure(saving)} {save_button(saving.phase, "Create instance")}</div> }.into_any()
    };
    view! {
        {summary_of(saving, field_label)}
        <form
            method="post"
            id=FORM
            class="card"
            autocomplete="off"
            on:submit=move |event| {
                event.prevent_default();
                save.run(());
            }
        >
            <input type="hidden" name="version" value=form.version />
            <input type="hidden" name="base" value=form.base.clone() />
            {text(InstanceField::Name, name_help, &form.name, example("MyApp"), Some(name), "text")}
            {text(InstanceField::Slug, slug_help, &form.slug, slug, None, "text")}
            <fieldset class="field">
                <legend>{InstanceField::Environment.label()}</legend>
                {choice("development", "Development", "For building: http and localhost are fine.", form.environment != "production")}
                {choice("production", "Production", "For real visitors: https only.", form.environment == "production")}
                {error_of(saving, "environment")}
                {choice_of(saving, "environment", "")}
            </fieldset>
            {text(InstanceField::Domain, domain_help, &form.domain, example("myapp.com"), Some(domain), "url")}
            {text(InstanceField::PortalOrigin, portal_help, &form.portal_origin, from_domain("https://accounts.", ""), None, "url")}
            {text(InstanceField::HomeUrl, home_help, &form.home_url, from_domain("https://", "/"), None, "url")}
            {origins(saving, form.allowed_origins)}
            {end}
        </form>
    }
}

/// The fields that the settings save.
const SETTINGS: [&str; 6] = ["name", "environment", "domain", "portal_origin", "home_url", "allowed_origins"];

/// The form as it is typed now. The slug of an instance that exists is fixed.
fn typed(slug: &str) -> Option<InstanceForm> {
    let fields = Fields::typed()?;
    Some(InstanceForm {
        version: fields.get("version").parse().ok()?,
        name: fields.get("name"),
        slug: Some(slug).filter(|slug| !slug.is_empty()).map_or_else(|| fields.get("slug"), str::to_owned),
        environment: fields.get("environment"),
        domain: fields.get("domain"),
        portal_origin: fields.get("portal_origin"),
        home_url: fields.get("home_url"),
        base: fields.get("base"),
        allowed_origins: fields.get_all("allowed_origins"),
    })
}

/// Why a new instance could not be created.
fn failure(saving: InPlace) -> impl IntoView {
    let why = move || match saving.phase.get() {
        Phase::Failed(error) => format!("Not created. {error} What you typed is still here."),
        _ => String::new(),
    };
    view! { <p class="said" role="status">{why}</p> }
}

fn text_field(saving: InPlace, field: TextField) -> impl IntoView {
    let TextField { id, label, help, value, offered, typed, inputmode, hidden } = field;
    view! {
        <div class="field" hidden=hidden>
            <label for=id>{label}</label>
            <p class="help" id=format!("{id}-help")>{help}</p>
            <div class="input" data-kind=kind(saving, id)>
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
                    aria-invalid=invalid(saving, id)
                    on:input=move |event| {
                        if let Some(typed) = typed {
                            typed.set(event_target_value(&event));
                        }
                    }
                />
            </div>
            {error_of(saving, id)}
            {choice_of(saving, id, "nothing: the one that the domain offers")}
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
fn origins(saving: InPlace, stored: Vec<String>) -> impl IntoView {
    let shown = RwSignal::new(stored.len() + 2);
    let live = saving.live;
    let all = stored.len() + NEW_ORIGINS;
    let no_more = move || !live.get() || shown.get() == all;
    let blank = std::iter::repeat_n(String::new(), NEW_ORIGINS);
    let origin = move |(index, value): (usize, String)| {
        let id = field_name(InstanceField::AllowedOrigin(index));
        let hidden = move || index >= shown.get();
        view! {
            <div class="input" data-kind=kind(saving, &id) hidden=hidden>
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
                    aria-invalid=invalid(saving, &id)
                    // A value that arrives in a hidden input shows it.
                    on:input=move |_| shown.update(|shown| *shown = (index + 1).max(*shown))
                />
            </div>
            {error_of(saving, &id)}
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

fn kind(saving: InPlace, field: &str) -> impl Fn() -> &'static str + Send + use<> {
    let field = field.to_owned();
    move || if saving.error(&field).is_some() { "refused" } else { "" }
}

fn invalid(saving: InPlace, field: &str) -> impl Fn() -> Option<&'static str> + Send + use<> {
    let field = field.to_owned();
    move || saving.error(&field).map(|_| "true")
}

fn error_of(saving: InPlace, field: &str) -> impl IntoView + use<> {
    let field = field.to_owned();
    move || {
        saving.error(&field).map(|message| {
            view! { <p class="verdict" data-kind="refused" id=format!("{field}-error")>{icon(WARNING)}<span>{message}</span></p> }
        })
    }
}
