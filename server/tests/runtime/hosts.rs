//! Several PostgreSQL in one URL: the one that takes writes is used, also after another one has taken over.

use server::database::{connector::Connector, url::DatabaseUrl};
use sqlx::{PgPool, postgres::PgPoolOptions};

use crate::{
    postgres::Postgres,
    process::{Process, by_notification, create, save, until},
};

/// A port of this machine where nobody listens.
fn closed_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_follows_its_database_from_the_primary_to_the_standby_that_takes_over() {
    let mut primary = Postgres::new(&[]);
    let standby = primary.standby();
    let socket = |postgres: &Postgres| postgres.options("postgres").get_socket().unwrap().display().to_string();
    let hosts = format!("127.0.0.1,{},{}", socket(&standby), socket(&primary));
    let url = format!("postgres://postgres@/postgres?host={hosts}&port={},5432,5432", closed_port());
    let connector = Connector::new(DatabaseUrl::parse(&url, "DATABASE_URL").unwrap());
    let pool = connector.pool(PgPoolOptions::new().max_connections(4), "");
    drop(connector.connect().await.unwrap());
    sqlx::migrate!("../migrations").run(&pool).await.unwrap();
    create(&pool, "app").await;

    let (listening, keeping, kept) = (connector.clone(), connector.clone(), pool.clone());
    let keeping = tokio::spawn(async move { keeping.keep_choosing(&kept).await });
    let process = Process::over(pool.clone(), pool.clone());
    let process = process.listening(by_notification(), |listener| listener.with_connector(listening)).await;
    let version = save(&pool, "app").await;
    process.until_version("app", version).await;

    // The standby has the save.
    let received = PgPoolOptions::new().max_connections(1).connect_lazy_with(standby.options("postgres"));
    let stored = async |pool: &PgPool| sqlx::query_scalar::<_, i64>("select version from instances").fetch_one(pool).await;
    until(async || stored(&received).await.is_ok_and(|stored| stored == version)).await;
    received.close().await;
    primary.kill();
    standby.promote();

    let takes_writes = "select current_setting('transaction_read_only') = 'off'";
    until(async || sqlx::query_scalar(takes_writes).fetch_one(&pool).await.unwrap_or(false)).await;
    let version = save(&pool, "app").await;
    process.until_version("app", version).await;
    keeping.abort();
}
