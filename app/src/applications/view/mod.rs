//! The Applications page: which origins are applications, what tokens say, and clients with a secret. Members see it, owners change it.

mod clients;

use axum::http::request::Parts;
use leptos::prelude::*;

use clients::{client_form, client_list, new_secret};

use super::{
    client::ClientSecret,
    form::{ApplicationsForm, ClientForm},
    store,
};
use crate::{
    admins::Role,
    instances::stored::StoredInstance,
    layout::{
        frame::{InstanceFrame, Place},
        loading,
    },
    paths,
    redirects::check_application_origin,
    ui::{
        field::Field,
        form::{FieldError, summary},
        icon::{TICK, WARNING, icon},
        text::Escaped,
    },
};

/// A form of the page that was rejected. The page finds it in its context.
#[derive(Clone, Debug)]
pub enum Rejected {
    /// What is marked.
    Applications(ApplicationsForm, Vec<FieldError>),
    /// A new client.
    Client(ClientForm, Vec<FieldError>),
}

/// A client's secret that was just made. The page finds it in its request, which is the only one that has it.
#[derive(Clone, Debug)]
pub struct IssuedSecret(pub ClientSecret);

/// The applications of an instance.
#[component]
pub fn ApplicationsPage() -> impl IntoView {
    let slug = loading::slug();
    let query = loading::query();
    let rejected = use_context::<Rejected>();
    let issued = use_context::<Parts>().and_then(|parts| parts.extensions.get::<IssuedSecret>().cloned());
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let is_owner = loading::role(&slug).await? == Role::Owner;
        let pool = loading::pool()?;
        let listed = store::clients::list(&pool, stored.id).await.map_err(loading::unavailable)?;
        let done = match query.as_str() {
            "saved" => Some("The applications are saved."),
            "removed" => Some("The client is removed. Nobody signs in to it through this portal any more."),
            _ => None,
        };
        let done = done.filter(|_| rejected.is_none()).map(|text| view! { <p class="banner" role="status">{icon(TICK)}{text}</p> });
        let (mut form, mut errors, mut client, mut client_errors) = (None, Vec::new(), ClientForm::default(), Vec::new());
        match rejected {
            Some(Rejected::Applications(typed, wrong)) => (form, errors) = (Some(typed), wrong),
            Some(Rejected::Client(typed, wrong)) => (client, client_errors) = (typed, wrong),
            None => {}
        }
        let links = errors.iter().chain(&client_errors).map(|error| (format!("#{}", error.field), error.message.clone()));
        let links: Vec<_> = links.collect();
        let wrong = (!links.is_empty()).then(|| summary("Nothing was saved", "Fix these fields, then try again:", links));
        let made = issued.map(|IssuedSecret(made)| new_secret(&made));
        let add = is_owner.then(|| client_form(&slug, client, &client_errors));
        Ok(view! {
            <InstanceFrame stored=stored.clone() place=Place::Applications>
                {wrong}
                {done}
                {made}
                {origins(&stored, form, &errors, is_owner)}
                {client_list(&slug, listed, is_owner)}
                {add}
            </InstanceFrame>
        })
    })
}

/// Which origins are applications. Owners get a form.
fn origins(stored: &StoredInstance, form: Option<ApplicationsForm>, errors: &[FieldError], is_owner: bool) -> impl IntoView + use<> {
    let home = stored.instance.home_url().origin().ascii_serialization();
    let marked = &stored.applications.origins;
    // What can be marked without typing: the exact allowed origins of the instance's own site.
    let offered = stored.settings.allowed_origins.iter().filter(|origin| check_application_origin(&stored.instance, origin).is_ok());
    let mut all: Vec<String> = marked.clone();
    all.extend(offered.filter(|origin| !marked.contains(origin) && **origin != home).cloned());
    let checked = form.as_ref().map_or_else(|| marked.clone(), |form| form.origin.clone());
    let names = form.as_ref().map_or(stored.applications.names_in_tokens, |form| form.names_in_tokens == "on");
    let rows = all
        .into_iter()
        .map(|origin| {
            let why = check_application_origin(&stored.instance, &origin).err().filter(|_| marked.contains(&origin));
            let why = why.map(|why| view! { <small>{icon(WARNING)} "It does not count: " {why.to_string()}</small> });
            let is_checked = checked.contains(&origin);
            view! {
                <label class="choice">
                    <input type="checkbox" name="origin" value=origin.clone() checked=is_checked disabled=!is_owner />
                    <span><code>{Escaped(&origin).to_string()}</code> " " {why}</span>
                </label>
            }
        })
        .collect_view();
    let hidden = marked.iter().map(|origin| view! { <input type="hidden" name="stored" value=origin.clone() /> }).collect_view();
    let stored_names = if stored.applications.names_in_tokens { "on" } else { "" };
    let hidden = view! { {hidden} <input type="hidden" name="stored_names" value=stored_names /> };
    let another = is_owner.then(|| {
        Field {
            name: "another",
            label: "Another origin",
            help: "On the site of this instance's domain, like https://app.myapp.com. Sites elsewhere need a client with a secret.",
            kind: "text",
            autocomplete: "off",
            value: form.map(|form| form.another).unwrap_or_default(),
        }
        .show(errors)
    });
    let save = is_owner.then(|| view! { <div class="end"><button class="button primary">"Save"</button></div> });
    view! {
        <section class="group" aria-labelledby="origins-title">
            <div>
                <h2 id="origins-title">"Application origins"</h2>
                <p>"Pages of these origins can ask the portal who is signed in, and sign people in with OpenID Connect. They read who each visitor is, so mark only what you trust."</p>
            </div>
            <form method="post" class="card" action=paths::instance(&stored.settings.slug).applications() autocomplete="off">
                {hidden}
                <fieldset class="field">
                    <legend>"Origins"</legend>
                    <p class="help">"The home URL's origin is always one: " <code>{home}</code></p>
                    {rows}
                </fieldset>
                {another}
                <fieldset class="field">
                    <legend>"Tokens"</legend>
                    <label class="choice">
                        <input type="checkbox" name="names_in_tokens" value="on" checked=names disabled=!is_owner />
                        <span>"Names and addresses in tokens" " " <small>"Without this, a token names the visitor only by an id that means nothing elsewhere."</small></span>
                    </label>
                </fieldset>
                {save}
            </form>
        </section>
    }
}
