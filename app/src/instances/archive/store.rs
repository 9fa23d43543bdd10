//! Archived instances in PostgreSQL: archived, restored, listed.

use sqlx::{PgConnection, PgPool};

use super::{ArchiveForm, ArchivedInstance, RESTORABLE_HOURS, Restorable, until};
use crate::{
    admins::store::links,
    database::{StoreError, begin, check_role, lock_row, timed},
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    instances::{
        list::{ListFilter, MAX_COUNTED, PAGE_SIZE},
        store::lock,
        stored::FilledFrom,
    },
    members::role::Role,
    redirects::is_slug,
    ui::form::FieldError,
};

/// Until when the instance of that slug can be restored, and whether that admin may; `None` where it is not archived.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn restorable(pool: &PgPool, slug: &str, admin: Option<i64>) -> Result<Option<Restorable>, StoreError> {
    if !is_slug(slug) {
        return Ok(None);
    }
    let row = sqlx::query!(
        r#"select archived_at as "archived_at!", archived_at > now() - make_interval(hours => $2) as "can_be!",
            exists (select from members m where m.instance_id = i.id and m.admin_id = $3 and m.role = 'owner') as "is_owned!"
        from instances i where slug = $1 and archived_at is not null"#,
        slug,
        RESTORABLE_HOURS,
        admin
    )
    .fetch_optional(timed(pool))
    .await?;
    Ok(row.map(|row| Restorable { slug: slug.to_owned(), until: row.can_be.then(|| until(row.archived_at)), is_owned: row.is_owned }))
}

/// Archives an instance, if its slug was typed to confirm that.
///
/// # Errors
/// Not found, archived already, something else was typed, or PostgreSQL.
pub async fn archive(pool: &PgPool, actor: &Actor, slug: &str, form: &ArchiveForm) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    let id = lock_row(&mut transaction, actor, slug, Role::Owner).await?;
    if form.slug.trim() != slug {
        return Err(StoreError::Fields(vec![FieldError::new("slug", format_args!("That is not the slug. Type {slug}."))]));
    }
    close(&mut transaction, actor, id).await?;
    transaction.commit().await?;
    Ok(())
}

/// Archives an instance for an owner, if it still is that save, and returns the version that it has then.
///
/// # Errors
/// Not found, archived already, saved by somebody else in between, or PostgreSQL.
pub(crate) async fn archive_at(pool: &PgPool, actor: &Actor, slug: &str, from: FilledFrom<'_>) -> Result<i64, StoreError> {
    let mut transaction = begin(pool).await?;
    let stored = lock(&mut transaction, actor, slug, from).await?;
    check_role(&mut transaction, actor, stored.id, Role::Owner).await?;
    let version = close(&mut transaction, actor, stored.id).await?;
    transaction.commit().await?;
    Ok(version)
}

/// Archives an instance whose row is locked.
async fn close(connection: &mut PgConnection, actor: &Actor, id: i64) -> Result<i64, StoreError> {
    let version = sqlx::query_scalar!(
        "update instances set archived_at = now(), version = version + 1, updated_at = now() where id = $1 returning version",
        id
    )
    .fetch_one(&mut *connection)
    .await?;
    // Nobody joins an archived instance, and a link must not wait for its restoration.
    for email in links::withdraw_instance(&mut *connection, id).await? {
        record(&mut *connection, actor, Kind::InvitationWithdrawn, Entry::of(id).about(email)).await?;
    }
    record(&mut *connection, actor, Kind::Archived, Entry::of(id).at(version)).await?;
    Ok(version)
}

/// Brings an archived instance back. One that is not archived stays as it is.
///
/// # Errors
/// Not found, archived too long ago, or PostgreSQL.
pub async fn unarchive(pool: &PgPool, actor: &Actor, slug: &str) -> Result<(), StoreError> {
    if !is_slug(slug) {
        return Err(StoreError::NotFound);
    }
    let mut transaction = begin(pool).await?;
    let restored = sqlx::query!(
        "update instances set archived_at = null, version = version + 1, updated_at = now()
        where slug = $1 and archived_at > now() - make_interval(hours => $2) returning id, version",
        slug,
        RESTORABLE_HOURS
    )
    .fetch_optional(&mut *transaction)
    .await?;
    match restored {
        Some(row) => {
            check_role(&mut transaction, actor, row.id, Role::Owner).await?;
            record(&mut transaction, actor, Kind::Unarchived, Entry::of(row.id).at(row.version)).await?;
        }
        // It is there and not archived, or this is why not.
        None => lock_row(&mut transaction, actor, slug, Role::Owner).await.map(|_| ())?,
    }
    transaction.commit().await?;
    Ok(())
}

/// A page of the archived instances that an admin is a member of, that match and that can still be restored, the one with the least time
/// left first.
///
/// # Errors
/// The query fails.
pub async fn list(pool: &PgPool, admin: i64, filter: &ListFilter) -> sqlx::Result<Vec<ArchivedInstance>> {
    read(pool, admin, None, filter).await
}

/// The archived instance of that slug, if the admin is a member of it and it can still be restored.
///
/// # Errors
/// The query fails.
pub async fn find(pool: &PgPool, admin: i64, slug: &str) -> sqlx::Result<Option<ArchivedInstance>> {
    Ok(read(pool, admin, Some(slug), &ListFilter::read("")).await?.pop())
}

async fn read(pool: &PgPool, admin: i64, slug: Option<&str>, filter: &ListFilter) -> sqlx::Result<Vec<ArchivedInstance>> {
    let rows = sqlx::query!(
        r#"select i.slug, i.name, i.environment, i.domain_typed, i.archived_at as "archived_at!", m.role
        from members m join instances i on i.id = m.instance_id
        where m.admin_id = $1 and i.archived_at > now() - make_interval(hours => $2) and ($3::text is null or i.slug = $3)
            and ($4 = '' or strpos(lower(i.name), $4) > 0 or strpos(i.name, $5) > 0 or strpos(lower(i.domain_typed), $4) > 0
                or strpos(i.domain, $4) > 0 or strpos(i.slug, $4) > 0)
        order by i.archived_at, i.slug limit $6 offset $7"#,
        admin,
        RESTORABLE_HOURS,
        slug,
        filter.search.to_lowercase(),
        filter.search,
        PAGE_SIZE,
        filter.offset()
    )
    .fetch_all(timed(pool))
    .await?;
    let archived = rows.into_iter().map(|row| ArchivedInstance {
        environment: row.environment.parse().unwrap_or_default(),
        slug: row.slug,
        name: row.name,
        domain: row.domain_typed,
        until: until(row.archived_at),
        is_owned: row.role == Role::Owner.name(),
    });
    Ok(archived.collect())
}

/// How many archived instances match. Stops counting after [`MAX_COUNTED`].
///
/// # Errors
/// The query fails.
pub async fn count(pool: &PgPool, admin: i64, filter: &ListFilter) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
            select from members m join instances i on i.id = m.instance_id
            where m.admin_id = $1 and i.archived_at > now() - make_interval(hours => $2)
                and ($3 = '' or strpos(lower(i.name), $3) > 0 or strpos(i.name, $4) > 0 or strpos(lower(i.domain_typed), $3) > 0
                    or strpos(i.domain, $3) > 0 or strpos(i.slug, $3) > 0)
            limit $5::bigint + 1
        ) counted"#,
        admin,
        RESTORABLE_HOURS,
        filter.search.to_lowercase(),
        filter.search,
        MAX_COUNTED
    )
    .fetch_one(timed(pool))
    .await
}
