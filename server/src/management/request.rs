//! What requests about one instance have in common: who calls, which instance is meant, and what the query says.

use app::{
    api_tokens::{Scope, store::FoundToken},
    database::{StoreError, timed},
    insight::impact::Figure,
    instances::{
        store::{find_any, portal_hosts},
        stored::StoredInstance,
    },
    manifest::{self, Action, InstanceSettings, plan_one},
    members::role::Role,
    saving::saved_instances::SavedInstances,
};
use axum::{
    extract::{FromRequestParts, Path},
    http::{HeaderMap, request::Parts},
    response::Response,
};
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::{
    Management,
    caller::needed,
    change::{Change, ImpactBody, impact_of},
    etag::IfMatch,
    input::{NoParams, Query, WriteParams},
    problem::{InputError, Problem},
};

/// The instance in the path, for the description.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "it only describes the path")]
pub(super) struct InPath {
    /// The instance: its name in URLs.
    slug: String,
}

/// The version that a write replaces, for the description.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes the header")]
pub(super) struct Replaced {
    /// The `ETag` that was read. Required.
    #[param(rename = "If-Match", required = false)]
    if_match: String,
}

/// A request about one instance.
#[derive(Debug)]
pub(super) struct InstanceRequest<Params = NoParams> {
    /// What the routes share.
    pub(super) management: Management,
    /// The token of the caller.
    pub(super) token: FoundToken,
    /// The slug of the instance.
    pub(super) slug: String,
    /// What the query says.
    pub(super) params: Params,
    headers: HeaderMap,
    saved: SavedInstances,
}

impl<Params: DeserializeOwned> FromRequestParts<Management> for InstanceRequest<Params> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, management: &Management) -> Result<Self, Problem> {
        // The guard around all routes has put it there.
        let token = parts.extensions.get::<FoundToken>().cloned().ok_or_else(|| Problem::unauthorized("Send an API token."))?;
        let Ok(Path(slug)) = Path::from_request_parts(parts, management).await else { return Err(Problem::not_found()) };
        let Query(params) = Query::from_request_parts(parts, management).await?;
        let saved = SavedInstances::of(parts);
        Ok(Self { management: management.clone(), token, slug, params, headers: parts.headers.clone(), saved })
    }
}

impl<Params> InstanceRequest<Params> {
    /// The instance and the role of the token's maker in it, for a request that reads.
    ///
    /// # Errors
    /// Like [`Management::admit`].
    pub(super) async fn admit_read(&self) -> Result<(StoredInstance, Role), Problem> {
        self.management.admit(&self.token, &self.slug, Scope::Read, Role::Viewer).await
    }

    /// The instance, for a request that writes. A dry run only needs what reading needs.
    ///
    /// # Errors
    /// Like [`Management::admit`].
    pub(super) async fn admit_write(&self, dry_run: bool, scope: Scope, least: Role) -> Result<StoredInstance, Problem> {
        let (scope, least) = needed(&self.token, dry_run, scope, least);
        Ok(self.management.admit(&self.token, &self.slug, scope, least).await?.0)
    }

    /// The instance as it is stored now.
    ///
    /// # Errors
    /// It is gone, or the database does not answer.
    pub(super) async fn stored(&self) -> Result<StoredInstance, Problem> {
        find_any(timed(&self.management.pool), &self.slug).await?.ok_or_else(Problem::not_found)
    }

    /// Marks the instance as saved, so that this process serves it anew before it responds.
    pub(super) fn mark_saved(&self) {
        self.saved.mark(&self.slug);
    }

    /// What settings would change that take the place of `stored`, and for whom.
    ///
    /// # Errors
    /// The rules refuse them.
    pub(super) async fn plan(&self, stored: &StoredInstance, settings: &InstanceSettings) -> Result<Planned, Problem> {
        let change = self.management.plan(&self.slug, Some(stored), settings).await?;
        let (impact, figure) = match change.proposed() {
            Some((stored, proposed)) => impact_of(&self.management.pool, stored, &proposed).await,
            None => (None, None),
        };
        Ok(Planned { change, impact, figure })
    }

