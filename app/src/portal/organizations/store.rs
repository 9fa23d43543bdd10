//! The queries about organizations. Those that take an instance find nothing of another one.

use sqlx::{PgConnection, PgExecutor, PgPool};

use super::{INVITATION_DAYS, Invitation, MAX_LISTED, Organization};
use crate::{credentials::code::Code, database::timed};

/// How many organizations a visitor is in.
pub(super) async fn count(connection: &mut PgConnection, visitor: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from organization_members where visitor_id = $1"#, visitor)
        .fetch_one(connection)
        .await
}

/// Stores an organization with its first member, and returns its key.
pub(super) async fn insert(connection: &mut PgConnection, instance: i64, visitor: i64, name: &str) -> sqlx::Result<i64> {
    let id = sqlx::query_scalar!("insert into organizations (instance_id, name) values ($1, $2) returning id", instance, name)
        .fetch_one(&mut *connection)
        .await?;
    sqlx::query!("insert into organization_members (organization_id, visitor_id) values ($1, $2)", id, visitor).execute(connection).await?;
    Ok(id)
}

/// A visitor's organizations, by name.
pub(super) async fn list(pool: &PgPool, instance: i64, visitor: i64) -> sqlx::Result<Vec<Organization>> {
    // Fellow members see a member's name. Only without one do they see what that member signs in with.
    let rows = sqlx::query!(
        r#"select o.id, o.name,
            (select count(*) from organization_members c where c.organization_id = o.id) as "count!",
            coalesce(nullif(btrim(v.first_name || ' ' || v.last_name), ''), v.username, v.email_address, v.phone_number, '') as "member!"
        from organization_members own
        join organizations o on o.id = own.organization_id and o.instance_id = $1
        cross join lateral (
            select m.visitor_id, m.since from organization_members m where m.organization_id = o.id
            order by m.visitor_id <> $2, m.since, m.visitor_id limit $3
        ) m
        join visitors v on v.id = m.visitor_id
        where own.visitor_id = $2
        order by lower(o.name), o.id, m.visitor_id <> $2, m.since, m.visitor_id"#,
        instance,
        visitor,
        MAX_LISTED
    )
    .fetch_all(timed(pool))
    .await?;
    let mut organizations: Vec<Organization> = Vec::new();
    for row in rows {
        match organizations.last_mut() {
            Some(last) if last.id == row.id => last.members.push(row.member),
            _ => organizations.push(Organization { id: row.id, name: row.name, members: vec![row.member], count: row.count }),
        }
    }
    Ok(organizations)
}

/// Locks an organization's row until the transaction ends. Returns whether the visitor is a member.
pub(super) async fn lock_row(connection: &mut PgConnection, instance: i64, visitor: i64, organization: i64) -> sqlx::Result<bool> {
    let locked = sqlx::query_scalar!(
        "select o.id from organizations o join organization_members m on m.organization_id = o.id
        where o.instance_id = $1 and m.visitor_id = $2 and o.id = $3 for update of o",
        instance,
        visitor,
        organization
    );
    Ok(locked.fetch_optional(connection).await?.is_some())
}

/// Removes a member. Returns whether the visitor was one.
pub(super) async fn delete_member(connection: &mut PgConnection, visitor: i64, organization: i64) -> sqlx::Result<bool> {
    let deleted = sqlx::query!("delete from organization_members where organization_id = $1 and visitor_id = $2", organization, visitor)
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() > 0)
}

/// Deletes an organization that has no members.
pub(super) async fn delete_if_empty(connection: &mut PgConnection, organization: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from organizations o where o.id = $1 and not exists (select from organization_members m where m.organization_id = o.id)",
        organization
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores an invitation of a member; `None` if they are not one any more.
pub(super) async fn insert_invitation(
    connection: &mut PgConnection,
    organization: i64,
    inviter: i64,
    email: &str,
    code: &Code,
) -> sqlx::Result<Option<Invitation>> {
    sqlx::query_as!(
        Invitation,
        r#"with invites as (
            insert into organization_invitations (code_hash, organization_id, inviter_id, email_address, expires_at)
            select $1, m.organization_id, m.visitor_id, $4, now() + make_interval(days => $5)
            from organization_members m where m.organization_id = $2 and m.visitor_id = $3
            returning organization_id, inviter_id, email_address
        )
        select o.id, o.name as organization, n.email_address,
            coalesce(nullif(btrim(v.first_name || ' ' || v.last_name), ''), v.username, v.email_address, v.phone_number, '') as "inviter!"
        from invites n join organizations o on o.id = n.organization_id join visitors v on v.id = n.inviter_id"#,
        &code.hash()[..],
        organization,
        inviter,
        email,
        INVITATION_DAYS
    )
    .fetch_optional(connection)
    .await
}

/// What a code invites to; `None` if it was used, has ended, or is another instance's.
pub(super) async fn find_invitation<'e>(executor: impl PgExecutor<'e>, instance: i64, code: &Code) -> sqlx::Result<Option<Invitation>> {
    sqlx::query_as!(
        Invitation,
        r#"select o.id, o.name as organization, n.email_address,
            coalesce(nullif(btrim(v.first_name || ' ' || v.last_name), ''), v.username, v.email_address, v.phone_number, '') as "inviter!"
        from organization_invitations n join organizations o on o.id = n.organization_id join visitors v on v.id = n.inviter_id
        where n.code_hash = $1 and n.expires_at > now() and o.instance_id = $2"#,
        &code.hash()[..],
        instance
    )
    .fetch_optional(executor)
    .await
}

/// Uses an invitation up. Returns whether it was there: of two requests at once, only one finds it.
pub(super) async fn use_invitation(connection: &mut PgConnection, code: &Code) -> sqlx::Result<bool> {
    let used = sqlx::query!("delete from organization_invitations where code_hash = $1 and expires_at > now()", &code.hash()[..]);
    Ok(used.execute(connection).await?.rows_affected() > 0)
}

/// Adds a member, who may be one already.
pub(super) async fn insert_member(connection: &mut PgConnection, visitor: i64, organization: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into organization_members (organization_id, visitor_id) values ($1, $2) on conflict do nothing",
        organization,
        visitor
    )
    .execute(connection)
    .await?;
    Ok(())
}
