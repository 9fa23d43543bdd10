//! Two servers on one PostgreSQL, all of them killed at random under load, with a model beside them: no answer leads to strangers,
//! no save is lost, nothing older is served than may be. `make test-faults` runs it for two minutes.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::runtime::Handle;

use crate::{
    model::Model,
    process::{Admin, Client, Postgres, Server},
    random::Random,
    reader::{OLDEST, read},
    running::{INSTANCES, ROUND, World},
    writer::write,
};

/// How long it goes on, in seconds, unless `PORTAL_REDIRECTS_FAULT_SECONDS` says it.
const SECONDS: u64 = 20;

/// How many visitors ask each server at once.
const READERS: usize = 2;

/// How often it is said how it goes.
const SAY: Duration = Duration::from_secs(10);

/// The longest pause between two deeds, in milliseconds.
const LONGEST_PAUSE: usize = 3000;

/// The longest that PostgreSQL is gone, in milliseconds; twice that where a server ends meanwhile.
const LONGEST_OUTAGE: usize = 1500;

/// What is done to them.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Postgres,
    PostgresAndServer,
    Cut,
    First,
    Second,
}

impl Deed {
    const ALL: [Self; 5] = [Self::Postgres, Self::PostgresAndServer, Self::Cut, Self::First, Self::Second];

    /// Whether it is done at the end too, where PostgreSQL and the second server stay.
    fn is_calm(self) -> bool {
        matches!(self, Self::Cut | Self::First)
    }
}

/// What has been done to them, how often.
#[derive(Debug, Default)]
struct Deeds {
    postgres_killed: usize,
    connections_cut: usize,
    servers_killed: usize,
    servers_stopped: usize,
    started_without: usize,
}

/// Everything that is killed, and who does it.
struct Theatre {
    world: Arc<World>,
    postgres: Postgres,
    pool: PgPool,
    servers: [Option<Server>; 2],
    flags: [Vec<String>; 2],
    random: Random,
    deeds: Deeds,
    begun: Instant,
    said: Instant,
}

impl Theatre {
    fn start(&mut self, place: usize) -> bool {
        let started = Server::start(&self.postgres.url("postgres"), &self.flags(place));
        self.put(place, started)
    }

    fn flags(&self, place: usize) -> Vec<&str> {
        self.flags[place].iter().map(String::as_str).collect()
    }

    /// Puts a server that has started into its place, and returns whether there is one.
    fn put(&mut self, place: usize, started: Option<Server>) -> bool {
        self.servers[place] = started;
        let Some(server) = &self.servers[place] else { return false };
        self.world.places[place].put(server);
        true
    }

    /// One of the servers ends, at once or in order.
    fn end(&mut self, place: usize) {
        self.world.places[place].clear();
        let Some(server) = self.servers[place].take() else { return };
        if self.random.below(3) == 0 {
            self.deeds.servers_stopped += 1;
            assert!(server.stop().success(), "a server stops in order");
        } else {
            self.deeds.servers_killed += 1;
            server.kill();
        }
    }

    fn restart(&mut self, place: usize) {
        self.end(place);
        assert!(self.start(place), "a server starts beside PostgreSQL");
    }

    /// PostgreSQL is gone for a while, and perhaps a server with it.
    fn without_postgres(&mut self, place: Option<usize>) {
        self.world.outages.begin();
        self.postgres.kill();
        self.deeds.postgres_killed += 1;
        self.pass(LONGEST_OUTAGE);
        let waiting = place.map(|place| {
            self.end(place);
            // It waits for the database, and goes on by itself.
            self.deeds.started_without += 1;
            let waiting = Server::launch(&self.postgres.url("postgres"), &self.flags(place));
            self.pass(LONGEST_OUTAGE);
            (place, waiting)
        });
        self.postgres.start();
        self.world.outages.end();
        if let Some((place, waiting)) = waiting {
            assert!(self.put(place, waiting.ready()), "a server waits for PostgreSQL");
        }
    }

