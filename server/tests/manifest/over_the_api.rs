//! The same commands over the management API of a running server.

use app::{
    api_tokens::{
        form::ApiTokenForm,
        store::{Place, issue},
    },
    fixtures::owner,
};
use sqlx::{ConnectOptions, PgPool};

use crate::{
    process::{run, run_with, store_instances},
    run::Run,
    server_process::{ServerProcess, serve},
    stops::{ARCHIVE_SHOP, END_CONNECTION, assert_archived, assert_not_known, changed, meanwhile, save_shop_after_my_app},
};

/// A server on the database of a test, and an API token of its owner.
struct Remote {
    process: ServerProcess,
    url: String,
    token: String,
}

impl Remote {
    async fn start(pool: &PgPool, scope: &str) -> Self {
        store_instances(pool).await;
        let form = ApiTokenForm { name: "CI".into(), scope: scope.into(), ..ApiTokenForm::default() };
        let secret = issue(pool, &owner(pool).await, Place::Server, &form.check().unwrap()).await.unwrap();
        let database = pool.connect_options().to_url_lossy().to_string();
        let process = ServerProcess::start(&mut serve(&["--log", "error", "--metrics-listen", "off", "--database-url", &database]));
        let url = process.output.iter().find_map(|line| Some(format!("http://{}", line.split_once("ready: http://")?.1))).unwrap();
        Self { process, url, token: secret.text().to_owned() }
    }

    fn run(&self, words: &[&str], file: &str) -> Run {
        run_with(&[words, &["--server", &self.url]].concat(), &self.token, file)
    }
}

