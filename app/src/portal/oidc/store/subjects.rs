//! The visitor of a session with what tokens say of them, in one query.

use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::super::claims::Subject;
use crate::{
    credentials::token::Token,
    database::timed,
    portal::accounts::{IDLE_HOURS, MAX_SESSION_HOURS, store::sessions::touch},
};

struct Row {
    visitor: i64,
    session: i64,
    sub: Uuid,
    sid: Uuid,
    auth_time: OffsetDateTime,
    email_address: Option<String>,
    is_email_verified: bool,
    phone_number: Option<String>,
    username: Option<String>,
    first_name: String,
    last_name: String,
    organization_ids: Vec<i64>,
    organization_names: Vec<String>,
    stale: bool,
}

/// The query that reads one visitor, by what comes after `where`.
macro_rules! row {
    ($rest:tt, $($value:expr),+) => {
        sqlx::query_as!(
            Row,
            r#"
            select v.id as visitor, s.id as session, v.subject as sub, s.public_id as sid, s.created_at as auth_time,
                v.email_address, v.email_verified_at is not null as "is_email_verified!", v.phone_number, v.username,
                v.first_name, v.last_name,
                array(select m.organization_id from organization_members m where m.visitor_id = v.id order by m.organization_id)
                    as "organization_ids!",
                array(select o.name from organization_members m join organizations o on o.id = m.organization_id
                    where m.visitor_id = v.id order by m.organization_id) as "organization_names!",
                s.last_seen_at < now() - interval '1 minute' as "stale!"
            from visitor_sessions s join visitors v on v.id = s.visitor_id
            where v.instance_id = $1 and s.created_at > now() - make_interval(hours => $2)
                and s.last_seen_at > now() - make_interval(hours => $3) and "# + $rest,
            $($value),+
        )
    };
}

/// The visitor whose session has that token; `None` if it has ended, never existed, or is another instance's. Asking is using it.
///
/// # Errors
/// The query fails.
pub async fn of_token(pool: &PgPool, instance: i64, token: &Token) -> sqlx::Result<Option<Subject>> {
    let row = row!("s.token_hash = $4", instance, MAX_SESSION_HOURS, IDLE_HOURS, &token.hash()[..]).fetch_optional(timed(pool)).await?;
    let Some(row) = row else { return Ok(None) };
    if row.stale {
        touch(pool, row.session).await?;
    }
    Ok(Some(row.read()))
}

/// The visitor of the session with that key; `None` if it has ended, or is another instance's.
///
/// # Errors
/// The query fails.
pub async fn of_session(pool: &PgPool, instance: i64, session: i64) -> sqlx::Result<Option<Subject>> {
    let row = row!("s.id = $4", instance, MAX_SESSION_HOURS, IDLE_HOURS, session).fetch_optional(timed(pool)).await?;
    Ok(row.map(Row::read))
}

impl Row {
    fn read(self) -> Subject {
        Subject {
            visitor: self.visitor,
            session: self.session,
            sub: self.sub,
            sid: self.sid,
            auth_time: self.auth_time,
            email_address: self.email_address,
            is_email_verified: self.is_email_verified,
            phone_number: self.phone_number,
            username: self.username,
            first_name: self.first_name,
            last_name: self.last_name,
            organizations: self.organization_ids.iter().map(ToString::to_string).zip(self.organization_names).collect(),
        }
    }
}
