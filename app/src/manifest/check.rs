//! Holds settings against the rules of an instance: by the checks that the forms of the dashboard have.

use super::{InstanceSettings, ManifestError};
use crate::{
    applications,
    database::StoreError,
    fallbacks::{form::FallbackForm, origin_change::OriginChange},
    instances::{
        form::InstanceForm,
        save::{DashboardHost, checked},
        stored::{FilledFrom, StoredInstance},
    },
    redirects::{Applications, Fallbacks, Instance},
    ui::form::FieldError,
};

/// Settings that the rules allow, as they are stored.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The instance.
    pub instance: Instance,
    /// Its domain, as typed.
    pub domain_typed: String,
    /// Its fallback redirects.
    pub fallbacks: Fallbacks,
    /// Whether it has hosted pages.
    pub portal_enabled: bool,
    /// Whether its visits are counted.
    pub visits_counted: bool,
    /// Its applications.
    pub applications: Applications,
    /// Whether visitors confirm their email address before a session begins.
    pub requires_confirmed_email: bool,
}

impl InstanceSettings {
    /// Checks the settings of the instance of that slug, which take the place of `stored`. A stored redirect that is not allowed any
    /// more may stay, as on the dashboard.
    ///
    /// # Errors
    /// Everything that the rules refuse, by JSON pointer.
    pub fn check(&self, slug: &str, stored: Option<&StoredInstance>, dashboard: &DashboardHost) -> Result<Checked, Vec<ManifestError>> {
        let form = InstanceForm {
            version: stored.map_or(0, |stored| stored.instance.version()),
            name: self.name.clone(),
            slug: slug.to_owned(),
            environment: self.environment.name().to_owned(),
            domain: self.domain.clone(),
            portal_origin: self.portal_origin.clone().unwrap_or_default(),
            home_url: self.home_url.clone().unwrap_or_default(),
            allowed_origins: self.allowed_origins.clone(),
            ..InstanceForm::default()
        };
        let instance = checked(&form, dashboard, stored.map(|stored| &stored.instance)).map_err(fields)?;
        let base = StoredInstance {
            instance: instance.clone(),
            unusable: None,
            fallbacks: stored.map(|stored| stored.fallbacks.clone()).unwrap_or_default(),
            ..stored.cloned().unwrap_or_else(|| StoredInstance::unsaved(&instance))
        };
        let redirects = FallbackForm::filled(&self.redirects.0, FilledFrom { version: 1, save_id: "" });
        let fallbacks = redirects.check(&base, &OriginChange::default()).map_err(of_fields)?;
        let had = stored.map(|stored| stored.applications.origins.as_slice()).unwrap_or_default();
        let origins = applications::check_origins(&instance, had, &self.application_origins).map_err(of_fields)?;
        Ok(Checked {
            instance,
            domain_typed: self.domain.clone(),
            fallbacks,
            portal_enabled: self.portal_enabled,
            visits_counted: self.visits_counted,
            applications: Applications { origins, names_in_tokens: self.names_in_tokens },
            requires_confirmed_email: self.requires_confirmed_email,
        })
    }
}

/// Checking writes nothing, so nothing else than fields can be wrong.
fn fields(error: StoreError) -> Vec<ManifestError> {
    match error {
        StoreError::Fields(errors) => of_fields(errors),
        other => vec![ManifestError::new("", other)],
    }
}

fn of_fields(errors: Vec<FieldError>) -> Vec<ManifestError> {
    errors.into_iter().map(ManifestError::of_field).collect()
}
