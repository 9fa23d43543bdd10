//! Setting the second factor up, making new recovery codes, and turning it off. Each is one transaction that also records it in the
//! history.

use sqlx::{PgPool, PgTransaction};

use super::{
    RecoveryCode, TotpSecret,
    check::{CodeContext, check_code, refused},
    recovery_code,
};
use crate::{
    admins::{
        Caller,
        form::{ConfirmForm, ProofForm, SetUpForm},
        sign_in::{SignInError, count_failure},
        store::{accounts, pending_sign_ins, second_factors, sessions},
    },
    credentials::{password::Password, secret_key::SecretKey},
    database,
    history::{
        Kind,
        record::{Entry, record},
    },
};

/// The most digits that count as a code, mistyped or not. More are a password, which may be all digits.
const MAX_CODE_DIGITS: usize = 8;

/// Begins to set the second factor up: the caller's session gets a new secret to be confirmed. Nothing counts yet. A session that has
/// begun a moment ago needs no password.
///
/// # Errors
/// The password is wrong or can't be verified, or the query fails.
pub async fn begin(pool: &PgPool, key: &SecretKey, caller: &Caller, form: &SetUpForm) -> Result<(), SignInError> {
    if !sessions::is_recent(database::timed(pool), caller.session).await? {
        verify(pool, caller, &form.password, "password").await?;
    }
    let secret = TotpSecret::new()?.encrypt(key, caller.id)?;
    second_factors::begin_setup(database::timed(pool), caller.session, &secret).await?;
    Ok(())
}

/// The secret that the caller's session is setting up. Returns `None` if it has not begun.
///
/// # Errors
/// The key is not the one that it was encrypted with, or the query fails.
pub async fn begun(pool: &PgPool, key: Option<&SecretKey>, caller: &Caller) -> Result<Option<TotpSecret>, SignInError> {
    let Some(secret) = second_factors::setup(database::timed(pool), caller.session).await? else { return Ok(None) };
    let key = key.ok_or(SignInError::SecretKey)?;
    TotpSecret::decrypt(&secret, key, caller.id).map(Some).map_err(|_| SignInError::SecretKey)
}

/// Turns the second factor on, with the first code of the authenticator app. Ends the caller's other sessions. Returns the recovery
/// codes, which nobody sees again.
///
/// # Errors
/// The code is wrong, there is no set-up, the second factor is on already, or the query fails.
pub async fn confirm(pool: &PgPool, context: &CodeContext, caller: &Caller, form: &ConfirmForm) -> Result<Vec<RecoveryCode>, SignInError> {
    let mut transaction = lock(pool, caller).await?;
    let stored = second_factors::setup(&mut *transaction, caller.session).await?.ok_or(SignInError::Expired)?;
    let key = context.key.as_ref().ok_or(SignInError::SecretKey)?;
    let secret = TotpSecret::decrypt(&stored, key, caller.id).map_err(|_| SignInError::SecretKey)?;
    let Some(step) = secret.step_of(&form.code, context.now) else {
        transaction.rollback().await?;
        let wrong = "That code is wrong. Scan the QR code again, and check that your phone's clock is right.";
        return Err(refused(pool, &caller.actor, SignInError::field("code", wrong)).await?);
    };
    if !second_factors::turn_on(&mut transaction, caller.id, &stored, step).await? {
        return Err(SignInError::Expired);
    }
    let codes = recovery_code::new_set()?;
    second_factors::replace_recovery_codes(&mut transaction, caller.id, &codes).await?;
    second_factors::end_setup(&mut *transaction, caller.session).await?;
    end_other_sign_ins(&mut transaction, caller).await?;
    record(&mut transaction, &caller.actor, Kind::SecondFactorOn, Entry::default()).await?;
    transaction.commit().await?;
    Ok(codes)
}

/// Makes new recovery codes in the place of the earlier ones.
///
/// # Errors
/// Neither password nor code is right, the second factor is off, or the query fails.
pub async fn new_recovery_codes(
    pool: &PgPool,
    context: &CodeContext,
    caller: &Caller,
    form: &ProofForm,
) -> Result<Vec<RecoveryCode>, SignInError> {
    let mut transaction = prove(pool, context, caller, form).await?;
    let codes = recovery_code::new_set()?;
    second_factors::replace_recovery_codes(&mut transaction, caller.id, &codes).await?;
    record(&mut transaction, &caller.actor, Kind::RecoveryCodesMade, Entry::default()).await?;
    transaction.commit().await?;
    Ok(codes)
}

/// Turns the second factor off. Ends the caller's other sessions.
///
/// # Errors
/// Neither password nor code is right, the second factor is off already, or the query fails.
pub async fn turn_off(pool: &PgPool, context: &CodeContext, caller: &Caller, form: &ProofForm) -> Result<(), SignInError> {
    let mut transaction = prove(pool, context, caller, form).await?;
    second_factors::turn_off(&mut transaction, caller.id).await?;
    end_other_sign_ins(&mut transaction, caller).await?;
    record(&mut transaction, &caller.actor, Kind::SecondFactorOff, Entry::default()).await?;
    transaction.commit().await?;
    Ok(())
}

/// Starts a transaction for a change to a second factor that is on, after the password or a code.
async fn prove(pool: &PgPool, context: &CodeContext, caller: &Caller, form: &ProofForm) -> Result<PgTransaction<'static>, SignInError> {
    let typed: Vec<char> = form.proof.as_str().chars().filter(|c| !c.is_whitespace()).collect();
    let is_code = typed.len() <= MAX_CODE_DIGITS && typed.iter().all(char::is_ascii_digit);
    if !is_code {
        verify(pool, caller, &form.proof, "proof").await?;
    }
    let mut transaction = lock(pool, caller).await?;
    if !second_factors::is_on(&mut *transaction, caller.id).await? {
        return Err(SignInError::Expired);
    }
    if is_code && let Err(error) = check_code(&mut transaction, context, caller.id, form.proof.as_str()).await {
        transaction.rollback().await?;
        let error = match error {
            SignInError::Fields(errors) => SignInError::Fields(errors.into_iter().map(|error| error.of("proof")).collect()),
            error => error,
        };
        return Err(refused(pool, &caller.actor, error).await?);
    }
    Ok(transaction)
}

/// Checks the caller's password.
async fn verify(pool: &PgPool, caller: &Caller, password: &Password, field: &str) -> Result<(), SignInError> {
    let account = accounts::find(database::timed(pool), &caller.email).await?.ok_or(SignInError::Expired)?;
    if password.matches(Some(account.password_hash)).await? {
        return Ok(());
    }
    count_failure(pool, &caller.actor, Kind::SignInFailed).await?;
    Err(SignInError::field(field, "That is not your password."))
}

/// Starts a transaction in which the caller's account and session don't change.
async fn lock(pool: &PgPool, caller: &Caller) -> Result<PgTransaction<'static>, SignInError> {
    let mut transaction = database::begin(pool).await?;
    let is_there = accounts::lock(&mut transaction, caller.id).await?.is_some();
    if is_there && sessions::exists(&mut *transaction, caller.session).await? { Ok(transaction) } else { Err(SignInError::Expired) }
}

/// Ends whatever else the caller has been let in to, or halfway.
async fn end_other_sign_ins(transaction: &mut PgTransaction<'_>, caller: &Caller) -> sqlx::Result<()> {
    sessions::end_all(&mut **transaction, caller.id, Some(caller.session)).await?;
    pending_sign_ins::end_all(transaction, caller.id).await
}
