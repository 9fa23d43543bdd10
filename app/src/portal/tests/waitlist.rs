//! Joining an instance's waitlist.

use sqlx::PgPool;

use super::fixtures::{count, instance, wrong_fields};
use crate::portal::{form::WaitlistForm, identity::IdentityError, waitlist};

async fn join(pool: &PgPool, instance: i64, form: &WaitlistForm) -> Result<(), IdentityError> {
    waitlist::join(pool, instance, form, None).await
}

fn typed(email: &str) -> WaitlistForm {
    WaitlistForm { email_address: email.into() }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_address_that_joins_repeatedly_is_on_the_waitlist_once(pool: PgPool) {
    let (here, there) = (instance(&pool, "my-app").await, instance(&pool, "other-app").await);
    for email in ["ana@myapp.com", " ANA@myapp.com ", "jürgen@bücher.example"] {
        join(&pool, here, &typed(email)).await.unwrap();
    }
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { join(&pool, here, &typed("ben@myapp.com")).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(count(&pool, "waitlist_entries").await, 3);
    join(&pool, there, &typed("ana@myapp.com")).await.unwrap();
    assert_eq!(count(&pool, "waitlist_entries").await, 4);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invalid_address_is_an_error_of_its_field(pool: PgPool) {
    let here = instance(&pool, "my-app").await;
    for email in ["", " ", "ana", "a\0@myapp.com", "a\u{202e}@myapp.com", &format!("{}@myapp.com", "ü".repeat(5_000))] {
        assert_eq!(wrong_fields(join(&pool, here, &typed(email)).await), ["email_address"], "{email:?}");
    }
    assert_eq!(count(&pool, "waitlist_entries").await, 0);
    pool.close().await;
    assert!(matches!(join(&pool, here, &typed("ana@myapp.com")).await, Err(IdentityError::Unavailable)));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_address_that_is_on_the_list_already_is_written_like_a_new_one(pool: PgPool) {
    let here = instance(&pool, "my-app").await;
    join(&pool, here, &typed("ana@myapp.com")).await.unwrap();
    // The transaction that has written the row, and when the address came to the list.
    let row = || sqlx::query_as::<_, (String, String)>("select xmin::text, created_at::text from waitlist_entries").fetch_one(&pool);
    let before = row().await.unwrap();
    join(&pool, here, &typed("ana@myapp.com")).await.unwrap();
    let after = row().await.unwrap();
    assert_ne!(before.0, after.0, "the second time nothing is written, which is faster");
    assert_eq!(before.1, after.1);
}