    /// Makes a planned change.
    ///
    /// # Errors
    /// Somebody has saved since it was planned, or why nothing can be stored.
    pub(super) async fn apply(&self, change: &manifest::Change, figure: Option<Figure>) -> Result<(), StoreError> {
        manifest::apply(&self.management.pool, &self.token.actor, change, figure).await?;
        self.mark_saved();
        Ok(())
    }
}

impl Management {
    /// What settings would change of the instance of that slug, or of a new one.
    ///
    /// # Errors
    /// The rules refuse them, another instance has the portal's host, or the database does not answer.
    pub(super) async fn plan(
        &self,
        slug: &str,
        stored: Option<&StoredInstance>,
        settings: &InstanceSettings,
    ) -> Result<manifest::Change, Problem> {
        let change = plan_one(slug, stored, settings, &self.dashboard_host)?;
        if let Some(host) = change.new_portal_host() {
            let taken = portal_hosts(timed(&self.pool), &[host.to_owned()]).await?;
            if taken.iter().any(|(_, other)| other != slug) {
                // Whose it is, the caller may not be allowed to know.
                let detail = "Another instance has this portal origin. Each portal needs its own host name.";
                return Err(Problem::values(vec![InputError::at("/portal_origin", detail)]));
            }
        }
        Ok(change)
    }
}

/// A change that was planned, and how many counted visits it concerns.
pub(super) struct Planned {
    pub(super) change: manifest::Change,
    impact: Option<ImpactBody>,
    pub(super) figure: Option<Figure>,
}

impl Planned {
    /// The answer to a dry run, and where nothing differs.
    pub(super) fn unsaved(self, dry_run: bool, stored: &StoredInstance) -> Response {
        Change { dry_run, changes: self.change.fields, skipped: self.change.skipped, impact: self.impact, ..Change::of(stored) }.at(stored)
    }

    /// The answer to a change of `before`. `now` is what is stored since.
    pub(super) fn saved(self, before: &StoredInstance, now: &StoredInstance) -> Response {
        Change { changes: self.change.fields, skipped: self.change.skipped, impact: self.impact, ..Change::of(now) }.since(before, now)
    }
}

impl InstanceRequest<WriteParams> {
    /// Replaces what is stored by these settings, if the request has seen it.
    ///
    /// # Errors
    /// `If-Match` is missing or names another version, the rules refuse the settings, or the database does not answer.
    pub(super) async fn replace(&self, stored: StoredInstance, settings: &InstanceSettings) -> Result<Response, Problem> {
        let if_match = self.if_match(&stored).await?;
        let planned = self.plan(&stored, settings).await?;
        if self.params.dry_run || planned.change.action == Action::Same {
            return Ok(planned.unsaved(self.params.dry_run, &stored));
        }
        match self.apply(&planned.change, planned.figure).await {
            Ok(()) => Ok(planned.saved(&stored, &self.stored().await?)),
            Err(error) => Err(self.refused(&if_match, error).await),
        }
    }

    /// The version that the request replaces, which must be the stored one.
    ///
    /// # Errors
    /// `If-Match` is missing or names another version.
    pub(super) async fn if_match(&self, stored: &StoredInstance) -> Result<IfMatch, Problem> {
        let if_match = IfMatch::of(&self.headers)?;
        if_match.check(&self.management.pool, stored).await?;
        Ok(if_match)
    }

    /// The problem of a write that was not stored. A conflict says who has changed what.
    pub(super) async fn refused(&self, if_match: &IfMatch, error: StoreError) -> Problem {
        match error {
            StoreError::Conflict(now) => if_match.stale(&self.management.pool, &now).await,
            error => error.into(),
        }
    }
}
