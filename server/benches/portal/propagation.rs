//! Measures the time from a save in one process until another process serves it: when hardly anybody saves, and at 200 saves a second.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use sqlx::PgPool;
use tokio::runtime::Runtime;

use crate::{
    load::cpu_time,
    process::{Admin, Client, Postgres, Saved, Server},
    report::{Limit, Report, median, quantile},
};

/// The time between two looks at what was saved. Looking without a pause would take a core from the servers.
const PAUSE: Duration = Duration::from_micros(500);

/// How long the other process has to load the instances before the first save.
const LEAD: Duration = Duration::from_millis(500);

/// Longer than a process needs that was not notified.
const LOST: Duration = Duration::from_mins(1);

/// How long the first saves may take more time, while the servers open connections and prepare queries.
const WARM_UP: Duration = Duration::from_secs(1);

/// From a save's response until the other process serves it, in milliseconds.
const GOAL: Limit = Limit::AtMost(10.0);

/// Who saves at the same time: the instances, each saved over a connection of its own, at fixed times however long a save takes.
struct Load {
    name: &'static str,
    slugs: Vec<String>,
    /// How often each instance is saved.
    saves: u32,
    /// The time between two saves of an instance.
    interval: Duration,
}

/// When a save was sent, answered, and first seen at the other process.
#[derive(Clone, Copy, Debug)]
struct SaveTimes {
    sent: Instant,
    answered: Instant,
    seen: Instant,
}

/// Adds the figures to the report.
///
/// # Errors
/// A server can't be started, or a save is refused.
pub(crate) fn measure(runtime: &Runtime, postgres: &Postgres, report: &mut Report) -> anyhow::Result<()> {
    report.section("Time from a save's response until another process serves it");
    let slugs = |name: &str, count: u32| (1..=count).map(|n| format!("{name}-{n}")).collect();
    let loads = [
        Load { name: "20 saves/s", slugs: slugs("alone", 1), saves: 200, interval: Duration::from_millis(50) },
        Load { name: "200 saves/s", slugs: slugs("busy", 20), saves: 100, interval: Duration::from_millis(100) },
    ];
    runtime.block_on(crate::statements::create(postgres, "visible"))?;
    let url = postgres.url("visible");
    let start = || Server::start(&url, &[]).context("can't start a server");
    let (saving, serving) = (start()?, start()?);
    let admin = runtime.block_on(async {
        let pool = PgPool::connect_with(postgres.options("visible")).await?;
        let admin = Admin::new(&pool).await;
        for slug in loads.iter().flat_map(|load| &load.slugs) {
            admin.create(&pool, slug, &format!("{slug}.com")).await;
        }
        anyhow::Ok(admin)
    })?;
    for load in &loads {
        let processes = [saving.process.child.id(), serving.process.child.id()];
        let before = processes.map(cpu_time);
        let times = load.run(&admin, &saving.address, &serving.address)?;
        load.show(&times, report);
        for ((name, process), before) in ["saving", "other"].into_iter().zip(processes).zip(before) {
            let used = cpu_time(process)?.iter().sum::<f64>() - before?.iter().sum::<f64>();
            let saves = f64::from(u32::try_from(times.len())?);
            report.info(format!("{}: processor time of the {name} process for each save", load.name), used * 1e3 / saves, "ms");
        }
    }
    report
        .note("The other process is asked every half millisecond. PostgreSQL does not wait for the disk here, as on a disk with a cache.");
    Ok(())
}

impl Load {
    /// Saves at one server and watches the other one.
    fn run(&self, admin: &Admin, saving: &str, serving: &str) -> anyhow::Result<Vec<SaveTimes>> {
        // How many saves of each instance were answered so far: their versions are awaited.
        let answered: Vec<AtomicU32> = self.slugs.iter().map(|_| AtomicU32::new(0)).collect();
        let has_failed = AtomicBool::new(false);
        #[expect(clippy::cast_possible_truncation, reason = "a few instances")]
        let apart = self.interval / self.slugs.len() as u32;
        let begin = Instant::now() + LEAD;
        thread::scope(|scope| {
            let visitor = scope.spawn(|| self.watch(serving, &answered, &has_failed));
            let dashboards: Vec<_> = (0..)
                .zip(&self.slugs)
                .zip(&answered)
                .map(|((place, slug), answered)| {
                    let (has_failed, begin) = (&has_failed, begin + apart * place);
                    scope.spawn(move || {
                        let saved = self.save(admin, saving, slug, answered, begin);
                        has_failed.fetch_or(saved.is_err(), Ordering::Relaxed);
                        saved
                    })
                })
                .collect();
            let saved: Vec<_> = dashboards.into_iter().map(|dashboard| joined(dashboard.join())).collect::<anyhow::Result<_>>()?;
            let served = joined(visitor.join())?;
            let times = saved.into_iter().flatten().zip(served.into_iter().flatten());
            Ok(times.map(|((sent, answered), served)| SaveTimes { sent, answered, seen: served }).collect())
        })
    }

