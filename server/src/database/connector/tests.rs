//! The choice among several hosts, on a real database and on ports where nobody listens.

use std::net::TcpListener;

use sqlx::{Executor, PgPool};

use super::*;

/// A port of this machine where nobody listens.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A connector with hosts of a test: the first one is closed.
fn connector(url: &str, hosts: Vec<PgConnectOptions>) -> Connector {
    Connector::with_hosts(DatabaseUrl::parse(url, "DATABASE_URL").unwrap(), hosts)
}

fn options(pool: &PgPool) -> PgConnectOptions {
    PgConnectOptions::clone(&pool.connect_options())
}

/// The same database with sessions that take no writes.
fn read_only(pool: &PgPool) -> PgConnectOptions {
    options(pool).options([("default_transaction_read_only", "on")])
}

async fn is_read_only(pool: &PgPool) -> bool {
    sqlx::query_scalar("select current_setting('transaction_read_only') = 'on'").fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn an_error_names_the_database_once_and_no_value() {
    let port = closed_port();
    let url = format!("postgres://ana:s3cret@127.0.0.1:{port}/portal?options=-c%20a.b%3Ds3cret");
    let error = Connector::new(DatabaseUrl::parse(&url, "DATABASE_URL").unwrap()).connect().await.unwrap_err();
    let expected =
        format!("the database portal at 127.0.0.1:{port} can't be reached as role ana (DATABASE_URL): Connection refused (os error 111)");
    assert_eq!(format!("{:#}", anyhow::Error::from(error)), expected);

    let url = format!("postgres://ana:s3cret@127.0.0.1:{port},[::1]:{port}/portal");
    let error = Connector::new(DatabaseUrl::parse(&url, "DATABASE_MIGRATE_URL").unwrap()).connect().await.unwrap_err().to_string();
    let start = "the database portal can't be reached as role ana (DATABASE_MIGRATE_URL) at any of its hosts. ";
    assert!(error.starts_with(&format!("{start}127.0.0.1:{port}: Connection refused")), "{error}");
    assert!(error.contains(&format!("; [::1]:{port}: ")) && !error.contains("s3cret"), "{error}");
}

#[sqlx::test]
async fn a_setting_that_is_refused_is_not_repeated(pool: PgPool) {
    let url = "postgres://h/d?options=-c%20work_mem%3Ds3cret";
    let error = connector(url, vec![options(&pool).options([("work_mem", "s3cret")])]).connect().await.unwrap_err().to_string();
    assert!(error.contains("it refuses what the URL asks for") && !error.contains("s3cret"), "{error}");
}

#[sqlx::test]
async fn the_first_host_that_takes_writes_is_used(pool: PgPool) {
    let closed = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(closed_port());
    let hosts = || vec![closed.clone(), read_only(&pool), options(&pool)];
    let connector = connector("postgres://a,b,c/d", hosts());
    let chosen = connector.pool(PgPoolOptions::new(), "");
    drop(connector.connect().await.unwrap());
    assert!(!is_read_only(&chosen).await);

    let any = super::tests::connector("postgres://a,b,c/d?target_session_attrs=any", hosts());
    let chosen = any.pool(PgPoolOptions::new(), "");
    drop(any.connect().await.unwrap());
    assert!(is_read_only(&chosen).await, "the first one that answers");

    let none = super::tests::connector("postgres://a,b/d", vec![closed, read_only(&pool)]);
    let error = none.connect().await.unwrap_err().to_string();
    assert!(error.contains("Connection refused") && error.contains("it takes no writes"), "{error}");
}

#[sqlx::test]
async fn a_pool_leaves_a_host_that_takes_no_writes_any_more(pool: PgPool) {
    // The role of the first host loses its writes while the pool is in use.
    let role: String = sqlx::query_scalar("select 'first_' || left(md5(current_database()), 16)").fetch_one(&pool).await.unwrap();
    pool.execute(sqlx::AssertSqlSafe(format!("create role {role} superuser login"))).await.unwrap();
    let connector = connector("postgres://a,b/d", vec![options(&pool).username(&role), options(&pool)]);
    let used = connector.pool(PgPoolOptions::new().max_connections(2), "");
    drop(connector.connect().await.unwrap());
    let who = async || sqlx::query_scalar::<_, String>("select current_user::text").fetch_one(&used).await.unwrap();
    assert_eq!(who().await, role);
    let mut in_use = used.acquire().await.unwrap();

    pool.execute(sqlx::AssertSqlSafe(format!("alter role {role} set default_transaction_read_only = on"))).await.unwrap();
    in_use.execute("set default_transaction_read_only = on").await.unwrap();
    drop(in_use);
    let mut switches = connector.switches();
    let keeping = connector.keep_choosing(&used);
    tokio::select! {
        never = keeping => match never {},
        switched = switches.changed() => switched.unwrap(),
    }
    // The connections to the first host are closed when they are asked for.
    for _ in 0..3 {
        assert_ne!(who().await, role);
    }
    used.close().await;
    pool.execute(sqlx::AssertSqlSafe(format!("drop role {role}"))).await.unwrap();
}
