//! The outbox: mails that wait to be sent, and those that could not be sent.

pub(super) mod recipients;

use std::time::Duration;

use sqlx::{PgConnection, PgPool, postgres::types::PgInterval};
use time::OffsetDateTime;

use super::MailKind;
use crate::{
    credentials::email::Email,
    database::{in_background, timed},
    portal::codes::CONFIRMATION_HOURS,
};

/// How many mails of one instance, and of the dashboard, may wait. Beyond that nothing is added: a mail server that is down for long, or
/// somebody who asks for mail all day, does not fill the disk.
pub const MAX_WAITING: i64 = 10_000;

/// How many mails the page of the outbox shows, of those that wait and of those that failed.
pub const MAX_LISTED: i64 = 100;

/// How long a runtime has a mail for itself. It is longer than sending takes with all its timeouts.
const CLAIM_TIME: Duration = Duration::from_mins(5);

/// For how many days a mail is listed that could not be sent.
pub(super) const FAILED_DAYS: i32 = 30;

/// The longest error that is stored, in characters.
const MAX_ERROR_CHARS: usize = 400;

/// A mail to send.
#[derive(Clone, Copy, Debug)]
pub struct NewMail<'a> {
    /// What it is about.
    pub kind: MailKind,
    /// The key of the instance that it is from; `None` for the dashboard.
    pub instance: Option<i64>,
    /// Whom it is for.
    pub recipient: &'a Email,
    /// The page that its link leads to, as an absolute URL without a code.
    pub page: &'a str,
    /// The key of the invitation that it is about.
    pub invitation: Option<i64>,
    /// The keys of the organization that it invites to, and of the visitor who invites.
    pub organization: Option<(i64, i64)>,
    /// The key of the sign-up or sign-in that waits for its code.
    pub pending: Option<i64>,
}

impl<'a> NewMail<'a> {
    /// A mail of the dashboard.
    pub fn to_admin(kind: MailKind, recipient: &'a Email, page: &'a str) -> Self {
        Self { kind, instance: None, recipient, page, invitation: None, organization: None, pending: None }
    }

    /// A mail of an instance.
    pub fn to_visitor(kind: MailKind, instance: i64, recipient: &'a Email, page: &'a str) -> Self {
        Self { kind, instance: Some(instance), recipient, page, invitation: None, organization: None, pending: None }
    }
}

/// A mail that is due, and that no other runtime sends now.
#[derive(Clone)]
pub struct DueMail {
    /// The key.
    pub id: i64,
    /// What it is about; `None` if only a later version of the server knows.
    pub kind: Option<MailKind>,
    /// The key of the instance that it is from.
    pub instance: Option<i64>,
    /// Whom it is for.
    pub recipient: String,
    /// The page that its link leads to.
    pub page: String,
    /// The key of the invitation that it is about.
    pub invitation: Option<i64>,
    /// The keys of the organization that it invites to, and of the visitor who invites.
    pub organization: Option<(i64, i64)>,
    /// The key of the sign-up or sign-in that waits for its code.
    pub pending: Option<i64>,
    /// How often it was tried, this time included.
    pub attempts: i32,
}

/// A mail in the outbox, as its page shows it. Personal data: not for logs.
#[derive(Clone)]
pub struct ListedMail {
    /// The key.
    pub id: i64,
    /// What it is about, by its name in the database.
    pub kind: String,
    /// The name of the instance that it is from.
    pub instance: Option<String>,
    /// Whom it is for.
    pub recipient: String,
    /// When it was added.
    pub created_at: OffsetDateTime,
    /// When it is tried next.
    pub due_at: OffsetDateTime,
    /// How often it was tried.
    pub attempts: i32,
    /// What went wrong the last time.
    pub error: Option<String>,
    /// When it was given up.
    pub failed_at: Option<OffsetDateTime>,
}

