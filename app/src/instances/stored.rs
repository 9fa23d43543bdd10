//! An instance as it is stored.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    portal::identity::IdentityKind,
    redirects::{Fallbacks, Instance, Settings},
};

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
    /// How its visitors are recognised.
    pub identity: IdentityKind,
}
