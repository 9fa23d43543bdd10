//! The screens of instances: the list, a new one, the settings.

use crate::{
    admins::Role,
    copy_settings::view::copy_section,
    database::StoreError,
    layout::{
        frame::{Frame, InstanceFrame, Place, ServerPage, environment_badge},
        loading,
        rejected::{Problem, Rejected, has_saved, problem_summary, read_only_note, saved_banner},
    },
    paths,
    saving::{
        bar::{SaveBar, empty_summary, save_bar},
        choices::{Wording, choices},
        in_place::SaveInPlace,
        undo::{undo_button, undo_fields},
    },
    ui::{
        form::{FieldError, write},
        icon::{TICK, icon},
    },
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use serde_json::json;

use super::{
    api::SaveSettings,
    archive,
    archive::view::{archived_banner, archived_list, way_to_archive},
    filled_in::filled_in,
    form::{InstanceForm, field_label},
    form_view::{SETTINGS, instance_form},
    impact::skipped_banner,
    portal_pages::view::{switch_section, switched_banner},
    store::{self, MAX_LISTED},
    values_view::settings_values,
};

/// Every instance. If there are none, the page says what an instance is.
#[component]
pub fn ListPage() -> impl IntoView {
    let left = loading::query() == "left";
    let just_archived = loading::query_value("archived");
    loading::loaded(async move {
        let instances = store::list(&loading::pool()?, loading::caller()?.id).await.map_err(StoreError::into_app_error)?;
        let archived = archive::list(&loading::pool()?, loading::caller()?.id).await.map_err(StoreError::into_app_error)?;
        let left = left.then(|| view! { <p class="banner" role="status">{icon(TICK)}"You have left the instance."</p> });
        let done = archived.iter().find(|archived| archived.slug == just_archived).map(archived_banner);
        let rows = instances.iter().cloned().map(|instance| {
            view! {
                <li>
                    <a href=paths::instance(&instance.slug).overview()>
                        <span><strong>{instance.name}</strong><small>{instance.domain}</small></span>
                        {environment_badge(instance.environment)}
                    </a>
                </li>
            }
        });
        let may_create = loading::caller()?.is_server_admin;
        let body = if instances.is_empty() && !archived.is_empty() {
            view! { <p class="lead">"Every instance is archived."</p> }.into_any()
        } else if instances.is_empty() && !may_create {
            view! {
                <section class="card empty">
                    <h2>"No instance yet"</h2>
                    <p>"You are not a member of any instance. Ask an owner of yours for an invitation, and follow its link."</p>
                </section>
            }
            .into_any()
        } else if instances.is_empty() {
            view! {
                <section class="card empty">
                    <h2>"No instance yet"</h2>
                    <p>"An instance is one application's authentication setup: its domain, its portal, and where people go after they sign up, sign in or sign out. Most teams have two, one for development and one for production."</p>
                    <a class="button primary" href=paths::NEW_INSTANCE>"Create the first instance"</a>
                </section>
            }
            .into_any()
        } else {
            view! { <ul class="card list">{rows.collect_view()}</ul> }.into_any()
        };
        let more = (i64::try_from(instances.len()).is_ok_and(|count| count == MAX_LISTED)).then(|| {
            view! { <p class="lead">{format!("The first {MAX_LISTED} by name are listed. Others open by their address, /instances/ and the slug.")}</p> }
        });
        let some = !instances.is_empty() || !archived.is_empty();
        let new = (may_create && some).then(|| view! { <a class="button primary" href=paths::NEW_INSTANCE>"New instance"</a> });
        Ok(view! {
            <Title text="Instances" />
            <Frame page=ServerPage::Instances>
                <header class="head"><h1>"Instances"</h1>{new}</header>
                {left}
                {done}
                {more}
                {body}
                {archived_list(archived)}
            </Frame>
        })
    })
}

/// A new instance.
#[component]
pub fn NewPage() -> impl IntoView {
    let rejected = use_context::<Rejected<InstanceForm>>();
    loading::loaded(async move {
        let (form, problem) = rejected.map_or_else(Default::default, |rejected| (rejected.form, Some(rejected.problem)));
        Ok(view! {
            <Title text="New instance" />
            <Frame>
                <header class="head"><h1>"New instance"</h1></header>
                {problem_summary(problem.as_ref(), field_label)}
                {empty_summary()}
                {instance_form(form, &errors_of(problem), false)}
                <SaveInPlace />
            </Frame>
        })
    })
}

/// An instance's settings.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let slug = loading::slug();
    let query = loading::query();
    let rejected = use_context::<Rejected<InstanceForm>>();
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let role = loading::role(&slug).await?;
        let read_only = role < Role::Editor;
        let archive = (role == Role::Owner).then(|| way_to_archive(&slug));
        let (mut form, problem) =
            rejected.map_or_else(|| (InstanceForm::of(&stored), None), |rejected| (rejected.form, Some(rejected.problem)));
        let summary = problem_summary(problem.as_ref(), field_label);
        let filled_in = if read_only || problem.is_some() { None } else { filled_in(&mut form, &stored, &query) };
        let just_saved = problem.is_none() && has_saved(&query);
        let undo = if just_saved && !read_only {
            undo_fields::<InstanceForm>(&loading::pool()?, &stored).await.map_err(loading::unavailable)?
        } else {
            None
        };
        let saved = if just_saved { saved_banner(&query, undo_button(undo)) } else { None };
        // What is stored may break a rule that is newer than it.
        let errors = match &problem {
            None if !read_only => form.check().err().unwrap_or_default(),
            _ => errors_of(problem.clone()),
        };
        let (portal, switched) = (switch_section(&stored, read_only), switched_banner(&query, &stored, read_only));
        let copy = (!read_only && problem.is_none()).then(|| copy_section(&slug));
        let skipped = just_saved.then(|| skipped_banner(&stored));
        let body = if read_only {
            settings_values(&stored).into_any()
        } else if let Some(conflict) = problem.as_ref().and_then(Problem::to_choose) {
            choices(conflict, &write(&form), Wording { label: field_label, value }, paths::instance(&slug).settings()).into_any()
        } else {
            let bar = SaveBar {
                function: SaveSettings::PATH,
                arguments: json!({ "slug": slug }),
                fields: SETTINGS.to_vec(),
                discard: paths::instance(&slug).settings(),
                preview: None,
                read_only: false,
            };
            view! {
                {empty_summary()}
                {instance_form(form, &errors, true)}
                {save_bar(bar)}
                <SaveInPlace />
            }
            .into_any()
        };
        Ok(view! {
            <InstanceFrame stored place=Place::Settings>
                {summary}
                {saved}
                {skipped}
                {switched.filter(|_| problem.is_none())}
                {filled_in}
                {read_only.then(read_only_note)}
                {body}
                {portal}
                {copy}
                {archive}
            </InstanceFrame>
        })
    })
}

fn errors_of(problem: Option<Problem>) -> Vec<FieldError> {
    problem.map(Problem::into_errors).unwrap_or_default()
}

fn value(field: &str, value: &str) -> Option<&'static str> {
    match (field, value) {
        ("environment", "development") => Some("Development"),
        ("environment", "production") => Some("Production"),
        ("portal_origin", "") => Some("Empty: accounts. before the domain"),
        ("home_url", "") => Some("Empty: the domain's first page"),
        _ => None,
    }
}
