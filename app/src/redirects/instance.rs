//! The instance: one application's authentication setup. It is only made by parsing, so an invalid one cannot exist.

use std::{fmt, sync::Arc};

use url::Url;

use super::{
    AllowedOrigin, Domain, DomainError, Environment, ExpiringOrigin, Flow, InstanceError, InstanceField, Invisible, PortalOrigin, Settings,
    Skipped,
    explain::explain,
    invisible::trim_invisible,
    origin::check_stored_host,
    policy::{self, Allowed, Ground, Refused},
};

/// One application's authentication setup.
#[derive(Clone, Debug)]
pub struct Instance {
    slug: String,
    name: String,
    environment: Environment,
    domain: Domain,
    portal_origin: PortalOrigin,
    home_url: Url,
    home_ground: Ground,
    pub(super) allowed_origins: Vec<AllowedOrigin>,
    pub(super) expiring: Arc<[ExpiringOrigin]>,
    version: i64,
    pub(super) skipped: Vec<Skipped>,
}

/// The most allowed origins of an instance: more than anyone needs, and few enough to compare one by one.
pub(crate) const MAX_ORIGINS: usize = 50;

/// The longest name of an instance, in characters.
const MAX_NAME_CHARACTERS: usize = 100;

impl Instance {
    /// Checks every setting. `version` is the version of the settings, 0 for a new instance.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn parse(settings: &Settings, version: i64) -> Result<Self, Vec<InstanceError>> {
        Self::parse_with(settings, version, Arc::default(), &[])
    }

    /// The same, but takes over the allowed origins of `previous` that are written alike. Parsing one is a quarter of the work.
    ///
    /// # Errors
    /// Every field that is wrong.
    #[cfg(feature = "ssr")]
    pub fn parse_after(previous: &Self, settings: &Settings, version: i64) -> Result<Self, Vec<InstanceError>> {
        // The environment decides what an origin may be.
        let known = if previous.environment == settings.environment { &*previous.allowed_origins } else { &[] };
        Self::parse_with(settings, version, Arc::default(), known)
    }

    /// The same beside the expiring origins of a stored instance. They allow no setting, but the errors name them.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn parse_beside(settings: &Settings, version: i64, stored: &Self) -> Result<Self, Vec<InstanceError>> {
        Self::parse_with(settings, version, Arc::clone(&stored.expiring), &[])
    }

    fn parse_with(
        settings: &Settings,
        version: i64,
        expiring: Arc<[ExpiringOrigin]>,
        known: &[AllowedOrigin],
    ) -> Result<Self, Vec<InstanceError>> {
        let mut errors = Vec::new();
        let environment = settings.environment;
        let mut note = |field, message: &dyn fmt::Display| errors.push(InstanceError::new(field, message));

        if !is_slug(&settings.slug) {
            note(InstanceField::Slug, &"Use at most 63 lower-case letters, digits and single hyphens, like my-app. \"new\" is reserved.");
        }
        let name = trim_invisible(&settings.name);
        if name.is_empty() {
            note(InstanceField::Name, &"Enter a name, like MyApp.");
        } else if name.chars().count() > MAX_NAME_CHARACTERS {
            note(InstanceField::Name, &format_args!("Use at most {MAX_NAME_CHARACTERS} characters."));
        } else if let Some(invisible) = Invisible::first(name) {
            note(InstanceField::Name, &invisible);
        }
        let mut allowed_origins: Vec<AllowedOrigin> = Vec::new();
        for (index, text) in settings.allowed_origins.iter().enumerate() {
            let taken_over = known.iter().find(|origin| origin.as_str() == text).cloned();
            match taken_over.map_or_else(|| AllowedOrigin::parse(text, environment), Ok) {
                Ok(origin) if allowed_origins.contains(&origin) => {}
                Ok(origin) => allowed_origins.push(origin),
                Err(error) => note(InstanceField::AllowedOrigin(index), &error),
            }
        }
        if allowed_origins.len() > MAX_ORIGINS {
            note(InstanceField::AllowedOrigin(MAX_ORIGINS), &format_args!("Add at most {MAX_ORIGINS} origins. One with a * covers many."));
        }
        let domain = Domain::parse(&settings.domain, environment).map_err(|error| note(InstanceField::Domain, &error)).ok();
        let portal_origin = match (trim_invisible(&settings.portal_origin), &domain) {
            ("", None) => None,
            ("", Some(domain)) => Some(PortalOrigin::parse(&default_portal_origin(domain.as_str()), environment)),
            (text, _) => Some(PortalOrigin::parse(text, environment)),
        };
        let portal_origin = portal_origin.and_then(|parsed| parsed.map_err(|error| note(InstanceField::PortalOrigin, &error)).ok());
        let home = trim_invisible(&settings.home_url);
        let home_invisible = Invisible::first(home);
        if let Some(invisible) = home_invisible {
            note(InstanceField::HomeUrl, &invisible);
        } else if !home.is_empty() && Url::parse(home).is_err() {
            note(InstanceField::HomeUrl, &"Enter the whole URL, like https://myapp.com/.");
        }
        let (Some(domain), Some(portal_origin)) = (domain, portal_origin) else { return Err(errors) };
        let Ok(home_url) = Url::parse(&default_home_url(domain.as_str())) else {
            note(InstanceField::Domain, &DomainError::NotAHost);
            return Err(errors);
        };
        let mut instance = Self {
            slug: settings.slug.clone(),
            name: name.to_owned(),
            environment,
            domain,
            portal_origin,
            home_url,
            home_ground: Ground::Domain,
            allowed_origins,
            expiring,
            version,
            skipped: Vec::new(),
        };
        if home.is_empty() || (home_invisible.is_none() && Url::parse(home).is_ok()) {
            let home = if home.is_empty() { instance.home_url.to_string() } else { home.to_owned() };
            match check_home(&instance, &home) {
                Ok(allowed) => match check_stored_host(&allowed.url) {
                    Ok(()) => (instance.home_url, instance.home_ground) = (allowed.url, allowed.ground),
                    Err(error) => errors.push(InstanceError::new(InstanceField::HomeUrl, error)),
                },
                Err(refused) => errors.push(InstanceError::new(InstanceField::HomeUrl, explain(&instance, &home, &refused))),
            }
        }
        if errors.is_empty() { Ok(instance) } else { Err(errors) }
    }

    /// The name in URLs.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The name on screens.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Development or production.
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// The instance's own host name.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The origin of the hosted pages.
    pub fn portal_origin(&self) -> &PortalOrigin {
        &self.portal_origin
    }

    /// The URL of the application. It is always an allowed target.
    pub fn home_url(&self) -> &Url {
        &self.home_url
    }

    /// The ground on which the home URL is allowed.
    pub fn home_ground(&self) -> Ground {
        self.home_ground
    }

    /// The origins that are allowed besides the domain.
    pub fn allowed_origins(&self) -> &[AllowedOrigin] {
        &self.allowed_origins
    }

    /// The stored values that break a rule of today, and are not used.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// The version, which every change of the instance or its redirects raises.
    pub fn version(&self) -> i64 {
        self.version
    }
}

/// Whether `home` may be the home URL: it must be allowed for every flow. Sign-in and sign-out forbid more than the others do.
///
/// # Errors
/// The first rule that it breaks for one of them.
pub(crate) fn check_home(instance: &Instance, home: &str) -> Result<Allowed, Refused> {
    policy::check_flows(instance, [Flow::SignIn, Flow::SignOut], None, None, home)
}

/// The default portal origin of a domain.
pub(crate) fn default_portal_origin(domain: &str) -> String {
    format!("https://accounts.{domain}")
}

/// The default home URL of a domain.
pub(crate) fn default_home_url(domain: &str) -> String {
    format!("https://{domain}/")
}

/// Whether a text can be an instance's name in URLs.
pub fn is_slug(slug: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&slug.len())
        && slug.chars().all(allowed)
        && !slug.starts_with('-')
        && !slug.ends_with('-')
        && !slug.contains("--")
        && slug != "new"
}
