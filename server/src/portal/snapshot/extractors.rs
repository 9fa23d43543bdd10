//! Which instance a request is for.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, RawPathParams, rejection::RawPathParamsRejection},
    http::request::Parts,
};

use super::{Snapshot, Snapshots};
use crate::portal::problem_details::Problem;

/// The instance that a request is for, whether its portal is open or closed: by the slug in its path, else by the host it was
/// asked for.
pub(in crate::portal) struct Asked(pub(in crate::portal) Result<Snapshot, Problem>);

impl FromRequestParts<Snapshots> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, snapshots: &Snapshots) -> Result<Self, Infallible> {
        Ok(Self(ask(parts, snapshots).await))
    }
}

async fn ask(parts: &mut Parts, snapshots: &Snapshots) -> Result<Snapshot, Problem> {
    let params = match RawPathParams::from_request_parts(parts, snapshots).await {
        Ok(params) => params,
        // A request that no route was found for has no such thing as parameters.
        Err(RawPathParamsRejection::MissingPathParams(_)) => return snapshots.at_host(&parts.headers, &parts.uri).await,
        // A path that is not UTF-8 names no instance.
        Err(_) => return Err(Problem::UnknownInstance),
    };
    match params.iter().find(|(name, _)| *name == "slug") {
        Some((_, slug)) => Ok(snapshots.by_slug(slug).await?.ok_or(Problem::UnknownInstance)?),
        None => snapshots.at_host(&parts.headers, &parts.uri).await,
    }
}

/// The instance that a request is for, if its portal is open.
pub(in crate::portal) struct Served(pub(in crate::portal) Snapshot);

impl FromRequestParts<Snapshots> for Served {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, snapshots: &Snapshots) -> Result<Self, Problem> {
        let snapshot = ask(parts, snapshots).await?;
        if snapshot.archived_at.is_some() { Err(Problem::Closed) } else { Ok(Self(snapshot)) }
    }
}
