//! Measures how many answers of a warm `GET /v1/session` one core gives in a second, with everything that a server does around them.

use std::thread::available_parallelism;

use anyhow::{Context, ensure};
use app::{
    credentials::client::Client as Browser,
    instances::store,
    portal::{form::SignUpForm, identity, identity::IdentityKind},
};
use sqlx::PgPool;
use tokio::runtime::Runtime;

use crate::{
    load::{Load, Request, load_pinned},
    peers::{CORES, on_core},
    process::{
        Admin, Client, Postgres,
        server_process::{ServerProcess, serve},
    },
    report::{Limit, Report, median},
    statements,
};

const ROUNDS: usize = 5;
const SECONDS: u32 = 2;
const PATH: &str = "/v1/session";

/// The portal's host, and the origin of its home URL.
const HOST: &str = "accounts.myapp.com";
const ORIGIN: &str = "https://myapp.com";

/// Adds the figures to the report.
///
/// # Errors
/// The server can't be started, or a response is an error.
pub(crate) fn measure(runtime: &Runtime, postgres: &Postgres, report: &mut Report) -> anyhow::Result<()> {
    report.section("Warm GET /v1/session, on one core");
    if available_parallelism()?.get() < 2 {
        report.note("Not measured: this machine has one core, and the load needs another one.");
        return Ok(());
    }
    let pool = runtime.block_on(statements::create(postgres, "sessions"))?;
    let folder = tempfile::tempdir()?;
    let key = folder.path().join("secret.key");
    let key = key.to_str().context("a UTF-8 path")?;
    let url = postgres.url("sessions");
    let flags = ["--log", "error", "--database-url", &url, "--secret-key-file", key, "--metrics-listen", "127.0.0.1:0"];
    let server = ServerProcess::start(&mut on_core(&serve(&flags)));
    let ready = |line: String| Some(line.split_once("ready: http://")?.1.to_owned());
    let address = server.output.iter().find_map(ready).context("can't start a server")?;

    let cookie = runtime.block_on(sign_up(&pool))?;
    // wrk knows only this spelling of the first one.
    let headers = [("Host", HOST), ("origin", ORIGIN), ("cookie", cookie.as_str())];
    let ask = || anyhow::Ok(Client::new(&address).get_with(PATH, &headers)?.json());
    let first = ask()?;
    ensure!(first["signed_in"] == true && first["token"].is_string(), "{first}");
    ensure!(ask()? == first, "it is signed again");

    let headers = headers.map(|(name, value)| format!("{name}: {value}")).to_vec();
    let request = Request { url: format!("http://{address}{PATH}"), headers, process: server.child.id() };
    load_pinned(&request, CORES[1], 1)?;
    let rounds = (0..ROUNDS).map(|_| load_pinned(&request, CORES[1], SECONDS)).collect::<anyhow::Result<Vec<Load>>>()?;
    let of = |what: fn(&Load) -> f64| median(rounds.iter().map(what));
    // By the processor time that they take, since others may use the core too.
    report.check("answers in a second of processor time", 1e6 / of(|load| load.cost), "responses/s", Limit::AtLeast(10_000.0));
    report.info("rate", of(|load| load.rate), "responses/s");
    report.info("processor time", of(|load| load.cost), "µs");
    report.info("p99", of(|load| load.p99), "ms");
    Ok(())
}

/// Creates an instance and a visitor. Returns the cookie of their session.
async fn sign_up(pool: &PgPool) -> anyhow::Result<String> {
    Admin::new(pool).await.create(pool, "my-app", "myapp.com").await;
    let instance = store::find(pool, "my-app").await?.context("the instance is missing")?.id;
    let form = SignUpForm { username: "ana".into(), password: "correct horse battery staple".into(), ..SignUpForm::default() };
    let session = identity(IdentityKind::Accounts, pool, instance).sign_up(&form, &Browser::default()).await?;
    Ok(format!("__Host-portal-redirects-visitor-{instance}={}", session.secret()))
}
