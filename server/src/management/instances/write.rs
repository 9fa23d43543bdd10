//! Storing a change of an instance, if the request has seen what it replaces.

use app::{
    api_tokens::store::FoundToken,
    database::{StoreError, timed},
    insight::impact::Figure,
    instances::{store::find_any, stored::StoredInstance},
    manifest::{self, Action, InstanceSettings, plan_one},
    saving::saved_instances::SavedInstances,
};
use axum::{http::HeaderMap, response::Response};

use crate::management::{
    Management,
    change::{Change, impact_of},
    etag::IfMatch,
    problem::Problem,
};

impl Management {
    /// The instance as it is stored.
    pub(in crate::management) async fn stored(&self, slug: &str) -> Result<StoredInstance, Problem> {
        find_any(timed(&self.pool), slug).await?.ok_or_else(Problem::not_found)
    }

    /// Replaces what is stored, if the request has seen it.
    pub(in crate::management) async fn update(
        &self,
        token: &FoundToken,
        saved: &SavedInstances,
        stored: StoredInstance,
        settings: &InstanceSettings,
        headers: &HeaderMap,
        dry_run: bool,
    ) -> Result<Response, Problem> {
        let if_match = IfMatch::of(headers)?;
        if_match.check(&self.pool, &stored).await?;
        let slug = stored.settings.slug.clone();
        let change = plan_one(&slug, Some(&stored), settings, &self.dashboard_host)?;
        let (impact, figure) = match change.proposed() {
            Some((stored, proposed)) => impact_of(&self.pool, stored, &proposed).await,
            None => (None, None),
        };
        if dry_run || change.action == Action::Same {
            return Ok(Change::done(dry_run, &stored, change, impact));
        }
        self.write(token, saved, &if_match, &change, figure).await?;
        Ok(Change::done(false, &self.stored(&slug).await?, change, impact))
    }

    /// Makes a planned change.
    ///
    /// # Errors
    /// Somebody has saved since the version of `If-Match`, or why nothing can be stored.
    pub(super) async fn write(
        &self,
        token: &FoundToken,
        saved: &SavedInstances,
        if_match: &IfMatch,
        change: &manifest::Change,
        figure: Option<Figure>,
    ) -> Result<(), Problem> {
        match manifest::apply(&self.pool, &token.actor, change, figure).await {
            Ok(_) => {
                saved.mark(&change.slug);
                Ok(())
            }
            Err(StoreError::Conflict(now)) => Err(if_match.stale(&self.pool, &now).await),
            Err(error) => Err(error.into()),
        }
    }
}
