//! `admin invite` and `admin reset`: links for those who can't get in.

use app::admins::{
    Email,
    form::{LinkForm, SignInForm},
    second_factor::check::CodeContext,
    sign_in::{self, SignInError},
    store::{accounts, second_factors},
};
use app::credentials::client::Client;
use serde_json::json;
use sqlx::PgPool;

use crate::process::{account, admin, instance, recorded, run};

const INVITATION: &str = "http://127.0.0.1:3000/account/invitation?token=";
const RESET: &str = "http://127.0.0.1:3000/account/reset?token=";
const PASSWORD: &str = "correct horse battery staple";

/// Follows a link with [`PASSWORD`].
async fn follow(pool: &PgPool, token: &str) -> Result<(), SignInError> {
    let form: LinkForm = serde_json::from_value(json!({"token": token, "password": PASSWORD})).unwrap();
    app::admins::one_time_links::follow(pool, &CodeContext::default(), &form, &Client::default(), None).await.map(|_| ())
}

async fn signs_in(pool: &PgPool, email: &str) -> bool {
    let form: SignInForm = serde_json::from_value(json!({"email": email, "password": PASSWORD})).unwrap();
    sign_in::sign_in(pool, &form, false, &Client::default()).await.is_ok()
}

async fn is_server_admin(pool: &PgPool, email: &str) -> bool {
    let email: Email = email.parse().unwrap();
    accounts::find(pool, &email).await.unwrap().unwrap().is_server_admin
}

