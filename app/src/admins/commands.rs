//! What whoever may run commands beside the server does about admins: links for those who can't get in, and removing accounts.
//! Each is one transaction, with its record.

use sqlx::{Connection, PgConnection};

use super::{
    Email, Token,
    store::{
        accounts,
        links::{self, Invite, Purpose},
    },
};
use crate::{
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    instances::archive::RESTORABLE_HOURS,
};

/// Why a command is not followed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is nobody to do it to.
    #[error("there is no account of {0}; `portal-redirects admin invite {0}` makes a link to create one")]
    NoAccount(Email),
    /// An invitation would give nothing.
    #[error("{0} has an account that may create instances; `portal-redirects admin reset {0}` makes a link to choose a new password")]
    AlreadyAdmin(Email),
    /// Nobody else may create instances.
    #[error("{0} is the last admin who may create instances; invite another one first: `portal-redirects admin invite EMAIL`")]
    LastAdmin(Email),
    /// Instances would be nobody's.
    #[error(
        "{email} is the last owner of {}; make somebody else an owner first, under Members or by `portal-redirects admin invite EMAIL --owner`",
        slugs.join(", ")
    )]
    LastOwner {
        /// Whose account it is.
        email: Email,
        /// The instances.
        slugs: Vec<String>,
    },
    /// PostgreSQL, or the way to it.
    #[error("the database can't be asked: {0}")]
    Database(#[from] sqlx::Error),
}

/// Makes a link that gives a server-wide admin an account, and with `owner` every instance there is as well.
///
/// # Errors
/// They are one already, or PostgreSQL.
pub async fn invite(connection: &mut PgConnection, email: &Email, owner: bool) -> Result<(Purpose, Token), CommandError> {
    let mut transaction = connection.begin().await?;
    let is_admin = accounts::find(&mut *transaction, email).await?.is_some_and(|account| account.is_server_admin);
    if !owner && is_admin {
        return Err(CommandError::AlreadyAdmin(email.clone()));
    }
    let invite = Invite { email: email.clone(), membership: None, server_admin: true, owner_of_all: owner };
    let entry = Entry::default().about(email.as_str()).field("server_admin", is_admin, true).field("owner_of_all", false, owner);
    let made = make(&mut transaction, Purpose::Invite(invite), Kind::Invited, entry).await?;
    transaction.commit().await?;
    Ok(made)
}

/// Makes a link to choose a new password. The old one holds until it is followed.
///
/// # Errors
/// There is no such account, or PostgreSQL.
pub async fn reset(connection: &mut PgConnection, email: &Email) -> Result<(Purpose, Token), CommandError> {
    let mut transaction = connection.begin().await?;
    accounts::find(&mut *transaction, email).await?.ok_or_else(|| CommandError::NoAccount(email.clone()))?;
    links::forget_resets(&mut transaction, email).await?;
    let entry = Entry::default().about(email.as_str());
    let made = make(&mut transaction, Purpose::Reset(email.clone()), Kind::ResetIssued, entry).await?;
    transaction.commit().await?;
    Ok(made)
}

async fn make(connection: &mut PgConnection, purpose: Purpose, kind: Kind, entry: Entry) -> sqlx::Result<(Purpose, Token)> {
    let actor = Actor::command_line();
    let token = links::make(connection, &purpose, &actor.name).await?;
    record(connection, &actor, kind, entry).await?;
    Ok((purpose, token))
}

/// Removes an account. Its sessions end, its memberships and what links were made for it go with it; what it did stays recorded.
///
/// # Errors
/// There is no such account, it is the last admin or the last owner of something, or PostgreSQL.
pub async fn remove(connection: &mut PgConnection, email: &Email) -> Result<(), CommandError> {
    let mut transaction = connection.begin().await?;
    // Of two last admins who are removed at once, the second one waits here and then is the last.
    sqlx::query!("select id from admins where is_server_admin order by id for no key update").fetch_all(&mut *transaction).await?;
    let account = accounts::find(&mut *transaction, email).await?.ok_or_else(|| CommandError::NoAccount(email.clone()))?;
    let others = sqlx::query_scalar!(r#"select exists (select from admins where is_server_admin and id <> $1) as "others!""#, account.id)
        .fetch_one(&mut *transaction)
        .await?;
    if account.is_server_admin && !others {
        return Err(CommandError::LastAdmin(email.clone()));
    }
    // Held like by everybody who changes members, so that the owners counted next are those who stay.
    sqlx::query!(
        "select i.id from instances i join members m on m.instance_id = i.id where m.admin_id = $1 order by i.id for no key update of i",
        account.id
    )
    .fetch_all(&mut *transaction)
    .await?;
    // What nobody can restore any more needs no owner.
    let slugs = sqlx::query_scalar!(
        "select i.slug from instances i join members m on m.instance_id = i.id
        where m.admin_id = $1 and m.role = 'owner'
            and (i.archived_at is null or i.archived_at > now() - make_interval(hours => $2))
            and not exists (select from members o where o.instance_id = i.id and o.role = 'owner' and o.admin_id <> $1)
        order by i.slug",
        account.id,
        RESTORABLE_HOURS
    )
    .fetch_all(&mut *transaction)
    .await?;
    if !slugs.is_empty() {
        return Err(CommandError::LastOwner { email: email.clone(), slugs });
    }
    let actor = Actor::command_line();
    let roles = sqlx::query!("select instance_id, role from members where admin_id = $1 order by instance_id", account.id);
    for member in roles.fetch_all(&mut *transaction).await? {
        let entry = Entry::of(member.instance_id).about(email.as_str()).field("role", member.role, None::<String>);
        record(&mut transaction, &actor, Kind::Removed, entry).await?;
    }
    let withdrawn = sqlx::query_scalar!("delete from admin_links where email = $1 returning instance_id", email.as_str());
    for instance in withdrawn.fetch_all(&mut *transaction).await?.into_iter().flatten() {
        record(&mut transaction, &actor, Kind::InvitationWithdrawn, Entry::of(instance).about(email.as_str())).await?;
    }
    sqlx::query!("delete from admins where id = $1", account.id).execute(&mut *transaction).await?;
    let entry = Entry::default().about(email.as_str()).field("server_admin", account.is_server_admin, None::<bool>);
    record(&mut transaction, &actor, Kind::AccountRemoved, entry).await?;
    transaction.commit().await?;
    Ok(())
}
