//! Following a one-time link: setting up, accepting an invitation, choosing a new password. Each is one transaction that also records
//! it in the history.

use sqlx::{PgConnection, PgPool, PgTransaction};

use super::{
    Email, Token,
    form::LinkForm,
    second_factor::check::{CodeContext, check_any_code, check_code, refused},
    sign_in::{SignInError, SignInTokens, start_session, verify_password},
    store::{
        accounts, devices,
        links::{self, Invitation, OneTimeLink, Purpose},
        pending_sign_ins, second_factors, sessions,
    },
};
use crate::{
    credentials::{client::Client, password::Password},
    database::{begin, timed},
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    mail::{
        MailKind,
        store::{self as outbox, NewMail},
    },
    members::store::membership,
    ui::form::FieldError,
};

/// A valid link, and what its page has to know.
#[derive(Clone, Debug)]
pub struct OpenedLink {
    /// The link.
    pub link: OneTimeLink,
    /// Whether the page asks for the password of an existing account; else it asks for a new one.
    pub has_account: bool,
    /// Whether the page also asks for a code of that account's second factor.
    pub asks_for_code: bool,
    /// The name of the instance that the link invites to.
    pub instance: Option<String>,
}

impl OpenedLink {
    /// The address of the account that the link is for.
    pub fn account(&self) -> Option<&Email> {
        match &self.link.purpose {
            Purpose::Setup => None,
            Purpose::Invite(invitation) => Some(&invitation.email),
            Purpose::Reset(email) => Some(email),
        }
    }
}

/// Opens the link with that token, to show its page.
///
/// # Errors
/// The link is not valid, or the query fails.
pub async fn open(pool: &PgPool, token: &str) -> Result<OpenedLink, SignInError> {
    let token = Token::parse(token).ok_or(SignInError::Link)?;
    let link = links::find(timed(pool), &token).await?.ok_or(SignInError::Link)?;
    let (mut has_account, mut asks_for_code, mut instance) = (false, false, None);
    match &link.purpose {
        Purpose::Setup => {}
        Purpose::Reset(email) => {
            has_account = true;
            // Access to the mailbox doesn't prove access to the phone.
            if link.by_mail
                && let Some(account) = accounts::find(timed(pool), email).await?
            {
                asks_for_code = second_factors::is_on(timed(pool), account.id).await?;
            }
        }
        Purpose::Invite(invitation) => {
            if let Some(account) = accounts::find(timed(pool), &invitation.email).await? {
                has_account = true;
                asks_for_code = second_factors::is_on(timed(pool), account.id).await?;
            }
            if let Some((id, _)) = invitation.membership {
                instance = links::instance_name(timed(pool), id).await?;
            }
        }
    }
    Ok(OpenedLink { link, has_account, asks_for_code, instance })
}

