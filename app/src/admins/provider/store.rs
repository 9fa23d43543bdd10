//! Sign-ins of admins at the provider that have begun, and who admins are there.

use sqlx::{PgConnection, PgExecutor, PgPool};

use crate::{credentials::token::Token, database::timed, identity_provider::SIGN_IN_MINUTES};

/// A sign-in that has begun.
#[derive(Clone, Debug)]
pub struct BegunAdminSignIn {
    /// Whom the browser was sent to.
    pub issuer: String,
    /// As which client.
    pub client_id: String,
    /// The page to open afterwards.
    pub next: String,
}

/// Stores a sign-in that begins in the browser with that token.
///
/// # Errors
/// The query fails.
pub async fn begin(pool: &PgPool, state: &Token, browser: &Token, begun: &BegunAdminSignIn) -> sqlx::Result<()> {
    sqlx::query!("delete from admin_provider_sign_ins where created_at < now() - make_interval(mins => $1)", SIGN_IN_MINUTES)
        .execute(timed(pool))
        .await?;
    sqlx::query!(
        "insert into admin_provider_sign_ins (state_hash, browser_hash, issuer, client_id, next) values ($1, $2, $3, $4, $5)",
        &state.hash()[..],
        &browser.hash()[..],
        begun.issuer,
        begun.client_id,
        begun.next
    )
    .execute(timed(pool))
    .await?;
    Ok(())
}

/// Takes a sign-in that has begun in the browser with that token: it counts once.
///
/// # Errors
/// The query fails.
pub async fn take(pool: &PgPool, state: &Token, browser: &Token) -> sqlx::Result<Option<BegunAdminSignIn>> {
    sqlx::query_as!(
        BegunAdminSignIn,
        "delete from admin_provider_sign_ins
        where state_hash = $1 and browser_hash = $2 and created_at > now() - make_interval(mins => $3)
        returning issuer, client_id, next",
        &state.hash()[..],
        &browser.hash()[..],
        SIGN_IN_MINUTES
    )
    .fetch_optional(timed(pool))
    .await
}

/// Whether an admin has signed in at that provider.
///
/// # Errors
/// The query fails.
pub async fn any<'e>(executor: impl PgExecutor<'e>, issuer: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from admin_identities where issuer = $1) as "any!""#, issuer).fetch_one(executor).await
}

/// Whether an admin can sign in at that provider.
///
/// # Errors
/// The query fails.
pub async fn is_linked<'e>(executor: impl PgExecutor<'e>, admin: i64, issuer: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from admin_identities where admin_id = $1 and issuer = $2) as "linked!""#, admin, issuer)
        .fetch_one(executor)
        .await
}

/// Whether the groups at the provider let the account with that email address do something.
///
/// # Errors
/// The query fails.
pub async fn has_grants<'e>(executor: impl PgExecutor<'e>, email: &str) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from admins a where a.email = $1 and (a.server_admin_by_provider
            or exists (select from members m where m.admin_id = a.id and m.by_provider))) as "has!""#,
        email
    );
    found.fetch_one(executor).await
}

/// The account of a person of a provider, and its email address.
pub(super) async fn account_of(connection: &mut PgConnection, issuer: &str, subject: &str) -> sqlx::Result<Option<(i64, String)>> {
    let row = sqlx::query!(
        "select a.id, a.email from admin_identities i join admins a on a.id = i.admin_id where i.issuer = $1 and i.subject = $2
        for no key update of a",
        issuer,
        subject
    );
    Ok(row.fetch_optional(connection).await?.map(|row| (row.id, row.email)))
}

/// Makes an account a person of a provider.
pub(super) async fn add_identity(connection: &mut PgConnection, admin: i64, issuer: &str, subject: &str) -> sqlx::Result<()> {
    // The provider may have given the same person another key.
    sqlx::query!("delete from admin_identities where admin_id = $1 and issuer = $2", admin, issuer).execute(&mut *connection).await?;
    sqlx::query!("insert into admin_identities (issuer, subject, admin_id) values ($1, $2, $3)", issuer, subject, admin)
        .execute(connection)
        .await?;
    Ok(())
}

/// Makes an account a server-wide admin by its groups, or no longer. Returns whether that changed anything. What was given in another way stays.
pub(super) async fn set_server_admin(connection: &mut PgConnection, admin: i64, is_granted: bool) -> sqlx::Result<bool> {
    let changed = sqlx::query!(
        "update admins set is_server_admin = $2, server_admin_by_provider = $2
        where id = $1 and (case when $2 then not is_server_admin else server_admin_by_provider end)",
        admin,
        is_granted
    );
    Ok(changed.execute(connection).await?.rows_affected() > 0)
}

/// A membership, before and after the groups were read.
#[derive(Clone, Debug)]
pub(super) struct ChangedMembership {
    pub(super) instance: i64,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

/// Gives an account exactly these memberships by its groups: roles by the slugs of instances. What was given in another way stays.
pub(super) async fn set_memberships(
    connection: &mut PgConnection,
    admin: i64,
    slugs: &[String],
    roles: &[String],
) -> sqlx::Result<Vec<ChangedMembership>> {
    // Every change of members takes these locks.
    sqlx::query!(
        "select i.id from instances i
        where i.slug = any($2) or exists (select from members m where m.instance_id = i.id and m.admin_id = $1 and m.by_provider)
        order by i.id for no key update",
        admin,
        slugs
    )
    .fetch_all(&mut *connection)
    .await?;
    let wanted = sqlx::query!(
        r#"select i.id, w.role as "role!", m.role as "before?", coalesce(m.by_provider, true) and i.archived_at is null as "is_managed!"
        from unnest($2::text[], $3::text[]) as w(slug, role) join instances i on i.slug = w.slug
        left join members m on m.instance_id = i.id and m.admin_id = $1"#,
        admin,
        slugs,
        roles
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut changed = Vec::new();
    // What is archived stays as it is.
    let kept: Vec<i64> = wanted.iter().map(|row| row.id).collect();
    for row in wanted.into_iter().filter(|row| row.is_managed && row.before.as_deref() != Some(row.role.as_str())) {
        sqlx::query!(
            "insert into members (instance_id, admin_id, role, by_provider) values ($1, $2, $3, true)
            on conflict (instance_id, admin_id) do update set role = $3",
            row.id,
            admin,
            row.role
        )
        .execute(&mut *connection)
        .await?;
        changed.push(ChangedMembership { instance: row.id, before: row.before, after: Some(row.role) });
    }
    let removed = sqlx::query!(
        "delete from members where admin_id = $1 and by_provider and instance_id <> all($2) returning instance_id, role",
        admin,
        &kept
    )
    .fetch_all(connection)
    .await?;
    changed.extend(removed.into_iter().map(|row| ChangedMembership { instance: row.instance_id, before: Some(row.role), after: None }));
    Ok(changed)
}

/// Notes that the provider has checked a second factor in the session with that token.
pub(super) async fn note_second_factor(connection: &mut PgConnection, session: &Token) -> sqlx::Result<()> {
    sqlx::query!("update admin_sessions set second_factor = true where token_hash = $1", &session.hash()[..]).execute(connection).await?;
    Ok(())
}