    /// PostgreSQL can be reached, but every connection to it ends, and with it whoever listens.
    async fn cut(&mut self) {
        self.world.outages.cut();
        self.deeds.connections_cut += 1;
        let others =
            "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
        sqlx::query(others).execute(&self.pool).await.unwrap();
    }

    /// Lets up to so many milliseconds pass.
    fn pass(&mut self, most: usize) {
        let until = Instant::now() + Duration::from_millis(self.random.below(most).try_into().unwrap());
        while Instant::now() < until && !self.world.is_over() {
            std::thread::sleep(ROUND);
            self.say();
        }
    }

    fn say(&mut self) {
        if self.said.elapsed() >= SAY {
            self.said = Instant::now();
            let (world, deeds) = (&self.world, &self.deeds);
            println!(
                "{:>4} s: {} answers, {} saves; PostgreSQL killed {} times, servers ended {} times; at most {} ms behind",
                self.begun.elapsed().as_secs(),
                world.answers[0].load(Ordering::Relaxed),
                world.model.acknowledged(),
                deeds.postgres_killed,
                deeds.servers_killed + deeds.servers_stopped,
                world.worst.load(Ordering::Relaxed)
            );
        }
    }

    /// Waits until both servers serve what is stored, as long as that may take.
    async fn settle(&mut self) {
        let until = Instant::now() + OLDEST;
        for place in 0..2 {
            for (slug, _) in INSTANCES {
                let stored: i64 =
                    sqlx::query_scalar("select version from instances where slug = $1").bind(slug).fetch_one(&self.pool).await.unwrap();
                let mut client = Client::new(&self.servers[place].as_ref().unwrap().address);
                while client.get(&format!("/portal/{slug}/v1/redirects")).unwrap().json()["version"] != stored {
                    assert!(Instant::now() < until, "server {place} does not serve version {stored} of {slug}");
                    std::thread::sleep(ROUND);
                }
            }
        }
    }
}

/// What is recorded of an instance: the path that each version has in one of its fields.
async fn recorded(pool: &PgPool, slug: &str) -> BTreeMap<i64, String> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "select c.version, coalesce(c.after->>'after_sign_in_url', '/') from changes c join instances i on i.id = c.instance_id
        where i.slug = $1 and c.version is not null",
    )
    .bind(slug)
    .fetch_all(pool)
    .await
    .unwrap();
    rows.into_iter().collect()
}

/// Everything that was acknowledged or served is recorded, and what is recorded last is what is stored.
async fn nothing_is_lost(pool: &PgPool, model: &Model) -> usize {
    let mut untold = 0;
    for (instance, (slug, _)) in INSTANCES.into_iter().enumerate() {
        let recorded = recorded(pool, slug).await;
        untold += model.compare(instance, &recorded).unwrap();
        let stored: (i64, Vec<String>) = sqlx::query_as(
            "select version, array(select distinct value from fallback_redirects where instance_id = id) from instances where slug = $1",
        )
        .bind(slug)
        .fetch_one(pool)
        .await
        .unwrap();
        let (last, path) = recorded.last_key_value().unwrap();
        assert_eq!(stored, (*last, vec![path.clone()]), "{slug}");
    }
    untold
}

/// Who asks and who saves, each on a thread of their own.
fn everybody(world: &Arc<World>, admin: &Admin, pool: &PgPool, random: &mut Random) -> Vec<JoinHandle<()>> {
    let mut threads = Vec::new();
    for reader in 0..2 * READERS {
        let (world, random) = (Arc::clone(world), random.branch());
        threads.push(std::thread::spawn(move || read(&world, reader % 2, random)));
    }
    let (world, admin, pool, random, runtime) = (Arc::clone(world), admin.clone(), pool.clone(), random.branch(), Handle::current());
    threads.push(std::thread::spawn(move || write(&world, &admin, &pool, &runtime, random)));
    threads
}