/// Uses a one-time link: does what the link is for, and signs its user in. After an error the link can be used again. Where the server
/// sends mail, a mail tells somebody whose password was replaced; `notice` is the page that it names.
///
/// # Errors
/// The link is not valid, fields are wrong, the password or the code can't be hashed or verified, or the query fails.
pub async fn follow(
    pool: &PgPool,
    context: &CodeContext,
    form: &LinkForm,
    client: &Client,
    notice: Option<&str>,
) -> Result<SignInTokens, SignInError> {
    let token = Token::parse(&form.token).ok_or(SignInError::Link)?;
    let link = links::find(timed(pool), &token).await?.ok_or(SignInError::Link)?;
    match link.purpose {
        Purpose::Setup => {
            let email: Result<Email, _> = form.email.parse();
            let mut errors: Vec<_> = email.as_ref().err().map(|error| FieldError::new("email", error)).into_iter().collect();
            errors.extend(form.password.check(email.as_ref().ok()).await?.err().map(|weak| FieldError::new("password", weak)));
            let (Ok(email), true) = (email, errors.is_empty()) else { return Err(SignInError::Fields(errors)) };
            let invitation = Invitation { email, membership: None, server_admin: true, owner_of_all: true };
            create(pool, &token, invitation, &form.password, client).await
        }
        Purpose::Invite(invitation) => match accounts::find(timed(pool), &invitation.email).await? {
            None => create(pool, &token, invitation, &form.password, client).await,
            Some(account) => {
                let email = invitation.email.clone();
                let account = verify_password(pool, Some(account), &form.password, client).await.map_err(|error| match error {
                    SignInError::Fields(_) => SignInError::field("password", "That is not this account's password."),
                    error => error,
                })?;
                let mut transaction = use_link(pool, &token).await?;
                if !accounts::lock_with_password(&mut transaction, account.id, &account.password_hash).await? {
                    return Err(SignInError::field("password", "That is not this account's password."));
                }
                if second_factors::is_on(&mut *transaction, account.id).await?
                    && let Err(error) = check_code(&mut transaction, context, account.id, &form.code).await
                {
                    transaction.rollback().await?;
                    let actor = Actor { admin: Some(account.id), name: email.as_str().to_owned(), address: client.address, token: None };
                    return Err(refused(pool, &actor, error).await?);
                }
                join(&mut transaction, account.id, &invitation, client).await?;
                let tokens = start_session(&mut transaction, account.id, &invitation.email, client).await?;
                transaction.commit().await?;
                Ok(tokens)
            }
        },
        Purpose::Reset(email) => {
            form.password.check(Some(&email)).await?.map_err(|weak| SignInError::field("password", weak))?;
            let hash = form.password.hash().await?;
            let account = accounts::find(timed(pool), &email).await?.ok_or(SignInError::Link)?;
            let mut transaction = use_link(pool, &token).await?;
            // A second factor may be turned on at this moment.
            accounts::lock(&mut transaction, account.id).await?.ok_or(SignInError::Link)?;
            let keeps_factor = link.by_mail && second_factors::is_on(&mut *transaction, account.id).await?;
            let actor = Actor { admin: Some(account.id), name: email.as_str().to_owned(), address: client.address, token: None };
            if keeps_factor && let Err(error) = check_any_code(&mut transaction, context, &actor, account.id, &form.code).await {
                transaction.rollback().await?;
                return Err(refused(pool, &actor, error).await?);
            }
            accounts::set_password(&mut transaction, account.id, &hash).await?;
            links::delete_resets(&mut transaction, &email).await?;
            sessions::end_all(&mut *transaction, account.id, None).await?;
            devices::delete_all(&mut transaction, account.id).await?;
            pending_sign_ins::end_all(&mut transaction, account.id).await?;
            // An admin who has lost the password may have lost the phone too. Only somebody at the command line can say so.
            let was_on = !keeps_factor && second_factors::turn_off(&mut transaction, account.id).await?;
            let entry = if keeps_factor { Entry::default() } else { Entry::default().field("second_factor", was_on, false) };
            record(&mut transaction, &actor, Kind::PasswordReset, entry).await?;
            if let Some(page) = notice {
                outbox::add(&mut transaction, NewMail::to_admin(MailKind::AdminPasswordChanged, &email, page)).await?;
            }
            let tokens = start_session(&mut transaction, account.id, &email, client).await?;
            transaction.commit().await?;
            Ok(tokens)
        }
    }
}

/// Creates an account with a link, and gives it everything that the link promises.
async fn create(
    pool: &PgPool,
    token: &Token,
    invitation: Invitation,
    password: &Password,
    client: &Client,
) -> Result<SignInTokens, SignInError> {
    password.check(Some(&invitation.email)).await?.map_err(|weak| SignInError::field("password", weak))?;
    let hash = password.hash().await?;
    let mut transaction = use_link(pool, token).await?;
    let id = accounts::create(&mut transaction, &invitation.email, &hash, invitation.server_admin).await?.ok_or(SignInError::Link)?;
    let actor = Actor { admin: Some(id), name: invitation.email.as_str().to_owned(), address: client.address, token: None };
    let entry = Entry::default().field("server_admin", false, invitation.server_admin);
    record(&mut transaction, &actor, Kind::AccountCreated, entry).await?;
    join(&mut transaction, id, &invitation, client).await?;
    let tokens = start_session(&mut transaction, id, &invitation.email, client).await?;
    transaction.commit().await?;
    Ok(tokens)
}

/// Uses up a link, in the transaction that it returns. Of several requests at once, only one gets a transaction.
///
/// # Errors
/// The link is not valid, or the query fails.
async fn use_link(pool: &PgPool, token: &Token) -> Result<PgTransaction<'static>, SignInError> {
    let mut transaction = begin(pool).await?;
    links::lock_use(&mut transaction).await?;
    let is_valid = links::find(&mut *transaction, token).await?.is_some() && links::delete(&mut transaction, token).await?;
    if is_valid { Ok(transaction) } else { Err(SignInError::Link) }
}

/// Gives an account what its invitation promises.
async fn join(connection: &mut PgConnection, admin: i64, invitation: &Invitation, client: &Client) -> Result<(), SignInError> {
    let actor = Actor { admin: Some(admin), name: invitation.email.as_str().to_owned(), address: client.address, token: None };
    if invitation.server_admin && accounts::make_server_admin(connection, admin).await? {
        let entry = Entry::default().about(invitation.email.as_str()).field("server_admin", false, true);
        record(connection, &actor, Kind::Role, entry).await?;
    }
    if let Some((instance, role)) = invitation.membership {
        // Nothing changes in an archived instance.
        if !membership::lock_against_archiving(connection, instance).await? {
            return Err(SignInError::Link);
        }
        membership::join(connection, &actor, instance, role).await?;
    }
    if invitation.owner_of_all {
        membership::join_all_as_owner(connection, &actor).await?;
    }
    Ok(())
}
