//! The Redirects tab.

use crate::{
    admins::Role,
    copy_settings::view::copied_banner,
    insight::impact::ended::said,
    layout::{
        frame::{InstanceFrame, Place},
        loading,
        rejected::{Problem, Rejected, has_saved, problem_summary, read_only_note, saved_banner},
    },
    paths,
    redirects::{Flow, InstanceField},
    saving::{
        bar::{SaveBar, empty_summary, save_bar},
        choices::{Wording, choices},
        form_element::ALLOW,
        in_place::SaveInPlace,
        merge::Merge,
        undo::{undo_button, undo_fields},
    },
    target_checks::{
        health::TargetHealth,
        view::{check_form, health_html},
    },
    ui::form::write,
};
use futures_util::future::join;
use leptos::{prelude::*, server_fn::ServerFn};
use serde_json::json;
use url::form_urlencoded;

use super::{
    api::{FallbacksImpact, SaveFallbacks},
    editor::RedirectsEditor,
    form::FallbackForm,
    start::{EditorStart, FieldStart, START},
    verdict::OfferedVerdict,
};

/// The fallback redirects of an instance, to see and to change.
#[component]
pub fn RedirectsPage() -> impl IntoView {
    let slug = loading::slug();
    // Values that were previewed before they are saved come back in the query.
    let query = loading::query();
    let typed: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let copied = copied_banner(&typed);
    let rejected = use_context::<Rejected<FallbackForm>>();
    let just_saved = rejected.is_none() && has_saved(&query);
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let read_only = loading::role(&slug).await? < Role::Editor;
        let form = rejected.as_ref().map(|rejected| rejected.form.clone());
        let form = form.unwrap_or_else(|| {
            let stored = FallbackForm::of_stored(&stored);
            typed.into_iter().fold(stored, |mut form, (name, value)| match Flow::of_field(&name) {
                Some(flow) => form.with(flow, value),
                None if name == ALLOW => {
                    form.allow.push(value);
                    form
                }
                None => form,
            })
        });
        let problem = rejected.map(|rejected| rejected.problem);
        let pool = loading::pool()?;
        let (health, said) = join(TargetHealth::load(&stored), said(&pool, &stored)).await;
        let health = health?;
        let fields = Flow::ALL
            .into_iter()
            .zip(said)
            .map(|(flow, ended)| {
                let OfferedVerdict { verdict, offer, .. } =
                    OfferedVerdict::of(&stored, flow, form.get(flow), (!read_only).then_some(&form.allow), "submit");
                let health = health.as_ref().and_then(|health| health.of_flow(&stored, flow));
                FieldStart {
                    stored: stored.fallbacks.get(flow).unwrap_or_default().to_owned(),
                    typed: form.get(flow).to_owned(),
                    verdict,
                    ended,
                    offer: offer.unwrap_or_default(),
                    health: health.as_ref().map(health_html).unwrap_or_default(),
                }
            })
            .collect();
        let undo =
            if just_saved && !read_only { undo_fields::<FallbackForm>(&pool, &stored).await.map_err(loading::unavailable)? } else { None };
        let saved = if just_saved { saved_banner(&query, undo_button(undo)) } else { None };
        let page = paths::instance(&slug).redirects();
        let start = EditorStart {
            slug: slug.clone(),
            version: form.version,
            save_id: form.save_id.clone(),
            base: form.base.clone(),
            read_only,
            checks_targets: health.is_some(),
            fields,
        };
        let check = (health.is_some() && !read_only).then(|| check_form(&slug, ()));
        let bar = SaveBar {
            function: SaveFallbacks::PATH,
            effect: FallbacksImpact::PATH,
            arguments: json!({ "slug": slug }),
            fields: Flow::ALL.map(Flow::field).into_iter().chain([ALLOW]).collect(),
            discard: page.clone(),
            preview: Some(paths::instance(&slug).preview()),
            read_only,
        };
        let body = if let Some(conflict) = problem.as_ref().and_then(Problem::to_choose) {
            choices(conflict, &write(&form), WORDING, page).into_any()
        } else {
            let json = json!(start).to_string();
            provide_context(start);
            view! {
                {empty_summary()}
                <div id=START data-start=json hidden></div>
                <RedirectsEditor />
                {save_bar(bar)}
                {check}
                <SaveInPlace />
            }
            .into_any()
        };
        Ok(view! {
            <InstanceFrame stored place=Place::Redirects>
                {problem_summary(problem.as_ref(), WORDING.label)}
                {saved}
                {copied.filter(|_| problem.is_none())}
                {read_only.then(read_only_note)}
                {body}
            </InstanceFrame>
        })
    })
}

/// The tab's fields and their values, for people.
const WORDING: Wording = Wording {
    label: |field| {
        let setting = || InstanceField::named(field).map_or("Form", InstanceField::label);
        Flow::of_field(field).map_or_else(setting, Flow::label).to_owned()
    },
    value: |_, value| value.is_empty().then_some("Nothing: people go to the home URL"),
};
