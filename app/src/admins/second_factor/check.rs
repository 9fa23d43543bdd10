//! Checks the code of a second factor: in the second step of a sign-in, and wherever a code may take the place of the password.

use sqlx::{PgConnection, PgPool};

use super::{RecoveryCode, TotpSecret};
use crate::{
    admins::{
        Token,
        form::CodeForm,
        sign_in::{SignInError, SignInTokens, count_failure, start_session},
        store::{accounts, pending_sign_ins, second_factors},
    },
    credentials::{client::Client, secret_key::SecretKey},
    database::begin,
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
};

/// What checking a code needs.
#[derive(Clone, Debug, Default)]
pub struct CodeContext {
    /// The key that the secrets are encrypted with; `None` if the server can't read it.
    pub key: Option<SecretKey>,
    /// The present time, in seconds since 1970.
    pub now: i64,
}

/// The second step of signing in: a code of the authenticator app, or a recovery code.
///
/// # Errors
/// The sign-in has expired, the code is wrong or has been used, the key can't be used, or the query fails.
pub async fn finish_sign_in(
    pool: &PgPool,
    context: &CodeContext,
    token: &Token,
    form: &CodeForm,
    client: &Client,
) -> Result<SignInTokens, SignInError> {
    let mut transaction = begin(pool).await?;
    let pending = pending_sign_ins::find(&mut *transaction, token).await?.ok_or(SignInError::Expired)?;
    let actor = Actor { admin: Some(pending.admin), name: pending.email.as_str().to_owned(), address: client.address, token: None };
    accounts::lock(&mut transaction, pending.admin).await?;
    // Of two requests with the same sign-in, the second one waits for the lock and then finds none.
    if !pending_sign_ins::end(&mut transaction, token).await? {
        return Err(SignInError::Expired);
    }
    let checked = if form.recovery_code.trim().is_empty() {
        check_code(&mut transaction, context, pending.admin, &form.code).await
    } else {
        use_recovery_code(&mut transaction, &actor, pending.admin, &form.recovery_code).await
    };
    if let Err(error) = checked {
        transaction.rollback().await?;
        return Err(refused(pool, &actor, error).await?);
    }
    let tokens = start_session(&mut transaction, pending.admin, &pending.email, client).await?;
    transaction.commit().await?;
    Ok(tokens)
}

/// Counts a wrong code. The transaction that checked it is over, and nothing of it stays.
///
/// # Errors
/// The query fails.
pub(in crate::admins) async fn refused(pool: &PgPool, actor: &Actor, error: SignInError) -> sqlx::Result<SignInError> {
    if matches!(error, SignInError::Fields(_)) {
        count_failure(pool, actor, Kind::SecondFactorFailed).await?;
    }
    Ok(error)
}

/// Checks a code of an admin's authenticator app, and uses it up. The account's row is locked.
///
/// # Errors
/// The code is wrong or has been used, the key can't be used, or the query fails.
pub(in crate::admins) async fn check_code(
    connection: &mut PgConnection,
    context: &CodeContext,
    admin: i64,
    code: &str,
) -> Result<(), SignInError> {
    let factor = second_factors::find(&mut *connection, admin).await?.ok_or(SignInError::Expired)?;
    let key = context.key.as_ref().ok_or(SignInError::SecretKey)?;
    let secret = TotpSecret::decrypt(&factor.secret, key, admin).map_err(|error| {
        tracing::error!(admin, "a second factor can't be checked: {error}; is --secret-key-file the file that it was set up with?");
        SignInError::SecretKey
    })?;
    let wrong = "That code is wrong. Enter the six digits that your app shows now, and check that your phone's clock is right.";
    let step = secret.step_of(code, context.now).ok_or_else(|| SignInError::field("code", wrong))?;
    if second_factors::use_step(connection, admin, step).await? {
        Ok(())
    } else {
        Err(SignInError::field("code", "That code has been used. Wait until your app shows the next one."))
    }
}

/// Checks a code of an admin's authenticator app, or a recovery code, and uses it up. The account's row is locked.
///
/// # Errors
/// As [`check_code`].
pub(in crate::admins) async fn check_any_code(
    connection: &mut PgConnection,
    context: &CodeContext,
    actor: &Actor,
    admin: i64,
    code: &str,
) -> Result<(), SignInError> {
    if RecoveryCode::parse(code).is_none() {
        return check_code(connection, context, admin, code).await;
    }
    use_recovery_code(connection, actor, admin, code).await.map_err(|error| match error {
        SignInError::Fields(_) => SignInError::field("code", "That is not one of your recovery codes, or it has been used."),
        error => error,
    })
}

/// Uses a recovery code up. It needs no key.
async fn use_recovery_code(connection: &mut PgConnection, actor: &Actor, admin: i64, typed: &str) -> Result<(), SignInError> {
    let left = match RecoveryCode::parse(typed) {
        Some(code) => second_factors::use_recovery_code(connection, admin, &code).await?,
        None => None,
    };
    let wrong = "That is not one of your recovery codes, or it has been used. Each one works once.";
    let left = left.ok_or_else(|| SignInError::field("recovery_code", wrong))?;
    record(connection, actor, Kind::RecoveryCodeUsed, Entry::default().field("recovery_codes", left + 1, left)).await?;
    Ok(())
}
