//! What an admin types about an instance, and what is wrong with it.

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{
    redirects::{Instance, InstanceError, InstanceField, Settings, correct_setting},
    ui::form::{FieldError, field_errors},
};

/// The form of an instance: every field as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct InstanceForm {
    /// The version that the form was filled from; 0 for a new instance.
    #[validate(range(min = 0, message = "The form is out of date. Reload the page."))]
    pub version: i64,
    /// The id of the save that the form was filled from; empty on pages of an earlier server version, and for a new instance.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub save_id: String,
    /// The name on screens.
    pub name: String,
    /// The name in URLs; empty means one made from the name. Fixed once the instance exists.
    pub slug: String,
    /// `development` or `production`.
    pub environment: String,
    /// The instance's own host name.
    pub domain: String,
    /// Empty means the default.
    #[validate(length(max = 512, message = "That origin is too long. Use at most 512 characters."))]
    pub portal_origin: String,
    /// Empty means the default.
    #[validate(length(max = 2048, message = "That is too long: 2,048 characters at most."))]
    pub home_url: String,
    /// What the form was filled with, written by [`crate::ui::form::write`]: tells what was typed from what was there.
    #[serde(default)]
    pub base: String,
    /// One for each input; blank ones don't count.
    #[serde(default)]
    pub allowed_origins: Vec<String>,
    /// What its sender has seen of its impact.
    #[serde(default, skip_serializing)]
    pub confirmed: String,
}

/// The name of a field in the form.
pub fn field_name(field: InstanceField) -> String {
    match field {
        // The first input has the plain name, so the link in an error summary always leads to an input.
        InstanceField::AllowedOrigin(index) if index > 0 => format!("{}-{index}", field.name()),
        _ => field.name().to_owned(),
    }
}

/// What the screens call a field of the instance form.
pub fn field_label(field: &str) -> String {
    match (field, InstanceField::named(field)) {
        ("version", _) => "Form".to_owned(),
        // The first of the inputs has no number in its name.
        (_, Some(InstanceField::AllowedOrigin(_))) => "Allowed origin 1".to_owned(),
        (_, Some(known)) => known.label().to_owned(),
        (origin, None) => {
            let number = origin.rsplit_once('-').and_then(|(_, index)| index.parse::<usize>().ok()).unwrap_or(0);
            format!("Allowed origin {}", number + 1)
        }
    }
}

impl InstanceForm {
    /// Takes blank origins out, and sets those apart that were pasted together: the numbers in errors count what is left.
    #[must_use]
    pub fn with_origins_apart(mut self) -> Self {
        self.allowed_origins = self.allowed_origins.iter().flat_map(|text| origins_in(text)).collect();
        self
    }

    /// Checks every field.
    ///
    /// # Errors
    /// Everything that is wrong, one entry for each field, all at once.
    pub fn check(&self) -> Result<Instance, Vec<FieldError>> {
        self.check_beside(None)
    }

    /// The same for a stored instance, whose expiring origins the errors name.
    ///
    /// # Errors
    /// Everything that is wrong, one entry for each field, all at once.
    pub fn check_beside(&self, stored: Option<&Instance>) -> Result<Instance, Vec<FieldError>> {
        let mut errors = field_errors(&self.validate());
        let environment = self.environment.parse::<crate::redirects::Environment>();
        let settings = self.settings();
        let parsed = match stored {
            Some(stored) => Instance::parse_beside(&settings, self.version, stored),
            None => Instance::parse(&settings, self.version),
        };
        let found = parsed.as_ref().err().cloned().unwrap_or_default();
        for InstanceError { field, message } in environment.err().into_iter().chain(found) {
            let name = field_name(field);
            if errors.iter().all(|error: &FieldError| error.field != name) {
                errors.push(FieldError::new(&name, message).corrected(correct_setting(&settings, field)));
            }
        }
        if let Ok(instance) = &parsed
            && let Some(objection) = instance.domain().objection()
        {
            errors.push(FieldError::new("domain", objection).corrected(correct_setting(&settings, InstanceField::Domain)));
        }
        // Without a name there is nothing to make a slug from: one error, not two.
        if self.name.trim().is_empty() && self.slug.trim().is_empty() {
            errors.retain(|error| error.field != "slug");
        }
        // `version` is not a setting, so its error comes first.
        errors.sort_by_key(|error| InstanceField::ALL.iter().position(|field| error.field.starts_with(field.name())));
        match parsed {
            Ok(instance) if errors.is_empty() => Ok(instance),
            _ => Err(errors),
        }
    }

