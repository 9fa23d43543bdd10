//! Asking for a check of targets.
#![expect(missing_docs, reason = "the struct that #[server] makes of a function has its documentation on the function")]

use leptos::{prelude::*, server_fn::codec::Json};

use crate::error::AppError;

/// Has an instance's targets checked, and waits a few seconds until that is done. Editors may.
#[server(endpoint = "check_targets", input = Json)]
pub async fn check_targets(slug: String) -> Result<(), AppError> {
    use crate::{database::StoreError, layout::loading, members::role::Role};

    loading::admit(&slug, Role::Editor).await?;
    if use_context::<super::TargetChecks>().unwrap_or_default() == super::TargetChecks::Off {
        return Ok(());
    }
    let (pool, caller) = (loading::pool()?, loading::caller()?);
    let instance = super::store::ask(&pool, &caller.actor, &slug).await.map_err(StoreError::into_app_error)?;
    super::health::wait(&pool, instance).await.map_err(loading::unavailable)
}
