//! When the islands come to life: once the page is parsed and the browser is idle. Until then, the tags that load script and wasm wait in a
//! template, since loading them would delay the first paint on a slow machine.

use leptos::{config::LeptosOptions, hydration::HydrationScripts, nonce::use_nonce, prelude::*};

/// The id of the template.
const TEMPLATE: &str = "islands";

/// The tags that bring the islands to life.
pub fn hydration(options: LeptosOptions) -> impl IntoView {
    // A tab in the background may never be idle, and Safari has no `requestIdleCallback`.
    let script = format!(
        "addEventListener(\"DOMContentLoaded\",()=>{{\
         const load=()=>document.head.append(document.getElementById(\"{TEMPLATE}\").content);\
         window.requestIdleCallback?requestIdleCallback(load,{{timeout:1000}}):setTimeout(load,50)}})"
    );
    view! {
        <template id=TEMPLATE>
            <HydrationScripts options islands=true />
        </template>
        <script nonce=use_nonce() inner_html=script></script>
    }
}
