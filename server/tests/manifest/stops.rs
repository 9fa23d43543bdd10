//! Conflicts: a save between the plan and the change.

use sqlx::{Executor, PgPool};

use crate::process::{run, store_instances};

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
