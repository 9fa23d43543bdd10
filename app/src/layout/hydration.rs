//! When the islands come to life: once the page is painted. What loads their script and wasm waits in a template until the browser is idle,
//! since two cores that load and compile paint later.

use leptos::{config::LeptosOptions, hydration::HydrationScripts, nonce::use_nonce, prelude::*};

/// The id of the template.
const TEMPLATE: &str = "islands";

/// The tags that bring the islands to life.
pub fn hydration(options: LeptosOptions) -> impl IntoView {
    // Safari has no `requestIdleCallback`.
    let script = format!(
        "addEventListener(\"DOMContentLoaded\",()=>(window.requestIdleCallback||setTimeout)(()=>\
         document.head.append(document.getElementById(\"{TEMPLATE}\").content)))"
    );
    view! {
        <template id=TEMPLATE>
            <HydrationScripts options islands=true />
        </template>
        <script nonce=use_nonce() inner_html=script></script>
    }
}
