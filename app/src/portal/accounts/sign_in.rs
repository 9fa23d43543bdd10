//! Signing in and up, and what visitors change about themselves.

use sqlx::PgPool;

use super::{
    form::{Identifiers, check_new_password, read_rename, read_sign_up},
    store::{
        accounts::{self, Account},
        sessions,
    },
};
use crate::{
    admins::{Token, entry::Client},
    credentials::password::Password,
    portal::{
        form::{NamesForm, PasswordForm, SignInForm, SignUpForm},
        identifier::Identifier,
        identity::{IdentityError, Recognised, Visitor},
    },
    ui::form::FieldError,
};

/// The same words for an unknown account and a wrong password.
fn wrong() -> IdentityError {
    IdentityError::field("password", "These details are not right together. Check both, then try again. Without an account, sign up first.")
}

/// The same words whichever of the identifiers somebody has, and however many.
fn taken() -> IdentityError {
    IdentityError::field("", "We can't sign you up with these details. If you have an account already, sign in instead.")
}

/// Signs somebody in by password.
pub(super) async fn sign_in(pool: &PgPool, instance: i64, form: &SignInForm, client: &Client) -> Result<Recognised, IdentityError> {
    let identifier = Identifier::parse(&form.identifier);
    // What can't be anybody's is told at once: it says nothing about who has an account.
    let mut errors: Vec<_> = identifier.as_ref().err().map(|error| FieldError::new("identifier", error)).into_iter().collect();
    if form.password == Password::default() {
        errors.push(FieldError::new("password", "Enter your password."));
    }
    let (Ok(identifier), true) = (identifier, errors.is_empty()) else { return Err(IdentityError::Fields(errors)) };
    let account = accounts::find(pool, instance, &identifier.into()).await?.pop();
    enter(pool, instance, account, &form.password, client).await?.ok_or_else(wrong)
}

/// Makes an account and signs its visitor in. Somebody who has it already, and types its password, is just signed in.
pub(super) async fn sign_up(pool: &PgPool, instance: i64, form: &SignUpForm, client: &Client) -> Result<Recognised, IdentityError> {
    let details = read_sign_up(form)?;
    let mut found = accounts::find(pool, instance, &details.0).await?;
    // Either way one password is hashed, so the time it takes says no more than the answer.
    if found.is_empty() {
        let password_hash = form.password.hash().await?;
        let token = Token::new()?;
        let mut transaction = pool.begin().await?;
        if let Some(id) = accounts::create(&mut transaction, instance, &details, &password_hash).await? {
            sessions::begin(&mut transaction, id, &token, client).await?;
            transaction.commit().await?;
            return Ok(Recognised::Now(token));
        }
        // Somebody was faster.
        transaction.rollback().await?;
        found = accounts::find(pool, instance, &details.0).await?;
    }
    enter(pool, instance, only(found, &details.0), &form.password, client).await?.ok_or_else(taken)
}

/// The one account that all of these are of.
fn only(mut found: Vec<Account>, given: &Identifiers) -> Option<Account> {
    found.pop().filter(|account| found.is_empty() && account.has_all(given))
}

/// Begins a session where the password is the account's. Where there is no account, that takes as long to find out.
async fn enter(
    pool: &PgPool,
    instance: i64,
    account: Option<Account>,
    password: &Password,
    client: &Client,
) -> Result<Option<Recognised>, IdentityError> {
    let right = password.is(account.as_ref().map(|account| account.password_hash.clone())).await?;
    let Some(account) = account.filter(|_| right) else { return Ok(None) };
    let token = Token::new()?;
    let mut transaction = pool.begin().await?;
    if accounts::hold(&mut transaction, instance, account.id).await? != Some(account.password_hash) {
        return Ok(None);
    }
    sessions::begin(&mut transaction, account.id, &token, client).await?;
    transaction.commit().await?;
    Ok(Some(Recognised::Now(token)))
}

/// Changes a visitor's names.
pub(super) async fn rename(pool: &PgPool, instance: i64, visitor: &Visitor, form: &NamesForm) -> Result<(), IdentityError> {
    let names = read_rename(form)?;
    if accounts::rename(pool, instance, visitor.id, &names).await? { Ok(()) } else { Err(IdentityError::gone()) }
}

/// Changes a visitor's password and ends their other sessions.
pub(super) async fn change_password(pool: &PgPool, instance: i64, visitor: &Visitor, form: &PasswordForm) -> Result<(), IdentityError> {
    let before = accounts::password_hash(pool, instance, visitor.id).await?.ok_or_else(IdentityError::gone)?;
    let mut errors = Vec::new();
    if form.current == Password::default() {
        errors.push(FieldError::new("current", "Enter your current password."));
    } else if !form.current.is(Some(before.clone())).await? {
        errors.push(FieldError::new("current", "That is not your password."));
    }
    if let Err(weak) = check_new_password(&form.new, visitor) {
        errors.push(FieldError::new("new", weak));
    }
    if !errors.is_empty() {
        return Err(IdentityError::Fields(errors));
    }
    let after = form.new.hash().await?;
    let mut transaction = pool.begin().await?;
    let unchanged = accounts::hold(&mut transaction, instance, visitor.id).await? == Some(before);
    if !unchanged || !sessions::is_there(&mut *transaction, visitor.session).await? {
        return Err(IdentityError::field("current", "Your password was changed in between, or this session was ended. Sign in again."));
    }
    accounts::set_password(&mut transaction, visitor.id, &after).await?;
    sessions::end_others(&mut transaction, visitor.id, visitor.session).await?;
    transaction.commit().await?;
    Ok(())
}
