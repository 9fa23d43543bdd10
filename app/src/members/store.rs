//! Members, as they are stored.

use sqlx::PgConnection;

use crate::{
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    session::Role,
};

/// Makes somebody a member of an instance. A member who has a role already keeps it.
///
/// # Errors
/// PostgreSQL, or the way to it.
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

/// Makes somebody an owner of every instance there is.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn join_all_as_owner(connection: &mut PgConnection, actor: &Actor) -> sqlx::Result<()> {
    let instances = sqlx::query_scalar!(
        "insert into members (instance_id, admin_id, role) select id, $1, 'owner' from instances
        on conflict (instance_id, admin_id) do update set role = 'owner' where members.role <> 'owner'
        returning instance_id",
        actor.admin
    )
    .fetch_all(&mut *connection)
    .await?;
    for instance in instances {
        let entry = Entry::of(instance).about(actor.name.clone()).field("role", None::<String>, Role::Owner.name());
        record(connection, actor, Kind::Joined, entry).await?;
    }
    Ok(())
}
