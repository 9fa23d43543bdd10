//! How much a network, and an instance as a whole, may store in a day.

use std::net::IpAddr;

use sqlx::PgPool;

use super::fixtures::{count, instance};
use crate::portal::{
    form::WaitlistForm,
    identity::IdentityError,
    quotas::{MAX_PER_INSTANCE, MAX_PER_NETWORK},
    waitlist::join,
};

async fn joined(pool: &PgPool, instance: i64, email: &str, address: &str) -> bool {
    let address: IpAddr = address.parse().unwrap();
    match join(pool, instance, &WaitlistForm { email_address: email.into() }, Some(address)).await {
        Ok(()) => true,
        Err(IdentityError::QuotaUsed(seconds)) => {
            assert!((1..=86_400).contains(&seconds));
            false
        }
        other => panic!("{other:?}"),
    }
}

/// As if so much had been stored today from a network.
async fn used(pool: &PgPool, network: &str, used: i32) {
    sqlx::query("update visitor_quotas set used = $2 where network = $1").bind(network).bind(used).execute(pool).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_network_stores_so_much_in_a_day_and_keeps_nobody_else_out(pool: PgPool) {
    let (here, there) = (instance(&pool, "my-app").await, instance(&pool, "other-app").await);
    assert!(joined(&pool, here, "1@myapp.com", "2001:db8::1").await);
    used(&pool, "2001:db8::", MAX_PER_NETWORK - 1).await;
    assert!(joined(&pool, here, "2@myapp.com", "2001:db8::ffff").await);
    // Whether somebody is on the list already makes no difference.
    for email in ["1@myapp.com", "3@myapp.com"] {
        assert!(!joined(&pool, here, email, "2001:db8::2").await);
    }
    assert!(joined(&pool, here, "4@myapp.com", "2001:db8:0:1::1").await);
    assert!(joined(&pool, there, "3@myapp.com", "2001:db8::2").await);
    assert_eq!(count(&pool, "waitlist_entries").await, 4);
    sqlx::query("update visitor_quotas set day = day - 1").execute(&pool).await.unwrap();
    assert!(joined(&pool, here, "3@myapp.com", "2001:db8::2").await, "a new day starts over");
    assert_eq!(count(&pool, "visitor_quotas").await, 2, "earlier days are forgotten");
}

#[sqlx::test(migrations = "../migrations")]
async fn all_networks_together_store_so_much_in_an_instance(pool: PgPool) {
    let (here, there) = (instance(&pool, "my-app").await, instance(&pool, "other-app").await);
    assert!(joined(&pool, here, "1@myapp.com", "192.0.2.1").await);
    used(&pool, "*", MAX_PER_INSTANCE).await;
    assert!(!joined(&pool, here, "2@myapp.com", "192.0.2.2").await);
    assert!(joined(&pool, there, "2@myapp.com", "192.0.2.2").await);
}
