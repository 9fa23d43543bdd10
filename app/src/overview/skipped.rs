//! Settings that were stored earlier and break a rule of today: they are kept, and skipped at run time.

use url::Url;

use crate::{
    instances::stored::StoredInstance,
    redirects::{AllowedOrigin, InstanceField, check_home, explain},
};

/// A stored setting that is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SkippedSetting {
    /// The field's id in Settings.
    pub(super) field: &'static str,
    /// Its label.
    pub(super) label: &'static str,
    /// The value, as stored.
    pub(super) value: String,
    /// The rule that it breaks, as a sentence.
    pub(super) why: String,
}

/// The home URL and the allowed origins that are stored and skipped.
pub(super) fn skipped_settings(stored: &StoredInstance) -> Vec<SkippedSetting> {
    let (settings, instance) = (&stored.settings, &stored.instance);
    let mut skipped = Vec::new();
    let home = &settings.home_url;
    let is_followed = Url::parse(home).is_ok_and(|url| url == *instance.home_url());
    if !home.is_empty() && !is_followed {
        let refused = check_home(instance, home).err();
        let rule = refused.map(|refused| format!(" {}", explain(instance, home, &refused))).unwrap_or_default();
        let why = format!("People go to {} instead.{rule}", instance.home_url());
        skipped.push(SkippedSetting { field: "home_url", label: InstanceField::HomeUrl.label(), value: home.clone(), why });
    }
    skipped.extend(settings.allowed_origins.iter().filter_map(|origin| {
        let why = AllowedOrigin::parse(origin, settings.environment).err()?.to_string();
        Some(SkippedSetting { field: "allowed_origins", label: InstanceField::AllowedOrigin(0).label(), value: origin.clone(), why })
    }));
    skipped
}
