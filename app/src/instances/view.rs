//! The screens of one instance: a new one, and its settings.

use crate::{
    admins::Role,
    copy_settings::view::copy_section,
    database::StoreError,
    layout::{
        frame::{Frame, InstanceFrame, Place},
        loading,
        rejected::{Problem, Rejected, has_saved, problem_summary, read_only_note, saved_banner},
    },
    paths, preview_origins,
    saving::{
        bar::{SaveBar, empty_summary, save_bar},
        choices::{Wording, choices},
        in_place::SaveInPlace,
        undo::{undo_button, undo_fields},
    },
    target_checks::health::TargetHealth,
    ui::form::{FieldError, write},
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use serde_json::json;
use time::OffsetDateTime;

use super::{
    api::{SaveSettings, SettingsImpact},
    archive::view::way_to_archive,
    filled_in::filled_in,
    form::{InstanceForm, field_label},
    form_view::{AddressHealth, SETTINGS, instance_form},
    impact::skipped_banner,
    portal_pages::view::{switch_section, switched_banner},
    values_view::settings_values,
};

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
                {instance_form(form, &errors_of(problem), false, AddressHealth::default())}
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
        let removed = query == preview_origins::view::REMOVED;
        let previews = preview_origins::store::list(&loading::pool()?, stored.id).await.map_err(StoreError::into_app_error)?;
        let previews = preview_origins::view::preview_origins(&slug, previews, read_only, removed, OffsetDateTime::now_utc());
        let copy = (!read_only && problem.is_none()).then(|| copy_section(&slug));
        let skipped = just_saved.then(|| skipped_banner(&stored));
        let health = TargetHealth::load(&stored).await?;
        let health = health.map_or_else(AddressHealth::default, |health| AddressHealth {
            portal: Some(health.of_portal(&stored)),
            home: Some(health.of_home(&stored)),
        });
        let body = if read_only {
            settings_values(&stored, &health).into_any()
        } else if let Some(conflict) = problem.as_ref().and_then(Problem::to_choose) {
            choices(conflict, &write(&form), Wording { label: field_label, value }, paths::instance(&slug).settings()).into_any()
        } else {
            let bar = SaveBar {
                function: SaveSettings::PATH,
                effect: SettingsImpact::PATH,
                arguments: json!({ "slug": slug }),
                fields: SETTINGS.to_vec(),
                discard: paths::instance(&slug).settings(),
                preview: None,
                read_only: false,
            };
            view! {
                {empty_summary()}
                {instance_form(form, &errors, true, health)}
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
                {previews}
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
