//! Signing in and out, and changing the password. Each is one transaction that also records it in the history.

use sqlx::{PgPool, PgTransaction};

use super::{
    Caller, Email, Token,
    form::{PasswordForm, SignInForm},
    provider,
    store::{
        accounts::{self, Account},
        devices, links, pending_sign_ins, second_factors, sessions,
    },
};
use crate::{
    credentials::{
        client::Client,
        password::{HashError, Password},
    },
    database::{begin, begin_in_background, timed},
    history::{
        Actor, Kind,
        record::{Entry, record},
        store::failed_sign_ins,
    },
    mail::{
        MailKind,
        store::{self as outbox, NewMail},
    },
    ui::form::FieldError,
};

/// The tokens that a browser gets when somebody signs in.
#[derive(Clone, Debug)]
pub struct SignInTokens {
    /// The token of the new session.
    pub session: Token,
    /// The token that later shows that somebody has signed in with this browser before.
    pub device: Token,
}

/// What the right password leads to.
#[derive(Clone, Debug)]
pub enum SignInStep {
    /// The account has no second factor: its session has begun.
    SignedIn(SignInTokens),
    /// A code is still missing. The token leads to the page that asks for it, and to nothing else.
    NeedsCode(Token),
}

/// Why nobody was signed in, or a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Fields are wrong.
    #[error("fields are wrong")]
    Fields(Vec<FieldError>),
    /// The link is not valid: it was used, has expired or never existed.
    #[error("the link is not valid")]
    Link,
    /// What was begun is over: it took too long, or was finished or changed elsewhere.
    #[error("it took too long, or was finished elsewhere")]
    Expired,
    /// The secret of a second factor can't be read: the key is missing, or it is another one.
    #[error("the secret key is missing, or it is another one")]
    SecretKey,
    /// The query failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The password could not be hashed or verified.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The system gives no random bytes.
    #[error(transparent)]
    Random(#[from] getrandom::Error),
}

/// The error for a password of an account that signs in at the identity provider.
pub const SIGN_IN_AT_PROVIDER: &str = "Your groups at the identity provider let you in. Use the button on the sign-in page.";

impl SignInError {
    pub(super) fn field(name: &str, message: impl ToString) -> Self {
        Self::Fields(vec![FieldError::new(name, message)])
    }

    /// The error for an unknown account and for a wrong password. It does not tell which of the two it was.
    fn wrong_credentials() -> Self {
        Self::field(
            "password",
            "Email or password is wrong. Try again, or ask your server's administrator for a link to choose a new password.",
        )
    }
}

/// Signs somebody in by email and password, or leads to the second factor. With an identity provider for admins, accounts that its groups
/// let do something sign in there, so that the groups are read.
///
/// # Errors
/// Email or password is wrong, the password can't be verified, the account signs in at the provider, or the query fails.
pub async fn sign_in(pool: &PgPool, form: &SignInForm, has_provider: bool, client: &Client) -> Result<SignInStep, SignInError> {
    let email: Option<Email> = form.email.parse().ok();
    let account = match &email {
        Some(email) => accounts::find(timed(pool), email).await?,
        None => None,
    };
    let account = verify_password(pool, account, &form.password, client).await?;
    let mut transaction = begin(pool).await?;
    if !accounts::lock_with_password(&mut transaction, account.id, &account.password_hash).await? {
        return Err(SignInError::wrong_credentials());
    }
    if has_provider && provider::store::has_grants(&mut *transaction, account.email.as_str()).await? {
        return Err(SignInError::field("password", SIGN_IN_AT_PROVIDER));
    }
    // With the lock, nobody turns the second factor on between this and the session.
    let step = if second_factors::is_on(&mut *transaction, account.id).await? {
        let token = Token::new()?;
        pending_sign_ins::create(&mut transaction, account.id, &token).await?;
        SignInStep::NeedsCode(token)
    } else {
        SignInStep::SignedIn(start_session(&mut transaction, account.id, &account.email, client).await?)
    };
    transaction.commit().await?;
    Ok(step)
}

/// Returns the account if the password is right. A failed attempt is counted.
///
/// # Errors
/// The password is wrong or there is no account, the password can't be verified, or the query fails.
pub(super) async fn verify_password(
    pool: &PgPool,
    account: Option<Account>,
    password: &Password,
    client: &Client,
) -> Result<Account, SignInError> {
    let is_right = password.matches(account.as_ref().map(|account| account.password_hash.clone())).await?;
    match account {
        Some(account) if is_right => Ok(account),
        account => {
            let name = account.as_ref().map_or("", |account| account.email.as_str()).to_owned();
            let actor = Actor { admin: account.map(|account| account.id), name, address: client.address, token: None };
            count_failure(pool, &actor, Kind::SignInFailed).await?;
            Err(SignInError::wrong_credentials())
        }
    }
}

