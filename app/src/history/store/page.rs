//! Reads a page of the history. It takes the newest changes of each source by an index, at most as many as the page has, so a page costs
//! the same however long the history is. A filter by day first looks for the keys of its days: that reads all changes of those days.

use serde_json::{Map, Value};
use sqlx::{PgConnection, PgPool, types::Json};

use super::changes::{Change, ChangesPage, Row, Scope};
use crate::{
    admins::Role,
    database::{begin, timed},
    history::{Kind, filter::Criteria},
};

/// The most changes of a page. A longer page would read too much of an instance with thousands of members.
pub const MAX_PAGE_SIZE: i64 = 500;

/// The kinds of account changes that an owner of an instance sees.
const ACCOUNT_KINDS: [Kind; 12] = [
    Kind::SignedIn,
    Kind::SignInFailed,
    Kind::SignedOut,
    Kind::SessionEnded,
    Kind::ResetIssued,
    Kind::PasswordReset,
    Kind::PasswordChanged,
    Kind::SecondFactorOn,
    Kind::SecondFactorOff,
    Kind::SecondFactorFailed,
    Kind::RecoveryCodeUsed,
    Kind::RecoveryCodesMade,
];

/// Who failed to sign in to an account that does not exist.
const UNKNOWN_ACCOUNT: &str = "unknown account";

/// The address of failed sign-ins from networks beyond those that are listed.
const OTHER_ADDRESSES: &str = "other addresses";

/// Makes PostgreSQL plan each query for its own filter, so that parts of the filter that are not set cost nothing. JIT is off, because
/// compiling the query would take longer than running it.
const PLANNING: &str = "set local plan_cache_mode = force_custom_plan; set local jit = off";

/// The query, out of the parts that its sources have in common: the columns of a change and of failed sign-ins, and the filter on each.
macro_rules! page_query {
    ($change:tt, $is_change:tt, $failed:tt, $is_failed:tt, [$($argument:expr),*]) => {
        sqlx::query_as!(
            Row,
            "with own as materialized (
                select " + $change + " from changes c where c.instance_id = $1 and " + $is_change + " order by c.id desc limit $9
            ), own_floor as materialized (
                select coalesce((select id from own order by id desc offset $9 - 1 limit 1), 0) as id
            ), member as materialized (
                select m.admin_id, a.email from members m join admins a on a.id = m.admin_id where m.instance_id = $1 and $2
            ), floor as materialized (
                select coalesce((
                    select newest from (
                        select (
                            select c.id from changes c
                            where c.instance_id is null and c.admin_id = m.admin_id and c.kind = any($3) and " + $is_change + "
                                and c.id >= (select id from own_floor)
                            order by c.id desc limit 1
                        ) as newest from member m where $4::text is null and $5::text is null
                    ) newest order by newest desc nulls last offset $9 - 1 limit 1
                ), (select id from own_floor)) as id
            )
            select c.id as \"id!\", c.at as \"at!\", c.kind as \"kind!\", i.slug as \"instance?\", c.version, c.who as \"who!\", c.api_token,
                c.about,
                case when not ($2 or $1::bigint is null) then null when c.attempts is null then c.address
                    when c.address = '*' then $11 when c.address <> 'unknown' then c.address end as address,
                c.before as \"before!: Json<Map<String, Value>>\", c.after as \"after!: Json<Map<String, Value>>\",
                c.attempts, c.last_at as \"last_at!\"
            from (
                select * from own
                union all
                (select " + $change + " from changes c where c.instance_id is null and $1::bigint is null and " + $is_change + "
                    order by c.id desc limit $9)
                union all
                (select " + $failed + " from failed_sign_ins f where $1::bigint is null and " + $is_failed + " order by f.id desc limit $9)
                union all
                select newest.* from member m cross join lateral (
                    select " + $failed + " from failed_sign_ins f
                    where f.admin_id = m.admin_id and " + $is_failed + " and f.id >= (select id from floor)
                    order by f.id desc limit $9
                ) newest
                union all
                select newest.* from member m cross join lateral (
                    select " + $change + " from changes c
                    where c.instance_id is null and c.admin_id = m.admin_id and c.kind = any($3) and " + $is_change + "
                        and c.id >= (select id from floor)
                    order by c.id desc limit $9
                ) newest
                union all
                select newest.* from member m cross join lateral (
                    select " + $change + " from changes c
                    where c.instance_id is null and c.kind = 'reset_issued' and c.about = m.email and " + $is_change + "
                        and c.id >= (select id from floor)
                        and not exists (select from members o where o.instance_id = $1 and o.admin_id = c.admin_id)
                    order by c.id desc limit $9
                ) newest
            ) c
            left join instances i on i.id = c.instance_id
            order by c.id desc
            limit $9",
            $($argument),*
        )
    };
}