    /// The settings as typed. What is no environment counts as development.
    pub(super) fn settings(&self) -> Settings {
        Settings {
            slug: self.effective_slug(),
            name: self.name.clone(),
            environment: self.environment.parse().unwrap_or_default(),
            domain: self.domain.clone(),
            portal_origin: self.portal_origin.clone(),
            home_url: self.home_url.clone(),
            allowed_origins: self.allowed_origins.clone(),
        }
    }

    /// The slug as typed, or one made from the name.
    fn effective_slug(&self) -> String {
        match self.slug.trim() {
            "" => slug_from(&self.name),
            slug => slug.to_owned(),
        }
    }
}

#[cfg(feature = "ssr")]
mod on_server {
    use super::InstanceForm;
    use crate::{
        insight::impact::measure::Proposed,
        instances::stored::{FilledFrom, StoredInstance},
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
                save_id: stored.save_id.to_string(),
                base: String::new(),
                portal_origin: own(&settings.portal_origin, default_portal_origin),
                home_url: own(&settings.home_url, default_home_url),
                name: settings.name,
                slug: settings.slug,
                environment: settings.environment.name().to_owned(),
                domain: stored.domain_typed.clone(),
                allowed_origins: settings.allowed_origins,
                confirmed: String::new(),
            };
            Self { base: write(&form), ..form }
        }

        /// The save that the form was filled from.
        fn filled_from(&self) -> FilledFrom<'_> {
            FilledFrom { version: self.version, save_id: &self.save_id }
        }
    }

    impl Merge for InstanceForm {
        fn of_stored(stored: &StoredInstance) -> Self {
            Self::of(stored)
        }

        fn merge(self, stored: &StoredInstance) -> (Self, Conflict) {
            let now = Self::of(stored);
            let base: Option<Self> = read(&self.base);
            let mut conflict = Conflict::of(self.filled_from(), stored);
            let mut merge = |field, get: fn(&Self) -> &str| conflict.merge(field, base.as_ref().map(get), get(&self).trim(), get(&now));
            let (name, environment) = (merge("name", |form| &form.name), merge("environment", |form| &form.environment));
            let domain = merge("domain", |form| &form.domain);
            let (portal_origin, home_url) = (merge("portal_origin", |form| &form.portal_origin), merge("home_url", |form| &form.home_url));
            let typed: Vec<String> = self.allowed_origins.iter().map(|origin| origin.trim().to_owned()).collect();
            let base = base.as_ref().map(|base| base.allowed_origins.as_slice());
            let allowed_origins = conflict.merge_set("allowed_origins", base, &typed, &now.allowed_origins);
            let (slug, version, save_id, base) = (now.slug, now.version, now.save_id, now.base);
            let confirmed = self.confirmed;
            (
                Self { version, save_id, name, slug, environment, domain, portal_origin, home_url, base, allowed_origins, confirmed },
                conflict,
            )
        }

        fn proposed(&self, stored: &StoredInstance) -> Option<Proposed> {
            Some(Proposed { instance: self.check().ok()?, fallbacks: stored.fallbacks.clone() })
        }

        fn undo_list(name: &str, before: &[String], _: &[String]) -> Option<Vec<(String, String)>> {
            (name == "allowed_origins").then(|| before.iter().map(|origin| (name.to_owned(), origin.clone())).collect())
        }
    }
}