/// Counts an attempt that failed, in a transaction of its own.
pub(super) async fn count_failure(pool: &PgPool, actor: &Actor, kind: Kind) -> sqlx::Result<()> {
    let mut transaction = begin_in_background(pool).await?;
    failed_sign_ins::count(&mut transaction, actor, kind).await?;
    transaction.commit().await
}

/// Starts a session, which replaces the one that the browser had.
///
/// # Errors
/// The system gives no random bytes, or the query fails.
pub(super) async fn start_session(
    transaction: &mut PgTransaction<'_>,
    admin: i64,
    email: &Email,
    client: &Client,
) -> Result<SignInTokens, SignInError> {
    let tokens = SignInTokens { session: Token::new()?, device: Token::new()? };
    if let Some(old) = &client.session {
        sessions::end_by_token(&mut **transaction, old).await?;
    }
    sessions::create(transaction, admin, &tokens.session, client.address, &client.browser).await?;
    devices::remember(transaction, admin, &tokens.device, client.device.as_ref()).await?;
    let actor = Actor { admin: Some(admin), name: email.as_str().to_owned(), address: client.address, token: None };
    record(transaction, &actor, Kind::SignedIn, Entry::default()).await?;
    Ok(tokens)
}

/// Changes the caller's password and ends their other sessions. This session and the browser get new tokens: whoever has copied the
/// earlier ones is out, too. Where the server sends mail, a mail says so; `notice` is the page that it names.
///
/// # Errors
/// Fields are wrong, the password can't be hashed or verified, the system gives no random bytes, or the query fails.
pub async fn change_password(
    pool: &PgPool,
    caller: &Caller,
    form: &PasswordForm,
    notice: Option<&str>,
) -> Result<SignInTokens, SignInError> {
    let account = accounts::find(timed(pool), &caller.email).await?.ok_or(SignInError::Link)?;
    if !form.current.matches(Some(account.password_hash.clone())).await? {
        count_failure(pool, &caller.actor, Kind::SignInFailed).await?;
        return Err(SignInError::field("current", "That is not your password."));
    }
    form.new.check(Some(&caller.email)).await?.map_err(|weak| SignInError::field("new", weak))?;
    let hash = form.new.hash().await?;
    let tokens = SignInTokens { session: Token::new()?, device: Token::new()? };
    let mut transaction = begin(pool).await?;
    let unchanged = accounts::lock_with_password(&mut transaction, caller.id, &account.password_hash).await?;
    if !unchanged || !sessions::rotate(&mut *transaction, caller.session, &tokens.session).await? {
        return Err(SignInError::field("current", "Your password has been changed elsewhere. Sign in again."));
    }
    accounts::set_password(&mut transaction, caller.id, &hash).await?;
    links::delete_resets(&mut transaction, &caller.email).await?;
    sessions::end_all(&mut *transaction, caller.id, Some(caller.session)).await?;
    devices::delete_all(&mut transaction, caller.id).await?;
    devices::remember(&mut transaction, caller.id, &tokens.device, None).await?;
    pending_sign_ins::end_all(&mut transaction, caller.id).await?;
    record(&mut transaction, &caller.actor, Kind::PasswordChanged, Entry::default()).await?;
    if let Some(page) = notice {
        outbox::add(&mut transaction, NewMail::to_admin(MailKind::AdminPasswordChanged, &caller.email, page)).await?;
    }
    transaction.commit().await?;
    Ok(tokens)
}

/// Ends one of the caller's sessions, this one or another. Returns whether there was such a session.
///
/// # Errors
/// The query fails.
pub async fn sign_out(pool: &PgPool, caller: &Caller, session: i64) -> sqlx::Result<bool> {
    let mut transaction = begin(pool).await?;
    let ended = sessions::end(&mut *transaction, caller.id, session).await?;
    if ended {
        let kind = if session == caller.session { Kind::SignedOut } else { Kind::SessionEnded };
        record(&mut transaction, &caller.actor, kind, Entry::default()).await?;
    }
    transaction.commit().await?;
    Ok(ended)
}
