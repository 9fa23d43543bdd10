//! What a database holds: how much, whether it is anybody's, and whether it is consistent.

use app::{
    instances,
    ui::text::{counted, listed},
};
use sqlx::PgConnection;

/// How much a database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Contents {
    pub(super) instances: i64,
    pub(super) changes: i64,
    pub(super) admins: i64,
    pub(super) visitors: i64,
}

impl Contents {
    /// Counts it.
    ///
    /// # Errors
    /// The query fails.
    pub(super) async fn of(connection: &mut PgConnection) -> sqlx::Result<Self> {
        sqlx::query_as(
            "select (select count(*) from instances) as instances, (select count(*) from changes) as changes,
                (select count(*) from admins) as admins, (select count(*) from visitors) as visitors",
        )
        .fetch_one(connection)
        .await
    }
}

/// As a sentence lists it: `12 instances, 1 admin and 345 changes`.
impl std::fmt::Display for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&listed(&[
            counted(self.instances, "instance", "instances"),
            counted(self.changes, "change", "changes"),
            counted(self.admins, "admin", "admins"),
            counted(self.visitors, "visitor", "visitors"),
        ]))
    }
}

/// Whether the database has this program's tables.
///
/// # Errors
/// The query fails.
pub(super) async fn has_schema(connection: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null and to_regclass('instances') is not null")
        .fetch_one(connection)
        .await
}

/// Whether something in the database is somebody's: an account, or an instance that the server did not make itself at its first start.
///
/// # Errors
/// The query fails.
pub(super) async fn is_in_use(connection: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (select from admins) or exists (select from visitors) or exists (select from changes where who <> $1)",
    )
    .bind(app::history::Actor::server().name)
    .fetch_one(connection)
    .await
}

/// Lets `pg_dump` see the same moment as this transaction. Returns the name to give it.
///
/// # Errors
/// The query fails.
pub(super) async fn export_snapshot(transaction: &mut PgConnection) -> sqlx::Result<String> {
    sqlx::query_scalar("select pg_export_snapshot()").fetch_one(transaction).await
}

/// The schema that the connection's role creates tables in.
///
/// # Errors
/// The query fails.
pub(super) async fn schema(connection: &mut PgConnection) -> sqlx::Result<String> {
    sqlx::query_scalar("select current_schema()::text").fetch_one(connection).await
}

/// The roles that serve from these tables: those that add to the history, and own nothing.
///
/// # Errors
/// The query fails.
pub(super) async fn serving_roles(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select rolname::text from pg_roles where not rolsuper and rolcanlogin and not pg_has_role(oid, current_user, 'member')
            and has_any_column_privilege(oid, 'changes', 'insert') order by rolname",
    )
    .fetch_all(connection)
    .await
}

/// The version of the server, like 15.
///
/// # Errors
/// The query fails.
pub(super) async fn server_version(connection: &mut PgConnection) -> sqlx::Result<u32> {
    let number: i32 = sqlx::query_scalar("select current_setting('server_version_num')::int / 10000").fetch_one(connection).await?;
    Ok(number.unsigned_abs())
}

/// What is wrong with what is stored; nothing if every instance can be read, and its newest change is its version.
///
/// # Errors
/// A query fails.
pub(super) async fn problems(connection: &mut PgConnection) -> anyhow::Result<Vec<String>> {
    let mut problems: Vec<String> = sqlx::query_scalar(
        "select slug from instances i where version is distinct from (select max(c.version) from changes c where c.instance_id = i.id)
        order by slug limit 10",
    )
    .fetch_all(&mut *connection)
    .await?
    .into_iter()
    .map(|slug: String| format!("the newest change of the instance {slug} is not its version"))
    .collect();
    let mut after = String::new();
    loop {
        // Archived ones too.
        let next = "select slug from instances where slug > $1 order by slug limit 1000";
        let slugs: Vec<String> = sqlx::query_scalar(next).bind(&after).fetch_all(&mut *connection).await?;
        let Some(last) = slugs.last() else { return Ok(problems) };
        after.clone_from(last);
        if let Err(error) = instances::store::find_by_slug(&mut *connection, &slugs).await {
            problems.push(error.to_string());
        }
    }
}
