//! Compares the server with nginx and h2o, which answer with a fixed 303 and decide nothing. Each runs on one core of its own, with the load
//! on another one, in alternating rounds. What counts is processor time per request.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command},
    thread::available_parallelism,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use app::credentials::token::Token;
use sqlx::PgPool;
use tokio::runtime::Runtime;

use crate::{
    load::{Load, Request, load_pinned},
    process::{
        Client, Postgres,
        server_process::{ServerProcess, serve},
    },
    report::{Limit, Report, median},
    statements,
};

const ROUNDS: usize = 7;
const SECONDS: u32 = 2;

/// The core of the servers, and that of the load.
pub(crate) const CORES: [usize; 2] = [0, 1];

/// How long a peer may take until it answers.
const START_TIMEOUT: Duration = Duration::from_secs(10);

const QUERY: &str = "redirect_url=https%3A%2F%2Fapp-1.example%2Fdashboard";

/// Adds the figures to the report.
///
/// # Errors
/// A server can't be started, or a response is an error.
pub(crate) fn measure(runtime: &Runtime, postgres: &Postgres, report: &mut Report) -> anyhow::Result<()> {
    report.section("Compared with nginx, each on one core");
    if available_parallelism()?.get() < 2 {
        report.note("Not measured: this machine has one core, and the load needs another one.");
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let nginx = Peer::nginx(folder.path())?;
    let h2o = Peer::h2o(folder.path())?;
    let pool = runtime.block_on(async {
        let pool = statements::create(postgres, "peers").await?;
        statements::fill(&pool, 1).await?;
        anyhow::Ok(pool)
    })?;
    let cookie = runtime.block_on(begin_session(&pool))?;
    let flags = ["--log", "error", "--database-url", &postgres.url("peers"), "--metrics-listen", "127.0.0.1:0"];
    let server = ServerProcess::start(&mut on_core(&serve(&flags)));
    let ready = |line: String| Some(line.split_once("ready: http://")?.1.to_owned());
    let address = server.output.iter().find_map(ready).context("can't start a server")?;
    let own = |path: &str| Request { url: format!("http://{address}{path}"), headers: Vec::new(), process: server.child.id() };
    let signed_in = Request { headers: vec![format!("cookie: {cookie}")], ..own(&format!("/portal/app-1/sign-in?{QUERY}")) };
    let targets = [
        nginx.request(),
        h2o.request(),
        own(&format!("/portal/app-1/v1/resolve?flow=sign-in&{QUERY}")),
        own("/healthz"),
        own("/portal/app-1/v1/redirects"),
        own(&format!("/portal/app-1/sign-in?{QUERY}")),
        signed_in,
    ];
    let mut client = Client::new(&address);
    let skipped = client.get_page(&format!("/portal/app-1/sign-in?{QUERY}"), &cookie)?;
    ensure!(skipped.status == 303, "the session does not count: {skipped:?}");
    for target in &targets {
        load_pinned(target, CORES[1], 1)?;
    }
    let mut rounds: Vec<Vec<Load>> = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(targets.iter().map(|target| load_pinned(target, CORES[1], SECONDS)).collect::<anyhow::Result<_>>()?);
    }
    show(report, &rounds);
    Ok(())
}

fn show(report: &mut Report, rounds: &[Vec<Load>]) {
    let of = |which: usize, what: fn(&Load) -> f64| median(rounds.iter().map(|round| what(&round[which])));
    let ratio = |which: usize, to: usize, what: fn(&Load) -> f64| median(rounds.iter().map(|round| what(&round[which]) / what(&round[to])));
    for (which, name, most) in [
        (2, "GET /v1/resolve", 1.35),
        (4, "GET /v1/redirects", 1.3),
        (5, "a hosted sign-in page", 3.0),
        (6, "a sign-in link with a session", 2.0),
    ] {
        report.check(
            format!("{name}: processor time compared with nginx"),
            ratio(which, 0, |load| load.cost),
            "times",
            Limit::AtMost(most),
        );
    }
    report.check("GET /v1/resolve: p99 compared with nginx", ratio(2, 0, |load| load.p99), "times", Limit::AtMost(2.0));
    report.check("GET /healthz: processor time compared with GET /v1/resolve", ratio(3, 2, |load| load.cost), "times", Limit::AtMost(1.0));
    for (which, name) in [
        "nginx, a fixed 303",
        "h2o, a fixed 303",
        "GET /v1/resolve",
        "GET /healthz",
        "GET /v1/redirects",
        "a hosted sign-in page",
        "a sign-in link with a session",
    ]
    .into_iter()
    .enumerate()
    {
        report.info(format!("{name}: processor time"), of(which, |load| load.cost), "µs");
        report.info(format!("{name}: of it in user space"), of(which, |load| load.user), "µs");
        report.info(format!("{name}: rate"), of(which, |load| load.rate), "responses/s");
        report.info(format!("{name}: p99"), of(which, |load| load.p99), "ms");
    }
}

