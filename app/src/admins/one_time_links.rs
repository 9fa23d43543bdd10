//! Following a one-time link: setting up, accepting an invitation, choosing a new password. Each is one transaction, with its record.

use sqlx::{PgConnection, PgPool, PgTransaction};

use super::{
    Email, Token,
    form::LinkForm,
    sign_in::{Client, Entered, EntryError, compare, enter},
    store::{
        accounts, devices,
        links::{self, Invite, OneTimeLink, Purpose},
        sessions,
    },
};
use crate::{
    credentials::password::Password,
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    members,
    ui::form::FieldError,
};

/// What a link asks of the one who opens it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The link.
    pub link: OneTimeLink,
    /// Whether the password is one that exists already, or a new one.
    pub has_account: bool,
    /// The name of the instance that it invites to.
    pub instance: Option<String>,
}

/// What the link of that token asks for.
///
/// # Errors
/// It does not hold, or PostgreSQL.
pub async fn ask(pool: &PgPool, token: &str) -> Result<Asked, EntryError> {
    let token = Token::parse(token).ok_or(EntryError::Link)?;
    let link = links::find(pool, &token).await?.ok_or(EntryError::Link)?;
    let (mut has_account, mut instance) = (false, None);
    match &link.purpose {
        Purpose::Setup => {}
        Purpose::Reset(_) => has_account = true,
        Purpose::Invite(invite) => {
            has_account = accounts::find(pool, &invite.email).await?.is_some();
            if let Some((id, _)) = invite.membership {
                instance = sqlx::query_scalar!("select name from instances where id = $1", id).fetch_optional(pool).await?;
            }
        }
    }
    Ok(Asked { link, has_account, instance })
}

/// Does what a link is for, and signs in whoever followed it.
///
/// # Errors
/// The link does not hold, fields are wrong, or what keeps it from being done. The link holds on then.
pub async fn follow(pool: &PgPool, form: &LinkForm, client: &Client) -> Result<Entered, EntryError> {
    let token = Token::parse(&form.token).ok_or(EntryError::Link)?;
    let link = links::find(pool, &token).await?.ok_or(EntryError::Link)?;
    match link.purpose {
        Purpose::Setup => {
            let email: Result<Email, _> = form.email.parse();
            let mut errors: Vec<_> = email.as_ref().err().map(|error| FieldError::new("email", error)).into_iter().collect();
            errors.extend(form.password.check(email.as_ref().ok()).err().map(|weak| FieldError::new("password", weak)));
            let (Ok(email), true) = (email, errors.is_empty()) else { return Err(EntryError::Fields(errors)) };
            let invite = Invite { email, membership: None, server_admin: true, owner_of_all: true };
            create(pool, &token, invite, &form.password, client).await
        }
        Purpose::Invite(invite) => match accounts::find(pool, &invite.email).await? {
            None => create(pool, &token, invite, &form.password, client).await,
            Some(account) => {
                let email = invite.email.clone();
                let account = compare(pool, Some(account), Some(&email), &form.password, client).await.map_err(|error| match error {
                    EntryError::Fields(_) => EntryError::field("password", "That is not this account's password."),
                    error => error,
                })?;
                let mut transaction = open(pool, &token).await?;
                if !accounts::lock_with_password(&mut transaction, account.id, &account.password_hash).await? {
                    return Err(EntryError::field("password", "That is not this account's password."));
                }
                join(&mut transaction, account.id, &invite, client).await?;
                let entered = enter(&mut transaction, account.id, &invite.email, client).await?;
                transaction.commit().await?;
                Ok(entered)
            }
        },
        Purpose::Reset(email) => {
            form.password.check(Some(&email)).map_err(|weak| EntryError::field("password", weak))?;
            let hash = form.password.hash().await?;
            let account = accounts::find(pool, &email).await?.ok_or(EntryError::Link)?;
            let mut transaction = open(pool, &token).await?;
            accounts::set_password(&mut transaction, account.id, &hash).await?;
            links::forget_resets(&mut transaction, &email).await?;
            sessions::end_all(&mut *transaction, account.id, None).await?;
            devices::forget_all(&mut transaction, account.id).await?;
            let actor = Actor { admin: Some(account.id), name: email.as_str().to_owned(), address: client.address };
            record(&mut transaction, &actor, Kind::PasswordReset, Entry::default()).await?;
            let entered = enter(&mut transaction, account.id, &email, client).await?;
            transaction.commit().await?;
            Ok(entered)
        }
    }
}

/// Makes an account by a link, and everything that the link gives it.
async fn create(pool: &PgPool, token: &Token, invite: Invite, password: &Password, client: &Client) -> Result<Entered, EntryError> {
    password.check(Some(&invite.email)).map_err(|weak| EntryError::field("password", weak))?;
    let hash = password.hash().await?;
    let mut transaction = open(pool, token).await?;
    let id = accounts::create(&mut transaction, &invite.email, &hash, invite.server_admin).await?.ok_or(EntryError::Link)?;
    let actor = Actor { admin: Some(id), name: invite.email.as_str().to_owned(), address: client.address };
    let entry = Entry::default().field("server_admin", false, invite.server_admin);
    record(&mut transaction, &actor, Kind::AccountCreated, entry).await?;
    join(&mut transaction, id, &invite, client).await?;
    let entered = enter(&mut transaction, id, &invite.email, client).await?;
    transaction.commit().await?;
    Ok(entered)
}

/// Begins the transaction in which a link is used, once and only once, and only while it holds.
async fn open(pool: &PgPool, token: &Token) -> Result<PgTransaction<'static>, EntryError> {
    let mut transaction = pool.begin().await?;
    // Of two links to set up, the second one waits here and then finds an account.
    sqlx::query!("select pg_advisory_xact_lock(hashtext('portal-redirects one-time links')) as locked")
        .fetch_one(&mut *transaction)
        .await?;
    let holds = links::find(&mut *transaction, token).await?.is_some() && links::use_up(&mut transaction, token).await?;
    if holds { Ok(transaction) } else { Err(EntryError::Link) }
}

/// Gives an account what its invitation says.
async fn join(connection: &mut PgConnection, admin: i64, invite: &Invite, client: &Client) -> Result<(), EntryError> {
    let actor = Actor { admin: Some(admin), name: invite.email.as_str().to_owned(), address: client.address };
    if invite.server_admin && accounts::make_server_admin(connection, admin).await? {
        let entry = Entry::default().about(invite.email.as_str()).field("server_admin", false, true);
        record(connection, &actor, Kind::Role, entry).await?;
    }
    if let Some((instance, role)) = invite.membership {
        // Nothing of an archived instance changes.
        let open = sqlx::query_scalar!("select id from instances where id = $1 and archived_at is null for key share", instance);
        open.fetch_optional(&mut *connection).await?.ok_or(EntryError::Link)?;
        members::store::join(connection, &actor, instance, role).await?;
    }
    if invite.owner_of_all {
        members::store::join_all_as_owner(connection, &actor).await?;
    }
    Ok(())
}
