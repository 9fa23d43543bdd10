//! What the tests of the portal share: instances, visitors, and what was wrong with a form.

use sqlx::PgPool;

use super::identity::IdentityError;
use crate::{
    history::Actor,
    instances::store,
    redirects::{Instance, Settings},
};

/// A new instance of that slug, by its key.
pub(super) async fn instance(pool: &PgPool, slug: &str) -> i64 {
    let domain = format!("{slug}.com");
    let settings = Settings { slug: slug.into(), name: slug.into(), domain: domain.clone(), ..Settings::default() };
    store::create(pool, &Actor::server(), &Instance::parse(&settings, 0).unwrap(), &domain).await.unwrap();
    store::find(pool, slug).await.unwrap().unwrap().id
}

/// How many rows a table has.
pub(super) async fn count(pool: &PgPool, table: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(pool).await.unwrap()
}

/// The fields that were wrong.
pub(super) fn wrong_fields<T: std::fmt::Debug>(answer: Result<T, IdentityError>) -> Vec<String> {
    match answer {
        Err(IdentityError::Fields(errors)) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}
