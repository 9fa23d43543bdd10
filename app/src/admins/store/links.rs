//! One-time links: to set the server up, to accept an invitation, to choose a new password.

use crate::paths;
use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

use super::accounts::stored_email;
use crate::{
    admins::{Email, Role, Token},
    database::no_random_bytes,
    history::Actor,
};

/// The purpose of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To create the first admin's account. Valid for an hour, and only while there is no account.
    Setup,
    /// To create an account, or to join with an existing one. Valid for a week.
    Invite(Invitation),
    /// To choose a new password. Valid for an hour.
    Reset(Email),
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The email address that it is for.
    pub email: Email,
    /// The instance's key, and the role in it.
    pub membership: Option<(i64, Role)>,
    /// Whether it makes the account a server-wide admin.
    pub server_admin: bool,
    /// Whether it makes the account an owner of every instance.
    pub owner_of_all: bool,
}

/// A link that is still valid.
#[derive(Clone, Debug)]
pub struct OneTimeLink {
    /// Its purpose.
    pub purpose: Purpose,
    /// Whether the admin asked for it on the sign-in page, by mail.
    pub by_mail: bool,
    /// The name of the admin who created it.
    pub created_by: String,
}

/// An invitation to an instance that nobody has accepted yet.
#[derive(Clone, Debug)]
pub struct PendingInvitation {
    /// The row's key.
    pub id: i64,
    /// The email address that it is for.
    pub email: String,
    /// The role's name.
    pub role: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// The name of the admin who made it.
    pub created_by: String,
    /// When it expires.
    pub expires_at: OffsetDateTime,
}

impl Purpose {
    /// For how many hours a link works that chooses a new password.
    pub const RESET_HOURS: i32 = 1;

    /// For how many hours an invitation works.
    pub const INVITATION_HOURS: i32 = 7 * 24;

    /// How long such a link is valid, in hours.
    pub fn hours(&self) -> i32 {
        match self {
            Self::Setup | Self::Reset(_) => Self::RESET_HOURS,
            Self::Invite(_) => Self::INVITATION_HOURS,
        }
    }

    /// The purpose's name in the database.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Invite(_) => "invite",
            Self::Reset(_) => "reset",
        }
    }

    /// The page that a link of this purpose leads to.
    pub fn page(&self) -> &'static str {
        match self {
            Self::Setup => paths::SETUP,
            Self::Invite(_) => paths::INVITATION,
            Self::Reset(_) => paths::RESET,
        }
    }
}

struct Row {
    kind: String,
    email: Option<String>,
    instance_id: Option<i64>,
    role: Option<String>,
    server_admin: bool,
    owner_of_all: bool,
    by_mail: bool,
    created_by: String,
}

impl Row {
    fn read(self) -> sqlx::Result<OneTimeLink> {
        let email = || stored_email(self.email.as_deref().unwrap_or_default());
        let role = self.role.as_deref().map(str::parse::<Role>).transpose().map_err(|error| sqlx::Error::Decode(error.into()))?;
        let purpose = match self.kind.as_str() {
            "setup" => Purpose::Setup,
            "reset" => Purpose::Reset(email()?),
            _ => Purpose::Invite(Invitation {
                email: email()?,
                membership: self.instance_id.zip(role),
                server_admin: self.server_admin,
                owner_of_all: self.owner_of_all,
            }),
        };
        Ok(OneTimeLink { purpose, by_mail: self.by_mail, created_by: self.created_by })
    }
}

/// Stores a link that somebody makes, and returns its token. Only the token's hash is stored.
///
/// # Errors
/// The query fails, or the system gives no random bytes.
pub async fn create(connection: &mut PgConnection, purpose: &Purpose, maker: &Actor) -> sqlx::Result<Token> {
    let token = Token::new().map_err(no_random_bytes)?;
    let (email, invitation) = match purpose {
        Purpose::Setup => (None, None),
        Purpose::Reset(email) => (Some(email), None),
        Purpose::Invite(invitation) => (Some(&invitation.email), Some(invitation)),
    };
    sqlx::query!("delete from admin_links where expires_at < now()").execute(&mut *connection).await?;
    sqlx::query!(
        "insert into admin_links (
            kind, token_hash, email, instance_id, role, server_admin, owner_of_all, created_by, created_by_admin, expires_at
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(hours => $10))",
        purpose.kind(),
        &token.hash()[..],
        email.map(Email::as_str),
        invitation.and_then(|invitation| Some(invitation.membership?.0)),
        invitation.and_then(|invitation| Some(invitation.membership?.1.name())),
        invitation.is_some_and(|invitation| invitation.server_admin),
        invitation.is_some_and(|invitation| invitation.owner_of_all),
        maker.name,
        maker.admin,
        purpose.hours()
    )
    .execute(connection)
    .await?;
    Ok(token)
}

/// Stores a link to choose a new password that an admin has asked for on the sign-in page, and returns its token. Earlier ones still work:
/// their mails may arrive as well.
///
/// # Errors
/// The query fails, or the system gives no random bytes.
pub(crate) async fn create_reset_by_mail(connection: &mut PgConnection, email: &Email) -> sqlx::Result<Token> {
    let token = Token::new().map_err(no_random_bytes)?;
    sqlx::query!("delete from admin_links where expires_at < now()").execute(&mut *connection).await?;
    sqlx::query!(
        "insert into admin_links (kind, token_hash, email, server_admin, owner_of_all, created_by, by_mail, expires_at)
        values ('reset', $1, $2, false, false, $2, true, now() + make_interval(hours => $3))",
        &token.hash()[..],
        email.as_str(),
        Purpose::Reset(email.clone()).hours()
    )
    .execute(connection)
    .await?;
    Ok(token)
}

