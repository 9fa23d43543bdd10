//! Measures how many sign-ins one core does in a second, and what other visitors notice of them. Hashing the password is nearly all of it.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread::{self, available_parallelism},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use app::{
    credentials::client::Client as Browser,
    instances::store,
    portal::{form::SignUpForm, identity, identity::IdentityKind},
};
use sqlx::PgPool;
use tokio::runtime::Runtime;

use crate::{
    load::cpu_time,
    peers::on_core,
    process::{
        Admin, Client, Postgres,
        server_process::{ServerProcess, serve},
    },
    report::{Limit, Report, quantile},
    statements,
};

/// How many people sign in at the same time, each to an account of their own.
const PEOPLE: u32 = 16;

/// How long the server is watched, at rest and while people sign in.
const WATCHED: Duration = Duration::from_secs(10);

/// The pause between two requests of the visitor.
const PAUSE: Duration = Duration::from_millis(1);

const PASSWORD: &str = "correct horse battery staple";
const SIGN_IN: &str = "/portal/my-app/sign-in";

/// What the visitor asks for.
const ASKED: [(&str, &str); 2] =
    [("GET /v1/resolve", "/portal/my-app/v1/resolve?flow=sign-in&redirect_url=https%3A%2F%2Fmyapp.com%2Fx"), ("GET /healthz", "/healthz")];

/// Adds the figures to the report.
///
/// # Errors
/// The server can't be started, or a response is an error.
pub(crate) fn measure(runtime: &Runtime, postgres: &Postgres, report: &mut Report) -> anyhow::Result<()> {
    report.section("Sign-ins with a password, on one core");
    if available_parallelism()?.get() < 2 {
        report.note("Not measured: this machine has one core, and the load needs another one.");
        return Ok(());
    }
    let pool = runtime.block_on(statements::create(postgres, "sign_ins"))?;
    let url = postgres.url("sign_ins");
    let flags = ["--log", "error", "--database-url", &url, "--metrics-listen", "off"];
    let server = ServerProcess::start(&mut on_core(&serve(&flags)));
    let ready = |line: String| Some(line.split_once("ready: http://")?.1.to_owned());
    let address = server.output.iter().find_map(ready).context("can't start a server")?;
    runtime.block_on(fill(&pool))?;

    let rest = watch(&address, || {
        thread::sleep(WATCHED);
        Ok(())
    })?;
    let ([mut signed_in, mut failed], mut took, mut cpu) = ([0, 0], Duration::ZERO, 0.0);
    let meanwhile = watch(&address, || {
        let (before, begun) = (cpu_time(server.child.id())?, Instant::now());
        [signed_in, failed] = sign_ins(&address)?;
        took = begun.elapsed();
        cpu = cpu_time(server.child.id())?.iter().sum::<f64>() - before.iter().sum::<f64>();
        Ok(())
    })?;
    report.info("sign-ins on one core", f64::from(signed_in) / took.as_secs_f64(), "sign-ins/s");
    report.info("sign-ins in a second of processor time", f64::from(signed_in) / cpu, "sign-ins/s");
    report.check("sign-ins that failed", failed.into(), "", Limit::AtMost(0.0));
    for (((name, _), rest), meanwhile) in ASKED.into_iter().zip(rest).zip(meanwhile) {
        let [rest, meanwhile] = [rest, meanwhile].map(|latencies| quantile(latencies, 0.99));
        report.info(format!("{name} at rest: p99"), rest, "ms");
        report.check(format!("{name} while people sign in: p99"), meanwhile, "ms", Limit::AtMost(3.0 * rest + 5.0));
    }
    Ok(())
}

/// Creates an instance, and an account for everybody.
async fn fill(pool: &PgPool) -> anyhow::Result<()> {
    Admin::new(pool).await.create(pool, "my-app", "myapp.com").await;
    let instance = store::find(pool, "my-app").await?.context("the instance is missing")?.id;
    let form = SignUpForm { username: "person".into(), password: PASSWORD.into(), ..SignUpForm::default() };
    identity(IdentityKind::Accounts, pool, instance).sign_up(&form, &Browser::default()).await?;
    let others = "insert into visitors (instance_id, username, password_hash)
        select instance_id, username || '-' || n, password_hash from visitors, generate_series(1, $1) n";
    sqlx::query(others).bind(i64::from(PEOPLE)).execute(pool).await?;
    Ok(())
}

/// Signs people in until the time is over. Returns how many are signed in, and how many are not.
fn sign_ins(address: &str) -> anyhow::Result<[u32; 2]> {
    let (counts, begun) = ([AtomicU32::new(0), AtomicU32::new(0)], Instant::now());
    let sign_in = |person: u32| {
        let (mut client, identifier) = (Client::new(address), format!("person-{person}"));
        while begun.elapsed() < WATCHED {
            let answer = client.post(SIGN_IN, "", &[("identifier", &identifier), ("password", PASSWORD)])?;
            // Where somebody is not signed in, they get the page again.
            counts[usize::from(answer.status != 303)].fetch_add(1, Ordering::Relaxed);
        }
        anyhow::Ok(())
    };
    thread::scope(|scope| {
        let people: Vec<_> = (1..=PEOPLE).map(|person| scope.spawn(move || sign_in(person))).collect();
        people.into_iter().try_for_each(|person| person.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?)
    })?;
    Ok(counts.map(AtomicU32::into_inner))
}

/// Asks the server as another visitor while `work` runs. Returns the latencies of what is asked, in milliseconds.
fn watch(address: &str, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<[Vec<f64>; 2]> {
    let end = AtomicBool::new(false);
    thread::scope(|scope| {
        let visitor = scope.spawn(|| {
            let (mut client, mut latencies) = (Client::new(address), [Vec::new(), Vec::new()]);
            while !end.load(Ordering::Relaxed) {
                for ((_, path), latencies) in ASKED.into_iter().zip(&mut latencies) {
                    let sent = Instant::now();
                    let response = client.get(path)?;
                    latencies.push(sent.elapsed().as_secs_f64() * 1e3);
                    ensure!(response.status == 200, "{response:?}");
                    thread::sleep(PAUSE);
                }
            }
            Ok(latencies)
        });
        let done = work();
        end.store(true, Ordering::Relaxed);
        let latencies = visitor.join().map_err(|_| anyhow::anyhow!("the visitor's thread panicked"))?;
        done.and(latencies)
    })
}