/// Adds the range of the keys that the changes of these days have. A caller that reads many pages asks once.
///
/// # Errors
/// The query fails.
pub async fn with_keys(pool: &PgPool, scope: Scope, criteria: Criteria) -> sqlx::Result<Criteria> {
    if criteria.keys.is_some() || criteria.since.or(criteria.until).is_none() {
        return Ok(criteria);
    }
    let (instance, owner) = rights(scope);
    // A clock may have been wrong, so the first and the last row of the days need not have the smallest and the greatest key.
    // `+ 0` keeps PostgreSQL from looking for them in the order of the keys, where it would read everything outside of the days.
    let found = sqlx::query!(
        "select min(id + 0), max(id + 0) from changes
        where (instance_id = $1 or instance_id is null and ($1::bigint is null or $2))
            and at >= coalesce($3::timestamptz, '-infinity') and at < coalesce($4::timestamptz, 'infinity')",
        instance,
        owner,
        criteria.since,
        criteria.until
    )
    .fetch_one(timed(pool))
    .await?;
    // No change is in the days: no key is from 1 to 0.
    let keys = found.min.unwrap_or(1)..=found.max.unwrap_or(0);
    Ok(Criteria { keys: Some(keys), ..criteria })
}

/// The key of the instance that is read, if any, and whether its owner reads it.
fn rights(scope: Scope) -> (Option<i64>, bool) {
    match scope {
        Scope::Instance { id, role } => (Some(id), role >= Role::Owner),
        Scope::Server => (None, false),
    }
}

/// The newest changes that match, at most `limit` of them and at most [`MAX_PAGE_SIZE`].
///
/// # Errors
/// The query fails.
pub async fn read_page(pool: &PgPool, scope: Scope, criteria: &Criteria, limit: i64) -> sqlx::Result<ChangesPage> {
    let limit = limit.clamp(0, MAX_PAGE_SIZE);
    let criteria = with_keys(pool, scope, criteria.clone()).await?;
    let mut transaction = begin(pool).await?;
    // One change more than the page shows tells whether there are older ones.
    let mut changes = read(&mut transaction, scope, criteria, limit + 1).await?;
    transaction.commit().await?;
    let limit = usize::try_from(limit).unwrap_or(0);
    let more = changes.len() > limit;
    changes.truncate(limit);
    Ok(ChangesPage { older: changes.last().filter(|_| more).map(|change| change.id), changes })
}

/// The newest changes that match. The connection must be in a transaction.
pub(super) async fn read(connection: &mut PgConnection, scope: Scope, criteria: Criteria, limit: i64) -> sqlx::Result<Vec<Change>> {
    let (instance, owner) = rights(scope);
    let account_kinds = ACCOUNT_KINDS.map(|kind| kind.name().to_owned());
    let keys = criteria.keys.unwrap_or(1..=i64::MAX);
    sqlx::raw_sql(PLANNING).execute(&mut *connection).await?;
    // One sequence makes the keys of both tables. Every change of the page is at or above the floor: that many members have made a
    // newer one.
    let rows = page_query!(
        "c.id, c.at, c.kind, c.instance_id, c.version, c.who, c.api_token, c.address, c.about, c.before, c.after,
            null::bigint as attempts, c.at as last_at",
        "c.id < $8
            and ($4::text is null or strpos(lower(c.who), lower($4)) > 0 or strpos(lower(c.about), lower($4)) > 0
                or strpos(lower(c.api_token), lower($4)) > 0)
            and ($5::text is null or c.before ? $5 or c.after ? $5)
            and c.id between $12 and $13
            and ($6::timestamptz is null or c.at >= $6)
            and ($7::timestamptz is null or c.at < $7)",
        "f.id, f.first_at as at, f.kind, null::bigint as instance_id, null::bigint as version, coalesce(f.who, $10) as who,
            null::text as api_token, f.network as address, null::text as about, '{}'::jsonb as before, '{}'::jsonb as after,
            f.attempts, f.last_at",
        "f.id < $8
            and ($4::text is null or strpos(lower(coalesce(f.who, $10)), lower($4)) > 0)
            and $5::text is null
            and ($6::timestamptz is null or f.last_at >= $6)
            and ($7::timestamptz is null or f.first_at < $7)",
        [
            instance,
            owner,
            &account_kinds,
            criteria.person,
            criteria.field,
            criteria.since,
            criteria.until,
            criteria.before.unwrap_or(i64::MAX),
            limit,
            UNKNOWN_ACCOUNT,
            OTHER_ADDRESSES,
            *keys.start(),
            *keys.end()
        ]
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::read).collect()
}
