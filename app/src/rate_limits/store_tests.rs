//! Attempts that are counted in the database, each test with its own.

use std::time::Duration;

use sqlx::PgPool;

use super::store::{Limit, give_back, take};

const LIMIT: Limit = Limit { burst: 3, interval: Duration::from_secs(30) };

#[sqlx::test(migrations = "../migrations")]
async fn each_key_has_its_own_burst_and_is_told_how_long_to_wait(pool: PgPool) {
    for _ in 0..3 {
        assert_eq!(take(&pool, &[1; 32], LIMIT).await.unwrap(), None);
    }
    let wait = take(&pool, &[1; 32], LIMIT).await.unwrap().unwrap();
    assert!(wait > 0.0 && wait <= 30.0, "{wait}");
    assert_eq!(take(&pool, &[2; 32], LIMIT).await.unwrap(), None);
    give_back(&pool, &[1; 32], LIMIT).await.unwrap();
    assert_eq!(take(&pool, &[1; 32], LIMIT).await.unwrap(), None);
    assert!(take(&pool, &[1; 32], LIMIT).await.unwrap().is_some());
}

#[sqlx::test(migrations = "../migrations")]
async fn of_simultaneous_attempts_only_a_burst_is_let_through(pool: PgPool) {
    let attempts = (0..20).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move { take(&pool, &[1; 32], LIMIT).await.unwrap().is_none() })
    });
    let mut taken = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        taken += usize::from(attempt.await.unwrap());
    }
    assert_eq!(taken, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn keys_whose_attempts_have_come_back_are_forgotten(pool: PgPool) {
    let old = "insert into rate_limits select sha256(n::text::bytea), now() - interval '1 second' from generate_series(1, 15) n";
    sqlx::query(old).execute(&pool).await.unwrap();
    for _ in 0..2 {
        assert_eq!(take(&pool, &[1; 32], LIMIT).await.unwrap(), None);
    }
    let left: i64 = sqlx::query_scalar("select count(*) from rate_limits").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 1);
}
