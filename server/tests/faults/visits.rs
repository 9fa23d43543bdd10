//! Counted visits while PostgreSQL is killed in the middle of storing them.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use axum::{body::Body, http::Request};
use server::{
    http::{dashboard_url::DashboardUrl, options::HttpOptions},
    portal::{
        snapshot::Snapshots,
        visits::{Flusher, VisitCounter},
    },
    router::portal_site,
};
use sqlx::postgres::PgPoolOptions;
use tower::ServiceExt;

use crate::process::{Admin, Postgres};

/// How often PostgreSQL is killed.
const KILLS: u32 = 12;

const MEMORY: u64 = 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn the_sum_of_all_counts_is_the_number_of_visits_however_often_postgresql_is_killed() {
    let mut postgres = Postgres::new(&[]);
    let pool = PgPoolOptions::new().acquire_timeout(Duration::from_secs(2)).connect_lazy_with(postgres.options("postgres"));
    sqlx::migrate!("../migrations").run(&pool).await.unwrap();
    let admin = Admin::new(&pool).await;
    admin.create(&pool, "my-app", "myapp.com").await;

    let visits = VisitCounter::new(MEMORY);
    let snapshots = Snapshots::new(pool.clone(), MEMORY).with_visits(visits.clone());
    let dashboard_url = DashboardUrl::new(None, ([127, 0, 0, 1], 3000).into()).unwrap();
    let router = portal_site(pool.clone(), snapshots, dashboard_url, HttpOptions::default()).router;
    let visit = async |n: u64| {
        let path = format!("/portal/my-app/v1/resolve?flow=sign-in&redirect_url=https://{}.com/", n % 300);
        let request = Request::get(path).header("host", "localhost:3000").body(Body::empty()).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), 200);
    };
    visit(0).await;

    let is_over = AtomicBool::new(false);
    let mut flusher = Flusher::new(&visits, pool.clone(), 90).unwrap();
    let made = thread::scope(|scope| {
        let killer = scope.spawn(|| {
            for round in 0..KILLS {
                // Nothing to wait for: it has to come at any moment.
                thread::sleep(Duration::from_millis(u64::from(37 * round % 97)));
                postgres.kill();
                postgres.start();
            }
            is_over.store(true, Ordering::SeqCst);
        });
        let made = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                let mut made = 1;
                while !is_over.load(Ordering::SeqCst) {
                    for _ in 0..50 {
                        visit(made).await;
                        made += 1;
                    }
                    drop(flusher.flush().await);
                }
                made
            })
        });
        killer.join().unwrap();
        made
    });
    while flusher.flush().await.is_err() {}
    let stored: i64 = sqlx::query_scalar("select sum(visits)::bigint from visits").fetch_one(&pool).await.unwrap();
    assert_eq!(u64::try_from(stored).unwrap(), made);
    println!("{made} visits, {KILLS} kills");
}