async fn owned(pool: &PgPool, email: &str) -> Vec<String> {
    let query = "select i.slug from members m join instances i on i.id = m.instance_id join admins a on a.id = m.admin_id
        where a.email = $1 and m.role = 'owner' order by i.slug";
    sqlx::query_scalar(query).bind(email).fetch_all(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_makes_a_server_wide_admin_of_no_instance_and_works_once(pool: PgPool) {
    instance(&pool, "my-app", &account(&pool, "ana@myapp.com", true).await).await;
    let run = admin(&pool, &["invite", "Ben@MyApp.com"]);
    assert!(
        run.output.starts_with("This link makes ben@myapp.com an admin who may create instances. It is valid for a week and works once:\n")
    );
    let token = run.token(INVITATION);
    follow(&pool, &token).await.unwrap();
    assert!(is_server_admin(&pool, "ben@myapp.com").await && signs_in(&pool, "ben@myapp.com").await);
    assert_eq!(owned(&pool, "ben@myapp.com").await, [""; 0]);
    assert!(matches!(follow(&pool, &token).await, Err(SignInError::Link)));
    assert_eq!(recorded(&pool).await, [("invited".to_owned(), "ben@myapp.com".to_owned())]);
}

#[sqlx::test(migrations = "../migrations")]
async fn with_owner_every_instance_is_theirs_too(pool: PgPool) {
    let ana = account(&pool, "ana@myapp.com", true).await;
    for slug in ["my-app", "other-app"] {
        instance(&pool, slug, &ana).await;
    }
    let run = admin(&pool, &["invite", "ben@myapp.com", "--owner"]);
    assert!(run.output.contains("and an owner of every instance"), "{}", run.output);
    follow(&pool, &run.token(INVITATION)).await.unwrap();
    assert_eq!(owned(&pool, "ben@myapp.com").await, ["my-app", "other-app"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn who_is_an_admin_already_is_led_to_reset_unless_there_is_more_to_give(pool: PgPool) {
    account(&pool, "ana@myapp.com", true).await;
    let run = admin(&pool, &["invite", "ana@myapp.com"]);
    assert!(run.refused().contains("`portal-redirects admin reset ana@myapp.com`"), "{run:?}");
    assert_eq!(recorded(&pool).await, []);
    admin(&pool, &["invite", "ana@myapp.com", "--owner"]).token(INVITATION);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reset_lets_somebody_choose_a_new_password_within_the_hour_and_once(pool: PgPool) {
    account(&pool, "ana@myapp.com", false).await;
    let late = admin(&pool, &["reset", "ana@myapp.com"]).token(RESET);
    sqlx::query("update admin_links set expires_at = now()").execute(&pool).await.unwrap();
    assert!(matches!(follow(&pool, &late).await, Err(SignInError::Link)));
    let run = admin(&pool, &["reset", " ANA@myapp.com"]);
    assert!(run.output.starts_with("With this link, ana@myapp.com can choose a new password. It is valid for an hour and works once:\n"));
    let token = run.token(RESET);
    follow(&pool, &token).await.unwrap();
    assert!(signs_in(&pool, "ana@myapp.com").await && !is_server_admin(&pool, "ana@myapp.com").await);
    assert!(matches!(follow(&pool, &token).await, Err(SignInError::Link)));
    assert_eq!(recorded(&pool).await, vec![("reset_issued".to_owned(), "ana@myapp.com".to_owned()); 2]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reset_turns_the_second_factor_off_once_it_is_followed(pool: PgPool) {
    let ana = account(&pool, "ana@myapp.com", false).await.admin.unwrap();
    sqlx::query("insert into admin_second_factors (admin_id, secret, last_step) values ($1, $2, 0)")
        .bind(ana)
        .bind(vec![0_u8; 60])
        .execute(&pool)
        .await
        .unwrap();
    let run = admin(&pool, &["reset", "ana@myapp.com"]);
    assert!(run.output.contains("That also turns off their second factor."), "{}", run.output);
    assert!(second_factors::is_on(&pool, ana).await.unwrap());
    follow(&pool, &run.token(RESET)).await.unwrap();
    assert!(!second_factors::is_on(&pool, ana).await.unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reset_of_nobody_is_refused_with_the_way_to_an_account(pool: PgPool) {
    account(&pool, "ana@myapp.com", true).await;
    let run = admin(&pool, &["reset", "ben@myapp.com"]);
    assert!(run.refused().starts_with("there is no account for ben@myapp.com; `portal-redirects admin invite ben@myapp.com`"), "{run:?}");
    let links: i64 = sqlx::query_scalar("select count(*) from admin_links").fetch_one(&pool).await.unwrap();
    assert_eq!((links, recorded(&pool).await), (0, Vec::new()));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_link_begins_with_the_url_that_people_open(pool: PgPool) {
    let listen = admin(&pool, &["invite", "ana@myapp.com", "--listen", "127.0.0.1:4000"]);
    listen.token("http://127.0.0.1:4000/account/invitation?token=");
    let url = admin(&pool, &["invite", "ana@myapp.com", "--dashboard-url", "https://d.myapp.com"]);
    let token = url.token("https://d.myapp.com/account/invitation?token=");
    // Stored is only its hash, and the record does not have it.
    let rows = "select row_to_json(l)::text from admin_links l union all select row_to_json(c)::text from changes c";
    let rows: Vec<String> = sqlx::query_scalar(rows).fetch_all(&pool).await.unwrap();
    assert!(rows.len() == 4 && rows.iter().all(|row| !row.contains(&token)), "{rows:?}");
}

#[test]
fn what_is_no_address_is_a_mistake_in_the_command() {
    let long = format!("{}@myapp.com", "a".repeat(250));
    for words in
        [&["invite"][..], &["invite", ""], &["reset", "ana"], &["remove", "a@b@c"], &["invite", &long], &["reset", "a@b", "--owner"], &[]]
    {
        let run = run(&[words, &["--database-url", "postgres://nobody@127.0.0.1:1/nowhere"]].concat());
        assert_eq!((run.code, run.output.as_str()), (Some(2), ""), "{words:?}");
    }
}

#[test]
fn without_a_database_and_a_server_nothing_is_started_or_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let run = run(&["invite", "ana@myapp.com", "--data-dir", data.to_str().unwrap()]);
    assert!(run.refused().contains("no server is running on the data directory"), "{run:?}");
    assert!(!data.exists());
}
