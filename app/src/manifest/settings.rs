//! The settings of one instance as a file and the management API have them: everything that an admin can set.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::Redirects;
use crate::{
    instances::stored::StoredInstance,
    redirects::{Environment, default_home_url, default_portal_origin},
};

/// The settings of an instance. A setting that is left out has its default, so the same file always means the same settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceSettings {
    /// The name on screens.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// Whether real people use the instance. Production allows only https.
    #[schemars(schema_with = "environment")]
    pub environment: Environment,
    /// The instance's own host name, like myapp.com.
    #[schemars(length(min = 1, max = 1024))]
    pub domain: String,
    /// The origin of the portal pages. Default: `https://accounts.<domain>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub portal_origin: Option<String>,
    /// The URL of the application. Default: `https://<domain>/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    pub home_url: Option<String>,
    /// The origins that are allowed besides the domain, like `https://partner.example` or `https://*.preview.myapp.dev`.
    #[schemars(default, schema_with = "origins")]
    pub allowed_origins: Vec<String>,
    /// The fallback redirects.
    #[schemars(default)]
    pub redirects: Redirects,
    /// Whether the instance has portal pages. Without them, visitors of sign-in, sign-up and the other pages get 404. Default: true.
    #[schemars(default = "on", schema_with = "boolean")]
    pub portal_enabled: bool,
    /// Whether its visits are counted for Activity. Default: true.
    #[schemars(default = "on", schema_with = "boolean")]
    pub visits_counted: bool,
    /// The origins of its applications besides that of the home URL, like `https://app.myapp.com`: their pages may ask who is signed in.
    /// Only owners change them.
    #[schemars(default, schema_with = "application_origins")]
    pub application_origins: Vec<String>,
    /// Whether tokens for applications have the visitor's names and addresses. Only owners change it. Default: false.
    #[schemars(default, schema_with = "boolean")]
    pub names_in_tokens: bool,
    /// Whether visitors who sign in or up with a password confirm their email address first. Needs a server that sends mail. Only owners
    /// change it. Default: false.
    #[schemars(default, schema_with = "boolean")]
    pub requires_confirmed_email: bool,
}

impl InstanceSettings {
    /// The settings that are stored. A portal origin and a home URL that are the domain's own are left out, so that they follow it.
    pub fn of(stored: &StoredInstance) -> Self {
        let settings = &stored.settings;
        let own = |value: &str, default: fn(&str) -> String| {
            Some(value).filter(|value| !value.is_empty() && *value != default(&settings.domain)).map(str::to_owned)
        };
        Self {
            name: settings.name.clone(),
            environment: settings.environment,
            domain: stored.domain_typed.clone(),
            portal_origin: own(&settings.portal_origin, default_portal_origin),
            home_url: own(&settings.home_url, default_home_url),
            allowed_origins: settings.allowed_origins.clone(),
            redirects: Redirects(stored.fallbacks.clone()),
            portal_enabled: stored.portal_enabled,
            visits_counted: stored.visits_counted,
            application_origins: stored.applications.origins.clone(),
            names_in_tokens: stored.applications.names_in_tokens,
            requires_confirmed_email: stored.requires_confirmed_email,
        }
    }
}

fn environment(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": Environment::ALL.map(Environment::name) })
}

fn on() -> bool {
    true
}

fn boolean(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["boolean", "null"] })
}

fn application_origins(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["array", "null"],
        "items": { "type": "string", "minLength": 1, "maxLength": 512 },
        "maxItems": crate::redirects::MAX_APPLICATION_ORIGINS
    })
}

fn origins(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["array", "null"],
        "items": { "type": "string", "minLength": 1, "maxLength": 512 },
        "maxItems": crate::redirects::MAX_ORIGINS
    })
}
