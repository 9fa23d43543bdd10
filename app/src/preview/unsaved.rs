//! The section about unsaved values of the Redirects tab, which are compared with the stored ones.

use crate::paths;
use leptos::prelude::*;

use super::form::PreviewForm;
use crate::{
    fallbacks::verdict::{RefusedValue, Verdict},
    redirects::Instance,
    saving::form_element::ALLOW,
    ui::text::Escaped,
};

/// Lists the unsaved values, says which of them can't be saved, and links back to the Redirects tab.
pub(super) fn what_if(instance: &Instance, form: &PreviewForm) -> impl IntoView + use<> {
    let slug = instance.slug();
    let values = form.unsaved.iter().map(|(flow, value)| {
        let shown =
            if value.is_empty() { view! { "empty" }.into_any() } else { view! { <code>{Escaped(value).to_string()}</code> }.into_any() };
        let refused = match Verdict::of(instance, *flow, value) {
            Verdict::Refused(RefusedValue { before, host, after, .. }) => Some(view! { " can't be saved. " {before}<b>{host}</b>{after} }),
            Verdict::Empty(_) | Verdict::Allowed(_) => None,
        };
        view! { <li>{flow.label()} ": " {shown} {refused}</li> }
    });
    let values = values.collect_view();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (flow, value) in &form.unsaved {
        query.append_pair(flow.field(), value);
    }
    for origin in &form.allow {
        query.append_pair(ALLOW, origin);
    }
    let edit = format!("{}?{}", paths::instance(slug).redirects(), query.finish());
    let stored = PreviewForm { unsaved: Vec::new(), allow: Vec::new(), ..form.clone() }.write();
    view! {
        <section class="banner what-if" aria-labelledby="what-if-title">
            <div>
                <h2 id="what-if-title">"What if these were saved?"</h2>
                <ul>{values}</ul>
                <p><a href=edit>"Back to these values, to save them"</a> <a href=format!("{}?{stored}", paths::instance(slug).preview())>"Only the stored ones"</a></p>
            </div>
        </section>
    }
}
