//! A synchronous standby is away: commits that wait for it would wait without limit, and no timeout of PostgreSQL ends them.

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{
    postgres::Postgres,
    process::{Process, create, often, until},
};

/// How many heartbeats the runtime makes meanwhile.
const HEARTBEATS: i64 = 10;

fn options(postgres: &Postgres) -> PgConnectOptions {
    postgres.options("postgres")
}

async fn number(pool: &PgPool, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_synchronous_standby_that_is_away_leaves_no_waiting_process_behind() {
    let postgres = Postgres::new(&["synchronous_standby_names=nobody"]);
    let local = options(&postgres).options([("synchronous_commit", "local")]);
    let local = PgPoolOptions::new().max_connections(2).connect_with(local).await.unwrap();
    sqlx::migrate!("../migrations").run(&local).await.unwrap();
    create(&local, "app").await;
    sqlx::raw_sql(
        "create table heartbeats (at timestamptz); create function note() returns trigger language plpgsql as
        $$ begin insert into heartbeats values (clock_timestamp()); return null; end $$;
        create trigger note after insert or update on runtimes for each statement execute function note()",
    )
    .execute(&local)
    .await
    .unwrap();

    let process = Process::start(options(&postgres), often()).await;
    assert_eq!(process.version("app").await, Ok(1));
    until(async || number(&local, "select count(*) from heartbeats").await >= HEARTBEATS).await;
    assert!(process.snapshots.status().connected);
    let listening = "select count(*) from pg_stat_activity where application_name = 'portal-redirects listener'";
    assert_eq!(number(&local, listening).await, 1);
    assert_eq!(number(&local, "select count(*) from pg_stat_activity where wait_event = 'SyncRep'").await, 0);
}
