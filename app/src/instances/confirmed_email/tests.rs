//! The setting in PostgreSQL.

use sqlx::PgPool;

use super::store::set;
use crate::{
    admins::Role,
    database::StoreError,
    fixtures::{create_owned, find, member, my_app, owner},
};

#[sqlx::test(migrations = "../migrations")]
async fn only_owners_switch_it_and_each_change_is_one_version_and_one_record(pool: PgPool) {
    let owner = owner(&pool).await;
    create_owned(&pool, &owner, &my_app()).await;
    assert!(!find(&pool, "my-app").await.requires_confirmed_email, "off by default");
    let editor = member(&pool, "ben@myapp.com", "my-app", Role::Editor).await;
    assert!(matches!(set(&pool, &editor, "my-app", true).await, Err(StoreError::Forbidden)));
    for (is_required, version) in [(false, 1), (true, 2), (true, 2), (false, 3)] {
        set(&pool, &owner, "my-app", is_required).await.unwrap();
        let stored = find(&pool, "my-app").await;
        assert_eq!((stored.requires_confirmed_email, stored.instance.version()), (is_required, version));
    }
    let records: Vec<(String, Option<i64>)> =
        sqlx::query_as("select kind, version from changes where kind = 'settings' order by id").fetch_all(&pool).await.unwrap();
    assert_eq!(records, [("settings".into(), Some(2)), ("settings".into(), Some(3))]);
}
