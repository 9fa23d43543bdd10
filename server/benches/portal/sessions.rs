//! Measures how many answers of a warm `GET /v1/session` one core gives in a second, with everything that a server does around them.

use anyhow::{Context, ensure};
use app::{
    credentials::client::Client as Browser,
    instances::store,
    portal::{form::SignUpForm, identity, identity::IdentityKind},
};
use sqlx::PgPool;
use tokio::runtime::Runtime;

use crate::{
    load::{Load, load},
    process::{Admin, Client, Postgres, Server},
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
    report.section("Warm GET /v1/session, 32 connections");
    let pool = runtime.block_on(statements::create(postgres, "sessions"))?;
    let folder = tempfile::tempdir()?;
    let key = folder.path().join("secret.key");
    let server = Server::start(&postgres.url("sessions"), &["--secret-key-file", key.to_str().context("a UTF-8 path")?])
        .context("can't start a server")?;
    let cookie = runtime.block_on(sign_up(&pool))?;
    let headers = [("host", HOST), ("origin", ORIGIN), ("cookie", cookie.as_str())];
    let ask = || anyhow::Ok(Client::new(&server.address).get_with(PATH, &headers)?.json());
    let first = ask()?;
    ensure!(first["signed_in"] == true && first["token"].is_string(), "{first}");
    ensure!(ask()? == first, "it is signed again");

    let url = format!("http://{}{PATH}", server.address);
    let load = |seconds| load(&url, &headers, server.process.child.id(), seconds);
    load(1)?;
    let rounds = (0..ROUNDS).map(|_| load(SECONDS)).collect::<anyhow::Result<Vec<Load>>>()?;
    let of = |what: fn(&Load) -> f64| median(rounds.iter().map(what));
    report.check("answers in a second of one core's time", 1e6 / of(|load| load.cost), "responses/s", Limit::AtLeast(10_000.0));
    report.info("answers in a second, with wrk on the same machine", of(|load| load.rate), "responses/s");
    report.info("p99", of(|load| load.p99), "ms");
    server.stop();
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
