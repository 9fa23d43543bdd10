//! A million instances in the table, beside ten: start-up, warm answers, memory, and what a first answer costs PostgreSQL.

use std::time::Instant;

use anyhow::{Context, ensure};
use sqlx::PgPool;
use tokio::runtime::Runtime;

use crate::{
    load::{load, memory},
    process::{Client, Postgres, Server},
    report::{Figures, Wanted, median},
    statements,
};

const MANY: i32 = 1_000_000;
const FEW: i32 = 10;

/// How many are warmed to see what one takes.
const WARM: i32 = 10_000;

/// How many first answers are looked at.
const COLD: i64 = 100;

const ROUNDS: usize = 7;
const SECONDS: u32 = 2;

/// Measures it.
///
/// # Errors
/// Something can't be started or is not answered.
pub(crate) fn measure(runtime: &Runtime, postgres: &Postgres, figures: &mut Figures) -> anyhow::Result<()> {
    figures.chapter("1,000,000 instances in the table, beside 10");
    let (few, many) = runtime.block_on(async {
        let (few, many) = (statements::create(postgres, "few").await?, statements::create(postgres, "many").await?);
        statements::fill(&few, FEW).await?;
        statements::fill(&many, MANY).await?;
        anyhow::Ok((few, many))
    })?;
    drop(few);
    let urls = [postgres.url("few"), postgres.url("many")];
    start_up(&urls, figures)?;
    let servers = [start(&urls[0])?, start(&urls[1])?];
    figures.tell("memory after the start, with 10", memory(servers[0].child.id())? / MIB, "MiB");
    figures.tell("memory after the start, with 1,000,000", memory(servers[1].child.id())? / MIB, "MiB");
    cold(runtime, &many, &servers[1], figures)?;
    warm(&servers[1], figures)?;
    throughput(&servers, figures)
}

const MIB: f64 = 1024.0 * 1024.0;

fn start(url: &str) -> anyhow::Result<Server> {
    Server::start(url, &[]).context("a server")
}

fn start_up(urls: &[String; 2], figures: &mut Figures) -> anyhow::Result<()> {
    let mut took = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (url, took) in urls.iter().zip(&mut took) {
            let begun = Instant::now();
            let server = start(url)?;
            took.push(begun.elapsed().as_secs_f64() * 1e3);
            drop(server);
        }
    }
    let [few, many] = took.map(median);
    figures.tell("start-up with 10", few, "ms");
    figures.want("start-up, of that with 10", many / few, "times", Wanted::AtMost(1.25));
    Ok(())
}

/// What a first answer asks PostgreSQL for: by the slug in the path, and by the host.
fn cold(runtime: &Runtime, pool: &PgPool, server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    for (place, name) in (1i64..).zip(["by its path", "by its host"]) {
        runtime.block_on(statements::forget(pool))?;
        let mut client = Client::new(&server.address);
        let from = place * 200_000;
        for n in from..from + COLD {
            let (host, path) = match place {
                1 => (server.address.clone(), format!("/portal/app-{n}")),
                _ => (format!("accounts.app-{n}.example"), String::new()),
            };
            let answer = client.get_at(&host, &format!("{path}/v1/resolve?flow=sign-in"))?;
            ensure!(answer.status == 200, "{answer:?}");
        }
        let asked = runtime.block_on(statements::asked(pool, COLD))?;
        let queries: i64 = asked.iter().map(|(_, calls)| calls / COLD).sum();
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        figures.want(format!("queries of a first answer, {name}"), queries as f64, "", Wanted::AtMost(1.0));
        for (query, _) in asked {
            let argument = if query.contains("any($1)") { "array['https://accounts.app-777777.example']" } else { "'app-777777'" };
            let plan = runtime.block_on(statements::plan(pool, &query, argument))?;
            ensure!(!plan.contains("Seq Scan"), "a first answer reads a whole table:\n{plan}");
            figures.note(format!("A first answer {name} asks for, and PostgreSQL does:\n\n```\n{query}\n\n{plan}\n```"));
        }
    }
    Ok(())
}

/// What an instance takes in memory once it has been asked for.
fn warm(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    let mut client = Client::new(&server.address);
    let mut ask = |from: i32, to: i32| {
        for n in from..to {
            let answer = client.get(&format!("/portal/app-{n}/v1/resolve?flow=sign-in"))?;
            ensure!(answer.status == 200, "{answer:?}");
        }
        memory(server.child.id())
    };
    let few = ask(1, FEW + 1)?;
    let many = ask(FEW + 1, WARM + 1)?;
    figures.tell("memory with 10 warm", few / MIB, "MiB");
    figures.tell("memory with 10,000 warm", many / MIB, "MiB");
    figures.tell("a warm instance", (many - few) / f64::from(WARM - FEW), "bytes");
    Ok(())
}

/// Warm answers, with as many others in the table.
fn throughput(servers: &[Server; 2], figures: &mut Figures) -> anyhow::Result<()> {
    let query = "/portal/app-5/v1/resolve?flow=sign-in&redirect_url=https%3A%2F%2Fapp-5.example%2Fx";
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (server, rates) in servers.iter().zip(&mut rates) {
            rates.push(load(&format!("http://{}{query}", server.address), server.child.id(), SECONDS)?.rate);
        }
    }
    let ratio = median(rates[1].iter().zip(&rates[0]).map(|(many, few)| many / few));
    figures.tell("warm answers with 10", median(rates[0].iter().copied()), "answers/s");
    figures.want("warm answers, of those with 10", ratio, "times", Wanted::AtLeast(0.9));
    Ok(())
}
