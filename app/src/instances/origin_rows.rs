//! The allowed origins of an instance's form: a row for each, and an input for one more. A row's checkbox keeps the origin. With
//! JavaScript a button does it, and the row stays where it is.

use leptos::prelude::*;

use super::{
    editor::{ADD_ORIGIN, ORIGIN_TEMPLATE},
    form::{InstanceForm, field_name, offered_host},
    form_view::{error_of, error_with_correction, invalid},
};
use crate::{
    redirects::InstanceField,
    ui::{
        form::FieldError,
        icon::{WARNING, icon},
        text::Escaped,
    },
};

/// What an allowed origin looks like.
const ORIGIN_EXAMPLE: &str = "https://*.preview.myapp.dev";

/// The rows and the input. `base` is what is stored: an origin of it that is missing in `form` is shown as removed.
pub(super) fn origin_rows(form: &InstanceForm, base: &InstanceForm, errors: &[FieldError]) -> impl IntoView + use<> {
    let typed = &form.allowed_origins;
    let added = typed.iter().filter(|origin| !base.allowed_origins.contains(origin));
    let rows = base.allowed_origins.iter().chain(added).map(|origin| {
        let id = typed.iter().position(|typed| typed == origin).map(id_of);
        let is_stored = base.allowed_origins.contains(origin);
        match id {
            // What is wrong can be edited.
            Some(id) if invalid(errors, &id).is_some() => {
                view! { <li class="origin add">{input(&id, origin, errors, format!("Allowed origin {origin}"))}</li> }.into_any()
            }
            id => row(id, origin, is_stored).into_any(),
        }
    });
    let rows = rows.collect_view();
    let next = id_of(typed.len());
    let host = offered_host(&form.domain).to_owned();
    view! {
        <section class="group" aria-labelledby="origins-title">
            <div>
                <h2 id="origins-title">{InstanceField::AllowedOrigin(0).label()}</h2>
                <p id="allowed_origins-help">
                    "Sites besides " <b>{host}</b> " that links may lead to. A " <code>"*"</code> " stands for everything below a name of your own."
                </p>
            </div>
            <div class="card" id="origins">
                <ul class="origins">{rows}</ul>
                <div class="add" id="add">
                    <label for=next.clone()>"Add an origin"</label>
                    <span class="badge" data-kind="unsaved" hidden>"Unsaved"</span>
                    <div class="fields">
                        {input(&next, "", errors, String::new())}
                        <button type="button" class="button small" id=ADD_ORIGIN hidden>"Add"</button>
                    </div>
                    {error_of(errors, &next)}
                </div>
                // The row of an origin that is added in the page.
                <template id=ORIGIN_TEMPLATE>{row(None, "", false)}</template>
            </div>
        </section>
    }
}

fn id_of(index: usize) -> String {
    field_name(InstanceField::AllowedOrigin(index))
}

/// An origin that is stored, or was added. Without an id it is removed by the next save.
fn row(id: Option<String>, origin: &str, is_stored: bool) -> impl IntoView + use<> {
    let origin = origin.to_owned();
    let is_kept = id.is_some();
    view! {
        <li class="origin" data-stored=is_stored.then_some("")>
            <div>
                <code>{Escaped(&origin).to_string()}</code>
                <span class="badge" data-kind="unsaved">"Unsaved"</span>
                <p class="help">{below(&origin)}</p>
                <p class="verdict impact" data-kind="warning" hidden>{icon(WARNING)}<span></span></p>
                <p class="verdict" data-kind="refused" id=id.as_ref().map(|id| format!("{id}-error")) hidden>{icon(WARNING)}<span></span></p>
            </div>
            <label class="choice">
                <input type="checkbox" id=id name="allowed_origins" value=origin.clone() checked=is_kept aria-label=format!("Allow {origin}") />
                <span>"Allowed"</span>
            </label>
            <button type="button" class="button plain small" data-remove hidden>
                <span class="remove">"Remove"</span>
                <span class="keep">"Keep"</span>
                <span class="unseen">" " {origin}</span>
            </button>
        </li>
    }
}

/// What a pattern opens.
fn below(origin: &str) -> Option<String> {
    origin.split_once("*.").map(|(_, parent)| format!("Everything below {parent}"))
}

fn input(id: &str, value: &str, errors: &[FieldError], label: String) -> impl IntoView + use<> {
    let (id, value) = (id.to_owned(), value.to_owned());
    let is_new = value.is_empty();
    let error = (!is_new).then(|| error_with_correction(errors, &id, &value));
    view! {
        <div class="input">
            <input
                type="text"
                inputmode="url"
                dir="ltr"
                id=id.clone()
                name="allowed_origins"
                value=value
                placeholder=ORIGIN_EXAMPLE
                spellcheck="false"
                autocapitalize="none"
                data-1p-ignore
                aria-label=(!is_new).then_some(label)
                aria-describedby=format!("allowed_origins-help {id}-error")
                aria-invalid=invalid(errors, &id)
            />
        </div>
        {error}
    }
}
