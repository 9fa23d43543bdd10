//! Whether the database holds anything that is encrypted with the secret key.

use sqlx::PgExecutor;

/// Whether it does: the secret of a second factor, a signing key, or the client secret of an identity provider. Then a missing key is a
/// mistake, and a new one in its place would hide it.
///
/// # Errors
/// The query fails.
pub async fn any_encrypted<'e>(executor: impl PgExecutor<'e>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from admin_second_factors) or exists (select from signing_keys)
            or exists (select from identity_providers where client_secret is not null) as "any!""#
    )
    .fetch_one(executor)
    .await
}
