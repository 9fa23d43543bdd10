//! Reads the history: pages of changes, the newest first.

use serde_json::{Map, Value};
use sqlx::{PgPool, types::Json};
use time::OffsetDateTime;

use crate::{
    admins::Role,
    database::timed,
    history::{Kind, UnknownKind, filter::Criteria},
};

/// Which changes are read, and with which rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// An instance's changes, read by a member with that role. Owners also see what the members did with their accounts, and from
    /// which address.
    Instance {
        /// The instance's key.
        id: i64,
        /// The reader's role.
        role: Role,
    },
    /// Changes that concern accounts and no instance, read by a server-wide admin.
    Server,
}

/// How many failed sign-ins one row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// Their number.
    pub count: i64,
    /// When the last one was made. The first one was made when the row says.
    pub last_at: OffsetDateTime,
}

/// A recorded change, or the failed sign-ins to one account from one network on one day.
#[derive(Clone, Debug)]
pub struct Change {
    /// The row's key. A later change has a greater key.
    pub id: i64,
    /// When it was made; of failed sign-ins, the first one.
    pub at: OffsetDateTime,
    /// What kind of change it is.
    pub kind: Kind,
    /// The instance's slug; `None` for a change that concerns accounts only.
    pub instance: Option<String>,
    /// The instance's version after the change; `None` where the change did not raise it.
    pub version: Option<i64>,
    /// Who made it.
    pub who: String,
    /// The name of the API token that their program made it with; `None` if they made it themselves.
    pub api_token: Option<String>,
    /// The address it was made from; `None` if it is unknown or the reader may not see it.
    pub address: Option<String>,
    /// The person, version or instance that the change is about.
    pub about: Option<String>,
    /// The earlier values of the fields that changed, by the names of form fields.
    pub before: Map<String, Value>,
    /// The new values of the same fields.
    pub after: Map<String, Value>,
    /// How many failed sign-ins they are; `None` for everything else, and for those that an earlier version recorded one by one.
    pub attempts: Option<Attempts>,
}

/// A page of changes.
#[derive(Clone, Debug)]
pub struct ChangesPage {
    /// The changes, the newest first.
    pub changes: Vec<Change>,
    /// The key below which the next page begins; `None` if there are no older changes.
    pub older: Option<i64>,
}

/// The number of changes on one page of a screen.
pub const PAGE_SIZE: i64 = 50;

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

/// A change as a query reads it.
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) at: OffsetDateTime,
    pub(super) kind: String,
    pub(super) instance: Option<String>,
    pub(super) version: Option<i64>,
    pub(super) who: String,
    pub(super) api_token: Option<String>,
    pub(super) address: Option<String>,
    pub(super) about: Option<String>,
    pub(super) before: Json<Map<String, Value>>,
    pub(super) after: Json<Map<String, Value>>,
    pub(super) attempts: Option<i64>,
    pub(super) last_at: OffsetDateTime,
}

impl Row {
    pub(super) fn read(self) -> sqlx::Result<Change> {
        let Self { id, at, kind, instance, version, who, api_token, address, about, before, after, attempts, last_at } = self;
        let (Json(before), Json(after)) = (before, after);
        let kind = kind.parse().map_err(|error: UnknownKind| sqlx::Error::Decode(error.into()))?;
        let attempts = attempts.map(|count| Attempts { count, last_at });
        Ok(Change { id, at, kind, instance, version, who, api_token, address, about, before, after, attempts })
    }
}

/// The newest changes that match, at most `limit` of them.
///
/// # Errors
/// The query fails.
pub async fn read_page(pool: &PgPool, scope: Scope, criteria: &Criteria, limit: i64) -> sqlx::Result<ChangesPage> {
    // One more change than the page shows tells whether there are older ones.
    let mut changes = read(pool, scope, criteria, 0, limit + 1).await?;
    let limit = usize::try_from(limit).unwrap_or(0);
    let more = changes.len() > limit;
    changes.truncate(limit);
    Ok(ChangesPage { older: changes.last().filter(|_| more).map(|change| change.id), changes })
}

/// The changes that match, the newest first: at most `limit` of them, after the first `offset`.
async fn read(pool: &PgPool, scope: Scope, criteria: &Criteria, offset: i64, limit: i64) -> sqlx::Result<Vec<Change>> {
    let (instance, owner) = match scope {
        Scope::Instance { id, role } => (Some(id), role >= Role::Owner),
        Scope::Server => (None, false),
    };
    let account_kinds = ACCOUNT_KINDS.map(|kind| kind.name().to_owned());
    // Each of the sources has an index in the order of the keys, which one sequence makes for both tables.
    let rows = sqlx::query_as!(
        Row,
        r#"
        select c.id as "id!", c.at as "at!", c.kind as "kind!", i.slug as "instance?", c.version, c.who as "who!", c.api_token, c.about,
            case when not ($2 or $1::bigint is null) then null when c.attempts is null then c.address
                when c.address = '*' then $12 when c.address <> 'unknown' then c.address end as address,
            c.before as "before!: Json<Map<String, Value>>", c.after as "after!: Json<Map<String, Value>>",
            c.attempts, c.last_at as "last_at!"
        from (
            select id, at, kind, instance_id, version, who, api_token, address, about, before, after, null::bigint as attempts, at as last_at
            from changes where instance_id = $1
            union all
            select id, at, kind, instance_id, version, who, api_token, address, about, before, after, null, at from changes
            where instance_id is null and $1::bigint is null
            union all
            select id, first_at, kind, null, null, coalesce(who, $11), null, network, null, '{}', '{}', attempts, last_at
            from failed_sign_ins where $1::bigint is null
            union all
            select id, first_at, kind, null, null, who, null, network, null, '{}', '{}', attempts, last_at
            from failed_sign_ins where $2 and admin_id = any(array(select m.admin_id from members m where m.instance_id = $1))
            union all
            select id, at, kind, instance_id, version, who, api_token, address, about, before, after, null, at from changes
            where instance_id is null and $2 and kind = any($3) and (
                admin_id = any(array(select m.admin_id from members m where m.instance_id = $1))
                or kind = 'reset_issued'
                    and about = any(array(select a.email from members m join admins a on a.id = m.admin_id where m.instance_id = $1))
            )
        ) c
        left join instances i on i.id = c.instance_id
        where ($4::text is null or strpos(lower(c.who), lower($4)) > 0 or strpos(lower(c.about), lower($4)) > 0
                or strpos(lower(c.api_token), lower($4)) > 0)
            and ($5::text is null or c.before ? $5 or c.after ? $5)
            and ($6::timestamptz is null or c.last_at >= $6)
            and ($7::timestamptz is null or c.at < $7)
            and ($8::bigint is null or c.id < $8)
        order by c.id desc
        limit $9 offset $10
        "#,
        instance,
        owner,
        &account_kinds,
        criteria.person,
        criteria.field,
        criteria.since,
        criteria.until,
        criteria.before,
        limit,
        offset,
        UNKNOWN_ACCOUNT,
        OTHER_ADDRESSES
    )
    .fetch_all(timed(pool))
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Whether more than `limit` changes match.
///
/// # Errors
/// The query fails.
pub async fn is_longer_than(pool: &PgPool, scope: Scope, criteria: &Criteria, limit: i64) -> sqlx::Result<bool> {
    Ok(!read(pool, scope, criteria, limit, 1).await?.is_empty())
}
