//! Authorization requests that wait for a sign-in. Each is found by the id in the link, in the browser that began it only.

use sqlx::PgPool;
use time::OffsetDateTime;

use super::super::authorization::{AuthorizationRequest, Prompt};
use crate::{
    credentials::token::Token,
    database::{begin, timed},
};

/// How long a request waits for its visitor, in minutes.
pub const PENDING_MINUTES: i32 = 30;

/// A request that waits.
#[derive(Clone, Debug)]
pub struct PendingAuthorization {
    /// What the client asked.
    pub request: AuthorizationRequest,
    /// A session that began before this is not enough; `None` if any session is.
    pub session_since: Option<OffsetDateTime>,
}

impl PendingAuthorization {
    /// Whether a session that began at that time is enough.
    pub fn accepts(&self, auth_time: OffsetDateTime) -> bool {
        self.session_since.is_none_or(|since| auth_time >= since)
    }
}

/// Stores a request under an id for the link, for the browser with that token in its cookie.
///
/// # Errors
/// The query fails.
pub async fn put(pool: &PgPool, instance: i64, request: &AuthorizationRequest, id: &Token, browser: &Token) -> sqlx::Result<()> {
    let mut transaction = begin(pool).await?;
    // Deletes some that nobody has come back for, without waiting for another request that deletes the same ones.
    sqlx::query!(
        "delete from pending_authorizations where id_hash in (
            select id_hash from pending_authorizations where created_at < now() - make_interval(mins => $1)
            order by created_at limit 100 for update skip locked
        )",
        PENDING_MINUTES
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!(
        "insert into pending_authorizations
            (id_hash, browser_hash, instance_id, client_id, redirect_uri, scope, state, nonce, code_challenge, session_since)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, case when $10 then now() else now() - make_interval(secs => $11::integer) end)",
        &id.hash()[..],
        &browser.hash()[..],
        instance,
        request.client_id,
        request.redirect_uri,
        request.scope,
        request.state,
        request.nonce,
        request.code_challenge,
        request.prompt == Prompt::Login,
        request.max_age
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

/// The request of that id and browser; `None` if there is none, or it has waited for too long.
///
/// # Errors
/// The query fails.
pub async fn find(pool: &PgPool, instance: i64, id: &Token, browser: &Token) -> sqlx::Result<Option<PendingAuthorization>> {
    let row = sqlx::query!(
        "select client_id, redirect_uri, scope, state, nonce, code_challenge, session_since from pending_authorizations
        where id_hash = $1 and browser_hash = $2 and instance_id = $3 and created_at > now() - make_interval(mins => $4)",
        &id.hash()[..],
        &browser.hash()[..],
        instance,
        PENDING_MINUTES
    )
    .fetch_optional(timed(pool))
    .await?;
    Ok(row.map(|row| PendingAuthorization {
        request: AuthorizationRequest {
            client_id: row.client_id,
            redirect_uri: row.redirect_uri,
            scope: row.scope,
            state: row.state,
            nonce: row.nonce,
            code_challenge: row.code_challenge,
            prompt: Prompt::IfNeeded,
            max_age: None,
            login_hint: None,
        },
        session_since: row.session_since,
    }))
}

/// Deletes a request, which is answered. Returns whether it was still there: of two answers at the same moment, one counts.
///
/// # Errors
/// The query fails.
pub async fn take(pool: &PgPool, id: &Token) -> sqlx::Result<bool> {
    let deleted = sqlx::query!("delete from pending_authorizations where id_hash = $1", &id.hash()[..]).execute(timed(pool)).await?;
    Ok(deleted.rows_affected() > 0)
}
