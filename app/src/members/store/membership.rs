//! Who is a member of which instance, and in which role.

use sqlx::{PgConnection, PgExecutor};

use crate::{
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    members::role::{Role, UnknownRole},
};

/// What an admin may do with an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberAccess {
    /// The member's role.
    pub role: Role,
    /// Whether the instance is archived.
    pub is_archived: bool,
}

/// An admin's membership of the instance with that slug; `None` if they are not a member, or there is no such instance.
///
/// # Errors
/// The query fails.
pub async fn find<'e>(executor: impl PgExecutor<'e>, slug: &str, admin: i64) -> sqlx::Result<Option<MemberAccess>> {
    let row = sqlx::query!(
        r#"select m.role, i.archived_at is not null as "is_archived!" from members m join instances i on i.id = m.instance_id
        where i.slug = $1 and m.admin_id = $2"#,
        slug,
        admin
    )
    .fetch_optional(executor)
    .await?;
    row.map(|row| Ok(MemberAccess { role: stored_role(&row.role)?, is_archived: row.is_archived })).transpose()
}

/// An admin's role in an instance; `None` if they are not a member.
///
/// # Errors
/// The query fails.
pub(crate) async fn role_of<'e>(executor: impl PgExecutor<'e>, instance: i64, admin: i64) -> sqlx::Result<Option<Role>> {
    let role = sqlx::query_scalar!("select role from members where instance_id = $1 and admin_id = $2", instance, admin)
        .fetch_optional(executor)
        .await?;
    role.as_deref().map(stored_role).transpose()
}

/// Reads a role as it is stored.
///
/// # Errors
/// There is no such role: another program has written the row.
pub(super) fn stored_role(name: &str) -> sqlx::Result<Role> {
    name.parse().map_err(|error: UnknownRole| sqlx::Error::Decode(error.into()))
}

/// Whether an account with that email address is a member of an instance.
///
/// # Errors
/// The query fails.
pub(super) async fn is_member<'e>(executor: impl PgExecutor<'e>, instance: i64, email: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from members m join admins a on a.id = m.admin_id where m.instance_id = $1 and a.email = $2) as "is!""#,
        instance,
        email
    )
    .fetch_one(executor)
    .await
}

/// Whether an instance has an owner other than that account.
///
/// # Errors
/// The query fails.
pub(super) async fn has_other_owner<'e>(executor: impl PgExecutor<'e>, instance: i64, admin: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from members where instance_id = $1 and role = 'owner' and admin_id <> $2) as "others!""#,
        instance,
        admin
    )
    .fetch_one(executor)
    .await
}

/// Makes the actor a member of an instance. A member keeps the role that they have.
///
/// # Errors
/// The query fails.
pub async fn join(connection: &mut PgConnection, actor: &Actor, instance: i64, role: Role) -> sqlx::Result<()> {
    let joined = sqlx::query!(
        "insert into members (instance_id, admin_id, role) values ($1, $2, $3) on conflict do nothing",
        instance,
        actor.admin,
        role.name()
    )
    .execute(&mut *connection)
    .await?;
    if joined.rows_affected() == 0 {
        return Ok(());
    }
    let entry = Entry::of(instance).about(actor.name.clone()).field("role", None::<String>, role.name());
    record(connection, actor, Kind::Joined, entry).await
}

/// Makes the actor an owner of every instance.
///
/// # Errors
/// The query fails.
pub async fn join_all_as_owner(connection: &mut PgConnection, actor: &Actor) -> sqlx::Result<()> {
    let instances = sqlx::query!(
        r#"with before as (select instance_id, role from members where admin_id = $1)
        insert into members (instance_id, admin_id, role) select id, $1, 'owner' from instances
        on conflict (instance_id, admin_id) do update set role = 'owner', by_provider = false
            where members.role <> 'owner' or members.by_provider
        returning instance_id, (select before.role from before where before.instance_id = members.instance_id) as "before?""#,
        actor.admin
    )
    .fetch_all(&mut *connection)
    .await?;
    for joined in instances {
        let kind = if joined.before.is_some() { Kind::Role } else { Kind::Joined };
        let entry = Entry::of(joined.instance_id).about(actor.name.clone()).field("role", joined.before, Role::Owner.name());
        record(connection, actor, kind, entry).await?;
    }
    Ok(())
}

/// Locks an instance's row against archiving for the rest of the transaction. Returns whether the instance is there and not
/// archived.
///
/// # Errors
/// The query fails.
pub(crate) async fn lock_against_archiving(connection: &mut PgConnection, instance: i64) -> sqlx::Result<bool> {
    let open = sqlx::query_scalar!("select id from instances where id = $1 and archived_at is null for key share", instance);
    Ok(open.fetch_optional(connection).await?.is_some())
}

/// Locks the rows of every instance that an account is a member of, for the rest of the transaction. Every change of members takes
/// the same locks.
///
/// # Errors
/// The query fails.
pub(crate) async fn lock_instances_of(connection: &mut PgConnection, admin: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "select i.id from instances i join members m on m.instance_id = i.id where m.admin_id = $1 order by i.id for no key update of i",
        admin
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// The slugs of the instances whose only owner an account is. Instances that were archived more than `restorable_hours` ago are left
/// out: nobody can restore them, so they need no owner.
///
/// # Errors
/// The query fails.
pub(crate) async fn only_owner_of(connection: &mut PgConnection, admin: i64, restorable_hours: i32) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "select i.slug from instances i join members m on m.instance_id = i.id
        where m.admin_id = $1 and m.role = 'owner'
            and (i.archived_at is null or i.archived_at > now() - make_interval(hours => $2))
            and not exists (select from members o where o.instance_id = i.id and o.role = 'owner' and o.admin_id <> $1)
        order by i.slug",
        admin,
        restorable_hours
    )
    .fetch_all(connection)
    .await
}

/// The keys of the instances that an account is a member of, and the name of its role in each.
///
/// # Errors
/// The query fails.
pub(crate) async fn roles_of(connection: &mut PgConnection, admin: i64) -> sqlx::Result<Vec<(i64, String)>> {
    let rows = sqlx::query!("select instance_id, role from members where admin_id = $1 order by instance_id", admin);
    Ok(rows.fetch_all(connection).await?.into_iter().map(|row| (row.instance_id, row.role)).collect())
}
