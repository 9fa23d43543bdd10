//! Floods the server with what strangers and viewers can send, and measures what visitors notice of it: the latency of warm responses,
//! the health check, the memory, and whether the private PostgreSQL goes on undisturbed.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use app::{
    fixtures::{member, owner, session},
    members::role::Role,
};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use sqlx::{PgPool, postgres::PgConnectOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Runtime,
    task::JoinSet,
};

use crate::{
    load::memory,
    process::{
        Admin, Client,
        server_process::{ServerProcess, serve},
    },
    report::{Limit, Report, quantile},
};

/// How long the server is watched at rest, and at least during each flood.
const WATCHED: Duration = Duration::from_secs(6);

/// The pause between two requests of the visitor.
const PAUSE: Duration = Duration::from_millis(1);

/// Of how many of the visitor's requests one is a health check.
const HEALTH_CHECK_EVERY: u32 = 100;

/// The soft limit of open files that the server starts with.
const OPEN_FILES: u32 = 1_024;

/// The portal's own origin. A proxy with TLS passes its host on.
const PORTAL: &str = "https://accounts.myapp.com";

const RESOLVE: &str = "/portal/my-app/v1/resolve?flow=sign-in&redirect_url=https%3A%2F%2Fmyapp.com%2Fx";
const LISTS: &str = "/instances/my-app/preview/links";
const MIB: f64 = 1024.0 * 1024.0;

/// What a visitor noticed.
#[derive(Debug, Default)]
struct Noticed {
    /// The latency of warm responses, in milliseconds.
    latencies: Vec<f64>,
    /// How many health checks failed.
    unhealthy: u32,
    /// The most memory that the server used, in bytes.
    memory: f64,
}

/// Adds the figures to the report.
///
/// # Errors
/// The server can't be started, or a response is an error.
pub(crate) fn measure(runtime: &Runtime, report: &mut Report) -> anyhow::Result<()> {
    report.section("Warm responses, /readyz and memory under floods, compared with a server at rest");
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    let folder = tempfile::tempdir()?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711))?;
    let data = folder.path().join("data");
    let (process, address) = start(&data)?;
    let server = process.child.id();
    let (owner, viewers) = runtime.block_on(fill(&data))?;
    let postgres = fs::read_to_string(data.join("postgres/postmaster.pid"))?;

    let rest = watch(&address, server, || {
        thread::sleep(WATCHED);
        Ok(())
    })?;
    let p99 = quantile(rest.latencies.iter().copied(), 0.99);
    report.info("warm responses at rest, p99", p99, "ms");
    report.info("memory at rest", rest.memory / MIB, "MiB");
    let mut flood = |name: &str, work: &dyn Fn() -> anyhow::Result<()>| {
        thread::sleep(Duration::from_secs(2));
        let noticed = watch(&address, server, work)?;
        let latency = quantile(noticed.latencies.iter().copied(), 0.99);
        report.check(format!("{name}: p99"), latency, "ms", Limit::AtMost(3.0 * p99 + 5.0));
        report.check(format!("{name}: failed /readyz"), noticed.unhealthy.into(), "", Limit::AtMost(0.0));
        report.check(format!("{name}: more memory"), (noticed.memory - rest.memory) / MIB, "MiB", Limit::AtMost(200.0));
        anyhow::Ok(())
    };
    flood("200 sign-ins", &|| runtime.block_on(sign_ins(&address, 200)))?;
    flood("8 costly sign-ups", &|| runtime.block_on(sign_ups(&address, 8)))?;
    flood("60 unread lists", &|| runtime.block_on(unread_lists(&address, &owner, 60)))?;
    flood("2,000 idle connections", &|| runtime.block_on(idle(&address, 2_000)))?;
    flood("10 x 10,000 links", &|| runtime.block_on(checks(&address, &viewers)))?;
    let is_same = fs::read_to_string(data.join("postgres/postmaster.pid")).is_ok_and(|now| now == postgres);
    report.check("restarts of PostgreSQL", if is_same { 0.0 } else { 1.0 }, "", Limit::AtMost(0.0));
    Ok(())
}

