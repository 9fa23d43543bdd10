//! What the portal's tests share: an instance, row counts, waiting for a lock, and the wrong fields of a form.

use sqlx::PgPool;

use crate::{
    fixtures::{create, other_app},
    portal::identity::IdentityError,
};

/// Creates an instance with that slug and returns its key.
pub(in crate::portal) async fn instance(pool: &PgPool, slug: &str) -> i64 {
    create(pool, &other_app(slug)).await.id
}

/// How many rows a table has.
pub(in crate::portal) async fn count(pool: &PgPool, table: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(pool).await.unwrap()
}

/// Waits until a query in this database waits for a lock, or until the task is done.
pub(in crate::portal) async fn until_waiting<T>(pool: &PgPool, task: &tokio::task::JoinHandle<T>) {
    let waiting = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')";
    while !task.is_finished() && !sqlx::query_scalar::<_, bool>(waiting).fetch_one(pool).await.unwrap() {
        tokio::task::yield_now().await;
    }
}

/// The names of the wrong fields.
pub(in crate::portal) fn wrong_fields<T: std::fmt::Debug>(answer: Result<T, IdentityError>) -> Vec<String> {
    match answer {
        Err(IdentityError::Fields(errors)) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}
