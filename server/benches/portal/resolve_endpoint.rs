//! Compares a warm `GET /v1/resolve` with a handler in the same process that returns a fixed 303, and shows where the time goes.

use std::{
    hint::black_box,
    net::SocketAddr,
    str::FromStr,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use app::{
    instances::store,
    redirects::{Flow, LinkParams, Visit, resolve},
};
use axum::{
    Extension, Router,
    body::Bytes,
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, StatusCode, header},
    routing::get,
};
use server::{
    config::SecondFactor,
    http::{dashboard_url::DashboardUrl, options::HttpOptions},
    measured::{HEADER_TIMEOUT, MaxConnections, around, keep_metrics, serve, serve_each},
    portal::{
        FastPath,
        snapshot::Snapshots,
        visits::{Flusher, VisitCounter},
    },
    secret_key_file::SecretKeyFile,
};
use sqlx::PgPool;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tower::Layer;

use crate::{
    load::{Load, load},
    process::{Admin, Client, Postgres},
    report::{Limit, Report, median},
};

const ROUNDS: usize = 9;
const SECONDS: u32 = 2;

/// The link's target and query.
const TARGET: &str = "https://app.myapp.com/dashboard";
const QUERY: &str = "flow=sign-in&redirect_url=https%3A%2F%2Fapp.myapp.com%2Fdashboard";
/// A link to one of the preview origins of `my-previews`.
const PREVIEW_QUERY: &str = "flow=sign-in&redirect_url=https%3A%2F%2Fpreview-250.example%2Fdashboard";
/// How many preview origins `my-previews` has: the most that an instance may have.
const PREVIEW_ORIGINS: i32 = 500;
const PATH: &str = "/portal/{slug}/v1/resolve";

/// The snapshot memory, in bytes: more than enough.
const MEMORY: u64 = 64 * 1024 * 1024;

/// How often the server sorts recorded values into the buckets of histograms.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// How long counted visits would be kept, in days.
const KEEP_DAYS: u32 = 90;

/// How often to repeat a step for timing it.
const REPETITIONS: u32 = 200_000;

/// Adds the figures to the report.
///
/// # Errors
/// A server can't be started, or a response is an error.
pub(crate) fn measure(runtime: &Runtime, postgres: &Postgres, report: &mut Report) -> anyhow::Result<()> {
    // Log and record metrics as the server does, so that the figures include their cost.
    tracing_subscriber::fmt().with_env_filter("info,sqlx=warn").with_writer(std::io::sink).try_init().ok();
    let metrics = keep_metrics()?;
    runtime.spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP_INTERVAL).await;
            metrics.run_upkeep();
        }
    });
    let pool = runtime.block_on(create_database(postgres))?;
    let dashboard_url = DashboardUrl::new(None, ([127, 0, 0, 1], 3000).into())?;
    let _inside = runtime.enter();
    let uncounted = Snapshots::new(pool.clone(), MEMORY);
    let visits = VisitCounter::new(MEMORY);
    let mut flusher = Flusher::new(&visits, pool.clone(), KEEP_DAYS)?;
    runtime.spawn(async move { match flusher.run().await {} });
    let snapshots = uncounted.clone().with_visits(visits);
    let fast_path = FastPath::new(snapshots.clone());
    let second_factor = SecondFactor { is_required: false, key_file: SecretKeyFile::new("/nowhere/secret.key") };
    let router = server::router::site(pool.clone(), snapshots, dashboard_url, HttpOptions::default(), second_factor).router;
    let long = start(runtime, router.clone())?;
    let uncounted = start_fast(runtime, FastPath::new(uncounted), router.clone())?;
    let portal = start_fast(runtime, fast_path, router)?;
    let response = Client::new(&portal.to_string()).get(&path())?;
    ensure!(response.status == 200 && response.json()["target"] == TARGET, "{response:?}");

    // In the same process, with the same connections and protocol.
    let fixed = Router::new().route(PATH, get(|| async { (StatusCode::SEE_OTHER, [(header::LOCATION, TARGET)]) }));
    let copied = runtime.block_on(copy(&portal.to_string()))?;
    let bare = start(runtime, fixed.clone())?;
    let copied = start(runtime, copied)?;
    let layered = start(runtime, around(fixed))?;

    report.section("Warm GET /v1/resolve, 32 connections, compared with a fixed 303 in the same process");
    let previews = format!("{}?{PREVIEW_QUERY}", PATH.replace("{slug}", "my-previews"));
    let allowed = Client::new(&portal.to_string()).get(&previews)?.json();
    ensure!(allowed["source"] == "redirect_url", "a preview origin is not allowed: {allowed}");
    let same = [bare, copied, portal, layered, long, uncounted].map(|address| format!("http://{address}{}", path()));
    let targets: Vec<_> = same.into_iter().chain([format!("http://{portal}{previews}")]).collect();
    for url in &targets {
        load(url, std::process::id(), 1)?;
    }
    let mut rounds: Vec<[Load; 7]> = Vec::new();
    for _ in 0..ROUNDS {
        let mut round = Vec::new();
        for url in &targets {
            round.push(load(url, std::process::id(), SECONDS)?);
        }
        rounds.extend(<[Load; 7]>::try_from(round));
    }
    let of = |which: usize, what: fn(&Load) -> f64| median(rounds.iter().map(|round| what(&round[which])));
    let ratio = |which: usize, what: fn(&Load) -> f64| median(rounds.iter().map(|round| what(&round[which]) / what(&round[0])));
    report.check("throughput compared with the fixed 303", ratio(2, |load| load.rate), "times", Limit::AtLeast(0.8));
    report.check("p99 compared with the fixed 303", ratio(2, |load| load.p99), "times", Limit::AtMost(1.5));
    let counted = median(rounds.iter().map(|round| round[2].rate / round[5].rate));
    report.check("throughput with visits counted, compared with none counted", counted, "times", Limit::AtLeast(0.95));
    let previews = median(rounds.iter().map(|round| round[6].rate / round[2].rate));
    report.check("throughput to one of 500 preview origins, compared with the domain", previews, "times", Limit::AtLeast(0.9));
    report.info("the fixed 303", of(0, |load| load.rate), "responses/s");
    report.info("the resolution as a fixed response", of(1, |load| load.rate), "responses/s");
    report.info("GET /v1/resolve", of(2, |load| load.rate), "responses/s");
    report.info("GET /v1/resolve without counting visits", of(5, |load| load.rate), "responses/s");
    report.info("the fixed 303 inside every layer", of(3, |load| load.rate), "responses/s");
    report.info("GET /v1/resolve through all routes and layers", of(4, |load| load.rate), "responses/s");
    report.info("p99 of the fixed 303", of(0, |load| load.p99), "ms");
    report.info("p99 of GET /v1/resolve", of(2, |load| load.p99), "ms");

    report.section("Where the time goes: CPU time per response");
    let cost: Vec<f64> = (0..6).map(|which| of(which, |load| load.cost)).collect();
    report.info("the fixed 303", cost[0], "µs");
    report.info("a larger response with more headers", cost[1] - cost[0], "µs");
    report.info("the rest of GET /v1/resolve", cost[2] - cost[1], "µs");
    steps(runtime, &pool, report)?;
    report.info("of the rest: counting the visit", cost[2] - cost[5], "µs");
    report.info("every layer around a fixed 303", cost[3] - cost[0], "µs");
    report.info("all routes and layers, without the fast path", cost[4] - cost[2], "µs");
    report.note(
        "The larger response is the resolution byte for byte, returned by a fixed handler. The rest is the lookup in memory, the link, \
         the resolution, its JSON and the counters; the lines with a dot are steps of it, each timed alone in a loop. Every other \
         request goes through all routes and layers.",
    );
    Ok(())
}

