//! `GET /v1/resolve`, warm, beside a handler of the same process that answers a fixed 303; and where the rest goes.

use std::{
    hint::black_box,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::ensure;
use app::{
    instances::store,
    redirects::{Flow, Link, Visit, resolve},
};
use axum::{
    Json, Router,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use axum_client_ip::ClientIpSource;
use server::{
    measured::{PATIENCE, around, keep_metrics, serve},
    portal::snapshot::Snapshots,
    reach::Reach,
};
use sqlx::PgPool;
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{
    figures::{Figures, Wanted, median},
    load::{Load, load},
    process::{Admin, Client, Postgres},
};

const ROUNDS: usize = 9;
const SECONDS: u32 = 2;

/// Where the link leads, and its query.
const TARGET: &str = "https://app.myapp.com/dashboard";
const QUERY: &str = "flow=sign-in&redirect_url=https%3A%2F%2Fapp.myapp.com%2Fdashboard";
const PATH: &str = "/portal/{slug}/v1/resolve";

/// More than is needed, in bytes.
const MEMORY: u64 = 64 * 1024 * 1024;

/// How often the server puts what histograms have taken in into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// How often a step is done to time it.
const TIMES: u32 = 200_000;

/// Measures it.
///
/// # Errors
/// Something can't be started or is not answered.
pub(crate) fn measure(runtime: &Runtime, postgres: &Postgres, figures: &mut Figures) -> anyhow::Result<()> {
    // As the server logs and counts: what that costs is in the figures.
    tracing_subscriber::fmt().with_env_filter("info,sqlx=warn").with_writer(std::io::sink).try_init().ok();
    let metrics = keep_metrics()?;
    runtime.spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            metrics.run_upkeep();
        }
    });
    let pool = runtime.block_on(prepared(postgres))?;
    let reach = Reach::new(None, ([127, 0, 0, 1], 3000).into(), ClientIpSource::ConnectInfo)?;
    let _inside = runtime.enter();
    let portal = start(runtime, server::router::router(pool.clone(), Snapshots::new(pool.clone(), MEMORY), reach))?;
    let answer = Client::new(&portal.to_string()).get(&path())?;
    ensure!(answer.status == 200 && answer.json()["target"] == TARGET, "{answer:?}");
    let text = String::from_utf8(answer.body)?;

    // The same process, connections and protocol; then one more thing each.
    let fixed = Router::new().route(PATH, get(|| async { (StatusCode::SEE_OTHER, [(header::LOCATION, TARGET)]) }));
    let written =
        Router::new().route(PATH, get(move || async move { ([(header::CONTENT_TYPE, "application/json")], text).into_response() }));
    let bare = start(runtime, fixed.clone())?;
    let layered = start(runtime, around(fixed))?;
    let written = start(runtime, around(written))?;

    figures.chapter("GET /v1/resolve, warm, 32 connections, beside a fixed 303 of the same process");
    let targets = [bare, layered, written, portal].map(|address| format!("http://{address}{}", path()));
    for url in &targets {
        load(url, std::process::id(), 1)?;
    }
    let mut rounds: Vec<[Load; 4]> = Vec::new();
    for _ in 0..ROUNDS {
        let mut round = Vec::new();
        for url in &targets {
            round.push(load(url, std::process::id(), SECONDS)?);
        }
        rounds.extend(<[Load; 4]>::try_from(round));
    }
    let of = |which: usize, what: fn(&Load) -> f64| median(rounds.iter().map(|round| what(&round[which])));
    let ratio = |which: usize, what: fn(&Load) -> f64| median(rounds.iter().map(|round| what(&round[which]) / what(&round[0])));
    figures.want("answers a second, of the fixed answer's", ratio(3, |load| load.rate), "times", Wanted::AtLeast(0.8));
    figures.want("p99, of the fixed answer's", ratio(3, |load| load.p99), "times", Wanted::AtMost(1.5));
    figures.tell("the fixed 303", of(0, |load| load.rate), "answers/s");
    figures.tell("the same inside every layer", of(1, |load| load.rate), "answers/s");
    figures.tell("a fixed JSON of the same size inside every layer", of(2, |load| load.rate), "answers/s");
    figures.tell("GET /v1/resolve", of(3, |load| load.rate), "answers/s");
    figures.tell("p99 of the fixed 303", of(0, |load| load.p99), "ms");
    figures.tell("p99 of GET /v1/resolve", of(3, |load| load.p99), "ms");

    figures.chapter("Where the rest goes: processor time of one answer");
    let cost: Vec<f64> = (0..4).map(|which| of(which, |load| load.cost)).collect();
    figures.tell("the fixed 303: the connection, HTTP, the routes", cost[0], "µs");
    figures.tell("every layer around it", cost[1] - cost[0], "µs");
    figures.tell("a body of JSON instead of none", cost[2] - cost[1], "µs");
    figures.tell("the instance, the link, the resolution, its JSON", cost[3] - cost[2], "µs");
    steps(runtime, &pool, figures)?;
    figures.note("Each step of the last line once more, timed alone in a loop:\nreading the link, resolving, writing JSON. What remains of it is the lookup and the response's headers.");
    Ok(())
}

/// The steps behind the handler, each alone.
fn steps(runtime: &Runtime, pool: &PgPool, figures: &mut Figures) -> anyhow::Result<()> {
    let stored = runtime.block_on(store::find(pool, "my-app"))?.ok_or_else(|| anyhow::anyhow!("the instance is there"))?;
    let link = Link::read(QUERY);
    let visit = Visit { flow: Flow::SignIn, link: &link, requesting: None };
    let resolution = resolve(&stored.instance, &stored.fallbacks, visit);
    figures.tell("· reading the link", time(|| drop(black_box(Link::read(black_box(QUERY))))), "µs");
    figures.tell("· resolving", time(|| drop(black_box(resolve(black_box(&stored.instance), &stored.fallbacks, visit)))), "µs");
    figures.tell("· writing JSON", time(|| drop(black_box(Json(black_box(&resolution)).into_response()))), "µs");
    Ok(())
}

/// How long something takes, in microseconds.
fn time(work: impl Fn()) -> f64 {
    let rounds = (0..5).map(|_| {
        let start = Instant::now();
        (0..TIMES).for_each(|_| work());
        start.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES)
    });
    median(rounds)
}

/// A database of its own with one instance.
async fn prepared(postgres: &Postgres) -> anyhow::Result<PgPool> {
    let pool = PgPool::connect_with(postgres.options("postgres")).await?;
    sqlx::migrate!("../migrations").run(&pool).await?;
    let admin = Admin::new(&pool).await;
    admin.create(&pool, "my-app", "myapp.com").await;
    Ok(pool)
}

/// Serves a router on a port of its own, as the server does.
fn start(runtime: &Runtime, router: Router) -> anyhow::Result<SocketAddr> {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    runtime.spawn(serve(listener, router, PATIENCE, std::future::pending()));
    Ok(address)
}

fn path() -> String {
    format!("{}?{QUERY}", PATH.replace("{slug}", "my-app"))
}