/// Starts a server with a private PostgreSQL, behind a proxy that says who its clients are.
fn start(data: &Path) -> anyhow::Result<(ServerProcess, String)> {
    let data = data.to_str().context("a UTF-8 path")?;
    let serve = serve(&["--log", "error", "--data-dir", data, "--client-address", "XRealIp", "--metrics-listen", "off"]);
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -Sn {OPEN_FILES} && exec \"$0\" \"$@\"")]).arg(serve.get_program()).args(serve.get_args());
    for variable in serve.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name) {
        command.env_remove(variable);
    }
    let process = ServerProcess::start(&mut command);
    let address = process.output.iter().find_map(|line| Some(line.split_once("ready: http://")?.1.to_owned()));
    Ok((process, address.context("the server does not start")?))
}

/// Makes an instance, its owner, and ten viewers. Returns the owner's and the viewers' cookies.
async fn fill(data: &Path) -> anyhow::Result<(String, Vec<String>)> {
    let options = PgConnectOptions::new_without_pgpass().socket(data.join("run")).username("portal_redirects").database("portal_redirects");
    let pool = PgPool::connect_with(options).await?;
    Admin::new(&pool).await.create(&pool, "my-app", "myapp.com").await;
    let cookie = async |admin: Option<i64>| Some(format!("portal-redirects-session={}", session(&pool, admin?).await.secret()));
    let mut viewers = Vec::new();
    for number in 0..10 {
        let viewer = member(&pool, &format!("viewer{number}@myapp.com"), "my-app", Role::Viewer).await;
        viewers.push(cookie(viewer.admin).await.context("a viewer")?);
    }
    Ok((cookie(owner(&pool).await.admin).await.context("an owner")?, viewers))
}

