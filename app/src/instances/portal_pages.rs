//! Switching an instance's hosted pages off and on. Its redirects stay as they are, and the portal's API goes on answering.

use serde::Deserialize;
use sqlx::PgPool;

use super::store::{StoreError, lock_row};
use crate::{
    admins::Role,
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
};

/// What the button posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortalForm {
    /// What becomes of the pages.
    pub pages: Pages,
}

/// Whether there are hosted pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pages {
    /// Visitors find them.
    On,
    /// Visitors get 404.
    Off,
}

impl Pages {
    /// The name in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

/// Switches the hosted pages on or off, and raises the version. Where they are so already, nothing is raised.
///
/// # Errors
/// Not found, archived, the role does not allow it, or PostgreSQL.
pub async fn switch(pool: &PgPool, actor: &Actor, slug: &str, pages: Pages) -> Result<(), StoreError> {
    let mut transaction = pool.begin().await?;
    let id = lock_row(&mut transaction, actor, slug, Role::Editor).await?;
    let switched = sqlx::query_scalar!(
        "update instances set portal_enabled = $2, version = version + 1, updated_at = now()
        where id = $1 and portal_enabled <> $2 returning version",
        id,
        pages == Pages::On
    )
    .fetch_optional(&mut *transaction)
    .await?;
    if let Some(version) = switched {
        let kind = if pages == Pages::On { Kind::PortalEnabled } else { Kind::PortalDisabled };
        record(&mut transaction, actor, kind, Entry::of(id).at(version)).await?;
    }
    transaction.commit().await?;
    Ok(())
}
