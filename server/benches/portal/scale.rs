//! Compares a million instances with ten: startup, warm responses, memory, and the queries of a first response.

use std::time::Instant;

use anyhow::{Context, ensure};
use app::{
    fixtures,
    instances::stored::StoredInstance,
    redirects::{Environment, Flow, Settings},
};
use server::portal::snapshot::Snapshots;
use sqlx::PgPool;
use tokio::runtime::Runtime;

use crate::{
    load::{load, memory},
    process::{Client, Postgres, Server},
    report::{Limit, Report, median},
    statements,
};

const MANY: i32 = 1_000_000;
const FEW: i32 = 10;

/// The number of instances that a server loads for measuring its memory.
const WARM: i32 = 10_000;

/// The memory for the snapshots of a million instances, in bytes.
const SNAPSHOT_MEMORY: u64 = 1_100_000_000;

/// The most memory that a million instances may take, in MiB: 1.2 GB.
const MAX_MEMORY: f64 = 1.2e9 / MIB;

/// The number of first responses to measure.
const COLD: i64 = 100;

const ROUNDS: usize = 7;
const SECONDS: u32 = 2;

/// Adds the figures to the report.
///
/// # Errors
/// A server can't be started, or a response is an error.
pub(crate) fn measure(runtime: &Runtime, postgres: &Postgres, report: &mut Report) -> anyhow::Result<()> {
    report.section("1,000,000 instances compared with 10");
    let (few, many) = runtime.block_on(async {
        let (few, many) = (statements::create(postgres, "few").await?, statements::create(postgres, "many").await?);
        statements::fill(&few, FEW).await?;
        statements::fill(&many, MANY).await?;
        anyhow::Ok((few, many))
    })?;
    drop(few);
    let urls = [postgres.url("few"), postgres.url("many")];
    start_up(&urls, report)?;
    let servers = [start(&urls[0])?, start(&urls[1])?];
    report.info("memory after startup with 10", memory(servers[0].process.child.id())? / MIB, "MiB");
    report.info("memory after startup with 1,000,000", memory(servers[1].process.child.id())? / MIB, "MiB");
    cold(runtime, &many, &servers[1], report)?;
    warm(&servers[1], report)?;
    all_warm(runtime, &many, report)?;
    throughput(&servers, report)
}

const MIB: f64 = 1024.0 * 1024.0;

fn start(url: &str) -> anyhow::Result<Server> {
    Server::start(url, &[]).context("can't start a server")
}

fn start_up(urls: &[String; 2], report: &mut Report) -> anyhow::Result<()> {
    let mut took = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (url, took) in urls.iter().zip(&mut took) {
            let start_time = Instant::now();
            let server = start(url)?;
            took.push(start_time.elapsed().as_secs_f64() * 1e3);
            drop(server);
        }
    }
    let [few, many] = took.map(median);
    report.info("startup with 10", few, "ms");
    report.check("startup compared with 10", many / few, "times", Limit::AtMost(1.25));
    Ok(())
}

/// The queries of a first response: by the slug in the path, and by the host.
fn cold(runtime: &Runtime, pool: &PgPool, server: &Server, report: &mut Report) -> anyhow::Result<()> {
    for (place, name) in (1i64..).zip(["by path", "by host"]) {
        runtime.block_on(statements::reset(pool))?;
        let mut client = Client::new(&server.address);
        let from = place * 200_000;
        for n in from..from + COLD {
            let (host, path) = match place {
                1 => (server.address.clone(), format!("/portal/app-{n}")),
                _ => (format!("accounts.app-{n}.example"), String::new()),
            };
            let response = client.get_at(&host, &format!("{path}/v1/resolve?flow=sign-in"))?;
            ensure!(response.status == 200, "{response:?}");
        }
        let frequent = runtime.block_on(statements::frequent(pool, COLD))?;
        let queries: i64 = frequent.iter().map(|(_, calls)| calls / COLD).sum();
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        report.check(format!("queries of a first response, {name}"), queries as f64, "", Limit::AtMost(1.0));
        for (query, _) in frequent {
            let argument = if query.contains("any($1)") { "array['https://accounts.app-777777.example']" } else { "'app-777777'" };
            let plan = runtime.block_on(statements::plan(pool, &query, argument))?;
            ensure!(!plan.contains("Seq Scan"), "a first response scans a whole table:\n{plan}");
            report.note(format!("A first response {name} runs this query with this plan:\n\n```\n{query}\n\n{plan}\n```"));
        }
    }
    Ok(())
}

/// The memory of a server with warm instances.
fn warm(server: &Server, report: &mut Report) -> anyhow::Result<()> {
    let mut client = Client::new(&server.address);
    let mut warm_up = |from: i32, to: i32| {
        for n in from..to {
            let response = client.get(&format!("/portal/app-{n}/v1/resolve?flow=sign-in"))?;
            ensure!(response.status == 200, "{response:?}");
        }
        memory(server.process.child.id())
    };
    let few = warm_up(1, FEW + 1)?;
    let many = warm_up(FEW + 1, WARM + 1)?;
    report.info("memory with 10 warm", few / MIB, "MiB");
    report.info("memory with 10,000 warm", many / MIB, "MiB");
    Ok(())
}

/// The memory of a million warm instances, as the growth of this process. The same number of queries would take a server an hour.
fn all_warm(runtime: &Runtime, pool: &PgPool, report: &mut Report) -> anyhow::Result<()> {
    let _inside = runtime.enter();
    let snapshots = Snapshots::new(pool.clone(), SNAPSHOT_MEMORY);
    let before = memory(std::process::id())?;
    (1..=MANY).for_each(|n| snapshots.insert(small(n)));
    let bytes = memory(std::process::id())? - before;
    ensure!(snapshots.status().entries == u64::from(MANY.unsigned_abs()), "not all are in memory: {:?}", snapshots.status());
    report.check("per warm instance", bytes / f64::from(MANY), "bytes", Limit::AtMost(1024.0));
    report.check("1,000,000 warm instances", bytes / MIB, "MiB", Limit::AtMost(MAX_MEMORY));
    Ok(())
}

/// A small instance, as the tables have a million of them.
fn small(n: i32) -> StoredInstance {
    let settings = Settings {
        name: format!("App {n}"),
        environment: Environment::Production,
        domain: format!("app-{n}.example"),
        portal_origin: format!("https://accounts.app-{n}.example"),
        home_url: format!("https://app-{n}.example/"),
        ..fixtures::other_app(&format!("app-{n}"))
    };
    StoredInstance { id: n.into(), ..fixtures::stored(settings, &[(Flow::SignIn, "/welcome")]) }
}

/// The rate of warm responses with this many instances in the table.
fn throughput(servers: &[Server; 2], report: &mut Report) -> anyhow::Result<()> {
    let query = "/portal/app-5/v1/resolve?flow=sign-in&redirect_url=https%3A%2F%2Fapp-5.example%2Fx";
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (server, rates) in servers.iter().zip(&mut rates) {
            rates.push(load(&format!("http://{}{query}", server.address), server.process.child.id(), SECONDS)?.rate);
        }
    }
    let ratio = median(rates[1].iter().zip(&rates[0]).map(|(many, few)| many / few));
    report.info("warm responses with 10", median(rates[0].iter().copied()), "responses/s");
    report.check("warm responses compared with 10", ratio, "times", Limit::AtLeast(0.9));
    Ok(())
}
