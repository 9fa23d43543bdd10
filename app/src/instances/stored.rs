//! An instance as it is stored.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    identity_provider::ProviderButton,
    portal::identity::IdentityKind,
    redirects::{Applications, Fallbacks, Instance, Settings},
};

/// The save that a form was filled from.
#[derive(Clone, Copy, Debug)]
pub struct FilledFrom<'a> {
    /// The version.
    pub version: i64,
    /// The save's id; empty where a page of an earlier server version does not know it, and then the version alone counts.
    pub save_id: &'a str,
}

impl FilledFrom<'_> {
    /// Whether no such save is stored any more, nor will be: a restore has taken it away. Of a lower version nobody knows: forms of it
    /// are merged like all others.
    pub fn is_gone(self, stored: &StoredInstance) -> bool {
        let now = stored.instance.version();
        self.version > now || self.version == now && !self.is_stored(stored)
    }

    /// Whether it is the save that is stored.
    pub fn is_stored(self, stored: &StoredInstance) -> bool {
        self.version == stored.instance.version() && (self.save_id.is_empty() || self.save_id == stored.save_id.to_string())
    }
}

impl StoredInstance {
    /// The version as an `ETag`: the instance's key, its version, and the id of the save. After a restore of the database, a version's
    /// number comes again, and its id does not.
    pub fn etag(&self) -> String {
        format!("\"{}-{}-{}\"", self.id, self.instance.version(), self.save_id.simple())
    }

    /// What an instance is that nobody has saved yet.
    pub fn unsaved(instance: &Instance) -> Self {
        Self {
            id: 0,
            save_id: Uuid::nil(),
            settings: Settings {
                slug: instance.slug().to_owned(),
                name: instance.name().to_owned(),
                environment: instance.environment(),
                domain: instance.domain().to_string(),
                portal_origin: instance.portal_origin().as_str().to_owned(),
                home_url: instance.home_url().to_string(),
                allowed_origins: instance.allowed_origins().iter().map(ToString::to_string).collect(),
            },
            domain_typed: instance.domain().to_string(),
            instance: instance.clone(),
            unusable: None,
            fallbacks: Fallbacks::default(),
            archived_at: None,
            portal_enabled: true,
            visits_counted: true,
            requires_confirmed_email: false,
            identity: IdentityKind::default(),
            applications: Applications::default(),
            provider: None,
        }
    }
}

/// An instance as it is stored, with its fallback redirects at the same version.
#[derive(Clone, Debug)]
pub struct StoredInstance {
    /// The row's key.
    pub id: i64,
    /// The random id of the save that it was read from. Versions can come again after a restore, and this can't.
    pub save_id: Uuid,
    /// The settings, as stored.
    pub settings: Settings,
    /// The domain as the admin typed it.
    pub domain_typed: String,
    /// What the settings mean today, or a stand-in to show where they can't be restored.
    pub instance: Instance,
    /// Why the settings can't be restored: then the portal serves nobody.
    pub unusable: Option<String>,
    /// The fallback redirects, as typed.
    pub fallbacks: Fallbacks,
    /// Since when it is archived: then its portal is closed.
    pub archived_at: Option<OffsetDateTime>,
    /// Whether it has hosted pages.
    pub portal_enabled: bool,
    /// Whether its visits are counted.
    pub visits_counted: bool,
    /// Whether visitors confirm their email address before a session begins.
    pub requires_confirmed_email: bool,
    /// How its visitors are recognised.
    pub identity: IdentityKind,
    /// What its owners say of its applications.
    pub applications: Applications,
    /// What the hosted pages show of its identity provider, if it has one.
    pub provider: Option<ProviderButton>,
}
