//! The Redirects tab.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{
    editor::{EditorStart, FieldStart, RedirectsEditor},
    form::FallbackForm,
    verdict::Verdict,
};
use crate::{
    redirects::Flow,
    ui::{
        form::{Problem, Rejected, error_summary},
        frame::{InstanceFrame, Place},
        icon::{TICK, icon},
        page,
    },
};

/// The fallback redirects of an instance, to see and to change.
#[component]
pub fn RedirectsPage() -> impl IntoView {
    let slug = page::slug();
    let saved = use_query_map().read_untracked().get("saved").is_some();
    let rejected = use_context::<Rejected<FallbackForm>>();
    page::loaded(async move {
        let stored = page::instance(&slug).await?;
        let instances = page::instances().await?;
        let version = stored.instance.version();
        let form = rejected.as_ref().map_or_else(|| FallbackForm::of(&stored.fallbacks, version), |rejected| rejected.form.clone());
        let fields = Flow::ALL
            .into_iter()
            .map(|flow| FieldStart {
                flow,
                stored: stored.fallbacks.get(flow).unwrap_or_default().to_owned(),
                typed: form.get(flow).to_owned(),
                verdict: Verdict::of(&stored.instance, flow, form.get(flow)),
            })
            .collect();
        let problem = rejected.map(|rejected| rejected.problem);
        let start = EditorStart { slug, version, conflict: problem == Some(Problem::Conflict), fields };
        let label = |field: &str| Flow::ALL.into_iter().find(|flow| flow.field() == field).map_or("Form", Flow::label).to_owned();
        Ok(view! {
            <InstanceFrame instances stored place=Place::Redirects>
                {error_summary(problem.as_ref(), label)}
                {(saved && problem.is_none()).then(saved_banner)}
                <RedirectsEditor start />
            </InstanceFrame>
        })
    })
}

/// Says that a save has succeeded.
pub fn saved_banner() -> impl IntoView {
    view! { <p class="banner" role="status">{icon(TICK)}"Saved. Links follow it from now on."</p> }
}
