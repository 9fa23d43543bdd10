//! `GET /v1/resolve`, warm, beside a handler of the same process that answers a fixed 303; and where the rest goes.

use std::{
    hint::black_box,
    net::SocketAddr,
    str::FromStr,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use app::{
    instances::store,
    redirects::{Flow, Link, Visit, resolve},
};
use axum::{
    Extension, Router,
    body::Bytes,
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, StatusCode, header},
    routing::get,
};
use axum_client_ip::ClientIpSource;
use server::{
    http::dashboard_url::DashboardUrl,
    measured::{PATIENCE, around, keep_metrics, serve, serve_each},
    portal::{FastPath, snapshot::Snapshots},
};
use sqlx::PgPool;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tower::Layer;

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
    let dashboard_url = DashboardUrl::new(None, ([127, 0, 0, 1], 3000).into())?;
    let _inside = runtime.enter();
    let snapshots = Snapshots::new(pool.clone(), MEMORY);
    let fast_path = FastPath::new(snapshots.clone());
    let router = server::router::router(pool.clone(), snapshots, dashboard_url, ClientIpSource::ConnectInfo);
    let long = start(runtime, router.clone())?;
    let (listener, portal) = listen(runtime)?;
    let each = move |client: SocketAddr| fast_path.clone().before(Extension(ConnectInfo(client)).layer(router.clone()));
    runtime.spawn(serve_each(listener, each, PATIENCE, std::future::pending()));
    let answer = Client::new(&portal.to_string()).get(&path())?;
    ensure!(answer.status == 200 && answer.json()["target"] == TARGET, "{answer:?}");

    // The same process, connections and protocol.
    let fixed = Router::new().route(PATH, get(|| async { (StatusCode::SEE_OTHER, [(header::LOCATION, TARGET)]) }));
    let copied = runtime.block_on(copy(&portal.to_string()))?;
    let bare = start(runtime, fixed.clone())?;
    let copied = start(runtime, copied)?;
    let layered = start(runtime, around(fixed))?;

    figures.chapter("GET /v1/resolve, warm, 32 connections, beside a fixed 303 of the same process");
    let targets = [bare, copied, portal, layered, long].map(|address| format!("http://{address}{}", path()));
    for url in &targets {
        load(url, std::process::id(), 1)?;
    }
    let mut rounds: Vec<[Load; 5]> = Vec::new();
    for _ in 0..ROUNDS {
        let mut round = Vec::new();
        for url in &targets {
            round.push(load(url, std::process::id(), SECONDS)?);
        }
        rounds.extend(<[Load; 5]>::try_from(round));
    }
    let of = |which: usize, what: fn(&Load) -> f64| median(rounds.iter().map(|round| what(&round[which])));
    let ratio = |which: usize, what: fn(&Load) -> f64| median(rounds.iter().map(|round| what(&round[which]) / what(&round[0])));
    figures.want("answers a second, of the fixed answer's", ratio(2, |load| load.rate), "times", Wanted::AtLeast(0.8));
    figures.want("p99, of the fixed answer's", ratio(2, |load| load.p99), "times", Wanted::AtMost(1.5));
    figures.tell("the fixed 303", of(0, |load| load.rate), "answers/s");
    figures.tell("the resolution as a fixed answer", of(1, |load| load.rate), "answers/s");
    figures.tell("GET /v1/resolve", of(2, |load| load.rate), "answers/s");
    figures.tell("the fixed 303 inside every layer", of(3, |load| load.rate), "answers/s");
    figures.tell("GET /v1/resolve by routes and layers", of(4, |load| load.rate), "answers/s");
    figures.tell("p99 of the fixed 303", of(0, |load| load.p99), "ms");
    figures.tell("p99 of GET /v1/resolve", of(2, |load| load.p99), "ms");

    figures.chapter("Where the rest goes: processor time of one answer");
    let cost: Vec<f64> = (0..5).map(|which| of(which, |load| load.cost)).collect();
    figures.tell("the fixed 303", cost[0], "µs");
    figures.tell("a larger answer with more headers", cost[1] - cost[0], "µs");
    figures.tell("the rest of GET /v1/resolve", cost[2] - cost[1], "µs");
    steps(runtime, &pool, figures)?;
    figures.tell("every layer around a fixed 303", cost[3] - cost[0], "µs");
    figures.tell("routes and layers, where it goes the long way", cost[4] - cost[2], "µs");
    figures.note(
        "The larger answer is the resolution itself, byte for byte, answered by a handler that knows nothing else. The rest is the \
         look into memory, the link, the resolution, its JSON, and the counters; the lines with a dot are steps of it, each timed \
         alone in a loop. Routes and layers are what every other request goes through.",
    );
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
    figures.tell("· writing JSON", time(|| drop(black_box(serde_json::to_vec(black_box(&resolution))))), "µs");
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

/// A handler of the same answer as that server's: its status, headers and body.
async fn copy(address: &str) -> anyhow::Result<Router> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("GET {} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n", path()).as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an answer has a head")?;
    let mut headers = HeaderMap::new();
    for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
        // The connection's own are written for each answer anyway.
        if !["connection", "content-length", "date"].contains(&name) {
            headers.insert(HeaderName::from_str(name)?, value.parse()?);
        }
    }
    let body = Bytes::from(body.to_owned());
    Ok(Router::new().route(PATH, get(move || async move { (headers, body) })))
}

/// Serves a router on a port of its own.
fn start(runtime: &Runtime, router: Router) -> anyhow::Result<SocketAddr> {
    let (listener, address) = listen(runtime)?;
    runtime.spawn(serve(listener, router, PATIENCE, std::future::pending()));
    Ok(address)
}

fn listen(runtime: &Runtime) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

fn path() -> String {
    format!("{}?{QUERY}", PATH.replace("{slug}", "my-app"))
}
