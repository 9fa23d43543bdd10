//! What is kept of a visit and for how long, and the switch that stops or starts the counting for the instance.

use leptos::prelude::*;

use super::Context;
use crate::paths;

pub(super) fn fine_print(context: Context<'_>) -> impl IntoView + use<> {
    let Context { stored, slug, form, is_editor, kept } = context;
    let what = format!(
        "Kept for {} days: the hour, the flow, the origin asked for, and what decided. Never paths, queries, prefill values, addresses or \
         browsers. Previews and prefetches are not counted.",
        kept.days
    );
    let change = (is_editor && kept.is_on).then(|| {
        let (text, value, label) = if stored.visits_counted {
            (
                format!(
                    "Visits of this instance are counted. If you turn it off, what was counted stays until it is {} days old.",
                    kept.days
                ),
                "off",
                "Stop counting",
            )
        } else {
            ("Visits of this instance are not counted. Visitors are served anyway.".to_owned(), "on", "Count visits")
        };
        view! {
            <details class="change-kept">
                <summary>"Change what is kept"</summary>
                <form method="post" action=paths::instance(slug).counting()>
                    <p>{text}</p>
                    <input type="hidden" name="view" value=form.filter_only().write() />
                    <button class="button small" name="visits" value=value>{label}</button>
                </form>
            </details>
        }
    });
    let off = (!kept.is_on).then_some(" This server runs with --visits off: nothing is counted now.");
    let off_here = (kept.is_on && !stored.visits_counted).then_some(" Visits of this instance are not counted now.");
    view! { <footer class="fine-print"><p class="help">{what}{off}{off_here}</p>{change}</footer> }
}
