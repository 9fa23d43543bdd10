//! An origin that the address of Settings fills in, as links of Preview and the bulk check do. It is saved by nobody but the reader.

use leptos::prelude::*;

use super::{form::InstanceForm, stored::StoredInstance};
use crate::{
    fallbacks::offer::opens_up,
    redirects::AllowedOrigin,
    saving::form_element::ALLOW,
    ui::{
        icon::{WARNING, icon},
        text::Escaped,
    },
};

/// Adds the origin that the query names to the form, and says what it opens up. `None` if the query names none.
pub(super) fn filled_in(form: &mut InstanceForm, stored: &StoredInstance, query: &str) -> Option<impl IntoView + use<>> {
    let (_, text) = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == ALLOW)?;
    let note = match AllowedOrigin::parse(&text, stored.settings.environment) {
        Err(error) => {
            let why = format!(" can't be allowed. {error}");
            view! { <p><code>{Escaped(&text).to_string()}</code>{why}</p> }.into_any()
        }
        Ok(origin) if form.allowed_origins.iter().any(|stored| stored == origin.as_str()) => {
            view! { <p><code>{origin.to_string()}</code>" is allowed already."</p> }.into_any()
        }
        Ok(origin) => {
            form.allowed_origins.push(origin.to_string());
            view! {
                <p><code>{origin.to_string()}</code>" is filled in under "<a href="#allowed_origins-help">"Allowed origins"</a>". Save to allow it."</p>
                {opens_up(&origin)}
            }
            .into_any()
        }
    };
    Some(view! { <section class="banner" data-kind="off" aria-label="Origin to allow">{icon(WARNING)}<div>{note}</div></section> })
}