/// The origins in a text that was typed or pasted. A browser makes a space of the end of a line that is pasted into an input.
pub fn origins_in(text: &str) -> Vec<String> {
    let parts: Vec<&str> =
        text.split(|c: char| c.is_ascii_whitespace() || matches!(c, ',' | ';')).filter(|part| !part.is_empty()).collect();
    // Anything else is one text, so that what is wrong with it is said once.
    if parts.len() > 1 && parts.iter().all(|part| part.contains("://") || part.starts_with("*.")) {
        return parts.into_iter().map(str::to_owned).collect();
    }
    Some(text.to_owned()).filter(|text| !text.trim().is_empty()).into_iter().collect()
}

/// The host name that defaults are shown for: what is typed as the domain, or an example while that is no host name.
pub fn offered_host(domain: &str) -> &str {
    let domain = domain.trim();
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || c == '-');
    if domain.split('.').all(is_label) { domain } else { "myapp.com" }
}

/// The slug that is offered for a name: `My App!` becomes `my-app`.
pub fn slug_from(name: &str) -> String {
    let mut slug = String::new();
    for c in name.trim().chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(63);
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> InstanceForm {
        InstanceForm { name: "MyApp".into(), environment: "production".into(), domain: "myapp.com".into(), ..InstanceForm::default() }
    }

    fn wrong(form: &InstanceForm) -> Vec<String> {
        form.check().unwrap_err().into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn a_name_and_a_domain_are_enough() {
        let instance = form().check().unwrap();
        assert_eq!(instance.slug(), "myapp");
        assert_eq!(instance.portal_origin().as_str(), "https://accounts.myapp.com");
        assert_eq!(instance.home_url().as_str(), "https://myapp.com/");
    }

    #[test]
    fn every_wrong_field_is_named_once_and_at_once() {
        let form = InstanceForm {
            slug: "My App".into(),
            name: " ".into(),
            environment: "staging".into(),
            domain: "co.uk".into(),
            allowed_origins: vec!["https://*.vercel.app".into(), String::new(), "https://fine.org".into(), "nonsense".into()],
            ..InstanceForm::default()
        };
        let fields = wrong(&form.with_origins_apart());
        assert_eq!(fields, ["name", "slug", "environment", "domain", "allowed_origins", "allowed_origins-2"]);
    }

    #[test]
    fn a_name_that_nobody_can_own_is_no_domain_in_development_either() {
        let development = |domain: &str| InstanceForm { environment: "development".into(), domain: domain.into(), ..form() };
        assert_eq!(wrong(&development("com")), ["domain"]);
        assert_eq!(wrong(&development(&format!("{}.com", "a".repeat(300)))), ["domain"]);
        assert!(development("localhost").check().is_ok());
        assert!(development("testserver").check().is_ok());
    }

    #[test]
    fn origins_that_are_pasted_together_are_set_apart() {
        for text in ["https://a.org\nhttps://*.b.org", " https://a.org https://*.b.org ", "https://a.org, https://*.b.org;"] {
            assert_eq!(origins_in(text), ["https://a.org", "https://*.b.org"], "{text:?}");
        }
        for text in ["https://a.org,", "my app", "https://a.org and others", " https://a.org "] {
            assert_eq!(origins_in(text), [text], "{text:?}");
        }
        assert!(origins_in(" \n").is_empty());
    }

    #[test]
    fn defaults_are_offered_for_a_host_name_and_nothing_else() {
        for domain in ["myshop.com", " localhost ", "b\u{fc}cher.example"] {
            assert_eq!(offered_host(domain), domain.trim());
        }
        for domain in ["", "https://my app.com", "https://shop.com", "shop.com/x", "shop..com", "shop.com,", "shop.com:80"] {
            assert_eq!(offered_host(domain), "myapp.com", "{domain:?}");
        }
    }

    #[test]
    fn a_slug_is_offered_from_the_name() {
        assert_eq!(slug_from(" My App! (EU) "), "my-app-eu");
        assert_eq!(slug_from("Ünïcode"), "n-code");
        assert_eq!(slug_from("日本"), "");
        assert_eq!(slug_from(&"ab ".repeat(60)).len(), 62);
    }
}
