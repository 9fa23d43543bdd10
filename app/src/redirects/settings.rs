//! An instance as it is typed or stored, not checked yet, and what can be wrong with it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

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
    /// One of `allowed_origins`, counted from 0.
    AllowedOrigin(usize),
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
    pub(super) fn new(field: InstanceField, message: impl ToString) -> Self {
        Self { field, message: message.to_string() }
    }
}
