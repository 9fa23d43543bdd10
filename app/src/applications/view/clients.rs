//! Clients with a secret: the list, the form that adds one, and a secret that was just made.

use leptos::prelude::*;

use super::super::{client::ClientSecret, form::ClientForm, store::clients::ListedClient};
use crate::{
    paths,
    ui::{
        copy_button::copy_button,
        field::Field,
        form::FieldError,
        text::{Escaped, moment},
    },
};

/// A secret that was just made. Only this page has it.
pub(super) fn new_secret(made: &ClientSecret) -> impl IntoView + use<> {
    view! {
        <section class="group" aria-labelledby="new-secret-title">
            <div>
                <h2 id="new-secret-title">"New secret"</h2>
                <p>"Keep it where the program keeps its secrets. Its client ID is " <code>{made.client_id.clone()}</code></p>
            </div>
            <div class="new-token">
                <div class="below" data-kind="made">
                    <p role="status">"Copy it now. It is not shown again: this server stores only its hash."</p>
                    <code id="client-secret">{made.secret.secret()}</code>
                    {copy_button("client-secret", "the secret")}
                </div>
            </div>
        </section>
    }
}

/// The clients of an instance.
pub(super) fn client_list(slug: &str, listed: Vec<ListedClient>, is_owner: bool) -> impl IntoView + use<> {
    let rows = if listed.is_empty() {
        let text = if is_owner { "Add one below for each program on another site." } else { "Owners of this instance add them." };
        view! { <div class="card empty"><h3>"No clients yet"</h3><p>{text}</p></div> }.into_any()
    } else {
        let rows = listed.into_iter().map(|client| client_row(slug, client, is_owner)).collect_view();
        view! { <ul class="card people api-tokens">{rows}</ul> }.into_any()
    };
    view! {
        <section class="group" aria-labelledby="clients-title">
            <div>
                <h2 id="clients-title">"Clients with a secret"</h2>
                <p>"Programs on other sites that sign people in through this portal, by OpenID Connect. Application origins need no secret."</p>
            </div>
            {rows}
        </section>
    }
}

fn client_row(slug: &str, client: ListedClient, is_owner: bool) -> impl IntoView + use<> {
    let ListedClient { id, client_id, name, redirect_uris, created_at } = client;
    let (name, page) = (Escaped(&name).to_string(), paths::instance(slug));
    let unseen = format!(" {name}");
    let form = |action: String, asked: &'static str, sure: &'static str| {
        view! {
            <form method="post" action=action class="below">
                <p>{asked}</p>
                <input type="hidden" name="client" value=id />
                <button class="button small danger">{sure}<span class="unseen">{unseen.clone()}</span></button>
            </form>
        }
    };
    let forms = is_owner.then(|| {
        let replace = "A new secret is shown once. The old one stops working at once.";
        let remove = "Nobody can sign in to it through this portal from then on. This can't be undone.";
        view! {
            <details class="sure">
                <summary class="button plain small">"Change"<span class="unseen">{unseen.clone()}</span></summary>
                {form(page.replace_client_secret(), replace, "Make a new secret")}
                {form(page.remove_client(), remove, "Remove")}
            </details>
        }
    });
    let uris = redirect_uris.into_iter().map(|uri| view! { <p class="help"><code>{Escaped(&uri).to_string()}</code></p> }).collect_view();
    view! {
        <li>
            <div>
                <p><strong>{name}</strong></p>
                <p class="help">"Client ID " <code>{client_id}</code></p>
                {uris}
                <p class="help">"Added " {moment(created_at)}</p>
            </div>
            {forms}
        </li>
    }
}

/// The form that adds a client.
pub(super) fn client_form(slug: &str, form: ClientForm, errors: &[FieldError]) -> impl IntoView + use<> {
    let name = Field {
        name: "name",
        label: "Name",
        help: "What the program is called, like Support desk. Only members of this instance see it.",
        kind: "text",
        autocomplete: "off",
        value: form.name,
    };
    let uris = Field {
        name: "redirect_uris",
        label: "Redirect URIs",
        help: "One or more URLs, separated by spaces, exactly as the program sends them.",
        kind: "text",
        autocomplete: "off",
        value: form.redirect_uris,
    };
    view! {
        <section class="group" aria-labelledby="add-client-title">
            <div>
                <h2 id="add-client-title">"Add a client"</h2>
                <p>"Its secret is shown once, on the next page."</p>
            </div>
            <form method="post" class="card" action=paths::instance(slug).add_client() autocomplete="off">
                {name.show(errors)}
                {uris.show(errors)}
                <div class="end"><button class="button primary">"Add client"</button></div>
            </form>
        </section>
    }
}
