//! Metrics of the real server, on the address of their own.

use std::net::TcpListener;

use app::redirects::Environment;
use sqlx::{ConnectOptions, PgPool};

use crate::{
    common::store_my_app,
    process::{Server, command},
};

#[sqlx::test(migrations = "../migrations")]
async fn prometheus_reads_what_was_asked_for_and_what_came_of_it(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let url = pool.connect_options().to_url_lossy();
    let server = Server::start(url.as_str(), &["--metrics-listen", "127.0.0.1:0"], &[]);
    for query in ["", "&redirect_url=https://evil.com", "&redirect_url=https://evil.com/2"] {
        server.get(&format!("/portal/my-app/v1/resolve?flow=sign-in{query}"), "");
    }
    server.get("/portal/my-app/v1/resolve?flow=nothing", "");
    let page = server.metrics();
    for line in [
        "content-type: text/plain; version=0.0.4; charset=utf-8",
        r#"http_requests_total{route="/portal/{slug}/v1/resolve",method="GET",status="200"} 3"#,
        r#"http_requests_total{route="/portal/{slug}/v1/resolve",method="GET",status="400"} 1"#,
        r#"http_request_duration_seconds_count{route="/portal/{slug}/v1/resolve"} 4"#,
        r#"http_request_duration_seconds_bucket{route="/portal/{slug}/v1/resolve",le="+Inf"} 4"#,
        r#"portal_resolutions_total{flow="sign-in",source="home_url",refused="none"} 1"#,
        r#"portal_resolutions_total{flow="sign-in",source="home_url",refused="foreign"} 2"#,
        "database_connections_limit 10",
        "# TYPE http_request_duration_seconds histogram",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
    for name in ["database_connections{state=\"idle\"} ", "database_connections{state=\"used\"} ", "process_start_time_seconds "] {
        assert!(page.lines().any(|found| found.starts_with(name)), "{name}\n{page}");
    }
    // They are read there alone.
    assert!(!server.get("/metrics", "").contains("http_requests_total"));
    server.stop();
}

#[sqlx::test(migrations = "../migrations")]
async fn off_means_that_none_are_kept(pool: PgPool) {
    let server = Server::start(pool.connect_options().to_url_lossy().as_str(), &["--metrics-listen", "off"], &[]);
    let log = server.stop();
    assert!(!log.contains("metrics"), "{log}");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_address_that_was_said_must_be_free_and_the_usual_one_need_not(pool: PgPool) {
    let url = pool.connect_options().to_url_lossy();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let output = command(url.as_str(), &["--metrics-listen", &taken.local_addr().unwrap().to_string()]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("--metrics-listen"), "{said}");
    // If it can't be taken here, somebody on this machine has it already, and may give it back meanwhile.
    let usual = TcpListener::bind("127.0.0.1:9464");
    let server = Server::start(url.as_str(), &[], &[]);
    server.logged(if usual.is_ok() { "metrics are off" } else { "metrics" });
    server.stop();
}
