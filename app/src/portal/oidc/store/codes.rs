//! Authorization codes, and the access tokens that they are redeemed for. Only hashes are stored.

use sqlx::PgPool;

use super::super::authorization::{AuthorizationRequest, verifies};
use crate::{
    credentials::token::Token,
    database::{begin, timed},
};

/// How long a code can be redeemed, in seconds.
pub const CODE_SECONDS: i32 = 60;

/// How long an access token lasts, in seconds.
pub const ACCESS_TOKEN_SECONDS: i32 = 300;

/// What a client sends to redeem a code. The client is authenticated.
#[derive(Clone, Copy, Debug)]
pub struct Redemption<'a> {
    /// The client that sends it.
    pub client_id: &'a str,
    /// The redirect URI, again.
    pub redirect_uri: &'a str,
    /// The verifier of PKCE.
    pub verifier: &'a str,
}

/// A code that was redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedeemedCode {
    /// The key of the visitor's session.
    pub session: i64,
    /// The scopes, separated by spaces.
    pub scope: String,
    /// Comes back in the ID token.
    pub nonce: Option<String>,
}

/// Stores a code for a visitor's session.
///
/// # Errors
/// The query fails; also if the session has ended at this moment.
pub async fn put(pool: &PgPool, instance: i64, session: i64, request: &AuthorizationRequest, code: &Token) -> sqlx::Result<()> {
    let mut transaction = begin(pool).await?;
    // A code that was redeemed stays until its access token has ended: it must be known if it comes again.
    sqlx::query!(
        "delete from authorization_codes where code_hash in (
            select code_hash from authorization_codes where created_at < now() - make_interval(secs => $1::integer)
            order by created_at limit 100 for update skip locked
        )",
        2 * (CODE_SECONDS + ACCESS_TOKEN_SECONDS)
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!(
        "insert into authorization_codes (code_hash, session_id, instance_id, client_id, redirect_uri, scope, nonce, code_challenge)
        values ($1, $2, $3, $4, $5, $6, $7, $8)",
        &code.hash()[..],
        session,
        instance,
        request.client_id,
        request.redirect_uri,
        request.scope,
        request.nonce,
        request.code_challenge
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

/// Redeems a code for an access token, once. A code that comes again, or with anything that is not as the request had it, is deleted with
/// what it was redeemed for (RFC 6749, section 4.1.2).
///
/// # Errors
/// The query fails.
pub async fn redeem(
    pool: &PgPool,
    instance: i64,
    code: &Token,
    redemption: Redemption<'_>,
    access_token: &Token,
) -> sqlx::Result<Option<RedeemedCode>> {
    let mut transaction = begin(pool).await?;
    let row = sqlx::query!(
        r#"select session_id, client_id, redirect_uri, scope, nonce, code_challenge, redeemed_at is not null as "is_redeemed!",
            created_at > now() - make_interval(secs => $3::integer) as "is_fresh!"
        from authorization_codes where code_hash = $1 and instance_id = $2 for update"#,
        &code.hash()[..],
        instance,
        CODE_SECONDS
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let is_right = !row.is_redeemed
        && row.is_fresh
        && row.client_id == redemption.client_id
        && row.redirect_uri == redemption.redirect_uri
        && verifies(&row.code_challenge, redemption.verifier);
    if is_right {
        let redeemed = sqlx::query!(
            "update authorization_codes set access_token_hash = $2, redeemed_at = now() where code_hash = $1",
            &code.hash()[..],
            &access_token.hash()[..]
        );
        redeemed.execute(&mut *transaction).await?;
    } else {
        sqlx::query!("delete from authorization_codes where code_hash = $1", &code.hash()[..]).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(is_right.then_some(RedeemedCode { session: row.session_id, scope: row.scope, nonce: row.nonce }))
}

/// The session and the scopes of an access token; `None` if it has ended or never existed.
///
/// # Errors
/// The query fails.
pub async fn of_access_token(pool: &PgPool, instance: i64, access_token: &Token) -> sqlx::Result<Option<(i64, String)>> {
    let row = sqlx::query!(
        "select session_id, scope from authorization_codes
        where access_token_hash = $1 and instance_id = $2 and redeemed_at > now() - make_interval(secs => $3::integer)",
        &access_token.hash()[..],
        instance,
        ACCESS_TOKEN_SECONDS
    )
    .fetch_optional(timed(pool))
    .await?;
    Ok(row.map(|row| (row.session_id, row.scope)))
}
