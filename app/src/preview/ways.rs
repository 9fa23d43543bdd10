//! The two ways of the Preview tab: one link, and many at once.

use crate::paths;
use leptos::prelude::*;

/// Links between the ways, above their content.
#[component]
pub fn Ways(
    /// The instance.
    slug: String,
    /// Whether the page is the one for many links.
    #[prop(optional)]
    many: bool,
) -> impl IntoView {
    let here = |it: bool| it.then_some("page");
    view! {
        <nav class="ways" aria-label="Preview">
            <ul>
                <li><a href=paths::instance(&slug).preview() aria-current=here(!many)>"One link"</a></li>
                <li><a href=paths::instance(&slug).bulk_check() aria-current=here(many)>"Many links"</a></li>
            </ul>
        </nav>
    }
}
