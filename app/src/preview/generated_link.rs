//! The generated direct link, as text and as a QR code.

use leptos::prelude::*;

use super::form::PreviewForm;
use crate::{
    redirects::{Instance, MAX_QUERY_BYTES},
    ui::qr_code,
};

/// The generated link, or why there is none.
pub(super) fn generated_link(form: &PreviewForm, instance: &Instance) -> impl IntoView + use<> {
    match form.direct_link(instance) {
        None => view! { <p>"This flow has no page of its own, so no link leads to it."</p> }.into_any(),
        Some(link) => {
            let query = link.split_once('?').map_or(0, |(_, query)| query.len());
            let long = (query > MAX_QUERY_BYTES).then(|| {
                let text = format!("It is too long: {query} bytes after the ?, and the portal reads {MAX_QUERY_BYTES}.");
                view! { <p>{text}</p> }
            });
            view! { <code id="generated-link-url">{link}</code>{long} }.into_any()
        }
    }
}

/// The QR code of the generated link.
pub(super) fn qr_code(form: &PreviewForm, instance: &Instance) -> impl IntoView + use<> {
    let link = form.direct_link(instance)?;
    let Some(code) = qr_code::qr_code(&link, "QR code of the link") else {
        return Some(view! { <p class="help">"The link is too long for a QR code."</p> }.into_any());
    };
    Some(code.into_any())
}
