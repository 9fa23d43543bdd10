//! One application's authentication setup. Made only by parsing, so that an invalid one cannot exist.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    AllowedOrigin, Domain, Flow, PortalOrigin,
    explain::explain,
    policy::{self, Ground},
};

/// Whether real people use the instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// For building: `http` and `localhost` are fine.
    #[default]
    Development,
    /// For real visitors: `https` only.
    Production,
}

impl Environment {
    /// The environment's name in JSON, forms and the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Environment {
    type Err = InstanceError;

    fn from_str(name: &str) -> Result<Self, InstanceError> {
        [Self::Development, Self::Production]
            .into_iter()
            .find(|environment| environment.name() == name)
            .ok_or_else(|| InstanceError::new(InstanceField::Environment, "Choose development or production."))
    }
}

/// An instance as it is typed or stored: not checked yet. An empty portal origin or home URL means the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The name in URLs.
    pub slug: String,
    /// The name on screens.
    pub name: String,
    /// Development or production.
    pub environment: Environment,
    /// The instance's own host name.
    pub domain: String,
    /// The origin of the hosted pages.
    pub portal_origin: String,
    /// Where the application lives.
    pub home_url: String,
    /// Origins allowed besides the domain.
    pub allowed_origins: Vec<String>,
}

/// The fields of [`Settings`], by the names that forms and JSON use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceField {
    /// `slug`
    Slug,
    /// `name`
    Name,
    /// `environment`
    Environment,
    /// `domain`
    Domain,
    /// `portal_origin`
    PortalOrigin,
    /// `home_url`
    HomeUrl,
    /// `allowed_origins`
    AllowedOrigins,
}

/// What is wrong with one field, as a sentence that names the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InstanceError {
    /// The field.
    pub field: InstanceField,
    /// The sentence.
    pub message: String,
}

impl InstanceError {
    fn new(field: InstanceField, message: impl ToString) -> Self {
        Self { field, message: message.to_string() }
    }
}

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
    allowed_origins: Vec<AllowedOrigin>,
    version: i64,
}

/// More allowed origins than anyone needs, and few enough to compare one by one.
const MOST_ORIGINS: usize = 50;

impl Instance {
    /// Checks every setting; `version` is the one it was read at, 0 for a new instance.
    ///
    /// # Errors
    /// Every field that is wrong, all at once.
    pub fn parse(settings: &Settings, version: i64) -> Result<Self, Vec<InstanceError>> {
        let mut errors = Vec::new();
        let environment = settings.environment;
        let mut note = |field, message: &dyn fmt::Display| errors.push(InstanceError::new(field, message));

        if !is_slug(&settings.slug) {
            note(InstanceField::Slug, &"Use lower-case letters, digits and single hyphens, 63 at most, like my-app. \"new\" is taken.");
        }
        let name = settings.name.trim();
        if name.is_empty() {
            note(InstanceField::Name, &"Enter a name, like MyApp.");
        } else if name.chars().count() > 100 || name.chars().any(char::is_control) {
            note(InstanceField::Name, &"Use 100 characters at most, and no control characters.");
        }
        let mut allowed_origins: Vec<AllowedOrigin> = Vec::new();
        for text in &settings.allowed_origins {
            match AllowedOrigin::parse(text, environment) {
                Ok(origin) if allowed_origins.contains(&origin) => {}
                Ok(origin) => allowed_origins.push(origin),
                Err(error) => note(InstanceField::AllowedOrigins, &format_args!("{}: {error}", shortened(text))),
            }
        }
        if allowed_origins.len() > MOST_ORIGINS {
            note(InstanceField::AllowedOrigins, &format_args!("{MOST_ORIGINS} origins at most. A * covers many at once."));
        }
        let domain = match Domain::parse(&settings.domain, environment) {
            Ok(domain) => domain,
            Err(error) => {
                note(InstanceField::Domain, &error);
                return Err(errors);
            }
        };
        let portal_origin = match settings.portal_origin.trim() {
            "" => PortalOrigin::parse(&default_portal_origin(&domain), environment),
            text => PortalOrigin::parse(text, environment),
        };
        let home_url = Url::parse(&default_home_url(&domain));
        let (Ok(portal_origin), Ok(home_url)) = (&portal_origin, home_url) else {
            if let Err(error) = &portal_origin {
                note(InstanceField::PortalOrigin, error);
            }
            return Err(errors);
        };
        let mut instance = Self {
            slug: settings.slug.clone(),
            name: name.to_owned(),
            environment,
            domain,
            portal_origin: portal_origin.clone(),
            home_url,
            home_ground: Ground::Domain,
            allowed_origins,
            version,
        };
        let home = settings.home_url.trim();
        if !home.is_empty() {
            match instance.check_home(home) {
                Ok((url, ground)) => (instance.home_url, instance.home_ground) = (url, ground),
                Err(message) => errors.push(InstanceError::new(InstanceField::HomeUrl, message)),
            }
        }
        if errors.is_empty() { Ok(instance) } else { Err(errors) }
    }

    /// The instance that stored settings mean today: origins that are no longer allowed are left out, and a home URL
    /// that is no longer allowed gives way to the domain's own. Less may be allowed than was stored, never more.
    ///
    /// # Errors
    /// What can't be left out: the domain or the portal origin is no longer valid.
    pub fn restore(mut settings: Settings, version: i64) -> Result<Self, Vec<InstanceError>> {
        let environment = settings.environment;
        settings.allowed_origins.retain(|text| AllowedOrigin::parse(text, environment).is_ok());
        Self::parse(&settings, version).or_else(|_| Self::parse(&Settings { home_url: String::new(), ..settings }, version))
    }

    /// An absolute URL that is allowed for every flow.
    fn check_home(&self, text: &str) -> Result<(Url, Ground), String> {
        if Url::parse(text).is_err() {
            return Err(format!("Enter the whole URL, like {}.", default_home_url(&self.domain)));
        }
        policy::check(self, Flow::SignIn, None, text)
            .map(|allowed| (allowed.url, allowed.ground))
            .map_err(|refused| explain(self, text, &refused).to_string())
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

    /// Where the application lives: always a URL that is allowed.
    pub fn home_url(&self) -> &Url {
        &self.home_url
    }

    /// The ground on which the home URL is allowed.
    pub fn home_ground(&self) -> Ground {
        self.home_ground
    }

    /// Origins allowed besides the domain.
    pub fn allowed_origins(&self) -> &[AllowedOrigin] {
        &self.allowed_origins
    }

    /// Raised by every change of the instance or its redirects.
    pub fn version(&self) -> i64 {
        self.version
    }
}

/// The portal origin that is offered for a domain.
pub(crate) fn default_portal_origin(domain: &Domain) -> String {
    format!("https://accounts.{domain}")
}

/// The home URL that is offered for a domain.
pub(crate) fn default_home_url(domain: &Domain) -> String {
    format!("https://{domain}/")
}

fn is_slug(slug: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&slug.len())
        && slug.chars().all(allowed)
        && !slug.starts_with('-')
        && !slug.ends_with('-')
        && !slug.contains("--")
        && slug != "new"
}

fn shortened(text: &str) -> String {
    let mut start: String = text.trim().chars().take(60).collect();
    if start.len() < text.trim().len() {
        start.push('…');
    }
    start
}