/// The key of the link with that token, which was just made.
///
/// # Errors
/// The query fails, or there is none.
pub(crate) async fn key(connection: &mut PgConnection, token: &Token) -> sqlx::Result<i64> {
    sqlx::query_scalar!("select id from admin_links where token_hash = $1", &token.hash()[..]).fetch_one(connection).await
}

/// The link with that token; `None` if it was used or has expired, if it is a setup link and there is an account already, or if it is an
/// invitation to an instance that is archived or whose maker no longer owns it.
///
/// # Errors
/// The query fails.
pub async fn find<'e>(executor: impl PgExecutor<'e>, token: &Token) -> sqlx::Result<Option<OneTimeLink>> {
    let row = sqlx::query_as!(
        Row,
        "select kind, email, instance_id, role, server_admin, owner_of_all, by_mail, created_by from admin_links l
        where (token_hash = $1 or mail_token_hash = $1) and expires_at > now() and (kind <> 'setup' or not exists (select from admins))
            and (instance_id is null or exists (
                select from instances i join members m on m.instance_id = i.id join admins a on a.id = m.admin_id
                where i.id = l.instance_id and i.archived_at is null and m.role = 'owner'
                    and (a.id = l.created_by_admin or (l.created_by_admin is null and a.email = l.created_by))
            ))",
        &token.hash()[..]
    )
    .fetch_optional(executor)
    .await?;
    row.map(Row::read).transpose()
}

/// Deletes the password reset links of an account: one was used, or a new one replaces them.
///
/// # Errors
/// The query fails.
pub async fn delete_resets(connection: &mut PgConnection, email: &Email) -> sqlx::Result<()> {
    sqlx::query!("delete from admin_links where kind = 'reset' and email = $1", email.as_str()).execute(connection).await?;
    Ok(())
}

/// Deletes a link, so that nobody can use it again. Returns whether it was there: of two requests at once, only one finds it.
///
/// # Errors
/// The query fails.
pub async fn delete(connection: &mut PgConnection, token: &Token) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from admin_links where token_hash = $1 or mail_token_hash = $1", &token.hash()[..])
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// The invitations to an instance that are still valid and whose address has this text: the newest ones, at most `limit` of them.
///
/// # Errors
/// The query fails.
pub async fn pending<'e>(executor: impl PgExecutor<'e>, instance: i64, search: &str, limit: i64) -> sqlx::Result<Vec<PendingInvitation>> {
    sqlx::query_as!(
        PendingInvitation,
        r#"select id, email as "email!", role as "role!", created_at, created_by, expires_at from admin_links l
        where instance_id = $1 and expires_at > now() and strpos(email, $2) > 0
            and exists (
                select from members m join admins a on a.id = m.admin_id
                where m.instance_id = $1 and m.role = 'owner'
                    and (a.id = l.created_by_admin or (l.created_by_admin is null and a.email = l.created_by))
            )
        order by id desc limit $3"#,
        instance,
        search,
        limit
    )
    .fetch_all(executor)
    .await
}

/// Withdraws an invitation to an instance. Returns the email address that it was for; `None` if there is no such invitation.
///
/// # Errors
/// The query fails.
pub async fn withdraw(connection: &mut PgConnection, instance: i64, id: i64) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(r#"delete from admin_links where instance_id = $1 and id = $2 returning email as "email!""#, instance, id)
        .fetch_optional(connection)
        .await
}

/// Withdraws the invitations to an instance for an address, and those that the given account of this address has made. Returns the
/// addresses that they were for.
///
/// # Errors
/// The query fails.
pub async fn withdraw_all(connection: &mut PgConnection, instance: i64, email: &str, maker: Option<i64>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"delete from admin_links
        where instance_id = $1
            and (email = $2 or created_by_admin = $3 or ($3::bigint is not null and created_by_admin is null and created_by = $2))
        returning email as "email!""#,
        instance,
        email,
        maker
    )
    .fetch_all(connection)
    .await
}

/// Withdraws every invitation to an instance. Returns the addresses that they were for.
///
/// # Errors
/// The query fails.
pub(crate) async fn withdraw_instance(connection: &mut PgConnection, instance: i64) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(r#"delete from admin_links where instance_id = $1 returning email as "email!""#, instance)
        .fetch_all(connection)
        .await
}

/// Deletes every link for an account's address, and every invitation that the account has made. Returns the keys of the instances that
/// they were invitations to, and the addresses that they were for.
///
/// # Errors
/// The query fails.
pub(crate) async fn delete_all_of(connection: &mut PgConnection, email: &Email, account: i64) -> sqlx::Result<Vec<(i64, String)>> {
    let deleted = sqlx::query!(
        "delete from admin_links
        where email = $1 or created_by_admin = $2 or (created_by_admin is null and instance_id is not null and created_by = $1)
        returning instance_id, email",
        email.as_str(),
        account
    );
    Ok(deleted.fetch_all(connection).await?.into_iter().filter_map(|row| row.instance_id.zip(row.email)).collect())
}

/// Lets one transaction at a time use a link: of two setup links, the second one waits here and then finds an account.
///
/// # Errors
/// The query fails.
pub(crate) async fn lock_use(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('portal-redirects one-time links')) as locked").fetch_one(connection).await?;
    Ok(())
}

/// The name of the instance with that key; `None` if there is none.
///
/// # Errors
/// The query fails.
pub(crate) async fn instance_name<'e>(executor: impl PgExecutor<'e>, instance: i64) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select name from instances where id = $1", instance).fetch_optional(executor).await
}
