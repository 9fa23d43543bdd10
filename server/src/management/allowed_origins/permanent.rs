//! Origins that stay until somebody removes them. They are part of the settings.

use app::{api_tokens::Scope, database::StoreError, manifest::InstanceSettings, members::role::Role, redirects::AllowedOrigin};
use axum::{
    http::{StatusCode, header},
    response::Response,
};

use super::wrong;
use crate::management::{problem::Problem, request::InstanceRequest};

/// How often a change is tried again, when somebody saves at the same moment.
const MAX_TRIES: usize = 5;

/// Adds or removes an origin, on top of whatever is stored at that moment.
pub(super) async fn set<Params>(
    request: &InstanceRequest<Params>,
    origin: &str,
    is_wanted: bool,
    dry_run: bool,
) -> Result<Response, Problem> {
    for _ in 0..MAX_TRIES {
        let stored = request.admit_write(dry_run, Scope::Settings, Role::Editor).await?;
        let parsed = AllowedOrigin::parse(origin, stored.settings.environment).map_err(wrong)?.to_string();
        let mut settings = InstanceSettings::of(&stored);
        match (is_wanted, settings.allowed_origins.contains(&parsed)) {
            (true, false) => settings.allowed_origins.push(parsed),
            (false, true) => settings.allowed_origins.retain(|known| *known != parsed),
            // It is as wanted already.
            _ => {}
        }
        let planned = request.plan(&stored, &settings).await.map_err(|problem| problem.of_parameter("origin"))?;
        if dry_run || planned.change.fields.is_empty() {
            return Ok(planned.unsaved(dry_run, &stored));
        }
        match request.apply(&planned.change, planned.figure).await {
            Ok(()) => return Ok(planned.saved(&stored, &request.stored().await?)),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let detail = "Other people kept saving this instance at the same time. Try again in a moment.";
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).with(header::RETRY_AFTER, "1"))
}
