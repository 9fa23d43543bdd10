//! The banner on every page of a dashboard that other machines use without TLS.

use leptos::prelude::*;

use crate::ui::icon::{WARNING, icon};

/// In the context of every page if the server runs with `--insecure-http`.
#[derive(Clone, Copy, Debug)]
pub struct InsecureHttp;

/// Warns of it; nothing otherwise.
pub(crate) fn insecure_http_banner() -> Option<impl IntoView> {
    use_context::<InsecureHttp>().map(|InsecureHttp| {
        view! {
            <aside class="insecure" aria-label="Warning">
                {icon(WARNING)}
                <p>"This server runs without TLS (" <code>"--insecure-http"</code> "). Passwords travel unencrypted."</p>
            </aside>
        }
    })
}
