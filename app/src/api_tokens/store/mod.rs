//! API tokens in PostgreSQL: issued, listed, revoked, and found by the hash of what a program sends.

pub mod idempotency;
pub mod makers;

use std::net::IpAddr;

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::{Scope, Secret, form::NewToken};
use crate::{
    admins::Role,
    database::{StoreError, begin, in_background, lock_row, timed},
    history::{
        ActingToken, Actor, Kind,
        record::{Entry, record},
    },
    members::store::membership,
    preview_origins::HostPattern,
    ui::form::FieldError,
};

/// What a token is for: one instance, or every instance that its maker is a member of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// The instance of that slug.
    Instance(&'a str),
    /// The whole server.
    Server,
}

/// The most tokens of an instance, and of the server.
pub const MAX_TOKENS: i64 = 100;

/// How many days an expired token is kept, so that a program that sends it learns that it has expired.
const KNOWN_DAYS: i32 = 30;

/// A token, as the list shows it.
#[derive(Clone, Debug)]
pub struct ListedToken {
    /// The row's key.
    pub id: i64,
    /// What its maker calls it.
    pub name: String,
    /// What it is for.
    pub scope: Scope,
    /// The hosts of preview origins; `None` for every other scope.
    pub host_pattern: Option<String>,
    /// The maker's email address.
    pub maker: String,
    /// Whether the reader has made it.
    pub is_own: bool,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it ends.
    pub expires_at: OffsetDateTime,
    /// Whether it has ended.
    pub has_expired: bool,
    /// When it was last used, to the minute.
    pub last_used_at: Option<OffsetDateTime>,
    /// The address of that use.
    pub last_address: Option<String>,
}

/// Makes a token. What is returned is shown once and stored nowhere.
///
/// # Errors
/// The instance is not found or archived, the actor is neither its owner nor, for the server, a server-wide admin, there are too many
/// tokens, the system gives no random bytes, or the query fails.
pub async fn issue(pool: &PgPool, actor: &Actor, place: Place<'_>, token: &NewToken) -> Result<Secret, StoreError> {
    let mut transaction = begin(pool).await?;
    let instance = match place {
        Place::Instance(slug) => Some(lock_row(&mut transaction, actor, slug, Role::Owner).await?),
        Place::Server => {
            check_server_admin(&mut transaction, actor).await?;
            None
        }
    };
    let forget = sqlx::query!("delete from api_tokens where expires_at < now() - make_interval(days => $1)", KNOWN_DAYS);
    forget.execute(&mut *transaction).await?;
    let live = sqlx::query_scalar!(
        r#"select count(*) as "live!" from api_tokens where instance_id is not distinct from $1 and revoked_at is null"#,
        instance
    );
    if live.fetch_one(&mut *transaction).await? >= MAX_TOKENS {
        let message = format_args!("There are {MAX_TOKENS} tokens already. Revoke one that is not used any more.");
        return Err(StoreError::Fields(vec![FieldError::new("name", message)]));
    }
    let secret = Secret::new()?;
    let expires_at = sqlx::query_scalar!(
        "insert into api_tokens (name, token_hash, scope, host_pattern, instance_id, maker_id, expires_at)
        values ($1, $2, $3, $4, $5, $6, now() + make_interval(days => $7)) returning expires_at",
        token.name,
        &secret.hash()[..],
        token.scope.name(),
        token.host_pattern.as_ref().map(ToString::to_string),
        instance,
        actor.admin,
        token.days
    )
    .fetch_one(&mut *transaction)
    .await?;
    let entry = Entry { instance, ..Entry::default() }
        .about(token.name.clone())
        .field("scope", None::<String>, token.scope.name())
        .field("host_pattern", None::<String>, token.host_pattern.as_ref().map(ToString::to_string))
        .field("expires_at", None::<String>, crate::ui::text::timestamp(expires_at));
    record(&mut transaction, actor, Kind::ApiTokenIssued, entry).await?;
    transaction.commit().await?;
    Ok(secret)
}

