//! The settings of an instance before they are checked, the list of its fields, and the errors that checking finds.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use strum::EnumCount;

/// Whether real people use the instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, EnumCount)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// For building. `http` and `localhost` are allowed.
    #[default]
    Development,
    /// For real visitors. Only `https` is allowed.
    Production,
}

impl Environment {
    /// Both environments.
    pub const ALL: [Self; Self::COUNT] = [Self::Development, Self::Production];

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
        Self::ALL
            .into_iter()
            .find(|environment| environment.name() == name)
            .ok_or_else(|| InstanceError::new(InstanceField::Environment, "Choose development or production."))
    }
}

/// The settings of an instance as they are typed or stored, not yet checked. An empty portal origin or home URL means the default.
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
    /// The URL of the application.
    pub home_url: String,
    /// The origins that are allowed besides the domain.
    pub allowed_origins: Vec<String>,
}

/// A field of [`Settings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount)]
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
    /// One of `allowed_origins`, by its index.
    AllowedOrigin(usize),
}

impl InstanceField {
    /// Every field, in the order of the form.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Name, Self::Slug, Self::Environment, Self::Domain, Self::PortalOrigin, Self::HomeUrl, Self::AllowedOrigin(0)];

    /// The field's name in forms, in JSON and in the history. All allowed origins are one field there.
    pub fn name(self) -> &'static str {
        match self {
            Self::Slug => "slug",
            Self::Name => "name",
            Self::Environment => "environment",
            Self::Domain => "domain",
            Self::PortalOrigin => "portal_origin",
            Self::HomeUrl => "home_url",
            Self::AllowedOrigin(_) => "allowed_origins",
        }
    }

    /// The field of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// The field's label on screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Slug => "Slug",
            Self::Name => "Name",
            Self::Environment => "Environment",
            Self::Domain => "Domain",
            Self::PortalOrigin => "Portal origin",
            Self::HomeUrl => "Home URL",
            Self::AllowedOrigin(_) => "Allowed origins",
        }
    }
}

/// What is wrong with one field and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InstanceError {
    /// The field.
    pub field: InstanceField,
    /// The sentence that a form shows.
    pub message: String,
}

impl InstanceError {
    pub(super) fn new(field: InstanceField, message: impl ToString) -> Self {
        Self { field, message: message.to_string() }
    }
}
