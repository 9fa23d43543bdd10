//! The page that copies settings from another instance: from which, what would change, and what is refused.

use crate::{
    admins::Role,
    database::StoreError,
    insight::impact::{Measured, confirm::Seen, measure, measure::LATELY, view::on_page},
    instances::{
        store::{self, InstanceSummary},
        stored::StoredInstance,
    },
    layout::{
        frame::{InstanceFrame, Place},
        loading,
        rejected::{Problem, Rejected},
    },
    paths,
    redirects::Flow,
    ui::{
        form::{FieldError, summary},
        icon::{TICK, icon},
    },
};
use axum::http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;

use super::{
    form::{CopyForm, REWRITE},
    plan::Plan,
    rewrite::rewritten,
    sections::{differences, left_out},
    store::ITSELF,
};

/// What can be copied from another instance of the caller's.
#[component]
pub fn CopyPage() -> impl IntoView {
    let slug = loading::slug();
    let refused = use_context::<Rejected<CopyForm>>();
    let from = refused.as_ref().map_or_else(|| loading::query_value("from"), |refused| refused.form.from.clone());
    let rewrites = refused.as_ref().map_or_else(|| loading::query_value("rewrite") == REWRITE, |refused| refused.form.rewrites());
    let response = use_context::<ResponseOptions>();
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let instances = store::list(&loading::pool()?, loading::caller()?.id).await.map_err(StoreError::into_app_error)?;
        let body = if loading::role(&slug).await? < Role::Editor {
            viewers_note().into_any()
        } else if from == slug {
            if let Some(response) = response {
                response.set_status(StatusCode::UNPROCESSABLE_ENTITY);
            }
            view! { {not_copied(Problem::Fields(vec![FieldError::new("from", ITSELF)]))} {sources(&stored, &instances, &from, rewrites)} }
                .into_any()
        } else if from.is_empty() {
            sources(&stored, &instances, &from, rewrites).into_any()
        } else {
            let source = loading::instance(&from).await?;
            let source = if rewrites { rewritten(&source, &stored) } else { source };
            let plan = Plan::new(&stored, &source, None);
            let problem = refused.as_ref().map(|refused| refused.problem.clone());
            // A difference that is another one by now is looked over from the start.
            let is_kept = |refused: &Rejected<CopyForm>| matches!(refused.problem, Problem::Fields(_) | Problem::Confirm(_));
            let checked = refused.filter(is_kept).map(|refused| refused.form);
            let proposed = Plan::new(&stored, &source, checked.as_ref()).proposed();
            let measured =
                if plan.changes_nothing() { Measured::NoVisits } else { measure(&loading::pool()?, &stored, &proposed, LATELY).await };
            let seen = Seen::new(stored.instance.version(), proposed.rules(), measured.figure().unwrap_or_default());
            let impact = on_page(&measured, &seen, stored.settings.environment);
            view! {
                {problem.map(not_copied)}
                {sources(&stored, &instances, &from, rewrites)}
                {differences(&plan, &stored, &source, checked.as_ref(), rewrites, impact)}
                {left_out(&plan, &stored)}
            }
            .into_any()
        };
        let title = format!("Copy settings · {}", stored.settings.name);
        Ok(view! {
            <InstanceFrame stored place=Place::Settings>
                <Title text=title.clone() />
                {body}
            </InstanceFrame>
        })
    })
}

fn viewers_note() -> impl IntoView {
    view! { <p class="banner note" role="note">"You are a viewer of this instance: only editors and owners copy settings to it. Ask an owner to make you an editor."</p> }
}

fn not_copied(problem: Problem) -> impl IntoView {
    let (title, text) = match problem {
        Problem::Conflict(_) => (
            "Somebody saved in between",
            "Nothing is copied yet. Below is the difference as it is now: look it over, then copy.".to_owned(),
        ),
        Problem::Confirm(_) => {
            ("Look at the impact, then copy", "Nothing is copied yet. Below is how many visits the checked values concern.".to_owned())
        }
        Problem::Fields(errors) => ("Nothing copied", errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" ")),
    };
    summary(title, text, Vec::new())
}

/// The caller's other instances, to choose one.
fn sources(target: &StoredInstance, instances: &[InstanceSummary], from: &str, rewrites: bool) -> impl IntoView + use<> {
    let slug = &target.settings.slug;
    let options: Vec<_> = instances
        .iter()
        .filter(|instance| instance.slug != *slug)
        .cloned()
        .map(|InstanceSummary { slug, name, environment, domain }| {
            let chosen = slug == from;
            view! { <option value=slug selected=chosen>{format!("{name} ({domain}, {environment})")}</option> }
        })
        .collect();
    let form = if options.is_empty() {
        view! { <p class="card field">"There is no other instance that you are a member of."</p> }.into_any()
    } else {
        view! {
            <form method="get" class="card" action=paths::instance(slug).copy_settings()>
                <div class="field">
                    <label for="from">"Copy from"</label>
                    <div class="input"><select id="from" name="from">{options}</select></div>
                </div>
                <div class="field">
                    <label class="choice">
                        <input type="checkbox" name="rewrite" value=REWRITE checked=rewrites />
                        <span>"Rewrite the source's own URLs to this instance's" <small>"URLs at its home URL, domain or portal, for example when promoting from staging to production."</small></span>
                    </label>
                </div>
                <div class="end"><button class="button">"Show the difference"</button></div>
            </form>
        }
        .into_any()
    };
    view! {
        <section class="group" aria-labelledby="source">
            <div>
                <h2 id="source">"Copy from another instance"</h2>
                <p>"Fallback redirects and allowed origins are copied. Name, slug, environment, domain, portal origin and home URL stay as they are."</p>
            </div>
            {form}
        </section>
    }
}

/// Where the Settings page leads here.
pub fn copy_section(slug: &str) -> impl IntoView + use<> {
    view! {
        <section class="card apart" aria-labelledby="copy-title">
            <div>
                <h2 id="copy-title">"Copy from another instance"</h2>
                <p class="help">"Copies fallback redirects and allowed origins. You see the changes first."</p>
            </div>
            <a class="button" href=paths::instance(slug).copy_settings()>"Choose instance…"</a>
        </section>
    }
}

/// Says that a copy was made, and what was left out of it, from the query of the page that it leads to.
pub fn copied_banner(query: &[(String, String)]) -> Option<impl IntoView + use<>> {
    if !query.iter().any(|(name, _)| name == "copied") {
        return None;
    }
    let label = |field: &str| match field {
        "allowed_origins" => Some("allowed origins"),
        field => Flow::of_field(field).map(Flow::label),
    };
    let left_out: Vec<_> = query.iter().filter(|(name, _)| name == "left_out").filter_map(|(_, field)| label(field)).collect();
    let left_out = (!left_out.is_empty())
        .then(|| format!(" Left out, since this instance's rules refuse what was to be copied: {}.", left_out.join(", ")));
    Some(view! { <p class="banner" role="status">{icon(TICK)}<span>"Copied. Links follow it from now on."{left_out}</span></p> })
}