/// Revokes a token immediately. Its maker may do that, and so may everybody who may issue tokens there.
///
/// # Errors
/// The instance or the token is not found, the instance is archived, the actor may not, or the query fails.
pub async fn revoke(pool: &PgPool, actor: &Actor, place: Place<'_>, token: i64) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    let instance = match place {
        Place::Instance(slug) => Some(lock_row(&mut transaction, actor, slug, Role::Viewer).await?),
        Place::Server => {
            check_server_admin(&mut transaction, actor).await?;
            None
        }
    };
    let found = sqlx::query!(
        "select name, maker_id from api_tokens where id = $1 and instance_id is not distinct from $2 and revoked_at is null for update",
        token,
        instance
    );
    let found = found.fetch_optional(&mut *transaction).await?.ok_or(StoreError::NotFound)?;
    if let Some(instance) = instance.filter(|_| actor.admin != Some(found.maker_id)) {
        crate::database::check_role(&mut transaction, actor, instance, Role::Owner).await?;
    }
    sqlx::query!("update api_tokens set revoked_at = now() where id = $1", token).execute(&mut *transaction).await?;
    let entry = Entry { instance, ..Entry::default() }.about(found.name);
    record(&mut transaction, actor, Kind::ApiTokenRevoked, entry).await?;
    transaction.commit().await?;
    Ok(())
}

/// Checks that the actor is a server-wide admin, until the end of the transaction.
async fn check_server_admin(connection: &mut PgConnection, actor: &Actor) -> Result<(), StoreError> {
    let is = sqlx::query_scalar!("select is_server_admin from admins where id = $1 for share", actor.admin);
    if is.fetch_optional(connection).await?.unwrap_or(false) { Ok(()) } else { Err(StoreError::Forbidden) }
}

/// The tokens of a place that were not revoked, the newest first: all of them, or only those that the reader has made.
///
/// # Errors
/// The query fails.
pub async fn list(pool: &PgPool, place: Place<'_>, reader: i64, sees_all: bool) -> sqlx::Result<Vec<ListedToken>> {
    let slug = match place {
        Place::Instance(slug) => Some(slug),
        Place::Server => None,
    };
    let rows = sqlx::query!(
        r#"select t.id, t.name, t.scope, t.host_pattern, a.email as maker, t.maker_id = $2 as "is_own!", t.created_at, t.expires_at,
            t.expires_at <= now() as "has_expired!", t.last_used_at, t.last_address
        from api_tokens t join admins a on a.id = t.maker_id left join instances i on i.id = t.instance_id
        where i.slug is not distinct from $1 and t.revoked_at is null and ($3 or t.maker_id = $2)
        order by t.id desc limit $4"#,
        slug,
        reader,
        sees_all,
        MAX_TOKENS
    )
    .fetch_all(timed(pool))
    .await?;
    let listed = rows.into_iter().map(|row| {
        Ok(ListedToken {
            scope: stored_scope(&row.scope)?,
            id: row.id,
            name: row.name,
            host_pattern: row.host_pattern,
            maker: row.maker,
            is_own: row.is_own,
            created_at: row.created_at,
            expires_at: row.expires_at,
            has_expired: row.has_expired,
            last_used_at: row.last_used_at,
            last_address: row.last_address,
        })
    });
    listed.collect()
}

/// Reads a scope as it is stored.
fn stored_scope(name: &str) -> sqlx::Result<Scope> {
    name.parse().map_err(|error: strum::ParseError| sqlx::Error::Decode(error.into()))
}

/// Whether a token still counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It counts.
    Valid,
    /// It ended then.
    Expired(OffsetDateTime),
    /// Somebody revoked it then.
    Revoked(OffsetDateTime),
}

