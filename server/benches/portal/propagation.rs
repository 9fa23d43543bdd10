//! How long it takes from a save in one process until another one serves it.

use std::{sync::mpsc, time::Instant};

use anyhow::{Context, ensure};
use sqlx::PgPool;
use tokio::runtime::Runtime;

use crate::{
    process::{Admin, Client, Postgres, Saved, Server},
    report::{Figures, Wanted, median, part},
};

const SAVES: i64 = 200;
const SLUG: &str = "my-app";

/// Measures it.
///
/// # Errors
/// A server can't be started, or a save is refused.
pub(crate) fn measure(runtime: &Runtime, postgres: &Postgres, figures: &mut Figures) -> anyhow::Result<()> {
    figures.chapter("From a save to its being served by another process, 200 saves");
    runtime.block_on(crate::statements::create(postgres, "visible"))?;
    let url = postgres.url("visible");
    let (saving, serving) = (Server::start(&url, &[]).context("a server")?, Server::start(&url, &[]).context("another server")?);
    let admin = runtime.block_on(async {
        let pool = PgPool::connect_with(postgres.options("visible")).await?;
        let admin = Admin::new(&pool).await;
        admin.create(&pool, SLUG, "myapp.com").await;
        anyhow::Ok(admin)
    })?;
    let (sender, seen) = mpsc::channel();
    let mut visitor = Client::new(&serving.address);
    // Asks without a rest, and says when each version is there first. Ends with the server.
    let asking = std::thread::spawn(move || {
        let mut last = 0;
        while let Ok(answer) = visitor.get("/portal/my-app/v1/redirects") {
            let Some(version) = answer.json()["version"].as_i64().filter(|version| *version > last) else { continue };
            last = version;
            if sender.send((version, Instant::now())).is_err() {
                break;
            }
        }
    });
    let mut dashboard = Client::new(&saving.address);
    let (mut from_sent, mut from_answered) = (Vec::new(), Vec::new());
    for version in 1..=SAVES {
        let sent = Instant::now();
        let saved = admin.save(&mut dashboard, SLUG, version, &format!("/v{}", version + 1))?;
        let answered = Instant::now();
        ensure!(saved == Saved::Yes, "a save was not stored");
        let there = loop {
            let (seen, there) = seen.recv().context("the other server is gone")?;
            if seen > version {
                break there;
            }
        };
        from_sent.push(there.duration_since(sent).as_secs_f64() * 1e3);
        from_answered.push(there.saturating_duration_since(answered).as_secs_f64() * 1e3);
    }
    figures.tell("from sending the save, median", median(from_sent.iter().copied()), "ms");
    figures.want("from sending the save, p99", part(from_sent.iter().copied(), 0.99), "ms", Wanted::AtMost(250.0));
    figures.tell("from the save's answer, median", median(from_answered.iter().copied()), "ms");
    figures.tell("from the save's answer, p99", part(from_answered.iter().copied(), 0.99), "ms");
    drop(serving);
    asking.join().map_err(|_| anyhow::anyhow!("the visitor has stopped"))
}
