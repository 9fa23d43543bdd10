//! Signing in to an account, and signing up for one.

use sqlx::PgPool;

use super::{
    form::{Identifiers, Names, read_sign_up},
    store::{
        accounts::{self, Account},
        sessions,
    },
};
use crate::{
    credentials::{client::Client, email::Email, password::Password, token::Token},
    database::{begin, timed},
    portal::{
        confirmation::{SignIn, Unconfirmed},
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
    let account = check_password(pool, instance, form).await?;
    begin_session(pool, instance, account, client).await?.ok_or_else(wrong_details)
}

/// The same where an email address is confirmed first, if the account has one.
pub(super) async fn sign_in_confirmed(pool: &PgPool, instance: i64, form: &SignInForm, client: &Client) -> Result<SignIn, IdentityError> {
    let account = check_password(pool, instance, form).await?;
    let unconfirmed = account.email_address().filter(|_| !account.is_confirmed).and_then(|email| email.parse::<Email>().ok());
    match unconfirmed {
        None => begin_session(pool, instance, account, client).await?.map(SignIn::Begun).ok_or_else(wrong_details),
        Some(email) => Ok(SignIn::Unconfirmed(Unconfirmed {
            visitor: Some(account.id),
            email,
            phone_number: None,
            username: None,
            names: Names::default(),
            password_hash: account.password_hash,
        })),
    }
}

/// The account whose identifier and password these are.
async fn check_password(pool: &PgPool, instance: i64, form: &SignInForm) -> Result<Account, IdentityError> {
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
    with_password(account, &form.password).await?.ok_or_else(wrong)
}

/// Creates an account and signs its visitor in. Visitors who already have it and type its password are just signed in.
pub(super) async fn sign_up(pool: &PgPool, instance: i64, form: &SignUpForm, client: &Client) -> Result<Token, IdentityError> {
    let (identifiers, names) = read_sign_up(form, false).await?;
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
    let account = with_password(only_owner(found, &identifiers), &form.password).await?.ok_or_else(identifier_taken)?;
    begin_session(pool, instance, account, client).await?.ok_or_else(identifier_taken)
}

/// Checks a sign-up where the email address is confirmed first. Whether there is an account with that address is not looked up: the answer
/// and the work are the same.
pub(super) async fn check_sign_up(pool: &PgPool, instance: i64, form: &SignUpForm) -> Result<Unconfirmed, IdentityError> {
    let (mut identifiers, names) = read_sign_up(form, true).await?;
    let email = identifiers.email_address.take().ok_or_else(|| IdentityError::field("email_address", "Enter your email address."))?;
    let is_given = |given: Option<&str>, own: Option<&str>| given.is_some() && given == own;
    let mut errors = Vec::new();
    for account in accounts::find(timed(pool), instance, &identifiers).await? {
        if is_given(identifiers.username(), account.username()) {
            errors.push(FieldError::new("username", "Somebody has this username. Choose another one."));
        }
        if is_given(identifiers.phone_number(), account.phone_number()) {
            errors.push(FieldError::new("phone_number", "An account has this phone number. Sign in with it, or leave it out."));
        }
    }
    if !errors.is_empty() {
        return Err(IdentityError::Fields(errors));
    }
    let password_hash = form.password.hash().await?;
    let (phone_number, username) = (identifiers.phone_number().map(str::to_owned), identifiers.username().map(str::to_owned));
    Ok(Unconfirmed { visitor: None, email, phone_number, username, names, password_hash })
}

/// The one account that has all of these identifiers.
fn only_owner(mut found: Vec<Account>, given: &Identifiers) -> Option<Account> {
    found.pop().filter(|account| found.is_empty() && account.has_all(given))
}

/// The account, if the password is its own. Without an account, the answer takes as long.
async fn with_password(account: Option<Account>, password: &Password) -> Result<Option<Account>, IdentityError> {
    let is_right = password.matches(account.as_ref().map(|account| account.password_hash.clone())).await?;
    Ok(account.filter(|_| is_right))
}

/// Begins a session, unless the password was changed since it was compared.
async fn begin_session(pool: &PgPool, instance: i64, account: Account, client: &Client) -> Result<Option<Token>, IdentityError> {
    let token = Token::new()?;
    let mut transaction = begin(pool).await?;
    if accounts::lock_row(&mut transaction, instance, account.id).await? != Some(account.password_hash) {
        return Ok(None);
    }
    sessions::begin(&mut transaction, account.id, &token, client).await?;
    transaction.commit().await?;
    Ok(Some(token))
}