    /// Saves an instance as often as it must be, and returns when each save was sent and answered.
    fn save(
        &self,
        admin: &Admin,
        address: &str,
        slug: &str,
        answered: &AtomicU32,
        begin: Instant,
    ) -> anyhow::Result<Vec<(Instant, Instant)>> {
        let mut dashboard = Client::new(address);
        let mut times = Vec::new();
        for n in 0..self.saves {
            thread::sleep((begin + self.interval * n).saturating_duration_since(Instant::now()));
            let sent = Instant::now();
            let outcome = admin.save(&mut dashboard, slug, i64::from(n) + 1, &format!("/v{n}"))?;
            ensure!(outcome == Saved::Yes, "a save was not stored: {outcome:?}");
            times.push((sent, Instant::now()));
            answered.store(n + 1, Ordering::Relaxed);
        }
        Ok(times)
    }

    /// Asks for what was answered and has not been seen yet, and returns when each save of each instance was first served.
    fn watch(&self, address: &str, answered: &[AtomicU32], has_failed: &AtomicBool) -> anyhow::Result<Vec<Vec<Instant>>> {
        let (mut visitor, mut served, mut news) = (Client::new(address), vec![Vec::new(); answered.len()], Instant::now());
        let mut look = |place: usize, served: &mut Vec<Instant>| {
            let response = visitor.get(&format!("/portal/{}/v1/redirects", self.slugs[place]))?;
            let version = response.json()["version"].as_u64().with_context(|| format!("no version: {response:?}"))?;
            // A new instance has version 1. Where a version was replaced before anybody saw it, its successor stands for it.
            let saves = usize::try_from(version - 1)?;
            let is_new = saves > served.len();
            served.resize(saves.max(served.len()), Instant::now());
            anyhow::Ok(is_new)
        };
        // From now on they are in memory.
        for (place, served) in served.iter_mut().enumerate() {
            look(place, served)?;
        }
        while served.iter().any(|served| served.len() < self.saves as usize) && !has_failed.load(Ordering::Relaxed) {
            for (place, served) in served.iter_mut().enumerate() {
                if served.len() < answered[place].load(Ordering::Relaxed) as usize && look(place, served)? {
                    news = Instant::now();
                }
            }
            ensure!(news.elapsed() < LOST, "a save is never served");
            thread::sleep(PAUSE);
        }
        Ok(served)
    }

    fn show(&self, times: &[SaveTimes], report: &mut Report) {
        let name = self.name;
        let milliseconds = |from: Instant, to: Instant| to.saturating_duration_since(from).as_secs_f64() * 1e3;
        let response = || times.iter().map(|save| milliseconds(save.answered, save.seen));
        let request = || times.iter().map(|save| milliseconds(save.sent, save.seen));
        let saving = || times.iter().map(|save| milliseconds(save.sent, save.answered));
        report.check(format!("{name}: a save to visible elsewhere, p99"), quantile(response(), 0.99), "ms", GOAL);
        report.info(format!("{name}: a save to visible elsewhere, median"), median(response()), "ms");
        report.info(format!("{name}: the same with the save itself, p99"), quantile(request(), 0.99), "ms");
        report.info(format!("{name}: the same with the save itself, median"), median(request()), "ms");
        report.info(format!("{name}: the save alone, p99"), quantile(saving(), 0.99), "ms");
        let (begin, end) = (times.iter().map(|save| save.sent).min(), times.iter().map(|save| save.answered).max());
        if let Some((begin, end)) = begin.zip(end) {
            let warm = times.iter().filter(|save| save.sent >= begin + WARM_UP).map(|save| milliseconds(save.answered, save.seen));
            report.info(format!("{name}: a save to visible elsewhere after the first second, p99"), quantile(warm, 0.99), "ms");
            #[expect(clippy::cast_precision_loss, reason = "a few thousand saves")]
            let [saves, instances] = [times.len(), self.slugs.len()].map(|count| count as f64);
            let planned = instances / self.interval.as_secs_f64();
            // The figures above count only if the saves came that fast.
            report.check(
                format!("{name}: the rate reached"),
                saves / (end - begin).as_secs_f64(),
                "saves/s",
                Limit::AtLeast(planned * 0.95),
            );
        }
    }
}

/// What a thread returned.
fn joined<T>(outcome: thread::Result<anyhow::Result<T>>) -> anyhow::Result<T> {
    outcome.map_err(|_| anyhow::anyhow!("a thread panicked"))?
}
