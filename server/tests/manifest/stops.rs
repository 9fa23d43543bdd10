//! Conflicts: a save between the plan and the change.

use sqlx::{AssertSqlSafe, Executor, PgPool};

use crate::{
    process::{run, run_unread, store_instances},
    run::Run,
};

/// Lets somebody save `shop` while `my-app` is changed, which comes first.
pub(crate) async fn save_shop_after_my_app(pool: &PgPool) {
    pool.execute(
        "create function save_shop() returns trigger language plpgsql as $$
        declare
            saved record;
        begin
            update instances set name = 'Theirs', version = version + 1 where slug = 'shop' returning id, version into saved;
            insert into changes (kind, instance_id, version, who) values ('settings', saved.id, saved.version, 'ana@myapp.com');
            return null;
        end
        $$;
        create trigger save_shop after update on instances for each row when (new.slug = 'my-app') execute function save_shop();",
    )
    .await
    .unwrap();
}

/// Lets something else happen while `my-app` is changed, which comes first.
pub(crate) async fn meanwhile(pool: &PgPool, happens: &str) {
    let trigger = format!(
        "create function meanwhile() returns trigger language plpgsql as $$ begin {happens}; return null; end $$;
        create trigger meanwhile after update on instances for each row when (new.slug = 'my-app') execute function meanwhile();"
    );
    pool.execute(AssertSqlSafe(trigger)).await.unwrap();
}

/// The file that is stored, with another name of `my-app` and of `shop`, and with `new-one` between them.
pub(crate) fn changed(exported: &str) -> String {
    let new = "  new-one:\n    name: New\n    environment: production\n    domain: new.example\n  shop:\n";
    exported.replace("name: MyApp", "name: Other").replace("best", "worst").replace("  shop:\n", new)
}

pub(crate) const ARCHIVE_SHOP: &str = "update instances set archived_at = now() where slug = 'shop'";

/// Adds an instance.
fn insert(slug: &str, portal_origin: &str) -> String {
    format!(
        "insert into instances (slug, name, environment, domain, domain_typed, portal_origin, home_url)
        select '{slug}', name, environment, domain, domain_typed, '{portal_origin}', home_url from instances where slug = 'shop'"
    )
}

