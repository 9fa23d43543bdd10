//! What the log may say of a failed query.

use sqlx::PgPool;

use crate::portal::identity_error::without_data;

#[sqlx::test(migrations = "../migrations")]
async fn the_log_names_the_violated_constraint_and_no_personal_data(pool: PgPool) {
    let insert = "insert into waitlist_entries (instance_id, email_address) values (1, 'ana@myapp.com')";
    let refused = sqlx::query(insert).execute(&pool).await.unwrap_err();
    assert_eq!(without_data(&refused), "PostgreSQL error 23503, constraint waitlist_entries_instance_fkey");
    let refused = sqlx::query("select 'ana@myapp.com'::bigint").execute(&pool).await.unwrap_err();
    assert!(refused.to_string().contains("ana@myapp.com"));
    assert_eq!(without_data(&refused), "PostgreSQL error 22P02");
}
