//! The sub-tabs of the Preview tab: one link, or many links at once.

use crate::paths;
use leptos::prelude::*;

/// The row of sub-tabs above their content.
#[component]
pub fn PreviewTabs(
    /// The instance's slug.
    slug: String,
    /// Whether the page is the one for many links.
    #[prop(optional)]
    many: bool,
) -> impl IntoView {
    let current = |is_current: bool| is_current.then_some("page");
    view! {
        <nav class="sub-tabs" aria-label="Preview">
            <ul>
                <li><a href=paths::instance(&slug).preview() aria-current=current(!many)>"One link"</a></li>
                <li><a href=paths::instance(&slug).bulk_check() aria-current=current(many)>"Many links"</a></li>
            </ul>
        </nav>
    }
}