async fn names(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("select name from instances order by slug").fetch_all(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_save_after_the_plan_stops_it_and_is_named(pool: PgPool) {
    store_instances(&pool).await;
    let options = pool.connect_options();
    let file = run(&options, &["export"], "").output.replace("name: MyApp", "name: Other").replace("best", "worst");
    save_shop_after_my_app(&pool).await;
    let stopped = run(&options, &["apply", "-f", "-", "--yes"], &file);
    assert_eq!(stopped.code, Some(1), "{stopped:?}");
    assert!(stopped.output.ends_with("my-app updated: version 3\n"), "{}", stopped.output);
    let expected =
        "portal-redirects: shop was saved after the plan was made, so nothing of it was changed. Version 2 is from ana@myapp.com, ";
    assert!(stopped.said.starts_with(expected), "{}", stopped.said);
    assert!(
        stopped.said.ends_with("1 of 2 changes were made before, each whole. Run the command again for a new plan.\n"),
        "{}",
        stopped.said
    );
    let names: Vec<String> = sqlx::query_scalar("select name from instances order by slug").fetch_all(&pool).await.unwrap();
    assert_eq!(names, ["Other", "Theirs"]);
    // The next plan has seen it.
    assert_eq!(run(&options, &["apply", "-f", "-", "--yes"], &file).code, Some(0));
    assert_eq!(run(&options, &["diff", "-f", "-"], &file).code, Some(0));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_slug_that_is_taken_after_the_plan_stops_it(pool: PgPool) {
    store_instances(&pool).await;
    let options = pool.connect_options();
    let file = changed(&run(&options, &["export"], "").output);
    meanwhile(&pool, &insert("new-one", "http://theirs.localhost")).await;
    let stopped = run(&options, &["apply", "-f", "-", "--yes"], &file);
    assert_eq!(stopped.code, Some(1), "{stopped:?}");
    assert_eq!(
        stopped.said,
        "portal-redirects: new-one was created by somebody else after the plan was made. 1 of 3 changes were made before, each whole. Run the command again for a new plan.\n"
    );
    assert_eq!(names(&pool).await, ["Other", "Shop: \"best\" #1", "Shop: \"best\" #1"], "shop comes later");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_portal_origin_that_is_taken_after_the_plan_is_said_with_its_line_and_what_was_changed(pool: PgPool) {
    store_instances(&pool).await;
    let options = pool.connect_options();
    let file = changed(&run(&options, &["export"], "").output).replace("portal.localhost:4000", "taken.localhost:4000");
    meanwhile(&pool, &insert("third", "http://taken.localhost:4000")).await;
    let stopped = run(&options, &["apply", "-f", "-", "--yes", "--format", "json"], &file);
    assert_eq!(stopped.code, Some(1), "{stopped:?}");
    let line = 1 + file.lines().position(|line| line.contains("taken.localhost")).unwrap();
    assert!(stopped.said.contains(&format!("\nstandard input:{line}:20: instances.shop.portal_origin: ")), "{}", stopped.said);
    assert!(stopped.said.contains("nothing was changed of shop. 2 of 3 changes were made before"), "{}", stopped.said);
    let report: serde_json::Value = serde_json::from_str(&stopped.output).unwrap();
    assert_eq!(report["applied"].as_array().unwrap().len(), 2);
    assert!(report["error"].as_str().unwrap().contains("2 of 3 changes were made before"), "{}", stopped.output);
}

/// What must hold if `shop` is archived between the plan and its change.
pub(crate) fn assert_archived(stopped: &Run) {
    assert_eq!(stopped.code, Some(1), "{stopped:?}");
    let expected = "portal-redirects: shop was saved after the plan was made, so nothing of it was changed. It is archived now. 2 of 3 ";
    assert!(stopped.said.contains(expected), "{}", stopped.said);
}

/// What must hold if no answer comes about `my-app`.
pub(crate) fn assert_not_known(stopped: &Run) {
    assert_eq!(stopped.code, Some(3), "{stopped:?}");
    let expected = "portal-redirects: 0 of 3 changes were made before. Whether my-app was changed is not known; run the command again";
    assert!(stopped.said.contains(expected), "{}", stopped.said);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_that_is_archived_after_the_plan_stops_it(pool: PgPool) {
    store_instances(&pool).await;
    let options = pool.connect_options();
    let file = changed(&run(&options, &["export"], "").output);
    meanwhile(&pool, ARCHIVE_SHOP).await;
    assert_archived(&run(&options, &["apply", "-f", "-", "--yes"], &file));
}

pub(crate) const END_CONNECTION: &str = "perform pg_terminate_backend(pg_backend_pid())";

#[sqlx::test(migrations = "../migrations")]
async fn a_connection_that_ends_leaves_open_whether_the_change_was_made(pool: PgPool) {
    store_instances(&pool).await;
    let options = pool.connect_options();
    let file = changed(&run(&options, &["export"], "").output);
    meanwhile(&pool, END_CONNECTION).await;
    assert_not_known(&run(&options, &["apply", "-f", "-", "--yes"], &file));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_output_that_nobody_reads_does_not_stop_it(pool: PgPool) {
    store_instances(&pool).await;
    let options = pool.connect_options();
    let file = changed(&run(&options, &["export"], "").output);
    for format in ["text", "json"] {
        let differs = run_unread(&options, &["diff", "-f", "-", "--format", format], &file);
        assert_eq!((differs.code, differs.said.as_str()), (Some(1), ""), "{format}");
    }
    let applied = run_unread(&options, &["apply", "-f", "-", "--yes"], &file);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert_eq!(run(&options, &["diff", "-f", "-"], &file).code, Some(0), "all is changed");
}
