//! Reading the record: pages of changes, the newest first, and the fallback redirects of an earlier version.

use serde_json::{Map, Value};
use sqlx::{PgPool, types::Json};
use time::OffsetDateTime;

use super::{Kind, filter::Wanted};
use crate::{
    admins::Role,
    instances::stored::StoredInstance,
    redirects::{Fallbacks, Flow},
};

/// Whose changes are read, and by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One instance's, by a member of that role. Owners see what its members did with their accounts as well, and from where.
    Instance {
        /// The instance's key.
        id: i64,
        /// The reader's role.
        role: Role,
    },
    /// Those that concern accounts and no instance, by a server-wide admin.
    Server,
}

/// A change, as it is recorded.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its key. A later change has a greater one.
    pub id: i64,
    /// When.
    pub at: OffsetDateTime,
    /// What kind of change.
    pub kind: Kind,
    /// The slug of the instance, where it is one's.
    pub instance: Option<String>,
    /// The version that the instance has since.
    pub version: Option<i64>,
    /// Who did it.
    pub who: String,
    /// From where, as far as that is known and the reader may.
    pub address: Option<String>,
    /// The person, version or instance that it is about.
    pub about: Option<String>,
    /// What was there, by the names of form fields.
    pub before: Map<String, Value>,
    /// What is there now, by the same names.
    pub after: Map<String, Value>,
}

/// A page of changes.
#[derive(Clone, Debug)]
pub struct Page {
    /// The changes, the newest first.
    pub changes: Vec<Change>,
    /// Where the next page goes on; `None` where there are no older ones.
    pub older: Option<i64>,
}

/// The changes on one page of a screen.
pub const ON_A_PAGE: i64 = 50;

/// What an owner sees of the members' accounts.
const OF_ACCOUNTS: [Kind; 7] = [
    Kind::SignedIn,
    Kind::SignInFailed,
    Kind::SignedOut,
    Kind::SessionEnded,
    Kind::ResetIssued,
    Kind::PasswordReset,
    Kind::PasswordChanged,
];

struct Row {
    id: i64,
    at: OffsetDateTime,
    kind: String,
    instance: Option<String>,
    version: Option<i64>,
    who: String,
    address: Option<String>,
    about: Option<String>,
    before: Json<Map<String, Value>>,
    after: Json<Map<String, Value>>,
}

impl Row {
    fn read(self) -> sqlx::Result<Change> {
        let Self { id, at, kind, instance, version, who, address, about, before: Json(before), after: Json(after) } = self;
        let kind = kind.parse().map_err(|error: super::kind::UnknownKind| sqlx::Error::Decode(error.into()))?;
        Ok(Change { id, at, kind, instance, version, who, address, about, before, after })
    }
}

/// The newest changes that are wanted, `most` of them.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn page(pool: &PgPool, scope: Scope, wanted: &Wanted, most: i64) -> sqlx::Result<Page> {
    // One more than is shown tells whether there are older ones.
    let mut changes = read(pool, scope, wanted, 0, most + 1).await?;
    let most = usize::try_from(most).unwrap_or(0);
    let more = changes.len() > most;
    changes.truncate(most);
    Ok(Page { older: changes.last().filter(|_| more).map(|change| change.id), changes })
}

