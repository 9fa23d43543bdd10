//! Two database roles: the one that migrates owns everything, the one that serves may do what it needs and nothing else.

mod migrating;

use std::{collections::BTreeSet, path::Path};

use app::{
    admins::store::links::{self, Purpose},
    history::Actor,
    instances::store,
};
use axum::http::StatusCode;
use server::database::privileges;
use sqlx::{
    AssertSqlSafe, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::common::{Site, fallback_form, instance_form, with};

/// What PostgreSQL says to who may not (`insufficient_privilege`).
const MAY_NOT: &str = "42501";

async fn run(connection: impl Executor<'_, Database = sqlx::Postgres>, statement: String) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.map(|_| ())
}

fn is_refused(done: &sqlx::Result<()>) -> bool {
    matches!(done, Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(MAY_NOT))
}

/// A role of this test alone: roles are the whole cluster's.
async fn role(pool: &PgPool, what: &str) -> String {
    let name: String =
        sqlx::query_scalar("select $1 || '_' || left(md5(current_database()), 16)").bind(what).fetch_one(pool).await.unwrap();
    run(pool, format!("create role {name} login")).await.unwrap();
    name
}

async fn without_role(pool: &PgPool, role: &str) {
    run(pool, format!("drop owned by {role}; drop role {role}")).await.unwrap();
}

fn options_of(pool: &PgPool, role: &str) -> PgConnectOptions {
    PgConnectOptions::clone(&pool.connect_options()).username(role)
}

/// A role that serves, with its rights.
async fn serving(pool: &PgPool) -> (String, PgPool) {
    let name = role(pool, "serve").await;
    privileges::grant(&mut pool.acquire().await.unwrap(), &name).await.unwrap();
    let serving = PgPoolOptions::new().connect_with(options_of(pool, &name)).await.unwrap();
    (name, serving)
}

#[sqlx::test(migrations = "../migrations")]
async fn every_table_says_what_the_role_that_serves_may_do(pool: PgPool) {
    let there: BTreeSet<String> = sqlx::query_scalar("select tablename::text from pg_tables where schemaname = 'public'")
        .fetch_all(&pool)
        .await
        .unwrap()
        .into_iter()
        .collect();
    let listed: BTreeSet<String> = privileges::TABLES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed, there, "server/src/database/privileges.rs has all tables and no others");
}

/// The queries of the application, from what `.sqlx` keeps of them, with the number of their parameters.
fn queries() -> Vec<(String, usize)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.sqlx");
    let files = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let queries = files.map(|file| serde_json::from_slice::<serde_json::Value>(&file).unwrap());
    queries
        .map(|query| (query["query"].as_str().unwrap().to_owned(), query["describe"]["parameters"]["Left"].as_array().unwrap().len()))
        .collect()
}

/// Prepares the queries, to be planned by [`refused`].
async fn prepare(connection: &mut PgConnection, queries: &[(String, usize)]) {
    run(&mut *connection, "set plan_cache_mode = force_generic_plan".to_owned()).await.unwrap();
    for (at, (query, _)) in queries.iter().enumerate() {
        run(&mut *connection, format!("prepare q{at} as {query}")).await.unwrap();
    }
}

/// Which of the queries the role may not run. They are planned only, by which their rights are looked at.
async fn refused<'a>(connection: &mut PgConnection, queries: &'a [(String, usize)]) -> Vec<&'a str> {
    let mut refused = Vec::new();
    for (at, (query, parameters)) in queries.iter().enumerate() {
        let values = vec!["null"; *parameters].join(", ");
        let values = if values.is_empty() { values } else { format!("({values})") };
        let done = run(&mut *connection, format!("explain execute q{at}{values}")).await;
        if is_refused(&done) {
            refused.push(query.as_str());
        } else {
            done.unwrap();
        }
    }
    refused
}

