//! The bar of unsaved changes below the Redirects tab, and the question before they are left behind.

use crate::paths;
use leptos::{ev, prelude::*};

use super::editor::Field;

/// The number of unsaved changes, Save and Discard. Without JavaScript it is always there.
pub(super) fn bar(fields: Vec<Field>, slug: StoredValue<String>, live: RwSignal<bool>, read_only: bool) -> impl IntoView {
    let leaving = StoredValue::new(false);
    let count = Memo::new({
        let fields = fields.clone();
        move |_| fields.iter().filter(|field| field.is_changed()).count()
    });
    let refused = Memo::new(move |_| fields.iter().filter(|field| field.is_changed() && field.is_refused()).count());
    Effect::new(move |_| {
        let handle = window_event_listener(ev::beforeunload, move |event| {
            if count.get_untracked() > 0 && !leaving.get_value() {
                event.prevent_default();
            }
        });
        let submit = window_event_listener(ev::submit, move |_| leaving.set_value(true));
        // The page may come back from the browser's cache, unsaved as it was left.
        let back = window_event_listener(ev::pageshow, move |_| leaving.set_value(false));
        on_cleanup(move || [handle, submit, back].into_iter().for_each(WindowListenerHandle::remove));
    });
    let said = move || match (live.get(), count.get()) {
        (false, _) => String::new(),
        (true, 1) => "1 unsaved change".to_owned(),
        (true, count) => format!("{count} unsaved changes"),
    };
    let attention = move || match refused.get() {
        0 => String::new(),
        1 => ", one needs attention".to_owned(),
        count => format!(", {count} need attention"),
    };
    view! {
        <div class="bar" hidden=move || live.get() && count.get() == 0>
            <p aria-live="polite"><strong>{said}</strong>{attention}</p>
            // Enter in a field presses the first button.
            {(!read_only).then(|| view! { <button class="button primary">"Save changes"</button> })}
            <button class="button" formaction=paths::instance(&slug.get_value()).preview()>"Preview with these values"</button>
            <a class="button" href=paths::instance(&slug.get_value()).redirects() on:click=move |_| leaving.set_value(true)>"Discard"</a>
        </div>
    }
}
