//! Measures the time from a save in one process until another process serves it.

use std::{sync::mpsc, time::Instant};

use anyhow::{Context, ensure};
use sqlx::PgPool;
use tokio::runtime::Runtime;

use crate::{
    process::{Admin, Client, Postgres, Saved, Server},
    report::{Limit, Report, median, quantile},
};

const SAVES: i64 = 200;
const SLUG: &str = "my-app";

/// Adds the figures to the report.
///
/// # Errors
/// A server can't be started, or a save is refused.
pub(crate) fn measure(runtime: &Runtime, postgres: &Postgres, report: &mut Report) -> anyhow::Result<()> {
    report.section("Time from a save until another process serves it, 200 saves");
    runtime.block_on(crate::statements::create(postgres, "visible"))?;
    let url = postgres.url("visible");
    let (saving, serving) =
        (Server::start(&url, &[]).context("can't start a server")?, Server::start(&url, &[]).context("can't start a second server")?);
    let admin = runtime.block_on(async {
        let pool = PgPool::connect_with(postgres.options("visible")).await?;
        let admin = Admin::new(&pool).await;
        admin.create(&pool, SLUG, "myapp.com").await;
        anyhow::Ok(admin)
    })?;
    let (sender, seen) = mpsc::channel();
    let mut visitor = Client::new(&serving.address);
    // Requests without pause, and reports when each version first appears. Ends when the server stops.
    let polling = std::thread::spawn(move || {
        let mut last = 0;
        while let Ok(response) = visitor.get("/portal/my-app/v1/redirects") {
            let Some(version) = response.json()["version"].as_i64().filter(|version| *version > last) else { continue };
            last = version;
            if sender.send((version, Instant::now())).is_err() {
                break;
            }
        }
    });
    let mut dashboard = Client::new(&saving.address);
    let (mut from_request, mut from_response) = (Vec::new(), Vec::new());
    for version in 1..=SAVES {
        let sent = Instant::now();
        let outcome = admin.save(&mut dashboard, SLUG, version, &format!("/v{}", version + 1))?;
        let saved_at = Instant::now();
        ensure!(outcome == Saved::Yes, "a save was not stored");
        let served_at = loop {
            let (seen, at) = seen.recv().context("the other server has stopped")?;
            if seen > version {
                break at;
            }
        };
        from_request.push(served_at.duration_since(sent).as_secs_f64() * 1e3);
        from_response.push(served_at.saturating_duration_since(saved_at).as_secs_f64() * 1e3);
    }
    report.info("from the request, median", median(from_request.iter().copied()), "ms");
    report.check("from the request, p99", quantile(from_request.iter().copied(), 0.99), "ms", Limit::AtMost(250.0));
    report.info("from the response, median", median(from_response.iter().copied()), "ms");
    report.info("from the response, p99", quantile(from_response.iter().copied(), 0.99), "ms");
    drop(serving);
    polling.join().map_err(|_| anyhow::anyhow!("the visitor's thread panicked"))
}
