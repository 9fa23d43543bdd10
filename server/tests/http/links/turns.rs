//! Lists that many people send at once, and answers that nobody reads.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use app::members::role::Role;
use axum::{
    body::{Body, Bytes},
    http::{Method, Request, header},
    response::Response,
};
use futures_util::stream;

use super::*;
use crate::common::{member, request};

/// A list, and whether the server has begun to read it.
fn list() -> (Request<Body>, Arc<AtomicBool>) {
    let begun = Arc::new(AtomicBool::new(false));
    let (reading, whole) = (Arc::clone(&begun), body(&[("links", None, SIGN_IN.as_bytes())]));
    let chunks = stream::once(async move {
        reading.store(true, Ordering::SeqCst);
        Ok::<_, std::convert::Infallible>(Bytes::from(whole))
    });
    (request(Method::POST, PATH, &[KIND]).body(Body::from_stream(chunks)).unwrap(), begun)
}

#[sqlx::test(migrations = "../migrations")]
async fn answers_that_nobody_reads_hold_up_their_reader_only(pool: PgPool) {
    let site = site(&pool).await;
    let viewer = member(&pool, "viewer@myapp.com", "my-app", Role::Viewer).await;
    let other = site.signed_in(&pool, viewer.admin.unwrap()).await;
    let unread = [site.send_unread(list().0).await, site.send_unread(list().0).await];
    assert_eq!(unread.each_ref().map(Response::status), [StatusCode::OK; 2]);

    let (third, begun) = list();
    let mut third = Box::pin(site.send_unread(third));
    tokio::select! {
        biased;
        _ = &mut third => panic!("a third list of the same admin is answered"),
        answer = other.send(list().0) => assert_eq!(answer.status, StatusCode::OK),
    }
    assert!(!begun.load(Ordering::SeqCst), "nothing is read of a list that waits");
    drop(unread);
    assert_eq!(third.await.status(), StatusCode::OK);
    assert!(begun.load(Ordering::SeqCst));
}

#[sqlx::test(migrations = "../migrations")]
async fn of_a_strangers_list_no_more_is_kept_than_of_any_form(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::anonymous(&pool);
    for (size, kept) in [(1_000, 1), (300_000, 0), (5_000_000, 0), (20_000_000, 0)] {
        for path in [PATH, CSV] {
            let answer = post(&site, path, &[("links", None, "x\n".repeat(size / 2).as_bytes())]).await;
            assert_eq!((answer.status, answer.text().matches("name=\"links\"").count()), (StatusCode::UNAUTHORIZED, kept), "{size}");
            assert!(answer.body.len() < 20_000, "{size}: {}", answer.body.len());
            assert!(text(answer.text()).contains("You are signed out."), "{size}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_list_is_answered_in_pieces(pool: PgPool) {
    let site = site(&pool).await;
    let long = body(&[("links", None, format!("{SIGN_IN}\n").repeat(9_000).as_bytes())]);
    let plain = [KIND, (header::ACCEPT_ENCODING.as_str(), "identity")];
    let answer = site.send_unread(request(Method::POST, PATH, &plain).body(long.into()).unwrap()).await;
    let mut sizes = Vec::new();
    let mut chunks = answer.into_body().into_data_stream();
    while let Some(chunk) = futures_util::StreamExt::next(&mut chunks).await {
        sizes.push(chunk.unwrap().len());
    }
    assert!(sizes.iter().sum::<usize>() > 500_000 && sizes.iter().all(|size| *size <= 32 * 1024), "{sizes:?}");
}
