//! Requests that run at the same time.

use super::*;
use crate::{
    credentials::password::Password,
    portal::{form::PasswordForm, tests::fixtures::until_waiting},
};

/// Twenty simultaneous sign-ups with one address, ten with each password.
async fn twenty(portal: &Arc<dyn Identity>, email: &str, passwords: [&'static str; 2]) -> Vec<Result<Token, IdentityError>> {
    let tasks: Vec<_> = (0..20)
        .map(|at| {
            let (portal, form) = (Arc::clone(portal), SignUpForm { password: passwords[at / 10].into(), ..with_email(email) });
            tokio::spawn(async move { portal.sign_up(&form, &Client::default()).await })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

#[sqlx::test(migrations = "../migrations")]
async fn twenty_simultaneous_sign_ups_with_one_address_make_one_account(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    for answer in twenty(&portal, "ana@myapp.com", [PASSWORD; 2]).await {
        token(answer);
    }
    assert_eq!(count(&pool, "visitors").await, 1);
    // With two passwords, those who typed the first one's get in. The others get the usual message.
    let (inside, outside): (Vec<_>, Vec<_>) =
        twenty(&portal, "ben@myapp.com", [PASSWORD, OTHER_PASSWORD]).await.into_iter().partition(Result::is_ok);
    assert_eq!((inside.len(), outside.len()), (10, 10));
    for answer in outside {
        assert_eq!(fields(answer), [""]);
    }
    assert_eq!(count(&pool, "visitors").await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_up_that_loses_the_race_finds_the_other_account(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    let mut faster = pool.begin().await.unwrap();
    sqlx::query(
        "insert into visitors (instance_id, email_address, password_hash) select id, 'ana@myapp.com', '$argon2id$none' from instances",
    )
    .execute(&mut *faster)
    .await
    .unwrap();
    let slower = Arc::clone(&portal);
    let slower = tokio::spawn(async move { slower.sign_up(&with_email("ana@myapp.com"), &Client::default()).await });
    until_waiting(&pool, &slower).await;
    let hash = Password::from(PASSWORD).hash().await.unwrap();
    sqlx::query("update visitors set password_hash = $1").bind(hash).execute(&mut *faster).await.unwrap();
    faster.commit().await.unwrap();
    token(slower.await.unwrap());
    assert_eq!((count(&pool, "visitors").await, count(&pool, "visitor_sessions").await), (1, 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_in_during_a_password_change_leaves_no_session_with_the_old_password(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    let (_, visitor) = signed_up(&*portal, &ana()).await;
    let form = PasswordForm { current: PASSWORD.into(), new: OTHER_PASSWORD.into() };
    let (sign_in, client) = (with("ana_1", PASSWORD), Client::default());
    let (changed, one, two) =
        tokio::join!(portal.change_password(&visitor, &form), portal.sign_in(&sign_in, &client), portal.sign_in(&sign_in, &client));
    changed.unwrap();
    for answer in [one, two] {
        if let Ok(token) = answer {
            assert!(portal.visitor(&token).await.unwrap().is_none());
        }
    }
    let kept: Vec<i64> = portal.sessions(&visitor).await.unwrap().iter().map(|session| session.id).collect();
    assert_eq!(kept, [visitor.session]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_password_that_is_changed_while_it_is_compared_is_wrong(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    signed_up(&*portal, &ana()).await;
    let mut change = pool.begin().await.unwrap();
    sqlx::query("update visitors set password_hash = '$argon2id$none'").execute(&mut *change).await.unwrap();
    let sign_in = Arc::clone(&portal);
    let sign_in = tokio::spawn(async move { sign_in.sign_in(&with("ana_1", PASSWORD), &Client::default()).await });
    until_waiting(&pool, &sign_in).await;
    change.commit().await.unwrap();
    assert_eq!(fields(sign_in.await.unwrap()), ["password"]);
    assert_eq!(count(&pool, "visitor_sessions").await, 1);
}
