//! How long a session lasts, and in which instance it counts.

use super::*;
use crate::portal::accounts::store::sessions::MAX_SESSIONS;

/// Ages the stored sessions, by a list of SQL assignments.
async fn age(pool: &PgPool, assignments: &str) {
    let update = format!("update visitor_sessions set {assignments}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(update)).execute(pool).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_counts_in_its_own_instance_only(pool: PgPool) {
    let (portal, other) = (portal(&pool, "my-app").await, portal(&pool, "other-app").await);
    let (token, visitor) = signed_up(&*portal, &ana()).await;
    assert!(portal.visitor(&token).await.unwrap() == Some(visitor.clone()));
    assert!(other.visitor(&token).await.unwrap().is_none());
    assert!(portal.visitor(&Token::new().unwrap()).await.unwrap().is_none());
    // Another instance neither lists nor ends it.
    assert!(other.sessions(&visitor).await.unwrap().is_empty());
    other.sign_out(&visitor).await.unwrap();
    other.end_other_sessions(&Visitor { session: 0, ..visitor.clone() }).await.unwrap();
    assert!(portal.visitor(&token).await.unwrap().is_some());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_expires(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    let (token, visitor) = signed_up(&*portal, &ana()).await;
    for (assignments, there) in [
        ("last_seen_at = now() - interval '23 hours 59 minutes'", true),
        ("last_seen_at = now() - interval '24 hours 1 minute'", false),
        ("last_seen_at = now(), created_at = now() - interval '13 days 23 hours'", true),
        ("last_seen_at = now(), created_at = now() - interval '14 days 1 minute'", false),
    ] {
        age(&pool, assignments).await;
        assert_eq!(portal.sessions(&visitor).await.unwrap().len(), usize::from(there), "{assignments}");
        assert_eq!(portal.visitor(&token).await.unwrap().is_some(), there, "{assignments}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_visitor_who_returns_within_a_day_stays_signed_in(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    let (token, _) = signed_up(&*portal, &ana()).await;
    for _ in 0..3 {
        age(&pool, "last_seen_at = last_seen_at - interval '20 hours'").await;
        assert!(portal.visitor(&token).await.unwrap().is_some());
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_in_replaces_the_browsers_session_and_deletes_expired_ones(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    let (old, visitor) = signed_up(&*portal, &ana()).await;
    let (over, _) = signed_up(&*portal, &with_email("ben@myapp.com")).await;
    sqlx::query("update visitor_sessions set created_at = now() - interval '15 days' where token_hash = $1")
        .bind(&over.hash()[..])
        .execute(&pool)
        .await
        .unwrap();
    let browser = format!("Mozilla/5.0\0\n{}", "ü".repeat(10_000));
    let client = Client { session: Some(old.clone()), browser, address: Some([192, 0, 2, 1].into()), ..Client::default() };
    let new = token(portal.sign_in(&with("ana_1", PASSWORD), &client).await);
    assert!(portal.visitor(&old).await.unwrap().is_none());
    let sessions = portal.sessions(&visitor).await.unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0].browser, format!("Mozilla/5.0{}", "ü".repeat(245)));
    assert_eq!(sessions[0].id, portal.visitor(&new).await.unwrap().unwrap().session);
    assert_eq!(count(&pool, "visitor_sessions").await, 1);
    // A wrong password takes nothing from whoever is signed in.
    let client = Client { session: Some(new.clone()), ..Client::default() };
    assert_eq!(fields(portal.sign_in(&with("ana_1", OTHER_PASSWORD), &client).await), ["password"]);
    assert!(portal.visitor(&new).await.unwrap().is_some());
}

#[sqlx::test(migrations = "../migrations")]
async fn sessions_end_one_by_one_or_all_except_the_current_one(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    let (own, visitor) = signed_up(&*portal, &ana()).await;
    let (bens, ben) = signed_up(&*portal, &with_email("ben@myapp.com")).await;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(token(portal.sign_in(&with("ana_1", PASSWORD), &Client::default()).await));
    }
    let sessions = portal.sessions(&visitor).await.unwrap();
    assert_eq!((sessions.len(), sessions[3].id), (4, visitor.session));
    // Nobody ends somebody else's session.
    portal.end_session(&visitor, ben.session).await.unwrap();
    portal.end_session(&visitor, i64::MIN).await.unwrap();
    assert!(portal.visitor(&bens).await.unwrap().is_some());
    portal.end_session(&visitor, sessions[0].id).await.unwrap();
    assert!(portal.visitor(&others[2]).await.unwrap().is_none());
    portal.end_other_sessions(&visitor).await.unwrap();
    assert!(portal.visitor(&others[0]).await.unwrap().is_none());
    assert!(portal.visitor(&own).await.unwrap().is_some() && portal.visitor(&bens).await.unwrap().is_some());
    portal.sign_out(&visitor).await.unwrap();
    portal.sign_out(&visitor).await.unwrap();
    assert!(portal.visitor(&own).await.unwrap().is_none());
}

#[sqlx::test(migrations = "../migrations")]
async fn beyond_the_limit_the_sessions_unused_for_longest_end(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    let (first, visitor) = signed_up(&*portal, &ana()).await;
    sqlx::query(
        "insert into visitor_sessions (visitor_id, token_hash, last_seen_at)
        select $1, sha256(n::text::bytea), now() - interval '1 hour' - n * interval '1 second' from generate_series(1, 200) n",
    )
    .bind(visitor.id)
    .execute(&pool)
    .await
    .unwrap();
    token(portal.sign_in(&with("ana_1", PASSWORD), &Client::default()).await);
    assert_eq!(count(&pool, "visitor_sessions").await, MAX_SESSIONS);
    assert!(portal.visitor(&first).await.unwrap().is_some());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_deleted_visitor_is_signed_out(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    let (token, _) = signed_up(&*portal, &ana()).await;
    sqlx::query("delete from visitors").execute(&pool).await.unwrap();
    assert!(portal.visitor(&token).await.unwrap().is_none());
    assert_eq!(count(&pool, "visitor_sessions").await, 0);
}
