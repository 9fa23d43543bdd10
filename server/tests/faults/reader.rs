//! Visitors: they ask one of the servers again and again, and look at every answer.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    links::{Visit, is_own},
    process::Client,
    random::Random,
    running::{INSTANCES, Life, ROUND, World},
};

/// How often runtimes ask for versions at least, where no notification has come.
const POLL: Duration = Duration::from_secs(30);

/// What a slow machine may take on top of that, until the newer version is loaded: the only bound on time here.
const SLACK: Duration = Duration::from_secs(5);

/// The longest that an answer may be older than what was acknowledged.
pub(crate) const OLDEST: Duration = POLL.saturating_add(SLACK);

/// A short rest between two visits: the processors are for the servers.
const REST: Duration = Duration::from_millis(2);

/// Asks until it is over.
pub(crate) fn read(world: &World, place: usize, mut random: Random) {
    while !world.is_over() {
        let Some(life) = world.places[place].life() else {
            std::thread::sleep(ROUND);
            continue;
        };
        let mut client = Client::new(&life.address);
        while !world.is_over() && visit(world, &life, &mut client, &mut random) {
            std::thread::sleep(REST);
        }
    }
}

/// One visit. Answers whether the server is still there.
fn visit(world: &World, life: &Life, client: &mut Client, random: &mut Random) -> bool {
    // The last one is asked for seldom, so that it is often cold.
    let instance = if random.below(50) == 0 { INSTANCES.len() - 1 } else { random.below(INSTANCES.len() - 1) };
    let (slug, domain) = INSTANCES[instance];
    let visit = Visit::by(random, domain);
    let was_warm = life.warm[instance].load(Ordering::SeqCst);
    let sent = Instant::now();
    let answer = match client.get(&visit.path(slug)) {
        Ok(answer) => answer,
        Err(_) if life.ending.load(Ordering::SeqCst) => {
            world.answers[2].fetch_add(1, Ordering::Relaxed);
            return false;
        }
        Err(error) => {
            world.check(Err(format!("a server that nobody has stopped is gone: {error}")), &life.address);
            return false;
        }
    };
    let outage = world.outages.met(sent, Instant::now());
    match answer.status {
        200 => {
            life.warm[instance].store(true, Ordering::SeqCst);
            world.answers[0].fetch_add(1, Ordering::Relaxed);
            if world.outages.reachable_since(sent).is_err() {
                world.without.fetch_add(1, Ordering::Relaxed);
            }
            let answer = answer.json();
            world.check(look(world, instance, &visit, &answer, sent, life.started), format_args!("{visit:?} {answer}"));
        }
        503 if outage && !was_warm => {
            world.answers[1].fetch_add(1, Ordering::Relaxed);
        }
        status => world.check(
            Err(format!("answered {status}; warm: {was_warm}, PostgreSQL gone: {outage}")),
            format_args!("{visit:?} {}", String::from_utf8_lossy(&answer.body)),
        ),
    }
    true
}

/// Whether an answer is one that may be given.
fn look(world: &World, instance: usize, visit: &Visit, answer: &Value, sent: Instant, started: Instant) -> Result<(), String> {
    let (_, domain) = INSTANCES[instance];
    let target = answer["target"].as_str().ok_or("an answer has a target")?;
    let version = answer["version"].as_i64().ok_or("an answer has a version")?;
    if !is_own(target, domain) {
        return Err(format!("{target} is not on {domain}"));
    }
    match &visit.leads_to {
        Some(wanted) if wanted != target => return Err(format!("the link leads to {wanted}")),
        Some(_) => {}
        None => {
            let path = target.strip_prefix("https://").and_then(|rest| rest.strip_prefix(domain)).ok_or("a fallback is on the domain")?;
            world.model.see(instance, version, path)?;
        }
    }
    let behind = world.model.behind(instance, version, sent, started, &world.outages);
    world.worst.fetch_max(behind.as_millis().try_into().unwrap_or(usize::MAX), Ordering::Relaxed);
    if behind > OLDEST { Err(format!("version {version} was served {behind:?} after a newer one was saved")) } else { Ok(()) }
}
