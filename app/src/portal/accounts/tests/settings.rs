//! What visitors change about themselves.

use super::*;
use crate::portal::form::{NamesForm, PasswordForm};

fn names(first: &str, last: &str) -> NamesForm {
    NamesForm { first_name: first.into(), last_name: last.into() }
}

fn passwords(current: &str, new: &str) -> PasswordForm {
    PasswordForm { current: current.into(), new: new.into() }
}

#[sqlx::test(migrations = "../migrations")]
async fn names_can_be_changed_and_removed(pool: PgPool) {
    let (portal, other) = (portal(&pool, "my-app").await, portal(&pool, "other-app").await);
    let (token, visitor) = signed_up(&*portal, &ana()).await;
    for (first, last) in [(" Anna ", "李"), ("", ""), ("Robert'); drop table visitors; --", "<script>")] {
        portal.rename(&visitor, &names(first, last)).await.unwrap();
        let now = portal.visitor(&token).await.unwrap().unwrap();
        assert_eq!((now.first_name.as_str(), now.last_name.as_str()), (first.trim(), last));
    }
    let before = portal.visitor(&token).await.unwrap();
    assert_eq!(fields(portal.rename(&visitor, &names("a\0", &"x".repeat(10_000))).await), ["first_name", "last_name"]);
    assert_eq!(fields(portal.rename(&visitor, &names("a\u{202e}a", "fine")).await), ["first_name"]);
    assert_eq!(fields(other.rename(&visitor, &names("Eve", "")).await), [""]);
    assert!(portal.visitor(&token).await.unwrap() == before);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_password_ends_the_other_sessions_and_replaces_the_old_one(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    let (own, visitor) = signed_up(&*portal, &ana()).await;
    let other = token(portal.sign_in(&with("ana_1", PASSWORD), &Client::default()).await);
    let new = portal.change_password(&visitor, &passwords(PASSWORD, OTHER_PASSWORD)).await.unwrap();
    assert!(portal.visitor(&other).await.unwrap().is_none());
    assert!(portal.visitor(&own).await.unwrap().is_none());
    assert_eq!(portal.visitor(&new).await.unwrap(), Some(visitor));
    assert_eq!(fields(portal.sign_in(&with("ana_1", PASSWORD), &Client::default()).await), ["password"]);
    token(portal.sign_in(&with("ana_1", OTHER_PASSWORD), &Client::default()).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_password_needs_the_current_one_and_must_be_strong(pool: PgPool) {
    let (portal, elsewhere) = (portal(&pool, "my-app").await, portal(&pool, "other-app").await);
    let (_, visitor) = signed_up(&*portal, &ana()).await;
    let long = "x9".repeat(5_000);
    for (current, new, expected) in [
        (OTHER_PASSWORD, "seven more tame ducks", &["current"][..]),
        ("", "", &["current", "new"]),
        (PASSWORD, "short", &["new"]),
        (PASSWORD, "ana@myapp.com", &["new"]),
        (&long, &long, &["current", "new"]),
    ] {
        assert_eq!(fields(portal.change_password(&visitor, &passwords(current, new)).await), expected);
    }
    assert_eq!(fields(elsewhere.change_password(&visitor, &passwords(PASSWORD, OTHER_PASSWORD)).await), [""]);
    // A session that has ended meanwhile changes nothing.
    let ended = Visitor { session: visitor.session + 1, ..visitor.clone() };
    assert_eq!(fields(portal.change_password(&ended, &passwords(PASSWORD, OTHER_PASSWORD)).await), ["current"]);
    token(portal.sign_in(&with("ana_1", PASSWORD), &Client::default()).await);
}
