//! The Redirects tab.

use crate::paths;
use leptos::prelude::*;
use url::form_urlencoded;

use super::{
    editor::{EditorStart, FieldStart, RedirectsEditor},
    form::FallbackForm,
    verdict::Verdict,
};
use crate::{
    admins::Role,
    copy_settings::view::copied_banner,
    error::AppError,
    layout::{
        frame::{InstanceFrame, Place},
        loading,
    },
    redirects::Flow,
    runtimes::{live::wait_until_live, store::live_status, view::live_line},
    saving::choices::{Wording, choices},
    ui::form::{Problem, Rejected, error_summary, read_only_note, saved_banner, write},
};

/// The fallback redirects of an instance, to see and to change.
#[component]
pub fn RedirectsPage() -> impl IntoView {
    let slug = loading::slug();
    // Values that were previewed before they are saved come back in the query.
    let query = loading::query();
    let typed: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let saved = saved_banner(&query);
    let copied = copied_banner(&typed);
    let rejected = use_context::<Rejected<FallbackForm>>();
    let has_saved = rejected.is_none() && (saved.is_some() || copied.is_some());
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let instances = loading::instances().await?;
        let read_only = loading::role(&slug).await? < Role::Editor;
        let form = rejected.as_ref().map(|rejected| rejected.form.clone());
        let form = form.unwrap_or_else(|| {
            let stored = FallbackForm::of(&stored.fallbacks, stored.instance.version());
            typed.into_iter().fold(stored, |form, (name, value)| match Flow::of_field(&name) {
                Some(flow) => form.with(flow, value),
                None => form,
            })
        });
        let problem = rejected.map(|rejected| rejected.problem);
        let fields = Flow::ALL
            .into_iter()
            .map(|flow| FieldStart {
                flow,
                stored: stored.fallbacks.get(flow).unwrap_or_default().to_owned(),
                typed: form.get(flow).to_owned(),
                verdict: Verdict::of(&stored.instance, flow, form.get(flow)),
            })
            .collect();
        let pool = loading::pool()?;
        // Who has just saved sees it arrive.
        let live = if has_saved { wait_until_live(&pool, stored.id).await } else { live_status(&pool, stored.id).await };
        let live = live_line(&live.map_err(loading::unavailable)?.ok_or(AppError::NotFound)?);
        let page = paths::instance(&slug).redirects();
        let start = EditorStart { slug, version: form.version, base: form.base.clone(), read_only, fields };
        let body = match problem.as_ref().and_then(Problem::to_choose) {
            Some(conflict) => choices(conflict, &write(&form), WORDING, page).into_any(),
            None => view! { <RedirectsEditor start /> }.into_any(),
        };
        Ok(view! {
            <InstanceFrame instances stored place=Place::Redirects>
                {error_summary(problem.as_ref(), WORDING.label)}
                {saved.filter(|_| problem.is_none())}
                {copied.filter(|_| problem.is_none())}
                {read_only.then(read_only_note)}
                {live}
                {body}
            </InstanceFrame>
        })
    })
}

/// The tab's fields and their values, for people.
const WORDING: Wording = Wording {
    label: |field| Flow::of_field(field).map_or("Form", Flow::label).to_owned(),
    value: |_, value| value.is_empty().then_some("Nothing: people go to the home URL"),
};
