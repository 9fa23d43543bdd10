//! Second factors: their encrypted secrets, the set-ups that are not confirmed yet, and the hashes of recovery codes.

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

use crate::admins::second_factor::RecoveryCode;

/// How long a set-up may take, in minutes.
const SETUP_MINUTES: i32 = 30;

/// A second factor that is on.
#[derive(Clone, Debug)]
pub struct SecondFactor {
    /// The secret, encrypted.
    pub secret: Vec<u8>,
    /// When it was turned on.
    pub since: OffsetDateTime,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
}

/// The second factor of an admin; `None` if it is off.
///
/// # Errors
/// The query fails.
pub async fn find<'e>(executor: impl PgExecutor<'e>, admin: i64) -> sqlx::Result<Option<SecondFactor>> {
    sqlx::query_as!(
        SecondFactor,
        r#"select secret, created_at as since, (select count(*) from admin_recovery_codes where admin_id = $1) as "recovery_codes!"
        from admin_second_factors where admin_id = $1"#,
        admin
    )
    .fetch_optional(executor)
    .await
}

/// Whether the second factor of an admin is on.
///
/// # Errors
/// The query fails.
pub async fn is_on<'e>(executor: impl PgExecutor<'e>, admin: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from admin_second_factors where admin_id = $1) as "on!""#, admin).fetch_one(executor).await
}

/// Any second factor that is on: its admin and the encrypted secret. Returns `None` if no admin of this server has one.
///
/// # Errors
/// The query fails.
pub async fn any<'e>(executor: impl PgExecutor<'e>) -> sqlx::Result<Option<(i64, Vec<u8>)>> {
    let row = sqlx::query!("select admin_id, secret from admin_second_factors order by created_at desc limit 1");
    Ok(row.fetch_optional(executor).await?.map(|row| (row.admin_id, row.secret)))
}

/// Stores the secret of a set-up. It takes the place of the session's earlier one.
///
/// # Errors
/// The query fails.
pub async fn begin_setup<'e>(executor: impl PgExecutor<'e>, session: i64, secret: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into admin_second_factor_setups (session_id, secret) values ($1, $2)
        on conflict (session_id) do update set secret = excluded.secret, created_at = now()",
        session,
        secret
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// The encrypted secret that a session is setting up. Returns `None` if the session has not begun, or began too long ago.
///
/// # Errors
/// The query fails.
pub async fn setup<'e>(executor: impl PgExecutor<'e>, session: i64) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "select secret from admin_second_factor_setups where session_id = $1 and created_at > now() - make_interval(mins => $2)",
        session,
        SETUP_MINUTES
    )
    .fetch_optional(executor)
    .await
}

/// Deletes the set-up of a session.
///
/// # Errors
/// The query fails.
pub async fn end_setup<'e>(executor: impl PgExecutor<'e>, session: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from admin_second_factor_setups where session_id = $1", session).execute(executor).await?;
    Ok(())
}

/// Turns the second factor of an admin on. `step` is the time step of the code that confirmed it. Returns whether it was off.
///
/// # Errors
/// The query fails.
pub async fn turn_on(connection: &mut PgConnection, admin: i64, secret: &[u8], step: i64) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into admin_second_factors (admin_id, secret, last_step) values ($1, $2, $3) on conflict (admin_id) do nothing",
        admin,
        secret,
        step
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Turns the second factor of an admin off, and deletes their recovery codes. Returns whether it was on.
///
/// # Errors
/// The query fails.
pub async fn turn_off(connection: &mut PgConnection, admin: i64) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from admin_second_factors where admin_id = $1", admin).execute(connection).await?;
    Ok(done.rows_affected() > 0)
}

/// Uses the code of a time step. Returns whether it counts: of each step only one code does, and none of an earlier step after it.
///
/// # Errors
/// The query fails.
pub async fn use_step(connection: &mut PgConnection, admin: i64, step: i64) -> sqlx::Result<bool> {
    let done = sqlx::query!("update admin_second_factors set last_step = $2 where admin_id = $1 and last_step < $2", admin, step)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Stores a set of recovery codes in the place of the earlier one.
///
/// # Errors
/// The query fails.
pub async fn replace_recovery_codes(connection: &mut PgConnection, admin: i64, codes: &[RecoveryCode]) -> sqlx::Result<()> {
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| code.hash().to_vec()).collect();
    sqlx::query!("delete from admin_recovery_codes where admin_id = $1", admin).execute(&mut *connection).await?;
    sqlx::query!("insert into admin_recovery_codes (admin_id, code_hash) select $1, unnest($2::bytea[])", admin, &hashes)
        .execute(connection)
        .await?;
    Ok(())
}

/// Uses a recovery code up. Returns how many are left; `None` if the admin has no such code.
///
/// # Errors
/// The query fails.
pub async fn use_recovery_code(connection: &mut PgConnection, admin: i64, code: &RecoveryCode) -> sqlx::Result<Option<i64>> {
    let deleted = sqlx::query!("delete from admin_recovery_codes where admin_id = $1 and code_hash = $2", admin, &code.hash()[..])
        .execute(&mut *connection)
        .await?;
    if deleted.rows_affected() == 0 {
        return Ok(None);
    }
    sqlx::query_scalar!(r#"select count(*) as "left!" from admin_recovery_codes where admin_id = $1"#, admin)
        .fetch_one(connection)
        .await
        .map(Some)
}