fn flags(_folder: &Path) -> [Vec<String>; 2] {
    [Vec::new(), Vec::new()]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_visitors_land_where_they_may_and_no_save_is_lost() {
    let seconds = std::env::var("PORTAL_REDIRECTS_FAULT_SECONDS").ok().map_or(SECONDS, |seconds| seconds.parse().unwrap());
    let (duration, mut random) = (Duration::from_secs(seconds), Random::seeded());
    let (folder, postgres) = (tempfile::tempdir().unwrap(), Postgres::new(&[]));
    let pool =
        PgPoolOptions::new().max_connections(2).acquire_timeout(Duration::from_secs(2)).connect_lazy_with(postgres.options("postgres"));
    let (world, flags, now) = (Arc::new(World::new()), flags(folder.path()), Instant::now());
    let branch = random.branch();
    let mut theatre = Theatre {
        world: Arc::clone(&world),
        postgres,
        pool: pool.clone(),
        servers: [None, None],
        flags,
        random: branch,
        deeds: Deeds::default(),
        begun: now,
        said: now,
    };
    assert!(theatre.start(0) && theatre.start(1));
    let admin = Admin::new(&pool).await;
    for (slug, domain) in INSTANCES {
        admin.create(&pool, slug, domain).await;
    }
    let threads = everybody(&world, &admin, &pool, &mut random);

    // At the end PostgreSQL stays, and so does the second server, for as long as an answer may be old: what has been missed shows.
    let calm = (OLDEST + OLDEST / 4).min(duration / 2);
    let mut deck = Vec::new();
    while !world.is_over() && theatre.begun.elapsed() < duration {
        theatre.pass(LONGEST_PAUSE);
        let is_calm = theatre.begun.elapsed() + calm > duration;
        // Each of them comes once before one comes again.
        if deck.is_empty() {
            deck.extend(Deed::ALL.into_iter().filter(|deed| !is_calm || deed.is_calm()));
        }
        match deck.swap_remove(theatre.random.below(deck.len())) {
            Deed::Cut => theatre.cut().await,
            deed if is_calm && !deed.is_calm() => {}
            Deed::Postgres => tokio::task::block_in_place(|| theatre.without_postgres(None)),
            Deed::PostgresAndServer => {
                let place = theatre.random.below(2);
                tokio::task::block_in_place(|| theatre.without_postgres(Some(place)));
            }
            Deed::First => tokio::task::block_in_place(|| theatre.restart(0)),
            Deed::Second => tokio::task::block_in_place(|| theatre.restart(1)),
        }
    }
    world.end();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(world.wrong(), Vec::<String>::new());
    theatre.settle().await;
    let untold = nothing_is_lost(&pool, &world.model).await;

    let (count, deeds) = (|which: usize| world.answers[which].load(Ordering::Relaxed), &theatre.deeds);
    println!("answers                          {:>8}", count(0));
    println!("  while PostgreSQL was gone      {:>8}", world.without.load(Ordering::Relaxed));
    println!("  503, cold without PostgreSQL   {:>8}", count(1));
    println!("  cut off with their server      {:>8}", count(2));
    println!("saves acknowledged               {:>8}", world.model.acknowledged());
    println!("  stored without an answer       {untold:>8}");
    println!("PostgreSQL killed                {:>8}", deeds.postgres_killed);
    println!("  all its connections cut        {:>8}", deeds.connections_cut);
    println!("servers killed                   {:>8}", deeds.servers_killed);
    println!("  stopped in order               {:>8}", deeds.servers_stopped);
    println!("  started without PostgreSQL     {:>8}", deeds.started_without);
    println!("longest behind a save, ms        {:>8}", world.worst.load(Ordering::Relaxed));
    let ended = deeds.servers_killed + deeds.servers_stopped;
    assert!(count(0) > 0 && deeds.postgres_killed > 0 && ended > 0 && world.model.acknowledged() > 0, "nothing has happened");
}
