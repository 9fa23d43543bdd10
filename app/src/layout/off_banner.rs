//! The banner on the tabs about visitors while the hosted pages are switched off.

use leptos::prelude::*;

use crate::{
    instances::stored::StoredInstance,
    paths,
    ui::icon::{WARNING, icon},
};

/// Says that visitors find no pages; nothing while they do.
pub(super) fn off_banner(stored: &StoredInstance) -> Option<impl IntoView + use<>> {
    let settings = format!("{}#portal", paths::instance(&stored.settings.slug).settings());
    (!stored.portal_enabled).then(|| {
        view! {
            <p class="banner" data-kind="off" role="note">
                {icon(WARNING)}
                <span>"The portal pages are switched off: visitors get 404. Switch them on in " <a href=settings>"Settings"</a> "."</span>
            </p>
        }
    })
}
