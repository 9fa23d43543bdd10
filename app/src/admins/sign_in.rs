//! Signing in and out, and changing the password. Each is one transaction, with its record.

use std::net::IpAddr;

use sqlx::{PgPool, PgTransaction};

use super::{
    Caller, Email, Token,
    form::{PasswordForm, SignInForm},
    store::{
        accounts::{self, Account},
        devices, links, sessions,
    },
};
use crate::{
    credentials::password::{HashError, Password},
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    ui::form::FieldError,
};

/// Where somebody signs in from, and what their browser already has.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// What the browser calls itself.
    pub browser: String,
    /// The session that the new one takes the place of.
    pub session: Option<Token>,
    /// What shows that the browser was used before.
    pub device: Option<Token>,
}

/// Somebody has come in: what their browser gets.
#[derive(Clone, Debug)]
pub struct Entered {
    /// The new session.
    pub session: Token,
    /// What shows later that this browser was used before.
    pub device: Token,
}

/// Why nobody came in.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// Fields are wrong.
    #[error("fields are wrong")]
    Fields(Vec<FieldError>),
    /// The link does not hold: used, too old or made up.
    #[error("the link does not hold")]
    Link,
    /// PostgreSQL, or the way to it.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The password could not be hashed or compared.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The system gives no random bytes.
    #[error(transparent)]
    Random(#[from] getrandom::Error),
}

impl EntryError {
    pub(super) fn field(name: &str, message: impl ToString) -> Self {
        Self::Fields(vec![FieldError::new(name, message)])
    }

    /// The same words for an unknown account and a wrong password.
    fn wrong() -> Self {
        Self::field(
            "password",
            "Email or password is wrong. Try again, or ask whoever runs the server for a link to choose a new password.",
        )
    }
}

/// Signs somebody in by email and password.
///
/// # Errors
/// Email or password is wrong, or what keeps the answer from being found.
pub async fn sign_in(pool: &PgPool, form: &SignInForm, client: &Client) -> Result<Entered, EntryError> {
    let email: Option<Email> = form.email.parse().ok();
    let account = match &email {
        Some(email) => accounts::find(pool, email).await?,
        None => None,
    };
    let account = compare(pool, account, email.as_ref(), &form.password, client).await?;
    let mut transaction = pool.begin().await?;
    if !accounts::lock_with_password(&mut transaction, account.id, &account.password_hash).await? {
        return Err(EntryError::wrong());
    }
    let entered = enter(&mut transaction, account.id, &account.email, client).await?;
    transaction.commit().await?;
    Ok(entered)
}

/// The account, if the password is its own. What fails is recorded.
pub(super) async fn compare(
    pool: &PgPool,
    account: Option<Account>,
    email: Option<&Email>,
    password: &Password,
    client: &Client,
) -> Result<Account, EntryError> {
    let right = password.is(account.as_ref().map(|account| account.password_hash.clone())).await?;
    match account {
        Some(account) if right => Ok(account),
        account => {
            // What is typed as an address and is none may be a password.
            let name = email.map_or("somebody", Email::as_str).to_owned();
            let actor = Actor { admin: account.map(|account| account.id), name, address: client.address };
            record(&mut *pool.acquire().await?, &actor, Kind::SignInFailed, Entry::default()).await?;
            Err(EntryError::wrong())
        }
    }
}

/// Begins a session, in place of the one that the browser had.
pub(super) async fn enter(transaction: &mut PgTransaction<'_>, admin: i64, email: &Email, client: &Client) -> Result<Entered, EntryError> {
    let entered = Entered { session: Token::new()?, device: Token::new()? };
    if let Some(old) = &client.session {
        sessions::end_by_token(&mut **transaction, old).await?;
    }
    sessions::begin(transaction, admin, &entered.session, client.address, &client.browser).await?;
    devices::remember(transaction, admin, &entered.device, client.device.as_ref()).await?;
    let actor = Actor { admin: Some(admin), name: email.as_str().to_owned(), address: client.address };
    record(transaction, &actor, Kind::SignedIn, Entry::default()).await?;
    Ok(entered)
}

/// Changes one's own password and ends one's other sessions.
///
/// # Errors
/// Fields are wrong, or what keeps it from being done.
pub async fn change_password(pool: &PgPool, caller: &Caller, form: &PasswordForm) -> Result<(), EntryError> {
    let account = accounts::find(pool, &caller.email).await?.ok_or(EntryError::Link)?;
    if !form.current.is(Some(account.password_hash.clone())).await? {
        record(&mut *pool.acquire().await?, &caller.actor, Kind::SignInFailed, Entry::default()).await?;
        return Err(EntryError::field("current", "That is not your password."));
    }
    form.new.check(Some(&caller.email)).map_err(|weak| EntryError::field("new", weak))?;
    let hash = form.new.hash().await?;
    let mut transaction = pool.begin().await?;
    let unchanged = accounts::lock_with_password(&mut transaction, caller.id, &account.password_hash).await?;
    if !unchanged || !sessions::is_there(&mut *transaction, caller.session).await? {
        return Err(EntryError::field("current", "Your password was changed in between. Sign in again."));
    }
    accounts::set_password(&mut transaction, caller.id, &hash).await?;
    links::forget_resets(&mut transaction, &caller.email).await?;
    sessions::end_all(&mut *transaction, caller.id, Some(caller.session)).await?;
    record(&mut transaction, &caller.actor, Kind::PasswordChanged, Entry::default()).await?;
    transaction.commit().await?;
    Ok(())
}

/// Ends one of one's own sessions, this one or another. Answers whether there was such a one.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn sign_out(pool: &PgPool, caller: &Caller, session: i64) -> sqlx::Result<bool> {
    let mut transaction = pool.begin().await?;
    let ended = sessions::end(&mut *transaction, caller.id, session).await?;
    if ended {
        let kind = if session == caller.session { Kind::SignedOut } else { Kind::SessionEnded };
        record(&mut transaction, &caller.actor, kind, Entry::default()).await?;
    }
    transaction.commit().await?;
    Ok(ended)
}
