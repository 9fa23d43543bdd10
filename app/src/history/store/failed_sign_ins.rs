//! Failed sign-ins in PostgreSQL: counted by account, network and day, and deleted after a time. Anybody can cause them, so their number
//! is bounded, and nothing is stored of what was typed.

use sqlx::{PgConnection, PgPool};

use crate::{
    credentials::client::network,
    database::begin_in_background,
    history::{Actor, Kind},
};

/// How many networks are listed for one account in a day, for each kind. All accounts that don't exist are one. Attempts from further
/// networks are counted in one row.
pub const MAX_NETWORKS: i64 = 100;

/// How many rows there are for all accounts in a day. Beyond them, an account gets one row for all further networks. Requests that arrive
/// at the same moment may exceed both numbers by a few.
pub const MAX_ROWS: i64 = 5_000;

/// How many rows are deleted at a time.
const DELETED_AT_A_TIME: i64 = 1_000;

/// The network of attempts whose address is unknown.
const UNKNOWN: &str = "unknown";

/// The network that an attempt is counted under: an IPv4 address, or the first 64 bits of an IPv6 address.
fn network_name(actor: &Actor) -> String {
    match actor.address.map(network) {
        Some(address) if address.is_ipv6() => format!("{address}/64"),
        Some(address) => address.to_string(),
        None => UNKNOWN.to_owned(),
    }
}

/// Counts an attempt. It takes the same work whether or not the account exists or has failed before, so that its time tells nothing.
///
/// # Errors
/// The query fails.
pub async fn count(connection: &mut PgConnection, actor: &Actor, kind: Kind) -> sqlx::Result<()> {
    // What was typed is not stored: it may be a password. So attempts without an account have no name.
    let who = actor.admin.map(|_| actor.name.as_str());
    sqlx::query!(
        "with today as (
            select count(*) as rows,
                count(*) filter (where kind = $1 and admin_id is not distinct from $2) as networks,
                count(*) filter (where kind = $1 and admin_id is not distinct from $2 and network = $4) as listed
            from failed_sign_ins where day = (now() at time zone 'UTC')::date
        )
        insert into failed_sign_ins as f (kind, admin_id, who, network)
        select $1, $2, $3, case when listed > 0 or networks < $5 and rows < $6 then $4 else '*' end from today
        on conflict (day, kind, coalesce(admin_id, 0), network)
            do update set attempts = f.attempts + 1, last_at = greatest(f.last_at, excluded.last_at)",
        kind.name(),
        actor.admin,
        who,
        network_name(actor),
        MAX_NETWORKS,
        MAX_ROWS
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes failed sign-ins that are older than that many days. Where several runtimes do so at once, one of them does it. Returns how many
/// rows are gone.
///
/// # Errors
/// The query fails.
pub async fn delete_old(pool: &PgPool, days: i32) -> sqlx::Result<u64> {
    let mut all = 0;
    loop {
        let mut transaction = begin_in_background(pool).await?;
        let turn = sqlx::query_scalar!(
            r#"select pg_try_advisory_xact_lock(hashtextextended('portal-redirects: old failed sign-ins', 0)) as "turn!""#
        );
        if !turn.fetch_one(&mut *transaction).await? {
            return Ok(all);
        }
        let deleted = sqlx::query!(
            "delete from failed_sign_ins where id in (
                select id from failed_sign_ins where day < (now() at time zone 'UTC')::date - $1::int order by day limit $2
            )",
            days,
            DELETED_AT_A_TIME
        )
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        all += deleted;
        if deleted < DELETED_AT_A_TIME.unsigned_abs() {
            return Ok(all);
        }
    }
}