/// The changes that are wanted, the newest first: those after the first `skipped`, `most` of them.
async fn read(pool: &PgPool, scope: Scope, wanted: &Wanted, skipped: i64, most: i64) -> sqlx::Result<Vec<Change>> {
    let (instance, owner) = match scope {
        Scope::Instance { id, role } => (Some(id), role >= Role::Owner),
        Scope::Server => (None, false),
    };
    let of_accounts = OF_ACCOUNTS.map(|kind| kind.name().to_owned());
    // Three sources, of which each has an index in the order of the keys.
    let rows = sqlx::query_as!(
        Row,
        r#"
        select c.id as "id!", c.at as "at!", c.kind as "kind!", i.slug as "instance?", c.version, c.who as "who!", c.about,
            case when $2 or $1::bigint is null then c.address end as address,
            c.before as "before!: Json<Map<String, Value>>", c.after as "after!: Json<Map<String, Value>>"
        from (
            select id, at, kind, instance_id, version, who, address, about, before, after from changes where instance_id = $1
            union all
            select id, at, kind, instance_id, version, who, address, about, before, after from changes
            where instance_id is null and $1::bigint is null
            union all
            select id, at, kind, instance_id, version, who, address, about, before, after from changes
            where instance_id is null and $2 and kind = any($3) and (
                admin_id = any(array(select m.admin_id from members m where m.instance_id = $1))
                or kind = 'reset_issued'
                    and about = any(array(select a.email from members m join admins a on a.id = m.admin_id where m.instance_id = $1))
            )
        ) c
        left join instances i on i.id = c.instance_id
        where ($4::text is null or strpos(lower(c.who), lower($4)) > 0 or strpos(lower(c.about), lower($4)) > 0)
            and ($5::text is null or c.before ? $5 or c.after ? $5)
            and ($6::timestamptz is null or c.at >= $6)
            and ($7::timestamptz is null or c.at < $7)
            and ($8::bigint is null or c.id < $8)
        order by c.id desc
        limit $9 offset $10
        "#,
        instance,
        owner,
        &of_accounts,
        wanted.person,
        wanted.field,
        wanted.since,
        wanted.until,
        wanted.before,
        most,
        skipped
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Whether more changes than that are wanted.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn is_longer_than(pool: &PgPool, scope: Scope, wanted: &Wanted, most: i64) -> sqlx::Result<bool> {
    Ok(!read(pool, scope, wanted, most, 1).await?.is_empty())
}

/// What was stored before the change that made a version, by the names of form fields; `None` where no change made it.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn change_at(pool: &PgPool, instance: i64, version: i64) -> sqlx::Result<Option<Map<String, Value>>> {
    let row = sqlx::query!(
        r#"select before as "before!: Json<Map<String, Value>>" from changes where instance_id = $1 and version = $2"#,
        instance,
        version
    );
    Ok(row.fetch_optional(pool).await?.map(|row| row.before.0))
}

/// Who made a version of an instance, and when; `None` where it never had that version.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn version(pool: &PgPool, instance: i64, version: i64) -> sqlx::Result<Option<(String, OffsetDateTime)>> {
    let found = sqlx::query!("select who, at from changes where instance_id = $1 and version = $2", instance, version);
    Ok(found.fetch_optional(pool).await?.map(|row| (row.who, row.at)))
}

/// The fallback redirects that an instance had at a version: those that it has, with every later change undone. `None` where it
/// never had that version.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn fallbacks_at(pool: &PgPool, stored: &StoredInstance, at: i64) -> sqlx::Result<Option<Fallbacks>> {
    let now = stored.instance.version();
    if at > now || version(pool, stored.id, at).await?.is_none() {
        return Ok(None);
    }
    let fields = Flow::ALL.map(|flow| flow.field().to_owned());
    // A change that came after `stored` was read is none of what it holds.
    let rows = sqlx::query!(
        r#"
        select distinct on (field.key) field.key as "key!", field.value
        from changes c, jsonb_each_text(c.before) field
        where c.instance_id = $1 and c.version > $2 and c.version <= $3 and field.key = any($4)
        order by field.key, c.version
        "#,
        stored.id,
        at,
        now,
        &fields
    )
    .fetch_all(pool)
    .await?;
    let mut fallbacks = stored.fallbacks.clone();
    for row in rows {
        if let Some(flow) = Flow::of_field(&row.key) {
            fallbacks.set(flow, row.value.as_deref().unwrap_or_default());
        }
    }
    Ok(Some(fallbacks))
}