/// How much is in the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OutboxSize {
    /// How many mails wait.
    pub waiting: i64,
    /// How many could not be sent.
    pub failed: i64,
    /// For how long the oldest one has waited, in seconds.
    pub oldest_seconds: f64,
}

/// Adds a mail to the outbox. Returns whether there was room.
///
/// # Errors
/// The query fails.
pub async fn add(connection: &mut PgConnection, mail: NewMail<'_>) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into mails (kind, instance_id, recipient, page, link_id, organization_id, inviter_id, pending_id, give_up_at)
        select $1, $2::bigint, $3, $4, $5::bigint, $8::bigint, $9::bigint, $10::bigint, now() + make_interval(hours => $6)
        where (select count(*) from mails
            where (instance_id = $2 or $2::bigint is null and instance_id is null) and failed_at is null) < $7",
        mail.kind.name(),
        mail.instance,
        mail.recipient.as_str(),
        mail.page,
        mail.invitation,
        mail.kind.hours(),
        MAX_WAITING,
        mail.organization.map(|(organization, _)| organization),
        mail.organization.map(|(_, inviter)| inviter),
        mail.pending
    );
    Ok(done.execute(connection).await?.rows_affected() > 0)
}

/// Takes the mails that are due, at most `limit`, for this runtime to send.
///
/// # Errors
/// The query fails.
pub async fn claim(pool: &PgPool, limit: i64) -> sqlx::Result<Vec<DueMail>> {
    let time = PgInterval::try_from(CLAIM_TIME).map_err(sqlx::Error::Encode)?;
    let rows = sqlx::query!(
        "update mails set due_at = now() + $1::interval, attempts = attempts + 1
        where id in (
            select id from mails where failed_at is null and due_at <= now() order by due_at limit $2 for update skip locked
        )
        returning id, kind, instance_id, recipient, page, link_id, organization_id, inviter_id, pending_id, attempts",
        time,
        limit
    )
    .fetch_all(in_background(pool))
    .await?;
    let mail = rows.into_iter().map(|row| DueMail {
        id: row.id,
        kind: MailKind::named(&row.kind),
        instance: row.instance_id,
        recipient: row.recipient,
        page: row.page,
        invitation: row.link_id,
        organization: row.organization_id.zip(row.inviter_id),
        pending: row.pending_id,
        attempts: row.attempts,
    });
    Ok(mail.collect())
}

/// Removes a mail that was sent, or that has nothing to say any more.
///
/// # Errors
/// The query fails.
pub async fn remove(pool: &PgPool, mail: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from mails where id = $1", mail).execute(in_background(pool)).await?;
    Ok(())
}

/// Stores why a mail was not sent, to be tried again after a pause; it is given up if that is too late. Returns whether it was given up.
///
/// # Errors
/// The query fails.
pub async fn put_off(pool: &PgPool, mail: i64, error: &str, pause: Duration) -> sqlx::Result<bool> {
    let pause = PgInterval::try_from(pause).map_err(sqlx::Error::Encode)?;
    let given_up = sqlx::query_scalar!(
        r#"update mails set due_at = now() + $2::interval, error = $3, failed_at = case when now() + $2::interval > give_up_at then now() end
        where id = $1 returning failed_at is not null as "given_up!""#,
        mail,
        pause,
        shortened(error)
    );
    Ok(given_up.fetch_optional(in_background(pool)).await?.unwrap_or(false))
}

/// Gives a mail up.
///
/// # Errors
/// The query fails.
pub async fn give_up(pool: &PgPool, mail: i64, error: &str) -> sqlx::Result<()> {
    sqlx::query!("update mails set failed_at = now(), error = $2 where id = $1", mail, shortened(error))
        .execute(in_background(pool))
        .await?;
    Ok(())
}

