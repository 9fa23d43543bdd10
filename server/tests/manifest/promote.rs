//! From one server to another one.

use app::fixtures::{create, my_app};
use serde_json::Value;
use sqlx::PgPool;

use crate::process::{run, second, store_instances};

#[sqlx::test(migrations = "../migrations")]
async fn a_file_of_one_server_makes_an_empty_second_one_the_same(pool: PgPool) {
    store_instances(&pool).await;
    let first = pool.connect_options();
    let exported = run(&first, &["export"], "");
    assert_eq!((exported.code, exported.said.as_str()), (Some(0), ""));
    assert!(exported.output.contains("    name: \"Shop: \\\"best\\\" #1\"\n"), "{}", exported.output);
    let other = second(&pool).await;
    let options = other.connect_options();
    let differs = run(&options, &["diff", "-f", "-"], &exported.output);
    assert_eq!(differs.code, Some(1), "{differs:?}");
    assert!(differs.output.ends_with("2 to create, 0 unchanged.\n"), "{}", differs.output);
    let applied = run(&options, &["apply", "--file", "-", "--yes"], &exported.output);
    let no_members = "portal-redirects: the created instances have no members yet; `portal-redirects admin invite EMAIL --owner` makes somebody their owner\n";
    assert_eq!((applied.code, applied.said.as_str()), (Some(0), no_members), "{}", applied.output);
    assert!(applied.output.ends_with("my-app created: version 1\nshop created: version 1\n"), "{}", applied.output);
    let same = run(&options, &["diff", "-f", "-"], &exported.output);
    assert_eq!((same.code, same.output.as_str()), (Some(0), "Nothing to change: 2 instances are the same.\n"));
    assert_eq!(run(&options, &["export"], "").output, exported.output);
    let again = run(&options, &["apply", "--file", "-", "--yes", "--format", "json"], &exported.output);
    let report: Value = serde_json::from_str(&again.output).unwrap();
    assert_eq!(again.said, "", "nothing is created");
    assert_eq!((again.code, &report["same"], &report["unchanged"]), (Some(0), &Value::Bool(true), &Value::from(2)));
    let changes: i64 = sqlx::query_scalar("select count(*) from changes").fetch_one(&other).await.unwrap();
    assert_eq!(changes, 4, "two are created and one has two switches off, and no more is written");
    // As JSON it is the same file.
    let json = run(&first, &["export", "--format", "json"], "");
    assert_eq!(run(&options, &["diff", "-f", "-"], &json.output).code, Some(0));
    let one = run(&first, &["export", "shop"], "");
    assert!(one.output.contains("  shop:\n") && !one.output.contains("my-app"), "{}", one.output);
}

#[sqlx::test(migrations = "../migrations")]
async fn origins_are_rewritten_and_what_changes_is_said_field_by_field(pool: PgPool) {
    create(&pool, &my_app()).await;
    let file = "instances:\n  my-app:\n    name: MyApp\n    environment: production\n    domain: staging.myapp.com\n    redirects:\n      after_sign_in_url: https://staging.myapp.com/in\n";
    let map = "https://staging.myapp.com=https://myapp.com";
    let diff = run(&pool.connect_options(), &["diff", "-f", "-", "--map", map, "--map", "https://a.org=https://b.org"], file);
    assert_eq!(diff.code, Some(1));
    assert_eq!(
        diff.output,
        "~ my-app (update)\n    redirects.after_sign_in_url:\n      - (the home URL)\n      + https://myapp.com/in\n1 to update, 0 unchanged.\n"
    );
    assert_eq!(diff.said, "portal-redirects: --map: nothing in the file has the origin https://a.org\n");
    let dry = run(&pool.connect_options(), &["apply", "-f", "-", "--dry-run", "--format", "json", "--map", map], file);
    let report: Value = serde_json::from_str(&dry.output).unwrap();
    assert_eq!(dry.code, Some(0));
    assert_eq!(report["changes"][0]["fields"][0]["after"], "https://myapp.com/in");
    assert_eq!(report["applied"], serde_json::json!([]));
    let versions: Vec<i64> = sqlx::query_scalar("select version from instances").fetch_all(&pool).await.unwrap();
    assert_eq!(versions, [1], "a dry run writes nothing");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_not_in_the_file_is_archived_only_on_request(pool: PgPool) {
    store_instances(&pool).await;
    let options = pool.connect_options();
    let file = run(&options, &["export", "my-app"], "").output;
    assert_eq!(run(&options, &["diff", "-f", "-"], &file).code, Some(0));
    let pruned = run(&options, &["apply", "-f", "-", "--prune", "--yes"], &file);
    assert_eq!(pruned.code, Some(0), "{pruned:?}");
    assert!(pruned.output.contains("- shop (archive)\n1 to archive, 1 unchanged.\nshop archived: version "), "{}", pruned.output);
    assert!(!run(&options, &["export"], "").output.contains("shop"));
    let again = run(&options, &["apply", "-f", "-", "--prune", "--yes"], &file);
    assert_eq!(again.output, "Nothing to change: 1 instance is the same.\n");
    let empty = run(&options, &["apply", "-f", "-", "--prune", "--yes"], "instances: {}\n");
    let expected = "portal-redirects: the file has no instances, so --prune would archive all of them\n";
    assert_eq!((empty.code, empty.said.as_str()), (Some(2), expected));
    assert_eq!(run(&options, &["diff", "-f", "-"], &file).code, Some(0), "nothing was archived");
    let archived = run(&options, &["export", "my-app", "shop"], "");
    assert_eq!((archived.code, archived.output.as_str()), (Some(2), ""));
    assert!(archived.said.contains("shop is archived"), "{}", archived.said);
}

#[sqlx::test(migrations = "../migrations")]
async fn two_instances_hand_a_portal_origin_over(pool: PgPool) {
    store_instances(&pool).await;
    let options = pool.connect_options();
    let file = run(&options, &["export"], "").output;
    let file = file
        .replace("    # portal_origin: https://accounts.myapp.com\n", "    portal_origin: https://accounts.xn--bcher-kva.example\n")
        .replace("    portal_origin: http://portal.localhost:4000\n", "    portal_origin: https://accounts.myapp.com\n");
    let applied = run(&options, &["apply", "-f", "-", "--yes"], &file);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert_eq!(run(&options, &["diff", "-f", "-"], &file).code, Some(0));
}
