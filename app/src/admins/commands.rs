//! The admin commands: create links for people who can't sign in, and remove accounts. Each is one transaction that also records it in
//! the history.

use sqlx::PgConnection;

use super::{
    Email, Token,
    provider::store::has_grants,
    store::{
        accounts,
        links::{self, Invitation, Purpose},
        second_factors,
    },
};
use crate::{
    api_tokens::store::makers,
    database::begin_on,
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    instances::archive::RESTORABLE_HOURS,
    members::store::membership,
};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no account with that email address.
    #[error("there is no account for {0}; `portal-redirects admin invite {0}` makes a link to create one")]
    NoAccount(Email),
    /// The invitation would change nothing.
    #[error("{0} may already create instances; `portal-redirects admin reset {0}` makes a link to choose a new password")]
    AlreadyAdmin(Email),
    /// Nobody else may create instances.
    #[error("{0} is the last admin who may create instances; invite another admin first: `portal-redirects admin invite EMAIL`")]
    LastAdmin(Email),
    /// Instances would have no owner.
    #[error(
        "{email} is the last owner of {}; make somebody else an owner first, under Members or with `portal-redirects admin invite EMAIL --owner`",
        slugs.join(", ")
    )]
    LastOwner {
        /// Whose account it is.
        email: Email,
        /// The slugs of the instances.
        slugs: Vec<String>,
    },
    /// The query failed.
    #[error("the database query failed: {0}")]
    Database(#[from] sqlx::Error),
}

/// Creates a link that makes somebody a server-wide admin, and with `owner` an owner of every instance too.
///
/// # Errors
/// The link would change nothing, or the query fails.
pub async fn invite(connection: &mut PgConnection, email: &Email, owner: bool) -> Result<(Purpose, Token), CommandError> {
    let mut transaction = begin_on(connection).await?;
    let is_admin = accounts::find(&mut *transaction, email).await?.is_some_and(|account| account.is_server_admin);
    // What groups have given, they can take. The link gives it for good.
    if !owner && is_admin && !has_grants(&mut *transaction, email.as_str()).await? {
        return Err(CommandError::AlreadyAdmin(email.clone()));
    }
    let invitation = Invitation { email: email.clone(), membership: None, server_admin: true, owner_of_all: owner };
    let entry = Entry::default().about(email.as_str()).field("server_admin", is_admin, true).field("owner_of_all", false, owner);
    let created = create_link(&mut transaction, Purpose::Invite(invitation), Kind::Invited, entry).await?;
    transaction.commit().await?;
    Ok(created)
}

/// A link to choose a new password.
#[derive(Clone, Debug)]
pub struct Reset {
    /// The link's purpose.
    pub purpose: Purpose,
    /// The link's token.
    pub token: Token,
    /// Whether the account has a second factor, which the link turns off.
    pub has_second_factor: bool,
}

/// Creates a link to choose a new password. The old password and the second factor work until somebody follows the link.
///
/// # Errors
/// There is no such account, or the query fails.
pub async fn reset(connection: &mut PgConnection, email: &Email) -> Result<Reset, CommandError> {
    let mut transaction = begin_on(connection).await?;
    let account = accounts::find(&mut *transaction, email).await?.ok_or_else(|| CommandError::NoAccount(email.clone()))?;
    let has_second_factor = second_factors::is_on(&mut *transaction, account.id).await?;
    links::delete_resets(&mut transaction, email).await?;
    let entry = Entry::default().about(email.as_str());
    let (purpose, token) = create_link(&mut transaction, Purpose::Reset(email.clone()), Kind::ResetIssued, entry).await?;
    transaction.commit().await?;
    Ok(Reset { purpose, token, has_second_factor })
}

async fn create_link(connection: &mut PgConnection, purpose: Purpose, kind: Kind, entry: Entry) -> sqlx::Result<(Purpose, Token)> {
    let actor = Actor::command_line();
    let token = links::create(connection, &purpose, &actor).await?;
    record(connection, &actor, kind, entry).await?;
    Ok((purpose, token))
}

/// Removes an account with its sessions, its memberships, its API tokens, the links for it and the invitations that it has made. The
/// history keeps what it did. Returns how many API tokens counted until now.
///
/// # Errors
/// There is no such account, it is the last admin or the last owner of an instance, or the query fails.
pub async fn remove(connection: &mut PgConnection, email: &Email) -> Result<usize, CommandError> {
    let mut transaction = begin_on(connection).await?;
    // Of two last admins who are removed at once, the second one waits here and then is the last.
    accounts::lock_server_admins(&mut transaction).await?;
    let account = accounts::find(&mut *transaction, email).await?.ok_or_else(|| CommandError::NoAccount(email.clone()))?;
    if account.is_server_admin && !accounts::has_other_server_admin(&mut transaction, account.id).await? {
        return Err(CommandError::LastAdmin(email.clone()));
    }
    // With these locks nobody else changes members, so the owners counted next are those who stay.
    membership::lock_instances_of(&mut transaction, account.id).await?;
    let slugs = membership::only_owner_of(&mut transaction, account.id, RESTORABLE_HOURS).await?;
    if !slugs.is_empty() {
        return Err(CommandError::LastOwner { email: email.clone(), slugs });
    }
    let actor = Actor::command_line();
    for (instance, role) in membership::roles_of(&mut transaction, account.id).await? {
        let entry = Entry::of(instance).about(email.as_str()).field("role", role, None::<String>);
        record(&mut transaction, &actor, Kind::Removed, entry).await?;
    }
    for (instance, about) in links::delete_all_of(&mut transaction, email, account.id).await? {
        record(&mut transaction, &actor, Kind::InvitationWithdrawn, Entry::of(instance).about(about)).await?;
    }
    let tokens = makers::delete_all_of(&mut transaction, account.id).await?;
    for (instance, name) in &tokens {
        let entry = Entry { instance: *instance, ..Entry::default() }.about(name.clone());
        record(&mut transaction, &actor, Kind::ApiTokenRevoked, entry).await?;
    }
    accounts::delete(&mut transaction, account.id).await?;
    let entry = Entry::default().about(email.as_str()).field("server_admin", account.is_server_admin, None::<bool>);
    record(&mut transaction, &actor, Kind::AccountRemoved, entry).await?;
    transaction.commit().await?;
    Ok(tokens.len())
}
