//! Signing in to an account, and signing up for one.

use sqlx::PgPool;

use super::{
    form::{Identifiers, read_sign_up},
    store::{
        accounts::{self, Account},
        sessions,
    },
};
use crate::{
    credentials::{client::Client, password::Password, token::Token},
    database::{begin, timed},
    portal::{
        form::{SignInForm, SignUpForm},
        identifier::Identifier,
        identity::IdentityError,
        quotas::{self, Quota},
    },
    ui::form::FieldError,
};

/// The error for an unknown account as well as for a wrong password.
fn wrong_details() -> IdentityError {
    IdentityError::field(
        "password",
        "These details don't match an account. Check both and try again. If you don't have an account, sign up first.",
    )
}

/// The error if any of the identifiers is taken, whichever they are and however many.
fn identifier_taken() -> IdentityError {
    IdentityError::field("", "We can't sign you up with these details. If you already have an account, sign in instead.")
}

/// Signs a visitor in by password.
pub(super) async fn sign_in(pool: &PgPool, instance: i64, form: &SignInForm, client: &Client) -> Result<Token, IdentityError> {
    let identifier = Identifier::parse_to_sign_in(&form.identifier);
    // An identifier that nobody can have gets its error at once: that reveals nothing about who has an account.
    let mut errors: Vec<_> = identifier.as_ref().err().map(|error| FieldError::new("identifier", error)).into_iter().collect();
    if form.password == Password::default() {
        errors.push(FieldError::new("password", "Enter your password."));
    }
    let (Ok(identifier), true) = (identifier, errors.is_empty()) else { return Err(IdentityError::Fields(errors)) };
    let account = accounts::find(timed(pool), instance, &identifier.into()).await?.pop();
    // A number with its trunk zero is an error, unless it is stored so. That is not said either.
    let wrong = || Identifier::parse(&form.identifier).map_or_else(|error| IdentityError::field("identifier", error), |_| wrong_details());
    begin_session(pool, instance, account, &form.password, client).await?.ok_or_else(wrong)
}

/// Creates an account and signs its visitor in. Visitors who already have it and type its password are just signed in.
pub(super) async fn sign_up(pool: &PgPool, instance: i64, form: &SignUpForm, client: &Client) -> Result<Token, IdentityError> {
    let (identifiers, names) = read_sign_up(form).await?;
    let mut found = accounts::find(timed(pool), instance, &identifiers).await?;
    // Both branches hash one password, so the time they take reveals nothing either.
    if found.is_empty() {
        let password_hash = form.password.hash().await?;
        let token = Token::new()?;
        let mut transaction = begin(pool).await?;
        if let Some(id) = accounts::create(&mut transaction, instance, &identifiers, &names, &password_hash).await? {
            sessions::begin(&mut transaction, id, &token, client).await?;
            quotas::take(&mut transaction, instance, Quota::Account, client.address).await?;
            transaction.commit().await?;
            return Ok(token);
        }
        // Somebody signed up with one of the identifiers meanwhile.
        transaction.rollback().await?;
        found = accounts::find(timed(pool), instance, &identifiers).await?;
    }
    let account = only_owner(found, &identifiers);
    begin_session(pool, instance, account, &form.password, client).await?.ok_or_else(identifier_taken)
}

/// The one account that has all of these identifiers.
fn only_owner(mut found: Vec<Account>, given: &Identifiers) -> Option<Account> {
    found.pop().filter(|account| found.is_empty() && account.has_all(given))
}

/// Begins a session if the password is the account's. Without an account, the answer takes as long.
async fn begin_session(
    pool: &PgPool,
    instance: i64,
    account: Option<Account>,
    password: &Password,
    client: &Client,
) -> Result<Option<Token>, IdentityError> {
    let is_right = password.matches(account.as_ref().map(|account| account.password_hash.clone())).await?;
    let Some(account) = account.filter(|_| is_right) else { return Ok(None) };
    let token = Token::new()?;
    let mut transaction = begin(pool).await?;
    if accounts::lock_row(&mut transaction, instance, account.id).await? != Some(account.password_hash) {
        return Ok(None);
    }
    sessions::begin(&mut transaction, account.id, &token, client).await?;
    transaction.commit().await?;
    Ok(Some(token))
}