/// Deletes mails that failed long ago, codes that have expired, and what has waited for one.
///
/// # Errors
/// A query fails.
pub async fn delete_old(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from mails where id in (
            select id from mails where failed_at < now() - make_interval(days => $1) order by failed_at limit 1000 for update skip locked
        )",
        FAILED_DAYS
    )
    .execute(in_background(pool))
    .await?;
    sqlx::query!(
        "delete from visitor_codes
        where code_hash in (select code_hash from visitor_codes where expires_at < now() order by expires_at limit 1000)"
    )
    .execute(in_background(pool))
    .await?;
    sqlx::query!(
        "delete from organization_invitations
        where code_hash in (select code_hash from organization_invitations where expires_at < now() order by expires_at limit 1000)"
    )
    .execute(in_background(pool))
    .await?;
    sqlx::query!(
        "delete from pending_confirmations where id in (
            select id from pending_confirmations where created_at < now() - make_interval(hours => $1)
            order by created_at limit 1000 for update skip locked
        )",
        CONFIRMATION_HOURS
    )
    .execute(in_background(pool))
    .await?;
    Ok(())
}

/// How much is in the outbox.
///
/// # Errors
/// The query fails.
pub async fn size(pool: &PgPool) -> sqlx::Result<OutboxSize> {
    sqlx::query_as!(
        OutboxSize,
        r#"select count(*) filter (where failed_at is null) as "waiting!", count(*) filter (where failed_at is not null) as "failed!",
            coalesce(extract(epoch from now() - min(created_at) filter (where failed_at is null)), 0)::float8 as "oldest_seconds!"
        from mails"#
    )
    .fetch_one(in_background(pool))
    .await
}

/// What is in the outbox: first what failed, the newest first, then what waits, the oldest first.
///
/// # Errors
/// The query fails.
pub async fn list(pool: &PgPool) -> sqlx::Result<Vec<ListedMail>> {
    sqlx::query_as!(
        ListedMail,
        r#"(select m.id as "id!", m.kind as "kind!", i.name as "instance?", m.recipient as "recipient!", m.created_at as "created_at!",
                m.due_at as "due_at!", m.attempts as "attempts!", m.error, m.failed_at
            from mails m left join instances i on i.id = m.instance_id
            where m.failed_at is not null order by m.failed_at desc, m.id desc limit $1)
        union all
        (select m.id, m.kind, i.name, m.recipient, m.created_at, m.due_at, m.attempts, m.error, m.failed_at
            from mails m left join instances i on i.id = m.instance_id
            where m.failed_at is null order by m.created_at, m.id limit $1)"#,
        MAX_LISTED
    )
    .fetch_all(timed(pool))
    .await
}

/// Has a mail that failed sent again, as if it was new. Returns whether there is one.
///
/// # Errors
/// The query fails.
pub async fn retry(pool: &PgPool, mail: i64) -> sqlx::Result<bool> {
    let kind = sqlx::query_scalar!("select kind from mails where id = $1 and failed_at is not null", mail);
    let Some(kind) = kind.fetch_optional(timed(pool)).await?.and_then(|kind| MailKind::named(&kind)) else { return Ok(false) };
    let done = sqlx::query!(
        "update mails set failed_at = null, error = null, attempts = 0, due_at = now(), give_up_at = now() + make_interval(hours => $2)
        where id = $1 and failed_at is not null",
        mail,
        kind.hours()
    );
    Ok(done.execute(timed(pool)).await?.rows_affected() > 0)
}

/// Deletes a mail that failed. Returns whether there was one.
///
/// # Errors
/// The query fails.
pub async fn discard(pool: &PgPool, mail: i64) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from mails where id = $1 and failed_at is not null", mail);
    Ok(done.execute(timed(pool)).await?.rows_affected() > 0)
}

/// Deletes what an instance has in the outbox for an address, because the account is deleted.
///
/// # Errors
/// The query fails.
pub(crate) async fn delete_of(connection: &mut PgConnection, instance: i64, recipient: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from mails where instance_id = $1 and recipient = $2", instance, recipient).execute(connection).await?;
    Ok(())
}

fn shortened(error: &str) -> String {
    error.chars().take(MAX_ERROR_CHARS).collect()
}
