//! What stored settings mean under the rules of today, which may be stricter than those under which they were stored.

use super::{AllowedOrigin, Domain, Environment, Instance, InstanceError, InstanceField, Page, PortalOrigin, Settings, is_invisible};

/// A stored value that breaks a rule of today. It is kept and not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Where it is stored.
    pub field: InstanceField,
    /// The value as it is stored.
    pub value: String,
    /// What is wrong with it and how to fix it.
    pub message: String,
}

impl Instance {
    /// The instance that stored settings stand for under the rules of today. Origins that are no longer allowed and invisible
    /// characters in the name are left out, and a home URL that is no longer allowed becomes the default; [`Instance::skipped`] names
    /// them. So the instance may allow less than what was stored, never more. Where the portal is at the default home URL itself,
    /// visitors go to its profile page, which is the only place that is left for them.
    ///
    /// # Errors
    /// The domain or the portal origin is no longer valid.
    pub fn restore(mut settings: Settings, version: i64) -> Result<Self, Vec<InstanceError>> {
        let environment = settings.environment;
        let mut skipped = Vec::new();
        let stored = std::mem::take(&mut settings.allowed_origins);
        for (index, value) in stored.into_iter().enumerate() {
            match AllowedOrigin::parse(&value, environment) {
                Ok(_) => settings.allowed_origins.push(value),
                Err(error) => skipped.push(Skipped { field: InstanceField::AllowedOrigin(index), value, message: error.to_string() }),
            }
        }
        settings.name.retain(|c| !is_invisible(c));
        if settings.name.trim().is_empty() {
            settings.name.clone_from(&settings.slug);
        }
        let profile = format!("{}{}", settings.portal_origin.trim(), Page::User.path());
        let with_home = |home_url| Self::parse(&Settings { home_url, ..settings.clone() }, version);
        let mut instance = match Self::parse(&settings, version) {
            Ok(instance) => instance,
            Err(errors) => {
                let instance = with_home(String::new()).or_else(|errors| with_home(profile).map_err(|_| errors))?;
                let home = errors.into_iter().find(|error| error.field == InstanceField::HomeUrl);
                skipped.extend(home.map(|error| Skipped { field: error.field, value: settings.home_url.clone(), message: error.message }));
                instance
            }
        };
        instance.skipped = skipped;
        Ok(instance)
    }

    /// An instance to show where stored settings can't be restored: what is invalid of domain and portal origin is replaced by its
    /// correction or, where there is none, by a name that nobody has. No visitor is served by it. `None` if other settings are invalid
    /// as well.
    pub fn stand_in(settings: &Settings, version: i64) -> Option<Self> {
        let environment = settings.environment;
        let domain = Domain::parse(&settings.domain, environment).ok().map(|domain| domain.to_string());
        let corrected = || super::correction::correct_domain(&settings.domain, environment).map(|correction| correction.value);
        let domain = domain.or_else(corrected).unwrap_or_else(|| NOBODY.to_owned());
        let is_valid = PortalOrigin::parse(&settings.portal_origin, environment).is_ok();
        let portal_origin = if is_valid { settings.portal_origin.clone() } else { String::new() };
        Self::restore(Settings { domain, portal_origin, ..settings.clone() }, version).ok()
    }
}

/// A name that nobody has (RFC 2606, section 2), in place of a domain that can't be corrected.
const NOBODY: &str = "no-domain.invalid";

impl Environment {
    /// The scheme that a host on this machine has in it.
    pub(super) fn local_scheme(self) -> &'static str {
        match self {
            Self::Development => "http",
            Self::Production => "https",
        }
    }
}