/// Watches the server as a visitor sees it, while `work` runs.
fn watch(address: &str, server: u32, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Noticed> {
    let end = Arc::new(AtomicBool::new(false));
    let (ended, address) = (Arc::clone(&end), address.to_owned());
    let visitor = thread::spawn(move || {
        let (mut client, mut noticed, mut number) = (Client::new(&address), Noticed::default(), 0);
        while !ended.load(Ordering::Relaxed) {
            let sent = Instant::now();
            let response = client.get(RESOLVE)?;
            noticed.latencies.push(sent.elapsed().as_secs_f64() * 1e3);
            ensure!(response.status == 200, "{response:?}");
            if number % HEALTH_CHECK_EVERY == 0 {
                // On a connection of its own, as a load balancer's.
                let is_healthy = Client::new(&address).get("/readyz").is_ok_and(|response| response.status == 200);
                noticed.unhealthy += u32::from(!is_healthy);
                noticed.memory = noticed.memory.max(memory(server)?);
            }
            number += 1;
            thread::sleep(PAUSE);
        }
        anyhow::Ok(noticed)
    });
    let done = work();
    end.store(true, Ordering::Relaxed);
    let noticed = visitor.join().map_err(|_| anyhow::anyhow!("the visitor's thread panicked"))?;
    done.and(noticed)
}

/// Repeats a request on this many connections until the time is over. Each request comes from a client of its own.
async fn repeat<F: Future<Output = anyhow::Result<()>> + Send + 'static>(
    connections: u32,
    request: impl Fn(u32) -> F + Clone + Send + 'static,
) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut all = JoinSet::new();
    for connection in 0..connections {
        let request = request.clone();
        all.spawn(async move {
            let mut number = connection;
            while start.elapsed() < WATCHED {
                request(number).await?;
                number += connections;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = all.join_next().await {
        done??;
    }
    Ok(())
}

async fn sign_ins(address: &str, connections: u32) -> anyhow::Result<()> {
    let address = address.to_owned();
    repeat(connections, move |number| {
        let address = address.clone();
        async move {
            let body = format!("email=stranger{number}%40myapp.com&password=a+wrong+password&next=");
            let answer = post(&address, "/account/sign-in", &form_headers(number), body.as_bytes()).await?;
            let is_refused = ["401", "422", "429", "503"].iter().any(|status| answer.starts_with(&format!("HTTP/1.1 {status}")));
            ensure!(is_refused, "{answer:.300}");
            Ok(())
        }
    })
    .await
}

async fn sign_ups(address: &str, connections: u32) -> anyhow::Result<()> {
    let (address, password) = (address.to_owned(), "p4ssw0rd1qwertyL3tm31n".repeat(45));
    repeat(connections, move |number| {
        let (address, password) = (address.clone(), password.clone());
        async move {
            let body = format!(
                "email_address=visitor{number}%40myapp.com&phone_number=&username=&first_name=&last_name=&password={number}{password}"
            );
            let answer = post_to(&address, PORTAL, "/sign-up", &form_headers(number), body.as_bytes()).await?;
            ensure!(answer.starts_with("HTTP/1.1 422") || answer.starts_with("HTTP/1.1 303"), "{answer:.300}");
            Ok(())
        }
    })
    .await
}

/// Posts lists, and reads none of the answers.
async fn unread_lists(address: &str, cookie: &str, connections: u32) -> anyhow::Result<()> {
    let body = list_form(&"https://accounts.myapp.com/sign-in?username=somebody-with-a-rather-long-name\n".repeat(9_990));
    let mut unread = Vec::new();
    for number in 0..connections {
        let mut stream = TcpStream::connect(address).await?;
        let head = head(&format!("http://{address}"), LISTS, &list_headers(number, cookie), body.len());
        let body = body.clone();
        unread.push(tokio::spawn(async move {
            stream.write_all(head.as_bytes()).await?;
            // The server reads the list only when its turn has come.
            drop(tokio::time::timeout(WATCHED, stream.write_all(&body)).await);
            std::io::Result::Ok(stream)
        }));
    }
    tokio::time::sleep(WATCHED).await;
    for stream in unread {
        drop(stream.await?);
    }
    Ok(())
}

async fn idle(address: &str, connections: u32) -> anyhow::Result<()> {
    let mut idle = Vec::new();
    for _ in 0..connections {
        // The server may be as full as it wants to be.
        idle.push(tokio::time::timeout(Duration::from_millis(100), TcpStream::connect(address)).await);
    }
    tokio::time::sleep(WATCHED).await;
    Ok(())
}

async fn checks(address: &str, cookies: &[String]) -> anyhow::Result<()> {
    let link = |n: u32| format!("https://accounts.myapp.com/sign-in?redirect_url=https%3A%2F%2Fapp{n}.example%2F");
    let links = (0..10_000).map(link).collect::<Vec<_>>().join("\n");
    let (address, cookies, body) = (address.to_owned(), cookies.to_vec(), Arc::new(list_form(&links)));
    repeat(u32::try_from(cookies.len())?, move |number| {
        let (address, body) = (address.clone(), Arc::clone(&body));
        let cookie = cookies[number as usize % cookies.len()].clone();
        async move {
            let answer = post(&address, LISTS, &list_headers(number, &cookie), &body).await?;
            ensure!(answer.starts_with("HTTP/1.1 200"), "{answer:.300}");
            Ok(())
        }
    })
    .await
}

fn form_headers(client: u32) -> String {
    format!("{}content-type: application/x-www-form-urlencoded\r\n", client_header(client))
}

fn list_headers(client: u32, cookie: &str) -> String {
    format!("{}cookie: {cookie}\r\ncontent-type: multipart/form-data; boundary=edge\r\n", client_header(client))
}

/// Each client has an address of its own.
fn client_header(client: u32) -> String {
    let [_, a, b, c] = client.to_be_bytes();
    format!("x-real-ip: 10.{a}.{b}.{c}\r\n")
}

fn list_form(links: &str) -> Vec<u8> {
    format!("--edge\r\nContent-Disposition: form-data; name=\"links\"\r\n\r\n{links}\r\n--edge--\r\n").into_bytes()
}

fn head(origin: &str, path: &str, headers: &str, length: usize) -> String {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\n{headers}accept-encoding: gzip\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n"
    )
}

/// Posts a body to the dashboard, and reads the answer.
async fn post(address: &str, path: &str, headers: &str, body: &[u8]) -> anyhow::Result<String> {
    post_to(address, &format!("http://{address}"), path, headers, body).await
}

/// Posts a body to that origin, and reads the answer.
async fn post_to(address: &str, origin: &str, path: &str, headers: &str, body: &[u8]) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(head(origin, path, headers, body.len()).as_bytes()).await?;
    stream.write_all(body).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
