//! One-time links: to set the server up, to accept an invitation, to choose a new password.

use crate::paths;
use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

use super::accounts::stored_email;
use crate::admins::{Email, Role, Token};

/// What a link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The first admin's account. Holds an hour, and only while there is none.
    Setup,
    /// An account, or membership for one that exists. Holds a week.
    Invite(Invite),
    /// A new password. Holds an hour.
    Reset(Email),
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Whom it is for.
    pub email: Email,
    /// The instance, by its key, and the role there.
    pub membership: Option<(i64, Role)>,
    /// Whether it makes a server-wide admin.
    pub server_admin: bool,
    /// Whether it makes an owner of every instance there is.
    pub owner_of_all: bool,
}

/// A link that still holds.
#[derive(Clone, Debug)]
pub struct OneTimeLink {
    /// What it is for.
    pub purpose: Purpose,
    /// Who made it.
    pub created_by: String,
}

/// An invitation to an instance that nobody has accepted yet.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The row's key.
    pub id: i64,
    /// Whom it is for.
    pub email: String,
    /// The role.
    pub role: String,
    /// Until when it holds.
    pub expires_at: OffsetDateTime,
}

impl Purpose {
    /// How long such a link holds, in hours.
    pub fn hours(&self) -> i32 {
        match self {
            Self::Setup | Self::Reset(_) => 1,
            Self::Invite(_) => 7 * 24,
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
    created_by: String,
}

impl Row {
    fn read(self) -> sqlx::Result<OneTimeLink> {
        let email = || stored_email(self.email.as_deref().unwrap_or_default());
        let role = self.role.as_deref().map(str::parse::<Role>).transpose().map_err(|error| sqlx::Error::Decode(error.into()))?;
        let purpose = match self.kind.as_str() {
            "setup" => Purpose::Setup,
            "reset" => Purpose::Reset(email()?),
            _ => Purpose::Invite(Invite {
                email: email()?,
                membership: self.instance_id.zip(role),
                server_admin: self.server_admin,
                owner_of_all: self.owner_of_all,
            }),
        };
        Ok(OneTimeLink { purpose, created_by: self.created_by })
    }
}

/// Stores a link and answers its token, which is in the link and nowhere else.
///
/// # Errors
/// PostgreSQL, or the way to it; the system gives no random bytes.
pub async fn make(connection: &mut PgConnection, purpose: &Purpose, created_by: &str) -> sqlx::Result<Token> {
    let token = Token::new().map_err(|error| sqlx::Error::Io(error.into()))?;
    let (email, invite) = match purpose {
        Purpose::Setup => (None, None),
        Purpose::Reset(email) => (Some(email), None),
        Purpose::Invite(invite) => (Some(&invite.email), Some(invite)),
    };
    sqlx::query!("delete from admin_links where expires_at < now()").execute(&mut *connection).await?;
    sqlx::query!(
        "insert into admin_links (kind, token_hash, email, instance_id, role, server_admin, owner_of_all, created_by, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(hours => $9))",
        purpose.kind(),
        &token.hash()[..],
        email.map(Email::as_str),
        invite.and_then(|invite| Some(invite.membership?.0)),
        invite.and_then(|invite| Some(invite.membership?.1.name())),
        invite.is_some_and(|invite| invite.server_admin),
        invite.is_some_and(|invite| invite.owner_of_all),
        created_by,
        purpose.hours()
    )
    .execute(connection)
    .await?;
    Ok(token)
}

/// The link of that token, if it still holds: not used, not too old, and for setting up only while there is no account.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn find<'e>(executor: impl PgExecutor<'e>, token: &Token) -> sqlx::Result<Option<OneTimeLink>> {
    let row = sqlx::query_as!(
        Row,
        "select kind, email, instance_id, role, server_admin, owner_of_all, created_by from admin_links
        where token_hash = $1 and expires_at > now() and (kind <> 'setup' or not exists (select from admins))",
        &token.hash()[..]
    )
    .fetch_optional(executor)
    .await?;
    row.map(Row::read).transpose()
}

/// Takes away what links to choose a new password an account has: one was used, or a later one takes their place.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn forget_resets(connection: &mut PgConnection, email: &Email) -> sqlx::Result<()> {
    sqlx::query!("delete from admin_links where kind = 'reset' and email = $1", email.as_str()).execute(connection).await?;
    Ok(())
}

/// Takes a link away: nobody can use it any more. Answers whether it was there, so that of two at once only one goes on.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn use_up(connection: &mut PgConnection, token: &Token) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from admin_links where token_hash = $1", &token.hash()[..]).execute(connection).await?;
    Ok(done.rows_affected() > 0)
}

/// The invitations to an instance that still hold, the newest first.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn pending<'e>(executor: impl PgExecutor<'e>, instance: i64) -> sqlx::Result<Vec<Pending>> {
    sqlx::query_as!(
        Pending,
        r#"select id, email as "email!", role as "role!", expires_at from admin_links
        where instance_id = $1 and expires_at > now() order by id desc"#,
        instance
    )
    .fetch_all(executor)
    .await
}

/// Withdraws an invitation to an instance and answers whom it was for; `None` where there is none.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn withdraw(connection: &mut PgConnection, instance: i64, id: i64) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(r#"delete from admin_links where instance_id = $1 and id = $2 returning email as "email!""#, instance, id)
        .fetch_optional(connection)
        .await
}

/// Withdraws the invitations to an instance that are for an address, and with `made_too` those that it has made. Answers whom they
/// were for.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn withdraw_all(connection: &mut PgConnection, instance: i64, email: &str, made_too: bool) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"delete from admin_links where instance_id = $1 and (email = $2 or $3 and created_by = $2) returning email as "email!""#,
        instance,
        email,
        made_too
    )
    .fetch_all(connection)
    .await
}
