//! The real binary as a runtime of the portal, and as one that starts while its database is down.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use app::{
    fixtures::remove_schema,
    redirects::{Environment, Flow},
};
use sqlx::{ConnectOptions, Connection, PgPool};

use crate::{
    common::{store_fallbacks, store_my_app},
    runtime::{NOWHERE, Runtime, Way, eventually},
};

const REDIRECTS: &str = "/portal/my-app/v1/redirects";
const SIGN_IN: &str = "/portal/my-app/v1/resolve?flow=sign-in";

fn url(pool: &PgPool) -> String {
    pool.connect_options().to_url_lossy().to_string()
}

/// A folder of the test's own, and a snapshot file in it that a server of this database has written.
fn kept(pool: &PgPool) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot.json");
    let server = Runtime::start(&["--database-url", &url(pool), "--snapshot-file", path.to_str().unwrap()]);
    assert_eq!(server.get(REDIRECTS).status, 200);
    assert_eq!(server.stop().code, Some(0));
    (folder, path)
}

/// A session that there may be: the database has to be asked.
fn session() -> String {
    format!("cookie: portal-redirects-session={}", "a".repeat(64))
}

fn with_file<'a>(role: &'a str, database: &'a str, path: &'a Path) -> [&'a str; 6] {
    ["--role", role, "--database-url", database, "--snapshot-file", path.to_str().unwrap()]
}

#[sqlx::test(migrations = "../migrations")]
async fn a_runtime_of_the_portal_has_its_api_and_no_dashboard(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let mut server = Runtime::start(&["--role", "portal", "--database-url", &url(&pool)]);
    server.hear("is ready: http://");
    assert_eq!((server.get(REDIRECTS).status, server.get("/healthz").body.as_str()), (200, "ok\n"));
    assert_eq!(server.get_at("accounts.myapp.com", "/v1/redirects").status, 200);
    eventually(|| server.get("/readyz").body == "ready\n");
    assert!([404, 421].contains(&server.get("/").status));
    for path in ["/instances", "/instances/my-app", "/account/sign-in", "/account/setup", "/api/preview", "/history", "/pkg/x"] {
        for host in ["localhost", "accounts.myapp.com"] {
            let answer = server.get_at(host, path);
            assert!([404, 421].contains(&answer.status), "{host} {path}: {}", answer.status);
        }
    }
    let roles: Vec<String> = sqlx::query_scalar("select role from runtimes").fetch_all(&pool).await.unwrap();
    assert_eq!(roles, ["portal"]);
    let end = server.stop();
    assert_eq!(end.code, Some(0));
    assert!(!end.said.contains("No admin exists yet"), "{}", end.said);
}

#[sqlx::test]
async fn a_runtime_of_the_portal_waits_for_the_schema_and_makes_none(pool: PgPool) {
    remove_schema(&pool).await;
    let mut server = Runtime::start(&["--role", "portal", "--database-url", &url(&pool)]);
    server.hear("is waiting for its database and already listens on http://");
    let ready = server.get("/readyz");
    assert_eq!((ready.status, ready.body.contains("is not ready for this server")), (503, true), "{ready:?}");
    assert_eq!((server.get("/healthz").status, server.get(REDIRECTS).status), (200, 503));
    let tables: i64 = sqlx::query_scalar("select count(*) from pg_tables where schemaname = 'public'").fetch_one(&pool).await.unwrap();
    assert_eq!(tables, 0);
    assert!(server.log().contains("the database is not ready; retrying: the role that serves can't read the database's schema"));
    sqlx::migrate!("../migrations").run(&pool).await.unwrap();
    server.hear("is ready: http://");
    eventually(|| server.get("/readyz").body == "ready\n");
    assert_eq!(server.get(REDIRECTS).status, 404);
}