/// The file without its head, which names the server.
fn instances(file: &str) -> &str {
    file.split_once("instances:").unwrap().1
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_exported_compared_and_applied(pool: PgPool) {
    let remote = Remote::start(&pool, "settings").await;
    let exported = remote.run(&["export"], "");
    assert_eq!((exported.code, exported.said.as_str()), (Some(0), ""));
    assert_eq!(instances(&exported.output), instances(&run(&pool.connect_options(), &["export"], "").output));
    let same = remote.run(&["diff", "-f", "-"], &exported.output);
    assert_eq!((same.code, same.output.as_str()), (Some(0), "Nothing to change: 2 instances are the same.\n"), "{}", same.said);

    let new = "  new-one:\n    name: New\n    environment: production\n    domain: new.example\n    redirects: { logo_link_url: /logo }\n";
    let wanted = exported.output.replace("name: MyApp", "name: Other") + new;
    let dry = remote.run(&["apply", "-f", "-", "--dry-run"], &wanted);
    assert_eq!((dry.code, dry.said.as_str()), (Some(0), ""));
    assert!(dry.output.contains("~ my-app (update)\n    name:\n      - MyApp\n      + Other\n+ new-one (create)\n"), "{}", dry.output);
    assert_eq!(remote.run(&["diff", "-f", "-"], &wanted).code, Some(1));
    let applied = remote.run(&["apply", "-f", "-", "--yes"], &wanted);
    assert_eq!((applied.code, applied.said.as_str()), (Some(0), ""), "{}", applied.output);
    assert!(applied.output.ends_with("my-app updated: version 3\nnew-one created: version 1\n"), "{}", applied.output);
    assert_eq!(remote.run(&["diff", "-f", "-"], &wanted).code, Some(0));
    assert_eq!(run(&pool.connect_options(), &["diff", "-f", "-"], &wanted).code, Some(0));
    let pruned = remote.run(&["apply", "-f", "-", "--yes", "--prune"], &exported.output.replace("name: MyApp", "name: Other"));
    assert!(pruned.code == Some(0) && pruned.output.ends_with("new-one archived: version 2\n"), "{pruned:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_save_after_the_plan_stops_it_and_is_named(pool: PgPool) {
    let remote = Remote::start(&pool, "settings").await;
    let file = remote.run(&["export"], "").output.replace("name: MyApp", "name: Other").replace("best", "worst");
    save_shop_after_my_app(&pool).await;
    let stopped = remote.run(&["apply", "-f", "-", "--yes"], &file);
    assert_eq!(stopped.code, Some(1), "{stopped:?}");
    let expected =
        "portal-redirects: shop was saved after the plan was made, so nothing of it was changed. Version 2 is from ana@myapp.com, ";
    assert!(stopped.said.starts_with(expected), "{}", stopped.said);
    assert_eq!(remote.run(&["apply", "-f", "-", "--yes"], &file).code, Some(0));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_archived_instance_is_refused_with_its_line_and_one_that_is_archived_later_is_a_conflict(pool: PgPool) {
    let remote = Remote::start(&pool, "settings").await;
    let exported = remote.run(&["export"], "").output;
    let twice = remote.run(&["export", "shop", "my-app", "shop"], "");
    assert_eq!((twice.code, instances(&twice.output)), (Some(0), instances(&exported)));
    let file = changed(&exported);
    meanwhile(&pool, ARCHIVE_SHOP).await;
    assert_archived(&remote.run(&["apply", "-f", "-", "--yes"], &file));
    let refused = remote.run(&["diff", "-f", "-"], &file);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let line = 1 + file.lines().position(|line| line == "  shop:").unwrap();
    let expected = format!("standard input:{line}:3: instances.shop: The instance is archived.");
    assert!(refused.said.starts_with(&expected), "{}", refused.said);
    let archived = remote.run(&["export", "shop"], "");
    assert_eq!((archived.code, archived.output.as_str()), (Some(2), ""));
    assert!(archived.said.contains("shop is archived"), "{}", archived.said);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_list_of_several_pages_is_exported_and_pruned_whole(pool: PgPool) {
    let remote = Remote::start(&pool, "settings").await;
    let many = "insert into instances (slug, name, environment, domain, domain_typed, portal_origin, home_url)
        select 'many' || case when n % 2 = 0 then '-' else '' end || n, name, environment, domain, domain_typed,
            'http://many' || n || '.localhost', home_url from instances, generate_series(1, 230) n where slug = 'shop'";
    sqlx::query(many).execute(&pool).await.unwrap();
    let joined = "insert into members (instance_id, admin_id, role)
        select i.id, m.admin_id, 'owner' from instances i, members m where i.slug like 'many%' group by i.id, m.admin_id";
    sqlx::query(joined).execute(&pool).await.unwrap();
    let exported = remote.run(&["export"], "");
    assert_eq!((exported.code, exported.said.as_str()), (Some(0), ""));
    assert_eq!(instances(&exported.output), instances(&run(&pool.connect_options(), &["export"], "").output));
    let one = remote.run(&["export", "my-app"], "").output;
    let pruned = remote.run(&["apply", "-f", "-", "--dry-run", "--prune"], &one);
    assert!(pruned.output.ends_with("231 to archive, 1 unchanged.\n"), "{pruned:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_portal_origin_moves_in_two_steps(pool: PgPool) {
    let remote = Remote::start(&pool, "settings").await;
    let before = remote.run(&["export"], "").output;
    let given_up = before.replace("    # portal_origin: https://accounts.myapp.com\n", "    portal_origin: https://portal.myapp.com\n");
    let taken = given_up.replace("http://portal.localhost:4000", "https://accounts.myapp.com");
    let refused = remote.run(&["diff", "-f", "-"], &taken);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.said.contains("instances.shop.portal_origin: Another instance has this portal origin."), "{}", refused.said);
    for file in [given_up, taken] {
        assert_eq!(remote.run(&["apply", "-f", "-", "--yes"], &file).code, Some(0));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_that_fails_leaves_open_whether_the_change_was_made(pool: PgPool) {
    let remote = Remote::start(&pool, "settings").await;
    let file = changed(&remote.run(&["export"], "").output);
    meanwhile(&pool, END_CONNECTION).await;
    assert_not_known(&remote.run(&["apply", "-f", "-", "--yes"], &file));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_the_token_may_not_and_what_the_rules_refuse_are_told_apart(pool: PgPool) {
    let remote = Remote::start(&pool, "read").await;
    let file = remote.run(&["export"], "").output;
    assert_eq!(remote.run(&["diff", "-f", "-"], &file).code, Some(0));
    let refused = remote.run(&["apply", "-f", "-", "--yes"], &file.replace("name: MyApp", "name: Other"));
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(refused.said.contains("my-app was not changed") && refused.said.contains("403"), "{}", refused.said);
    assert_eq!(remote.run(&["diff", "-f", "-"], &file).code, Some(0), "planning needs no more than reading, and nothing has changed");
    let unknown = run_with(&["export", "--server", &remote.url], "prt_nonsense", "");
    assert_eq!((unknown.code, unknown.output.as_str()), (Some(3), ""));
    assert!(unknown.said.contains("401") && !unknown.said.contains("nonsense"), "{}", unknown.said);
    let without = run_with(&["export", "--server", &remote.url], "", "");
    assert_eq!(without.code, Some(2));
    assert!(without.said.contains("PORTAL_REDIRECTS_TOKEN"), "{}", without.said);
    assert_eq!(run_with(&["export", "--server", "http://127.0.0.1:1"], "x", "").code, Some(3), "nobody answers");
    assert_eq!(run_with(&["export", "--server", "http://example.org"], "x", "").code, Some(2), "a token needs TLS");

    let settings = Remote { token: issue_settings_token(&pool).await, ..remote };
    let wrong = settings.run(&["diff", "-f", "-"], &file.replace("domain: myapp.com", "domain: co.uk"));
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.said.starts_with("standard input:8:13: instances.my-app.domain: "), "{}", wrong.said);
}

async fn issue_settings_token(pool: &PgPool) -> String {
    let form = ApiTokenForm { name: "CI settings".into(), scope: "settings".into(), ..ApiTokenForm::default() };
    let owner = app::fixtures::account(pool, "second@myapp.com", true).await;
    app::fixtures::join(pool, &owner, "my-app", app::admins::Role::Owner).await;
    app::fixtures::join(pool, &owner, "shop", app::admins::Role::Owner).await;
    issue(pool, &owner, Place::Server, &form.check().unwrap()).await.unwrap().text().to_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_that_has_stopped_is_unreachable(pool: PgPool) {
    let mut remote = Remote::start(&pool, "read").await;
    let exported = remote.run(&["export"], "");
    remote.process.terminate();
    remote.process.child.wait().unwrap();
    let unreachable = remote.run(&["diff", "-f", "-"], &exported.output);
    assert_eq!(unreachable.code, Some(3), "{unreachable:?}");
    assert!(unreachable.said.contains(&remote.url), "{}", unreachable.said);
}
