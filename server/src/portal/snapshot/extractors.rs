//! Extractors for the instance that a request is for.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, RawPathParams, rejection::RawPathParamsRejection},
    http::request::Parts,
};

use super::{Snapshot, Snapshots};
use crate::portal::problem_details::ProblemDetails;

/// The instance that a request is for, whether or not its portal is open: by the slug in its path, else by its host.
pub(in crate::portal) struct FoundInstance(pub(in crate::portal) Result<Snapshot, ProblemDetails>);

impl FromRequestParts<Snapshots> for FoundInstance {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, snapshots: &Snapshots) -> Result<Self, Infallible> {
        Ok(Self(find(parts, snapshots).await))
    }
}

async fn find(parts: &mut Parts, snapshots: &Snapshots) -> Result<Snapshot, ProblemDetails> {
    let params = match RawPathParams::from_request_parts(parts, snapshots).await {
        Ok(params) => params,
        // A request that matched no route has no parameters.
        Err(RawPathParamsRejection::MissingPathParams(_)) => return snapshots.at_host(&parts.headers, &parts.uri).await,
        // A path that is not UTF-8 names no instance.
        Err(_) => return Err(ProblemDetails::UnknownInstance),
    };
    match params.iter().find(|(name, _)| *name == "slug") {
        Some((_, slug)) => Ok(snapshots.by_slug(slug).await?.ok_or(ProblemDetails::UnknownInstance)?),
        None => snapshots.at_host(&parts.headers, &parts.uri).await,
    }
}

/// The instance that a request is for, if its portal is open.
pub(in crate::portal) struct OpenInstance(pub(in crate::portal) Snapshot);

impl FromRequestParts<Snapshots> for OpenInstance {
    type Rejection = ProblemDetails;

    async fn from_request_parts(parts: &mut Parts, snapshots: &Snapshots) -> Result<Self, ProblemDetails> {
        let snapshot = find(parts, snapshots).await?;
        if snapshot.archived_at.is_some() { Err(ProblemDetails::Closed) } else { Ok(Self(snapshot)) }
    }
}
