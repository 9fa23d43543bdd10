//! Files and calls that can't be right, and their exit codes.

use app::fixtures::{create, my_app, other_app, remove_schema};
use sqlx::PgPool;

use crate::process::{run, run_on};

const MY_APP: &str = "instances:\n  my-app:\n    name: MyApp\n    environment: production\n    domain: myapp.com\n";

#[sqlx::test(migrations = "../migrations")]
async fn an_error_of_the_file_has_its_line_and_column_and_nothing_changes(pool: PgPool) {
    create(&pool, &my_app()).await;
    create(&pool, &other_app("other")).await;
    let options = pool.connect_options();
    for (lines, expected) in [
        ("    nome: Other\n", "6:11: instances.my-app.nome: There is no setting of that name. Write name."),
        ("    redirects:\n      after_sign_in_url: https://evil.com/\n", "7:26: instances.my-app.redirects.after_sign_in_url: "),
        (
            "    portal_origin: https://accounts.other.com\n",
            "6:20: instances.my-app.portal_origin: The instance other has this portal origin.",
        ),
        ("    home_url: &a https://myapp.com/\n", "6:"),
    ] {
        for command in [&["diff", "-f", "-"][..], &["apply", "-f", "-", "--yes"]] {
            let refused = run(&options, command, &format!("{MY_APP}{lines}"));
            assert_eq!((refused.code, refused.output.as_str()), (Some(2), ""), "{refused:?}");
            assert!(refused.said.starts_with(&format!("standard input:{expected}")), "{}", refused.said);
        }
    }
    let versions: Vec<i64> = sqlx::query_scalar("select version from instances").fetch_all(&pool).await.unwrap();
    assert_eq!(versions, [1, 1]);
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_is_asked_without_a_terminal(pool: PgPool) {
    let refused = run(&pool.connect_options(), &["apply", "-f", "-"], MY_APP);
    assert_eq!((refused.code, refused.output.as_str()), (Some(2), ""));
    assert!(refused.said.contains("there is no terminal to confirm on; pass --yes"), "{}", refused.said);
    let refused = run(&pool.connect_options(), &["apply", "-f", "-", "--format", "json"], MY_APP);
    assert_eq!((refused.code, refused.output.as_str()), (Some(2), ""));
    assert!(refused.said.contains("apply can't ask with --format json; pass --yes"), "{}", refused.said);
    for words in [&["diff"][..], &["diff", "-f", "/does/not/exist.yaml"], &["diff", "-f", "-", "--map", "a=b"], &["export", "my-app"]] {
        let refused = run(&pool.connect_options(), words, MY_APP);
        assert_eq!((refused.code, refused.output.as_str()), (Some(2), ""), "{words:?} {refused:?}");
    }
}

#[test]
fn a_database_that_does_not_answer_is_told_apart_from_a_difference() {
    for words in [&["diff", "-f", "-"][..], &["apply", "-f", "-", "--yes"], &["export"]] {
        let failed = run_on("postgres://nick:secret@127.0.0.1:1/none", words, MY_APP);
        assert_eq!((failed.code, failed.output.as_str()), (Some(3), ""), "{failed:?}");
        assert!(
            failed.said.contains("the database none at 127.0.0.1:1 can't be reached as role nick (DATABASE_URL)")
                && !failed.said.contains("secret"),
            "{}",
            failed.said
        );
    }
}

#[sqlx::test]
async fn a_database_without_the_schema_is_not_changed(pool: PgPool) {
    remove_schema(&pool).await;
    let failed = run(&pool.connect_options(), &["diff", "-f", "-"], MY_APP);
    assert_eq!(failed.code, Some(3), "{failed:?}");
}