/// A privilege on columns as one privilege on each.
fn by_column(right: &str) -> Vec<String> {
    let columns = right.strip_suffix(')').and_then(|right| right.split_once(" ("));
    columns.map_or_else(
        || vec![right.to_owned()],
        |(right, columns)| columns.split(", ").map(|column| format!("{right} ({column})")).collect(),
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn the_role_that_serves_may_run_every_query_and_has_no_right_that_none_needs(pool: PgPool) {
    let (role, serving) = serving(&pool).await;
    let queries = queries();
    assert!(queries.len() > 30);
    let mut connection = serving.acquire().await.unwrap();
    prepare(&mut connection, &queries).await;
    assert_eq!(refused(&mut connection, &queries).await, Vec::<&str>::new(), "a privilege is missing in server/src/database/privileges.rs");
    let mut idle = Vec::new();
    for (table, all) in privileges::TABLES.iter().filter(|(table, _)| *table != "_sqlx_migrations") {
        for right in all.iter().flat_map(|right| by_column(right)) {
            run(&pool, format!("revoke {right} on {table} from {role}")).await.unwrap();
            if refused(&mut connection, &queries).await.is_empty() {
                idle.push(format!("{right} on {table}"));
            }
            run(&pool, format!("grant {right} on {table} to {role}")).await.unwrap();
        }
    }
    assert_eq!(idle, Vec::<String>::new(), "no query needs this privilege in server/src/database/privileges.rs");
    drop(connection);
    serving.close().await;
    without_role(&pool, &role).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_role_that_serves_changes_neither_the_history_nor_the_schema(pool: PgPool) {
    let (role, serving) = serving(&pool).await;
    let owner = pool.connect_options().get_username().to_owned();
    for statement in [
        "update changes set who = 'somebody else'",
        "delete from changes",
        "truncate changes",
        "drop trigger changes_append_only on changes",
        "alter table changes disable trigger changes_append_only",
        "drop function changes_are_append_only() cascade",
        "create or replace function changes_are_append_only() returns trigger language plpgsql as 'begin return null; end'",
        "set session_replication_role = replica",
        "create table anything (id bigint)",
        "create schema anything",
        "create index on instances (name)",
        "alter table instances add column anything text",
        "drop table instances",
        "delete from instances",
        "truncate members",
        "update _sqlx_migrations set success = false",
        "select setval('instances_id_seq', 1)",
        "create role anybody",
        "copy changes to program 'cat'",
        &format!("set role {owner}"),
        &format!("set session authorization {owner}"),
    ] {
        let done = run(&serving, statement.to_owned()).await;
        assert!(is_refused(&done), "{statement}: {done:?}");
    }
    serving.close().await;
    without_role(&pool, &role).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_role_that_serves_chooses_no_id_and_no_time_and_gives_nothing_to_somebody_else(pool: PgPool) {
    let (role, serving) = serving(&pool).await;
    run(&serving, "insert into changes (kind, who) values ('signed_in', 'ana@myapp.com')".to_owned()).await.unwrap();
    for statement in [
        "insert into changes (id, kind, who) overriding system value values (7, 'signed_in', 'ana@myapp.com')",
        "insert into changes (at, kind, who) values (now() - interval '1 year', 'signed_in', 'ana@myapp.com')",
        "insert into admin_sessions (admin_id, token_hash, created_at) values (1, ''::bytea, 'infinity')",
        "insert into instances (save_id) values (gen_random_uuid())",
        "update instances set id = default",
        "update instances set slug = 'another'",
        "update instances set created_at = now()",
        "update instances set save_id = gen_random_uuid()",
        "update admins set email = 'eve@evil.com'",
        "update admin_sessions set admin_id = 1",
        "update admin_sessions set created_at = now()",
        "update members set admin_id = 1",
        "update fallback_redirects set instance_id = 1",
        "update visitors set instance_id = 1",
        "update visitors set phone_number = '+34600000000'",
        "update visitor_sessions set visitor_id = 1",
        "update organizations set instance_id = 1",
    ] {
        let done = run(&serving, statement.to_owned()).await;
        assert!(is_refused(&done), "{statement}: {done:?}");
    }
    serving.close().await;
    without_role(&pool, &role).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_whole_way_from_the_setup_link_to_a_visit_goes_with_the_rights_of_the_role_that_serves(pool: PgPool) {
    let (role, serving) = serving(&pool).await;
    let token = links::create(&mut serving.acquire().await.unwrap(), &Purpose::Setup, &Actor::server()).await.unwrap().secret();
    let anonymous = Site::anonymous(&serving);
    let (email, password) = ("ana@myapp.com", "correct horse battery staple");
    let entered = anonymous.post("/account/setup", &[("token", &token), ("email", email), ("password", password)]).await;
    assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, "/instances"));
    assert_eq!(
        anonymous.post("/account/sign-in", &[("email", email), ("password", "wrong")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let signed_in = anonymous.post("/account/sign-in", &[("email", email), ("password", password)]).await;
    let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
    let site = anonymous.with_cookie(cookie);
    let created = site.post("/instances/new", &with(instance_form(), "slug", "my-app")).await;
    assert_eq!((created.status, created.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/redirects"));
    let settings = with(with(instance_form(), "version", "1"), "name", "Another name");
    assert_eq!(site.post("/instances/my-app/settings", &settings).await.header("location"), "/instances/my-app/settings?saved");
    let redirects = with(fallback_form("2"), "after_sign_in_url", "/in");
    assert_eq!(site.post("/instances/my-app/redirects", &redirects).await.header("location"), "/instances/my-app/redirects?saved");
    let visit = site.get("/portal/my-app/v1/resolve?flow=sign-in").await.json();
    assert_eq!((visit["target"].as_str(), visit["version"].as_i64()), (Some("https://myapp.com/in"), Some(3)));
    assert_eq!(site.post("/account/sign-out", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(store::ever_had_one(&serving).await.unwrap());
    serving.close().await;
    without_role(&pool, &role).await;
}
