//! Fills the instance form from what is stored, and merges it with what somebody else has saved since.

use super::{form::InstanceForm, stored::StoredInstance};
use crate::{
    redirects::{default_home_url, default_portal_origin},
    saving::{merge::Merge, outcome::Conflict},
    ui::form::{read, write},
};

impl InstanceForm {
    /// The form of a stored instance. A portal origin and a home URL that are the domain's own stay empty, so that they follow it.
    pub fn of(stored: &StoredInstance) -> Self {
        let settings = stored.settings.clone();
        let domain = settings.domain.clone();
        let own = |value: &str, offered: fn(&str) -> String| if value == offered(&domain) { String::new() } else { value.to_owned() };
        let form = Self {
            version: stored.instance.version(),
            base: String::new(),
            portal_origin: own(&settings.portal_origin, default_portal_origin),
            home_url: own(&settings.home_url, default_home_url),
            name: settings.name,
            slug: settings.slug,
            environment: settings.environment.name().to_owned(),
            domain: stored.domain_typed.clone(),
            allowed_origins: settings.allowed_origins,
        };
        Self { base: write(&form), ..form }
    }
}

impl Merge for InstanceForm {
    fn of_stored(stored: &StoredInstance) -> Self {
        Self::of(stored)
    }

    fn merge(self, stored: &StoredInstance) -> (Self, Conflict) {
        let now = Self::of(stored);
        let base: Option<Self> = read(&self.base);
        let mut conflict = Conflict::of(self.version, now.version);
        let mut merge = |field, get: fn(&Self) -> &str| conflict.merge(field, base.as_ref().map(get), get(&self).trim(), get(&now));
        let (name, environment) = (merge("name", |form| &form.name), merge("environment", |form| &form.environment));
        let domain = merge("domain", |form| &form.domain);
        let (portal_origin, home_url) = (merge("portal_origin", |form| &form.portal_origin), merge("home_url", |form| &form.home_url));
        let typed: Vec<String> = self.allowed_origins.iter().map(|origin| origin.trim().to_owned()).collect();
        let base = base.as_ref().map(|base| base.allowed_origins.as_slice());
        let allowed_origins = conflict.merge_set("allowed_origins", base, &typed, &now.allowed_origins);
        let (slug, version, base) = (now.slug, now.version, now.base);
        (Self { version, name, slug, environment, domain, portal_origin, home_url, base, allowed_origins }, conflict)
    }
}