#[test]
fn a_runtime_of_the_portal_may_listen_on_every_address() {
    let mut server = Runtime::start(&["--role", "portal", "--database-url", NOWHERE, "--listen", "0.0.0.0:0"]);
    server.hear("already listens on http://0.0.0.0:");
    assert_eq!(server.stop().code, Some(0));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_probes_answer_while_idle_connections_take_all_places(pool: PgPool) {
    let server = Runtime::start(&["--database-url", &url(&pool), "--max-connections", "32"]);
    let idle: Vec<_> = (0..64).map(|_| server.connect()).collect();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    let newest = idle.last().unwrap();
    newest.set_nonblocking(true).unwrap();
    assert_eq!(newest.peek(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "it is open: nobody waited for it to time out");
}

#[sqlx::test(migrations = "../migrations")]
async fn failed_sign_ins_are_kept_for_as_many_days_as_is_said(pool: PgPool) {
    let days = "insert into failed_sign_ins (kind, network, first_at, last_at)
        select 'sign_in_failed', days::text, now() - make_interval(days => days), now() from unnest(array[6, 8, 89, 91]) days";
    let kept = async || sqlx::query_scalar::<_, String>("select network from failed_sign_ins order by id").fetch_all(&pool).await.unwrap();
    sqlx::query(days).execute(&pool).await.unwrap();
    for (flags, left) in [(&[][..], &["6", "8", "89"][..]), (&["--keep-failed-sign-ins", "7"], &["6"])] {
        let url = url(&pool);
        let server = Runtime::start(&[&["--database-url", &url], flags].concat());
        eventually(|| server.log().contains("old failed sign-ins were deleted"));
        assert_eq!(kept().await, left);
        assert_eq!(server.stop().code, Some(0));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_being_answered_when_it_stops_may_end_for_as_long_as_is_said(pool: PgPool) {
    for (grace, answered) in [("60", true), ("0", false)] {
        let server = Runtime::start(&["--database-url", &url(&pool), "--shutdown-grace", grace]);
        let mut lock = pool.acquire().await.unwrap();
        let mut lock = lock.begin().await.unwrap();
        sqlx::query("lock table admin_sessions in access exclusive mode").execute(&mut *lock).await.unwrap();
        let asked = server.ask("/instances", &session());
        let waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
        while sqlx::query_scalar::<_, i64>(waits).fetch_one(&pool).await.unwrap() == 0 {}
        server.signal();
        if answered {
            eventually(|| server.log().contains("shutting down"));
            lock.rollback().await.unwrap();
        }
        let end = server.wait();
        assert_eq!((end.code, end.log.contains("some requests did not finish within 0 s")), (Some(0), !answered), "{}", end.log);
        assert_eq!(asked.join().unwrap().starts_with("HTTP/1.1 "), answered);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn with_its_file_a_server_starts_without_database_and_serves_what_it_last_knew(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/in")]).await;
    let (_folder, path) = kept(&pool);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    for role in ["all", "portal"] {
        let mut server = Runtime::start(&with_file(role, NOWHERE, &path));
        server.hear("is waiting for its database and already listens on http://");
        let resolved = server.get(SIGN_IN);
        assert!(resolved.body.contains("\"target\":\"https://myapp.com/in\"") && resolved.status == 200, "{role} {resolved:?}");
        assert_eq!(server.get_at("accounts.myapp.com", "/v1/redirects").status, 200);
        let ready = server.get("/readyz");
        let said = "degraded: PostgreSQL does not answer; 1 instance is served as it was ";
        assert!(ready.status == 200 && ready.body.starts_with(said) && ready.body.ends_with(" s ago\n"), "{role} {ready:?}");
        assert!(server.log().contains("serving the state of 2"), "{}", server.log());
        let cold = server.get("/portal/other/v1/redirects");
        assert_eq!((cold.status, cold.head.contains("retry-after: ")), (503, true));
        if role == "all" {
            let page = server.get_with("/instances/my-app/redirects", &session());
            assert!(page.status == 503 && page.body.contains("The database does not answer right now."), "{page:?}");
        }
        assert_eq!(server.stop().code, Some(0));
        assert!(fs::read_to_string(&path).unwrap().contains("\"slug\":\"my-app\""));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn when_the_database_comes_it_is_caught_up_with_without_a_restart(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let (_folder, path) = kept(&pool);
    store_fallbacks(&pool, &[(Flow::SignIn, "/later")]).await;
    for role in ["portal", "all"] {
        let mut way = Way::closed(&pool);
        let mut server = Runtime::start(&with_file(role, &way.url, &path));
        server.hear("already listens on http://");
        assert!(server.get(SIGN_IN).body.contains("\"target\":\"https://myapp.com/\""), "{role}");
        way.open();
        server.hear("is ready: http://");
        eventually(|| server.get(SIGN_IN).body.contains("\"target\":\"https://myapp.com/later\""));
        eventually(|| server.get("/readyz").body == "ready\n");
        // What it is caught up with is in the file as well; the next one begins with what was.
        let before = fs::read(&path).unwrap();
        assert_eq!(server.stop().code, Some(0));
        assert!(fs::read_to_string(&path).unwrap().contains("/later"));
        fs::write(&path, before).unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_another_database_had_gives_way_whatever_its_version(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/in")]).await;
    let (_folder, path) = kept(&pool);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"version\":2", "\"version\":99").replace("\"/in\"", "\"/other\"")).unwrap();
    let mut server = Runtime::start(&with_file("all", &url(&pool), &path));
    server.hear("is ready: http://");
    eventually(|| server.get(SIGN_IN).body.contains("\"target\":\"https://myapp.com/in\""));
    assert!(server.get(REDIRECTS).body.contains("\"version\":2"));
}

#[test]
fn a_file_that_is_none_is_named_in_the_log_and_no_reason_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot.json");
    for text in ["", "{\"format\":1,\"as_of\":", "{\"format\":2}", "PK\u{3}\u{4}"] {
        fs::write(&path, text).unwrap();
        let mut server = Runtime::start(&with_file("all", NOWHERE, &path));
        server.hear("already listens on http://");
        let ready = server.get("/readyz");
        assert_eq!((ready.status, ready.body.as_str()), (503, "PostgreSQL does not answer, and nothing is in memory\n"), "{text}");
        assert!(server.log().contains("snapshot.json is ignored: "), "{text}: {}", server.log());
        assert_eq!(server.stop().code, Some(0));
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "nothing is no reason to write over it");
    }
}