/// The same command on the servers' core: it starts as many threads as on a machine that has one.
pub(crate) fn on_core(command: &Command) -> Command {
    let mut pinned = Command::new("taskset");
    pinned.args(["-c", &CORES[0].to_string()]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => pinned.env(name, value),
            None => pinned.env_remove(name),
        };
    }
    pinned
}

/// A visitor's session at `app-1`, as a cookie.
async fn begin_session(pool: &PgPool) -> anyhow::Result<String> {
    let token = Token::new()?;
    let instance: i64 = sqlx::query_scalar("select id from instances where slug = 'app-1'").fetch_one(pool).await?;
    let visitor =
        "insert into visitors (instance_id, email_address, password_hash) values ($1, 'ana@app-1.example', '$argon2id$none') returning id";
    let visitor: i64 = sqlx::query_scalar(visitor).bind(instance).fetch_one(pool).await?;
    let session = "insert into visitor_sessions (visitor_id, token_hash, browser) values ($1, $2, '')";
    sqlx::query(session).bind(visitor).bind(&token.hash()[..]).execute(pool).await?;
    Ok(format!("portal-redirects-visitor-{instance}={}", token.secret()))
}

/// A server of somebody else, which ends with this.
struct Peer {
    process: Child,
    address: String,
}

impl Peer {
    fn nginx(folder: &Path) -> anyhow::Result<Self> {
        let folder = made(folder.join("nginx"))?;
        Self::start("nginx", &folder, |address| {
            format!(
                "daemon off; master_process off; worker_processes 1; pid {0}/pid; error_log {0}/error;
                events {{ worker_connections 256; }}
                http {{ access_log off; keepalive_requests 1000000000;
                    client_body_temp_path {0}/body; proxy_temp_path {0}/proxy; fastcgi_temp_path {0}/fastcgi;
                    uwsgi_temp_path {0}/uwsgi; scgi_temp_path {0}/scgi;
                    server {{ listen {address} reuseport; location / {{ return 303 https://app-1.example/dashboard; }} }} }}",
                folder.display()
            )
        })
    }

    fn h2o(folder: &Path) -> anyhow::Result<Self> {
        let folder = made(folder.join("h2o"))?;
        Self::start("h2o", &folder, |address| {
            let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
            format!(
                "num-threads: 1\nhttp1-request-timeout: 60\nlisten:\n  host: {host}\n  port: {port}\nuser: root\nhosts:\n  default:\n    paths:\n      /:\n        \
                redirect:\n          status: 303\n          url: https://app-1.example/dashboard\n"
            )
        })
    }

    fn start(program: &str, folder: &Path, configuration: impl Fn(&str) -> String) -> anyhow::Result<Self> {
        // Nothing else takes the port in this moment.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let file = folder.join("configuration");
        fs::write(&file, configuration(&address))?;
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let process = Command::new("taskset")
            .args(["-c", &CORES[0].to_string(), program, "-c"])
            .arg(&file)
            .env("PATH", path)
            .stderr(fs::File::create(folder.join("stderr"))?)
            .spawn()
            .with_context(|| format!("can't run {program}; .ci/setup bench installs it"))?;
        let mut peer = Self { process, address };
        let begun = Instant::now();
        while TcpStream::connect(&peer.address).is_err() {
            if peer.process.try_wait()?.is_some() || begun.elapsed() > START_TIMEOUT {
                bail!("{program} does not start: {}", fs::read_to_string(folder.join("stderr")).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(peer)
    }

    fn request(&self) -> Request {
        Request { url: format!("http://{}/sign-in?{QUERY}", self.address), headers: Vec::new(), process: self.process.id() }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn made(folder: PathBuf) -> anyhow::Result<PathBuf> {
    fs::create_dir(&folder)?;
    Ok(folder)
}
