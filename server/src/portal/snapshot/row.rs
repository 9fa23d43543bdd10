//! An instance as texts: as the database stores it, and as it is kept in memory and in the snapshot file. It is parsed anew when it is read.

use std::{collections::BTreeMap, str::FromStr};

use app::{
    identity_provider::ProviderButton,
    instances::stored::StoredInstance,
    portal::identity::IdentityKind,
    redirects::{Applications, Environment, Flow, Instance, Settings, Timestamp},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

/// An instance, with each value as it is stored.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the table")]
pub(in crate::portal) struct Row {
    id: i64,
    version: i64,
    /// Without one, in the first format, it is the nil id: no save has it, so the instance counts as stale.
    #[serde(default)]
    save_id: Uuid,
    slug: String,
    name: String,
    environment: Environment,
    domain: String,
    domain_typed: String,
    portal_origin: String,
    home_url: String,
    allowed_origins: Vec<String>,
    /// With their ends, in seconds since 1970.
    #[serde(default)]
    preview_origins: BTreeMap<String, i64>,
    /// By the names of flows.
    fallbacks: BTreeMap<String, String>,
    /// In seconds since 1970.
    archived_at: Option<i64>,
    portal_enabled: bool,
    /// Counted without one: earlier formats had no way to say otherwise.
    #[serde(default = "is_counted")]
    visits_counted: bool,
    identity: String,
    #[serde(default)]
    application_origins: Vec<String>,
    #[serde(default)]
    names_in_tokens: bool,
    #[serde(default)]
    requires_confirmed_email: bool,
    provider: Option<Button>,
}

/// What the hosted pages show of an identity provider.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Button {
    text: String,
    replaces_accounts: bool,
    manages_names: bool,
}

fn is_counted() -> bool {
    true
}

impl From<&StoredInstance> for Row {
    fn from(stored: &StoredInstance) -> Self {
        let Settings { slug, name, environment, domain, portal_origin, home_url, allowed_origins } = stored.settings.clone();
        let fallbacks = Flow::ALL.into_iter().filter_map(|flow| Some((flow.name().to_owned(), stored.fallbacks.get(flow)?.to_owned())));
        let preview_origins =
            stored.instance.expiring_origins().iter().map(|expiring| (expiring.origin.to_string(), expiring.expires_at.seconds()));
        Self {
            id: stored.id,
            version: stored.instance.version(),
            save_id: stored.save_id,
            slug,
            name,
            environment,
            domain,
            domain_typed: stored.domain_typed.clone(),
            portal_origin,
            home_url,
            allowed_origins,
            preview_origins: preview_origins.collect(),
            fallbacks: fallbacks.collect(),
            archived_at: stored.archived_at.map(OffsetDateTime::unix_timestamp),
            portal_enabled: stored.portal_enabled,
            visits_counted: stored.visits_counted,
            identity: stored.identity.name().to_owned(),
            application_origins: stored.applications.origins.clone(),
            names_in_tokens: stored.applications.names_in_tokens,
            requires_confirmed_email: stored.requires_confirmed_email,
            provider: stored.provider.clone().map(|ProviderButton { text, replaces_accounts, manages_names }| Button {
                text,
                replaces_accounts,
                manages_names,
            }),
        }
    }
}

impl Row {
    /// The instance's slug.
    pub(in crate::portal) fn slug(&self) -> &str {
        &self.slug
    }

    /// The instance, parsed by today's rules.
    ///
    /// # Errors
    /// Why the rules reject it, as a sentence.
    pub(in crate::portal) fn read(self) -> Result<StoredInstance, String> {
        let settings = Settings {
            slug: self.slug,
            name: self.name,
            environment: self.environment,
            domain: self.domain,
            portal_origin: self.portal_origin,
            home_url: self.home_url,
            allowed_origins: self.allowed_origins,
        };
        let instance = Instance::restore(settings.clone(), self.version)
            .map_err(|errors| errors.into_iter().next().map_or_else(String::new, |error| error.message))?;
        let preview_origins = self.preview_origins.into_iter().map(|(origin, seconds)| (origin, Timestamp::from_seconds(seconds)));
        let instance = instance.with_stored_expiring(preview_origins);
        let archived_at = self.archived_at.map(OffsetDateTime::from_unix_timestamp).transpose().map_err(|error| error.to_string())?;
        Ok(StoredInstance {
            id: self.id,
            save_id: self.save_id,
            settings,
            domain_typed: self.domain_typed,
            instance,
            unusable: None,
            fallbacks: self.fallbacks.into_iter().filter_map(|(flow, url)| Some((flow.parse().ok()?, url))).collect(),
            archived_at,
            portal_enabled: self.portal_enabled,
            visits_counted: self.visits_counted,
            identity: IdentityKind::from_str(&self.identity).map_err(|error| error.to_string())?,
            applications: Applications { origins: self.application_origins, names_in_tokens: self.names_in_tokens },
            requires_confirmed_email: self.requires_confirmed_email,
            provider: self.provider.map(|Button { text, replaces_accounts, manages_names }| ProviderButton {
                text,
                replaces_accounts,
                manages_names,
            }),
        })
    }
}
