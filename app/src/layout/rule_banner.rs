//! The banners about stored values that break a rule of today: the portal that serves nobody, and what is skipped.

use leptos::prelude::*;

use crate::{
    instances::stored::StoredInstance,
    paths,
    ui::{
        icon::{WARNING, icon},
        text::SpelledOut,
    },
};

/// Says why the portal serves nobody; nothing while it serves.
pub(super) fn unusable_banner(stored: &StoredInstance) -> Option<impl IntoView + use<>> {
    let settings = paths::instance(&stored.settings.slug).settings();
    stored.unusable.clone().map(|why| {
        view! {
            <p class="banner" data-kind="off" role="note">
                {icon(WARNING)}
                <span>"The portal answers 503: a stored value breaks a rule. " {why} " Correct it in " <a href=settings>"Settings"</a> "."</span>
            </p>
        }
    })
}

/// Names the stored values that are skipped, and why; nothing while there are none.
pub(super) fn skipped_banner(stored: &StoredInstance) -> Option<impl IntoView + use<>> {
    let skipped = stored.instance.skipped();
    let settings = paths::instance(&stored.settings.slug).settings();
    let rows = skipped.iter().map(|skipped| {
        let (label, value, why) = (skipped.field.label(), SpelledOut(&skipped.value).to_string(), skipped.message.clone());
        view! { <li>{label} " " <code>{value}</code> ": " {why}</li> }
    });
    let rows = rows.collect_view();
    (!skipped.is_empty()).then(|| {
        view! {
            <div class="banner" data-kind="off" role="note">
                {icon(WARNING)}
                <div>
                    "These stored values break a rule and are skipped. Correct them in " <a href=settings>"Settings"</a> "."
                    <ul>{rows}</ul>
                </div>
            </div>
        }
    })
}
