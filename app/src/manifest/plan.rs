//! What would become of an instance: created, updated field by field, left as it is, or archived.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Checked, InstanceSettings, ManifestError};
use crate::{
    insight::impact::measure::Proposed,
    instances::{save::DashboardHost, stored::StoredInstance},
    redirects::{Flow, explain, parse_fallback, trim_invisible},
};

/// What becomes of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The instance does not exist yet.
    Create,
    /// Fields of it change.
    Update,
    /// Nothing changes.
    Same,
    /// It is not wanted any more.
    Archive,
}

/// A setting and its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldDiff {
    /// The setting, as a JSON pointer.
    pub pointer: String,
    /// The stored value, or null.
    pub before: Value,
    /// The wanted value, or null.
    pub after: Value,
}

/// A stored redirect that stays, although the rules skip it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedRedirect {
    /// The setting, as a JSON pointer.
    pub pointer: String,
    /// Why it is skipped.
    pub message: String,
}

/// A change of one instance, against what was stored when it was planned.
#[derive(Clone, Debug)]
pub struct Change {
    /// The slug.
    pub slug: String,
    /// What becomes of the instance.
    pub action: Action,
    /// The settings that change.
    pub fields: Vec<FieldDiff>,
    /// The redirects that stay as they are and are skipped at run time.
    pub skipped: Vec<SkippedRedirect>,
    /// What is stored.
    pub(super) stored: Option<Box<StoredInstance>>,
    /// What is to be stored.
    pub(super) wanted: Option<Box<Checked>>,
}

impl Change {
    /// Archives an instance.
    pub fn archive(stored: StoredInstance) -> Self {
        Self { action: Action::Archive, ..Self::same(stored) }
    }

    fn same(stored: StoredInstance) -> Self {
        let slug = stored.settings.slug.clone();
        Self { slug, action: Action::Same, fields: Vec::new(), skipped: Vec::new(), stored: Some(Box::new(stored)), wanted: None }
    }

    /// What is stored, and what would take its place: to measure the impact. `None` where an instance is not updated.
    pub fn proposed(&self) -> Option<(&StoredInstance, Proposed)> {
        let (stored, wanted) = (self.stored.as_deref()?, self.wanted.as_deref()?);
        Some((stored, Proposed { instance: wanted.instance.clone(), fallbacks: wanted.fallbacks.clone() }))
    }

    /// What is stored.
    pub fn stored(&self) -> Option<&StoredInstance> {
        self.stored.as_deref()
    }

    /// The portal's host that the instance gets and does not have, with its port.
    pub fn new_portal_host(&self) -> Option<&str> {
        let host = self.wanted.as_deref()?.instance.portal_origin().as_str().split_once("://")?.1;
        let had = self.stored.as_deref().and_then(|stored| stored.settings.portal_origin.split_once("://")).map(|(_, host)| host);
        (had != Some(host)).then_some(host)
    }
}

/// What these settings would change of the instance of that slug. Where they are what is stored, nothing is checked: also settings that
/// today's rules refuse may stay.
///
/// # Errors
/// Everything that the rules refuse, by JSON pointer.
pub fn plan_one(
    slug: &str,
    stored: Option<&StoredInstance>,
    wanted: &InstanceSettings,
    dashboard: &DashboardHost,
) -> Result<Change, Vec<ManifestError>> {
    if stored.is_some_and(|stored| stored.archived_at.is_some()) {
        let message = "The instance is archived, so it can't be changed. An owner can restore it on its page in the dashboard.";
        return Err(vec![ManifestError::new("", message)]);
    }
    if let Some(stored) = stored
        && InstanceSettings::of(stored) == *wanted
    {
        return Ok(Change::same(stored.clone()));
    }
    let checked = wanted.check(slug, stored, dashboard)?;
    let fields = differences(stored, &checked);
    if fields.is_empty()
        && let Some(stored) = stored
    {
        return Ok(Change::same(stored.clone()));
    }
    let skipped = Flow::ALL.into_iter().filter_map(|flow| {
        let value = checked.fallbacks.get(flow)?;
        let refused = parse_fallback(&checked.instance, flow, value).err()?;
        Some(SkippedRedirect { pointer: pointer_of(flow), message: explain(&checked.instance, value, &refused).to_string() })
    });
    Ok(Change {
        slug: slug.to_owned(),
        action: if stored.is_some() { Action::Update } else { Action::Create },
        fields,
        skipped: skipped.collect(),
        stored: stored.cloned().map(Box::new),
        wanted: Some(Box::new(checked)),
    })
}

fn pointer_of(flow: Flow) -> String {
    format!("/redirects/{}", flow.field())
}

/// The settings that differ, in the order of the file. The order of origins decides nothing, so it is no difference.
fn differences(stored: Option<&StoredInstance>, wanted: &Checked) -> Vec<FieldDiff> {
    let mut fields = Vec::new();
    let mut note = |pointer: String, before: Option<Value>, after: Value| {
        let before = before.unwrap_or_default();
        if before != after {
            fields.push(FieldDiff { pointer, before, after });
        }
    };
    let (before, instance) = (stored.map(|stored| &stored.settings), &wanted.instance);
    note("/name".into(), before.map(|was| was.name.clone().into()), instance.name().into());
    note("/environment".into(), before.map(|was| was.environment.name().into()), instance.environment().name().into());
    note("/domain".into(), stored.map(|stored| stored.domain_typed.clone().into()), trim_invisible(&wanted.domain_typed).into());
    note("/portal_origin".into(), before.map(|was| was.portal_origin.clone().into()), instance.portal_origin().as_str().into());
    note("/home_url".into(), before.map(|was| was.home_url.clone().into()), instance.home_url().as_str().into());
    let origins: Vec<String> = instance.allowed_origins().iter().map(ToString::to_string).collect();
    let had = before.map(|was| was.allowed_origins.clone()).unwrap_or_default();
    let sorted = |mut origins: Vec<String>| {
        origins.sort_unstable();
        origins
    };
    if sorted(had.clone()) != sorted(origins.clone()) {
        note("/allowed_origins".into(), stored.map(|_| had.into()), origins.into());
    }
    for flow in Flow::ALL {
        let value = |value: Option<&str>| value.map(Value::from).unwrap_or_default();
        let was = stored.and_then(|stored| stored.fallbacks.get(flow));
        note(pointer_of(flow), Some(value(was)), value(wanted.fallbacks.get(flow)));
    }
    // A new instance has these by default.
    let switch = |get: fn(&StoredInstance) -> bool| Some(Value::from(stored.is_none_or(get)));
    note("/portal_enabled".into(), switch(|stored| stored.portal_enabled), wanted.portal_enabled.into());
    note("/visits_counted".into(), switch(|stored| stored.visits_counted), wanted.visits_counted.into());
    let had = stored.map(|stored| stored.applications.clone()).unwrap_or_default();
    if sorted(had.origins.clone()) != sorted(wanted.applications.origins.clone()) {
        note("/application_origins".into(), Some(had.origins.into()), wanted.applications.origins.clone().into());
    }
    note("/names_in_tokens".into(), Some(had.names_in_tokens.into()), wanted.applications.names_in_tokens.into());
    let had = stored.is_some_and(|stored| stored.requires_confirmed_email);
    note("/requires_confirmed_email".into(), Some(had.into()), wanted.requires_confirmed_email.into());
    fields
}