/// A token that a program has sent.
#[derive(Clone, Debug)]
pub struct FoundToken {
    /// The row's key.
    pub id: i64,
    /// Whether it still counts.
    pub validity: Validity,
    /// What it is for.
    pub scope: Scope,
    /// The hosts of preview origins; `None` for every other scope.
    pub host_pattern: Option<HostPattern>,
    /// The slug of the instance that it is for; `None` for every instance that its maker is a member of.
    pub instance: Option<String>,
    /// The key of its maker's account.
    pub maker: i64,
    /// Whether its maker is a server-wide admin.
    pub is_server_admin: bool,
    /// Whether its maker's second factor is on.
    pub has_second_factor: bool,
    /// What the history records about a change that is made with it.
    pub actor: Actor,
}

/// Finds a token, and notes its use from that address. `None` if there is no such token.
///
/// # Errors
/// The query fails.
pub async fn find(pool: &PgPool, secret: &Secret, address: Option<IpAddr>) -> sqlx::Result<Option<FoundToken>> {
    let row = sqlx::query!(
        r#"select t.id, t.name, t.scope, t.host_pattern, i.slug as "slug?", t.maker_id, a.email, a.is_server_admin, t.expires_at, t.revoked_at,
            t.expires_at <= now() as "has_expired!", coalesce(t.last_used_at < now() - interval '1 minute', true) as "stale!",
            exists (select from admin_second_factors f where f.admin_id = a.id) as "has_second_factor!"
        from api_tokens t join admins a on a.id = t.maker_id left join instances i on i.id = t.instance_id
        where t.token_hash = $1"#,
        &secret.hash()[..]
    )
    .fetch_optional(timed(pool))
    .await?;
    let Some(row) = row else { return Ok(None) };
    let validity = match row.revoked_at {
        Some(at) => Validity::Revoked(at),
        None if row.has_expired => Validity::Expired(row.expires_at),
        None => Validity::Valid,
    };
    if row.stale && validity == Validity::Valid {
        // If somebody holds the row, it is done with the next request.
        let touch = sqlx::query!(
            "update api_tokens set last_used_at = now(), last_address = $2
            where id in (select id from api_tokens where id = $1 for update skip locked)",
            row.id,
            address.map(|address| address.to_string())
        );
        touch.execute(in_background(pool)).await?;
    }
    let pattern = row.host_pattern.as_deref().map(HostPattern::parse).transpose();
    Ok(Some(FoundToken {
        id: row.id,
        validity,
        scope: stored_scope(&row.scope)?,
        host_pattern: pattern.map_err(|error| sqlx::Error::Decode(error.into()))?,
        instance: row.slug,
        maker: row.maker_id,
        is_server_admin: row.is_server_admin,
        has_second_factor: row.has_second_factor,
        actor: Actor { admin: Some(row.maker_id), name: row.email, address, token: Some(ActingToken { id: row.id, name: row.name }) },
    }))
}

/// Checks that a token still counts, for that instance or for a new one, until the end of the transaction.
///
/// # Errors
/// It was revoked, it has ended, it is for another instance, it is for the server and its maker is no server-wide admin, or the query fails.
pub(crate) async fn check(connection: &mut PgConnection, token: &ActingToken, instance: Option<i64>) -> Result<(), StoreError> {
    let counts = sqlx::query_scalar!(
        r#"select t.revoked_at is null and t.expires_at > clock_timestamp()
            and (t.instance_id is not distinct from $2 or t.instance_id is null and a.is_server_admin) as "counts!"
        from api_tokens t join admins a on a.id = t.maker_id where t.id = $1 for share"#,
        token.id,
        instance
    );
    if counts.fetch_optional(connection).await?.unwrap_or(false) { Ok(()) } else { Err(StoreError::Forbidden) }
}

/// The role of a token's maker in an instance, and whether that is archived. `None` if they are not a member, or the token is for another
/// instance.
///
/// # Errors
/// The query fails.
pub async fn access(pool: &PgPool, token: &FoundToken, slug: &str) -> sqlx::Result<Option<membership::MemberAccess>> {
    if token.instance.as_deref().is_some_and(|own| own != slug) {
        return Ok(None);
    }
    membership::find(timed(pool), slug, token.maker).await
}
