//! `admin remove`: an account goes with everything that lets it in, and never the last one that others need.

use std::process::Command;

use app::{
    admins::{
        Role, Token,
        store::{links, sessions},
    },
    api_tokens::{
        form::ApiTokenForm,
        store::{self, Place},
    },
    history::Actor,
    members::{self, form::InviteForm},
};
use sqlx::{ConnectOptions, PgPool};

use crate::process::{account, admin, instance, join, recorded, session};

async fn emails(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("select email from admins order by email").fetch_all(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removed_account_loses_its_sessions_memberships_and_links(pool: PgPool) {
    let (ana, ben) = (account(&pool, "ana@myapp.com", true).await, account(&pool, "ben@myapp.com", true).await);
    instance(&pool, "my-app", &ana).await;
    join(&pool, &ben, "my-app", Role::Owner).await;
    let session = session(&pool, ben.admin.unwrap()).await;
    let out = admin(&pool, &["reset", "ben@myapp.com"]);
    let token = Token::parse(&out.token("http://127.0.0.1:3000/account/reset?token=")).unwrap();

    let run = admin(&pool, &["remove", "Ben@myapp.com"]);
    assert_eq!((run.code, run.output.as_str(), run.said.as_str()), (Some(0), "Removed the account of ben@myapp.com.\n", ""));
    assert_eq!(emails(&pool).await, ["ana@myapp.com"]);
    assert!(sessions::find(&pool, &session, None).await.unwrap().is_none());
    assert!(links::find(&pool, &token).await.unwrap().is_none());
    let members: i64 = sqlx::query_scalar("select count(*) from members").fetch_one(&pool).await.unwrap();
    assert_eq!(members, 1);
    let kinds = recorded(&pool).await;
    assert_eq!(kinds.last().unwrap(), &("account_removed".to_owned(), "ben@myapp.com".to_owned()));
    assert!(admin(&pool, &["remove", "ben@myapp.com"]).refused().starts_with("there is no account for ben@myapp.com"));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_invitations_that_a_removed_account_has_made_go_with_it(pool: PgPool) {
    let (ana, ben) = (account(&pool, "ana@myapp.com", true).await, account(&pool, "ben@myapp.com", false).await);
    instance(&pool, "my-app", &ana).await;
    join(&pool, &ben, "my-app", Role::Owner).await;
    let invite = |email: &str| InviteForm { email: email.into(), role: "owner".into() };
    let (_, his) = members::store::invite(&pool, &ben, "my-app", &invite("eve@evil.com")).await.unwrap();
    let (_, hers) = members::store::invite(&pool, &ana, "my-app", &invite("cleo@myapp.com")).await.unwrap();
    assert_eq!(admin(&pool, &["remove", "ben@myapp.com"]).code, Some(0));
    assert!(links::find(&pool, &his).await.unwrap().is_none());
    assert!(links::find(&pool, &hers).await.unwrap().is_some());
    assert!(recorded(&pool).await.contains(&("invitation_withdrawn".to_owned(), "eve@evil.com".to_owned())));
    // Not even an account of the same address revives it.
    let ben = account(&pool, "ben@myapp.com", false).await;
    join(&pool, &ben, "my-app", Role::Owner).await;
    assert!(links::find(&pool, &his).await.unwrap().is_none());
}

#[sqlx::test(migrations = "../migrations")]
async fn the_api_tokens_of_a_removed_account_go_with_it_and_the_output_says_how_many(pool: PgPool) {
    let (ana, ben) = (account(&pool, "ana@myapp.com", true).await, account(&pool, "ben@myapp.com", true).await);
    instance(&pool, "my-app", &ana).await;
    join(&pool, &ben, "my-app", Role::Owner).await;
    let issue = async |actor: &Actor, place: Place<'_>, name: &str| {
        let form = ApiTokenForm { name: name.into(), ..ApiTokenForm::default() };
        store::issue(&pool, actor, place, &form.check().unwrap()).await.unwrap()
    };
    let hers = issue(&ana, Place::Instance("my-app"), "hers").await;
    let ended = issue(&ben, Place::Server, "ended").await;
    sqlx::query("update api_tokens set expires_at = now() where name = 'ended'").execute(&pool).await.unwrap();
    let his = [issue(&ben, Place::Instance("my-app"), "of the instance").await, issue(&ben, Place::Server, "of the server").await];
    let run = admin(&pool, &["remove", "ben@myapp.com"]);
    assert_eq!(run.output, "Removed the account of ben@myapp.com. 2 API tokens of theirs stopped working.\n");
    for secret in his.iter().chain([&ended]) {
        assert!(store::find(&pool, secret, None).await.unwrap().is_none());
    }
    assert!(store::find(&pool, &hers, None).await.unwrap().is_some());
    let revoked: Vec<_> = recorded(&pool).await.into_iter().filter(|(kind, _)| kind == "api_token_revoked").map(|(_, name)| name).collect();
    assert_eq!(revoked, ["of the instance", "of the server"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_owner_stays_and_the_instances_are_named(pool: PgPool) {
    let (ana, ben) = (account(&pool, "ana@myapp.com", true).await, account(&pool, "ben@myapp.com", false).await);
    for slug in ["c-app", "a-app", "b-app"] {
        instance(&pool, slug, &ben).await;
    }
    join(&pool, &ana, "b-app", Role::Owner).await;
    join(&pool, &ana, "a-app", Role::Editor).await;
    let run = admin(&pool, &["remove", "ben@myapp.com"]);
    assert!(run.refused().starts_with("ben@myapp.com is the last owner of a-app, c-app; make somebody else an owner first"), "{run:?}");
    assert_eq!((emails(&pool).await.len(), recorded(&pool).await), (2, Vec::new()));
    // Archived, it can be restored for a while; after that it needs no owner.
    sqlx::query("update instances set archived_at = now() where slug in ('a-app', 'c-app')").execute(&pool).await.unwrap();
    assert!(admin(&pool, &["remove", "ben@myapp.com"]).refused().contains("the last owner of a-app, c-app;"));
    sqlx::query("update instances set archived_at = now() - interval '721 hours' where slug in ('a-app', 'c-app')")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(admin(&pool, &["remove", "ben@myapp.com"]).code, Some(0));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_server_wide_admin_stays(pool: PgPool) {
    account(&pool, "ana@myapp.com", true).await;
    account(&pool, "ben@myapp.com", false).await;
    let run = admin(&pool, &["remove", "ana@myapp.com"]);
    assert!(run.refused().starts_with("ana@myapp.com is the last admin who may create instances; invite another admin first"), "{run:?}");
    assert_eq!(emails(&pool).await.len(), 2);
    assert_eq!(admin(&pool, &["remove", "ben@myapp.com"]).code, Some(0));
}

#[sqlx::test(migrations = "../migrations")]
async fn of_the_last_two_admins_who_are_removed_at_once_one_stays(pool: PgPool) {
    let url = pool.connect_options().to_url_lossy().to_string();
    for _ in 0..3 {
        account(&pool, "ana@myapp.com", true).await;
        account(&pool, "ben@myapp.com", true).await;
        let begun = ["ana@myapp.com", "ben@myapp.com"].map(|email| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_portal-redirects"));
            command.args(["admin", "remove", email, "--database-url", &url]).spawn().unwrap()
        });
        let mut codes = begun.map(|mut run| run.wait().unwrap().code());
        codes.sort_unstable();
        assert_eq!(codes, [Some(0), Some(1)]);
        assert_eq!(emails(&pool).await.len(), 1);
    }
}