/// Times each step of the handler alone.
fn steps(runtime: &Runtime, pool: &PgPool, report: &mut Report) -> anyhow::Result<()> {
    let stored = runtime.block_on(store::find(pool, "my-app"))?.ok_or_else(|| anyhow::anyhow!("the instance is missing"))?;
    let link = LinkParams::read(QUERY);
    let visit = Visit { flow: Flow::SignIn, link: &link, requesting: None, now: None };
    let resolution = resolve(&stored.instance, &stored.fallbacks, visit);
    report.info("· parsing the link", time(|| drop(black_box(LinkParams::read(black_box(QUERY))))), "µs");
    report.info("· resolving", time(|| drop(black_box(resolve(black_box(&stored.instance), &stored.fallbacks, visit)))), "µs");
    report.info("· writing JSON", time(|| drop(black_box(serde_json::to_vec(black_box(&resolution))))), "µs");
    Ok(())
}

/// The duration of a step, in microseconds.
fn time(work: impl Fn()) -> f64 {
    let rounds = (0..5).map(|_| {
        let start = Instant::now();
        (0..REPETITIONS).for_each(|_| work());
        start.elapsed().as_secs_f64() * 1e6 / f64::from(REPETITIONS)
    });
    median(rounds)
}

/// Creates a database with one instance.
async fn create_database(postgres: &Postgres) -> anyhow::Result<PgPool> {
    let pool = PgPool::connect_with(postgres.options("postgres")).await?;
    sqlx::migrate!("../migrations").run(&pool).await?;
    let admin = Admin::new(&pool).await;
    admin.create(&pool, "my-app", "myapp.com").await;
    admin.create(&pool, "my-previews", "mypreviews.com").await;
    sqlx::query(
        "insert into preview_origins (instance_id, origin, expires_at, added_by)
        select i.id, 'https://preview-' || n || '.example', date_trunc('second', now()) + interval '90 days', 'the benchmark'
        from instances i, generate_series(1, $1) n where i.slug = 'my-previews'",
    )
    .bind(PREVIEW_ORIGINS)
    .execute(&pool)
    .await?;
    Ok(pool)
}

/// A handler that returns a copy of the server's response: its headers and body.
async fn copy(address: &str) -> anyhow::Result<Router> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("GET {} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n", path()).as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    let (head, body) = response.split_once("\r\n\r\n").context("a response has a head")?;
    let mut headers = HeaderMap::new();
    for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
        // The server writes these for each response anyway.
        if !["connection", "content-length", "date"].contains(&name) {
            headers.insert(HeaderName::from_str(name)?, value.parse()?);
        }
    }
    let body = Bytes::from(body.to_owned());
    Ok(Router::new().route(PATH, get(move || async move { (headers, body) })))
}

/// Serves a router on a free port.
fn start(runtime: &Runtime, router: Router) -> anyhow::Result<SocketAddr> {
    let (listener, address) = listen(runtime)?;
    runtime.spawn(serve(listener, router, HEADER_TIMEOUT, std::future::pending()));
    Ok(address)
}

/// Serves with the fast path before the router, as the server does.
fn start_fast(runtime: &Runtime, fast_path: FastPath, router: Router) -> anyhow::Result<SocketAddr> {
    let (listener, address) = listen(runtime)?;
    let each = move |client: SocketAddr| fast_path.clone().before(Extension(ConnectInfo(client)).layer(router.clone()));
    runtime.spawn(serve_each(
        listener,
        each,
        None::<std::convert::Infallible>,
        MaxConnections::INTERNAL,
        HEADER_TIMEOUT,
        std::future::pending(),
    ));
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
