//! Kills at any moment of a save: after the restart all of it is there, or nothing.

use std::{
    sync::mpsc::{self, Receiver},
    thread::JoinHandle,
    time::Duration,
};

use app::{instances::store, redirects::Flow};
use sqlx::{PgPool, postgres::PgPoolOptions};

use crate::{
    process::{Admin, Client, Postgres, Saved, Server},
    random::Random,
};

/// How often something is killed.
const KILLS: usize = 30;

/// The longest that saves go on until the next kill, in microseconds: a few times as long as a save takes.
const REQUEST_TIMEOUT: usize = 60_000;

const SLUG: &str = "my-app";

/// What a save puts into all seven fields; no two saves the same.
fn tag(version: i64, round: usize) -> String {
    format!("/v{version}/{round}")
}

/// What one round of saving has come to.
#[derive(Debug)]
struct Saving {
    /// The last version that the server said is saved.
    acknowledged: i64,
    /// Whether a save above it was under way.
    attempted: bool,
}

/// Saves one version after the other until the server is gone, and says so once it has saved the first.
fn save(address: &str, admin: &Admin, from: i64, round: usize) -> (Receiver<()>, JoinHandle<Saving>) {
    let (mut client, admin) = (Client::new(address), admin.clone());
    let (begun, has_begun) = mpsc::channel();
    let saving = std::thread::spawn(move || {
        let mut version = from;
        loop {
            match admin.save(&mut client, SLUG, version, &tag(version + 1, round)) {
                Ok(Saved::Yes) => version += 1,
                // Nobody else saves.
                Ok(Saved::Conflict) => panic!("version {version} is not the one that is stored"),
                // PostgreSQL is gone, and the server is next.
                Ok(Saved::Unknown) | Err(_) => return Saving { acknowledged: version, attempted: true },
            }
            let _ = begun.send(());
        }
    });
    (has_begun, saving)
}

/// The version and the one tag of an answer of `/v1/redirects`.
#[track_caller]
fn served(answer: &serde_json::Value) -> (i64, String) {
    let values = Flow::ALL.map(|flow| answer["redirects"][flow.field()]["value"].as_str().unwrap_or_default().to_owned());
    assert!(values.iter().all(|value| *value == values[0]), "half a save is served: {answer}");
    (answer["version"].as_i64().unwrap(), values[0].clone())
}

/// Reads until the server is gone: no answer holds half a save, or that of another version.
fn read(address: &str, path: &'static str) -> JoinHandle<usize> {
    let mut client = Client::new(address);
    std::thread::spawn(move || {
        let mut answers = 0;
        while let Ok(answer) = client.get(path) {
            // PostgreSQL may be gone already.
            if answer.status >= 500 {
                continue;
            }
            assert_eq!(answer.status, 200, "{answer:?}");
            let answer = answer.json();
            let (version, path) = match answer["target"].as_str() {
                Some(target) => (answer["version"].as_i64().unwrap(), target.strip_prefix("https://myapp.com").unwrap().to_owned()),
                None => served(&answer),
            };
            assert!(version == 1 || path.starts_with(&format!("/v{version}/")), "{answer}");
            answers += 1;
        }
        answers
    })
}

/// Waits until nobody but the test is connected: what a killed server had sent is done or undone by then.
async fn quiet(pool: &PgPool) {
    let others = "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
    while sqlx::query_scalar::<_, i64>(others).fetch_one(pool).await.unwrap() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_kill_at_any_moment_of_a_save_leaves_all_of_it_or_nothing() {
    let mut random = Random::seeded();
    let mut postgres = Postgres::new(&[]);
    let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(postgres.options("postgres"));
    let url = postgres.url("postgres");
    let mut server = Server::start(&url, &[]).unwrap();
    let admin = Admin::new(&pool).await;
    admin.create(&pool, SLUG, "myapp.com").await;
    let (mut stored, mut answers, mut unacknowledged) = ((1, String::new()), 0, 0);

    for round in 0..KILLS {
        let (has_begun, saving) = save(&server.address, &admin, stored.0, round);
        let readers = ["/portal/my-app/v1/redirects", "/portal/my-app/v1/resolve?flow=sign-in"].map(|path| read(&server.address, path));
        has_begun.recv().expect("a save is acknowledged");
        std::thread::sleep(Duration::from_micros(random.below(REQUEST_TIMEOUT).try_into().unwrap()));
        // Every third time PostgreSQL goes first.
        let with_postgres = round % 3 == 2;
        if with_postgres {
            postgres.kill();
        }
        server.kill();
        let Saving { acknowledged, attempted } = saving.join().unwrap();
        answers += readers.map(|reader| reader.join().unwrap()).iter().sum::<usize>();
        if with_postgres {
            postgres.start();
        }
        quiet(&pool).await;

        // What is stored: the last save that was acknowledged, or the one that was under way; whole, and recorded.
        let found = store::find(&pool, SLUG).await.unwrap().unwrap();
        let (version, values) = (found.instance.version(), Flow::ALL.map(|flow| found.fallbacks.get(flow).unwrap_or_default().to_owned()));
        assert!(version == acknowledged || (attempted && version == acknowledged + 1), "{acknowledged} was saved, {version} is stored");
        assert_eq!(values, [(); 7].map(|()| tag(version, round)), "half of a save is stored");
        let recorded: Vec<i64> =
            sqlx::query_scalar("select version from changes where version is not null order by version").fetch_all(&pool).await.unwrap();
        assert_eq!(recorded, (1..=version).collect::<Vec<_>>());
        unacknowledged += version - acknowledged;

        // The same is served after the restart.
        server = Server::start(&url, &[]).unwrap();
        let answer = Client::new(&server.address).get("/portal/my-app/v1/redirects").unwrap();
        stored = (version, tag(version, round));
        assert_eq!(served(&answer.json()), stored);
    }
    assert!(server.stop().success());
    println!("{KILLS} kills, {} saves ({unacknowledged} of them cut off after they were stored), {answers} answers", stored.0 - 1);
}
