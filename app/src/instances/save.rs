//! Saving an instance: what is typed is checked, also against the dashboard's own host, and stored.

use leptos::prelude::use_context;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    form::InstanceForm,
    impact::impact_now,
    store,
    stored::{FilledFrom, StoredInstance},
};
use crate::{
    database::StoreError,
    error::AppError,
    insight::impact::{Figure, measure::Proposed},
    layout::loading,
    redirects::{Instance, InstanceField, PortalOrigin},
    saving::{
        merge::Merge,
        outcome::{Conflict, SaveOutcome, Saved},
        save::{Save, Saver, Written},
        saved_instances::SavedInstances,
    },
    ui::form::{FieldError, write},
};

/// The host name that is the dashboard's alone, so that no portal can be there; `None` where they may share it, as on loopback. It is
/// in the context of every page and server function.
#[derive(Clone, Debug, Default)]
pub struct DashboardHost(pub Option<String>);

impl DashboardHost {
    /// Whether a portal of that origin would be at this host.
    fn is_host_of(&self, origin: &PortalOrigin) -> bool {
        let url = Url::parse(origin.as_str());
        url.is_ok_and(|url| url.host_str().is_some_and(|host| self.0.as_deref() == Some(host)))
    }
}

/// The instance that a form describes, beside what is stored of it.
pub(crate) fn checked(form: &InstanceForm, dashboard: &DashboardHost, stored: Option<&Instance>) -> Result<Instance, StoreError> {
    let instance = form.check_beside(stored).map_err(StoreError::Fields)?;
    if dashboard.is_host_of(instance.portal_origin()) {
        let message =
            format!("The dashboard is at this host. Give the portal one of its own, like https://accounts.{}.", instance.domain());
        return Err(StoreError::Fields(vec![FieldError::new("portal_origin", message)]));
    }
    Ok(instance)
}

/// Creates an instance for a server-wide admin.
///
/// # Errors
/// The caller may not, or the database does not answer.
pub(super) async fn create(form: InstanceForm) -> Result<SaveOutcome, AppError> {
    let (caller, pool) = (loading::caller()?, loading::pool()?);
    if !caller.is_server_admin {
        return Err(AppError::Forbidden);
    }
    let form = form.with_origins_apart();
    let created = match checked(&form, &use_context().unwrap_or_default(), None) {
        Ok(instance) => store::create(&pool, &caller.actor, &instance, &form.domain).await.map(|()| instance.slug().to_owned()),
        Err(error) => Err(error),
    };
    match created {
        Ok(slug) => {
            SavedInstances::in_context().mark(&slug);
            Ok(SaveOutcome::Saved(Saved { slug, version: 1, form: write(&form), ..Saved::default() }))
        }
        Err(StoreError::Fields(errors)) => Ok(SaveOutcome::rejected(errors)),
        Err(error) => Err(error.into_app_error()),
    }
}

/// Saves the settings of an instance for one of its editors.
///
/// # Errors
/// The caller may not, the instance is archived, or the database does not answer.
pub(super) async fn save(slug: String, form: InstanceForm) -> Result<SaveOutcome, AppError> {
    let dashboard: DashboardHost = use_context().unwrap_or_default();
    // The slug is fixed once the instance exists.
    let form = InstanceForm { slug: slug.clone(), ..form.with_origins_apart() };
    let saver = Saver::editor(slug).await?;
    let mut outcome = saver.save(SettingsForm { form, dashboard }).await?;
    if let SaveOutcome::Saved(saved) = &mut outcome {
        let stored = saver.stored().await.map_err(StoreError::into_app_error)?;
        saved.impact = impact_now(&stored);
    }
    Ok(outcome)
}

/// The form of the settings, and the host that its portal can't have.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct SettingsForm {
    form: InstanceForm,
    #[serde(skip)]
    dashboard: DashboardHost,
}

impl Merge for SettingsForm {
    fn of_stored(stored: &StoredInstance) -> Self {
        Self { form: InstanceForm::of(stored), dashboard: DashboardHost::default() }
    }

    fn merge(self, stored: &StoredInstance) -> (Self, Conflict) {
        let (form, conflict) = self.form.merge(stored);
        (Self { form, ..self }, conflict)
    }

    fn proposed(&self, stored: &StoredInstance) -> Option<Proposed> {
        self.form.proposed(stored)
    }

    fn undo_list(name: &str, before: &[String], after: &[String]) -> Option<Vec<(String, String)>> {
        InstanceForm::undo_list(name, before, after)
    }
}

impl Save for SettingsForm {
    fn filled_from(&self) -> FilledFrom<'_> {
        FilledFrom { version: self.form.version, save_id: &self.form.save_id }
    }

    fn confirmed(&self) -> &str {
        &self.form.confirmed
    }

    async fn save(&self, saver: &Saver, figure: Option<Figure>) -> Result<Written, StoreError> {
        let instance = match checked(&self.form, &self.dashboard, None) {
            // It may stand on an origin that expires, and then the error says so.
            Err(StoreError::Fields(errors)) if errors.iter().any(|error| error.field == InstanceField::HomeUrl.name()) => {
                checked(&self.form, &self.dashboard, Some(&saver.stored().await?.instance))?
            }
            checked => checked?,
        };
        let version = store::update(&saver.pool, &saver.actor, &instance, &self.form.domain, &self.form.save_id, figure).await?;
        let undo = if version == self.form.version { String::new() } else { self.form.base.clone() };
        Ok(Written { version, undo })
    }
}
