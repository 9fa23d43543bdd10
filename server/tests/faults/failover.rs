//! A standby takes over that has not received the last save: what it has is served, and nothing that is lost.

use sqlx::{PgPool, postgres::PgPoolOptions};

use crate::{
    process::{Admin, Client, Postgres, Saved, Server},
    running::ROUND,
};

const SLUG: &str = "my-app";

/// Waits until something is so. The test runner ends what waits too long.
fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        std::thread::sleep(ROUND);
    }
}

/// The version that a server serves, and where visitors end after signing in.
fn served(server: &Server) -> Option<(i64, String)> {
    let answer = Client::new(&server.address).get("/portal/my-app/v1/resolve?flow=sign-in").ok()?.json();
    Some((answer["version"].as_i64()?, answer["target"].as_str()?.strip_prefix("https://myapp.com")?.to_owned()))
}

/// Waits until every server serves that.
fn until_served(servers: &[&Server], version: i64, path: &str) {
    for server in servers {
        until(|| served(server).is_some_and(|served| served == (version, path.to_owned())));
    }
}

/// The pool of one connection to a PostgreSQL.
fn pool(postgres: &Postgres) -> PgPool {
    PgPoolOptions::new().max_connections(1).connect_lazy_with(postgres.options("postgres"))
}

#[tokio::test]
async fn after_a_failover_that_lost_a_save_nothing_that_is_lost_is_served_or_called_live() {
    let mut primary = Postgres::new(&[]);
    let url = primary.url("postgres");
    let dashboard = Server::start(&url, &[]).unwrap();
    let portal = Server::start(&url, &["--role", "portal"]).unwrap();
    let servers = [&dashboard, &portal];
    let stored = pool(&primary);
    let admin = Admin::new(&stored).await;
    admin.create(&stored, SLUG, "myapp.com").await;
    let save = |version, path| admin.save(&mut Client::new(&dashboard.address), SLUG, version, path).unwrap();
    assert_eq!(save(1, "/good"), Saved::Yes);

    let mut standby = primary.standby();
    let received = pool(&standby);
    let version = "select version from instances";
    while sqlx::query_scalar::<_, i64>(version).fetch_one(&received).await.unwrap() < 2 {
        tokio::task::yield_now().await;
    }
    received.close().await;
    standby.kill();
    assert_eq!(save(2, "/lost"), Saved::Yes);
    until_served(&servers, 3, "/lost");
    stored.close().await;
    primary.kill();
    standby.take_over(&primary);

    // Nobody saves, and no notification comes.
    until_served(&servers, 2, "/good");
    // The number of the lost save comes again.
    until(|| admin.save(&mut Client::new(&dashboard.address), SLUG, 2, "/after").is_ok_and(|saved| saved != Saved::Unknown));
    until(|| admin.live_line(&mut Client::new(&dashboard.address), SLUG).is_some_and(|line| line == "Version 3 · live on 2 of 2 runtimes"));
    for server in servers {
        assert_eq!(served(server), Some((3, "/after".to_owned())), "the dashboard calls it live");
    }
    assert!(portal.stop().success() && dashboard.stop().success());
}
