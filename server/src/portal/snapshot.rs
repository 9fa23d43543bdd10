//! What is served: an instance with its fallback redirects, at one version. For now each is read from PostgreSQL.

use std::{convert::Infallible, sync::Arc};

use app::instances::store::{self, StoreError, StoredInstance};
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, Uri, request::Parts},
};
use sqlx::PgPool;
use url::Url;

use super::problem::Problem;
use crate::security::asked_host;

/// An instance as it is served.
pub(super) type Snapshot = Arc<StoredInstance>;

/// Finds what is served, by slug or by host.
#[derive(Clone, Debug)]
pub(super) struct Snapshots {
    pool: PgPool,
}

impl Snapshots {
    pub(super) fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The instance of that slug.
    async fn by_slug(&self, slug: &str) -> Result<Option<Snapshot>, StoreError> {
        Ok(store::find(&self.pool, slug).await?.map(Arc::new))
    }

    /// The instance whose portal is at that host. A proxy may have taken TLS off, so both schemes fit.
    async fn by_host(&self, host: &str) -> Result<Option<Snapshot>, StoreError> {
        let origins: Vec<String> = ["https", "http"]
            .iter()
            .filter_map(|scheme| Url::parse(&format!("{scheme}://{host}")).ok())
            .map(|url| url.origin().ascii_serialization())
            .collect();
        match store::find_slug_by_portal_origin(&self.pool, &origins).await? {
            Some(slug) => self.by_slug(&slug).await,
            None => Ok(None),
        }
    }

    /// The instance whose portal is at the host that was asked for.
    pub(super) async fn at_host(&self, headers: &HeaderMap, uri: &Uri) -> Result<Snapshot, Problem> {
        let host = asked_host(headers, uri).ok_or(Problem::UnknownInstance)?;
        told(self.by_host(host).await)
    }
}

/// The instance that a request is for, whether its portal is open or closed: by the slug in its path, else by the host it was
/// asked for.
pub(super) struct Asked(pub(super) Result<Snapshot, Problem>);

impl FromRequestParts<Snapshots> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, snapshots: &Snapshots) -> Result<Self, Infallible> {
        Ok(Self(ask(parts, snapshots).await))
    }
}

async fn ask(parts: &mut Parts, snapshots: &Snapshots) -> Result<Snapshot, Problem> {
    // A path that is not UTF-8 names no instance.
    let params = RawPathParams::from_request_parts(parts, snapshots).await.map_err(|_| Problem::UnknownInstance)?;
    let slug = params.iter().find(|(name, _)| *name == "slug").map(|(_, slug)| slug.to_owned());
    match slug {
        Some(slug) => told(snapshots.by_slug(&slug).await),
        None => snapshots.at_host(&parts.headers, &parts.uri).await,
    }
}

fn told(found: Result<Option<Snapshot>, StoreError>) -> Result<Snapshot, Problem> {
    match found {
        Ok(found) => found.ok_or(Problem::UnknownInstance),
        Err(error) => {
            tracing::warn!(%error, "an instance could not be read");
            Err(Problem::Unavailable)
        }
    }
}

/// The instance that a request is for, if its portal is open.
pub(super) struct Served(pub(super) Snapshot);

impl FromRequestParts<Snapshots> for Served {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, snapshots: &Snapshots) -> Result<Self, Problem> {
        let snapshot = ask(parts, snapshots).await?;
        if snapshot.archived_at.is_some() { Err(Problem::Closed) } else { Ok(Self(snapshot)) }
    }
}
