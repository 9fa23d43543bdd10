//! Mail of the dashboard: forgotten passwords of admins, invitations, and the page of the outbox.

use app::{
    admins::{Role, second_factor::TotpSecret},
    mail::{
        MailKind, content,
        store::{self, DueMail, NewMail},
    },
    redirects::Environment,
};
use axum::http::StatusCode;
use server::{http::options::HttpOptions, mail::Mailer};
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::{
    common::{Answer, Site, account, key_file, member, owner, store_my_app},
    html::{error_of, text},
};

const PASSWORD: &str = "correct horse battery staple";
const OTHER: &str = "three ducks on a pond";

/// A server whose mail nobody takes: the tests read the outbox.
fn site(pool: &PgPool) -> Site {
    let mailer = Mailer::parse("smtp://ana:hunter2hunter2@127.0.0.1:1?tls=none", "no-reply@myapp.com").unwrap();
    Site::with_options(pool, None, HttpOptions::default().with_mailer(Some(mailer)))
}

/// What is in the outbox, which is empty then.
async fn outbox(pool: &PgPool) -> Vec<DueMail> {
    let due = store::claim(pool, 100).await.unwrap();
    for mail in &due {
        store::remove(pool, mail.id).await.unwrap();
    }
    due
}

/// The path and query of the link in the one mail of the outbox.
async fn link(pool: &PgPool) -> String {
    let due = outbox(pool).await;
    let [mail] = &due[..] else { panic!("{} mails", due.len()) };
    let message = content(pool, mail).await.unwrap().expect("something to say");
    let link = message.plain.lines().find_map(|line| line.strip_prefix("http://127.0.0.1:3000")).expect("a link");
    link.to_owned()
}

fn token(link: &str) -> String {
    link.split_once("token=").unwrap().1.to_owned()
}

/// An admin's account with [`PASSWORD`].
async fn store_ana(pool: &PgPool, site: &Site) -> Answer {
    use app::{
        admins::store::links::{self, Invitation, Purpose},
        history::Actor,
    };
    owner(pool).await;
    let invitation = Invitation { email: "ana@myapp.com".parse().unwrap(), membership: None, server_admin: true, owner_of_all: false };
    let link = links::create(&mut pool.acquire().await.unwrap(), &Purpose::Invite(invitation), &Actor::server()).await.unwrap();
    site.post("/account/invitation", &[("token", &link.secret()), ("password", PASSWORD)]).await
}

fn with_cookies(site: &Site, answer: &Answer) -> Site {
    let cookies = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap());
    site.with_cookie(cookies.collect::<Vec<_>>().join("; "))
}

#[sqlx::test(migrations = "../migrations")]
async fn an_admin_gets_back_in_through_a_mail_and_nobody_learns_who_has_an_account(pool: PgPool) {
    let site = site(&pool);
    let before = with_cookies(&site, &store_ana(&pool, &site).await);
    assert!(site.get("/account/sign-in").await.text().contains("href=\"/account/forgot-password\""));
    let mut seen = Vec::new();
    for email in ["ana@myapp.com", "stranger@myapp.com"] {
        let asked = site.post("/account/forgot-password", &[("email", email)]).await;
        let page = site.get(asked.header("location")).await;
        seen.push((asked.status, asked.header("location").to_owned(), text(page.text())));
    }
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].2.contains("a mail is on its way"), "{}", seen[0].2);
    let due = outbox(&pool).await;
    assert_eq!(due.len(), 2);
    let stranger = due.iter().find(|mail| mail.recipient == "stranger@myapp.com").unwrap();
    assert!(content(&pool, stranger).await.unwrap().is_none());
    site.post("/account/forgot-password", &[("email", "ana@myapp.com")]).await;
    let link = link(&pool).await;
    for _ in 0..2 {
        assert_eq!(site.get(&link).await.status, StatusCode::OK, "scanners open it, too");
    }
    let answer = site.post("/account/reset", &[("token", &token(&link)), ("password", OTHER)]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/instances"));
    assert_eq!(with_cookies(&site, &answer).get("/account").await.status, StatusCode::OK);
    assert_eq!(before.get("/account").await.status, StatusCode::SEE_OTHER, "all other sessions have ended");
    assert_eq!(site.get(&link).await.status, StatusCode::GONE);
    let notices = outbox(&pool).await;
    assert_eq!(notices.iter().map(|mail| mail.kind).collect::<Vec<_>>(), [Some(MailKind::AdminPasswordChanged)]);
    // One address gets few mails.
    let statuses = [
        site.post("/account/forgot-password", &[("email", "ana@myapp.com")]).await.status,
        site.post("/account/forgot-password", &[("email", "ana@myapp.com")]).await.status,
    ];
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::TOO_MANY_REQUESTS]);
    let wrong = site.post("/account/forgot-password", &[("email", "ana")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(error_of(wrong.text(), "email").is_some());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mail_does_not_turn_the_second_factor_off(pool: PgPool) {
    let site = site(&pool);
    let ana = with_cookies(&site, &store_ana(&pool, &site).await);
    ana.post("/account/second-factor", &[]).await;
    let (id, encrypted): (i64, Vec<u8>) =
        sqlx::query_as("select s.admin_id, u.secret from admin_second_factor_setups u join admin_sessions s on s.id = u.session_id")
            .fetch_one(&pool)
            .await
            .unwrap();
    let secret = TotpSecret::decrypt(&encrypted, &key_file().read().unwrap(), id).unwrap();
    let code = || secret.code(OffsetDateTime::now_utc().unix_timestamp());
    assert_eq!(ana.post("/account/second-factor/confirm", &[("code", &code())]).await.status, StatusCode::OK);
    sqlx::query("update admin_second_factors set last_step = 0").execute(&pool).await.unwrap();
    site.post("/account/forgot-password", &[("email", "ana@myapp.com")]).await;
    let link = link(&pool).await;
    assert!(site.get(&link).await.text().contains("name=\"code\""));
    for wrong in ["", "000000"] {
        let answer = site.post("/account/reset", &[("token", &token(&link)), ("password", OTHER), ("code", wrong)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let answer = site.post("/account/reset", &[("token", &token(&link)), ("password", OTHER), ("code", &code())]).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, "/instances"),
        "{}",
        text(&String::from_utf8_lossy(&answer.body))
    );
    let still_on: bool = sqlx::query_scalar("select exists (select from admin_second_factors)").fetch_one(&pool).await.unwrap();
    assert!(still_on);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_is_sent_and_shown_and_ends_when_it_is_withdrawn(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let anonymous = site(&pool);
    let owner = anonymous.signed_in(&pool, owner(&pool).await.admin.unwrap()).await;
    assert!(text(owner.get("/instances/my-app/members").await.text()).contains("They get a mail with a link."));
    owner.post("/instances/my-app/members", &[("email", "ben@myapp.com"), ("role", "editor")]).await;
    let sent = link(&pool).await;
    assert!(sent.starts_with("/account/invitation?token="), "{sent}");
    assert!(
        text(anonymous.get(&sent).await.text()).contains("invites ben@myapp.com to MyApp, as editor"),
        "{}",
        text(anonymous.get(&sent).await.text())
    );
    let answer = anonymous.post("/account/invitation", &[("token", &token(&sent)), ("password", PASSWORD)]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/instances"));
    assert_eq!(anonymous.get(&sent).await.status, StatusCode::GONE);
    // One that is withdrawn before it is sent is never sent, and one that was sent ends.
    owner.post("/instances/my-app/members", &[("email", "cleo@myapp.com"), ("role", "viewer")]).await;
    sqlx::query("delete from admin_links").execute(&pool).await.unwrap();
    assert!(outbox(&pool).await.is_empty());
    let plain = Site::new(&pool).await;
    assert!(text(plain.get("/instances/my-app/members").await.text()).contains("This server sends no mail."));
    plain.post("/instances/my-app/members", &[("email", "dora@myapp.com"), ("role", "viewer")]).await;
    assert!(outbox(&pool).await.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn server_admins_see_what_failed_and_why_and_have_it_sent_again(pool: PgPool) {
    let site = site(&pool);
    let ana = with_cookies(&site, &store_ana(&pool, &site).await);
    let recipient = "ana@myapp.com".parse().unwrap();
    for _ in 0..2 {
        let mail = NewMail::to_admin(MailKind::AdminPasswordChanged, &recipient, "http://127.0.0.1:3000/x");
        assert!(store::add(&mut pool.acquire().await.unwrap(), mail).await.unwrap());
    }
    let failed = store::claim(&pool, 1).await.unwrap().pop().unwrap();
    store::give_up(&pool, failed.id, "550 <script>no such user\u{202e}").await.unwrap();
    let page = ana.get("/mail").await;
    assert_eq!(page.status, StatusCode::OK);
    let shown = text(page.text());
    for part in [
        "127.0.0.1:1 without TLS",
        "no-reply@myapp.com",
        "550 <script>no such user\\u{202e}",
        "Changed password of an admin",
        "not tried yet",
        "tried once",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!page.text().contains("hunter2") && !page.text().contains("<script>no"));
    let id = failed.id.to_string();
    for (path, done) in [("/mail/retry", "/mail?retried"), ("/mail/retry", "/mail?gone"), ("/mail/discard", "/mail?gone")] {
        let answer = ana.post(path, &[("mail", &id)]).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, done), "{path}");
    }
    store::give_up(&pool, failed.id, "550").await.unwrap();
    assert_eq!(ana.post("/mail/discard", &[("mail", &id)]).await.header("location"), "/mail?discarded");
    assert_eq!(store::list(&pool).await.unwrap().len(), 1);
    // The mail server of this test is down, and the password is not told.
    let tested = ana.post("/mail/test", &[("to", "ana@myapp.com")]).await;
    assert_eq!(tested.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = text(tested.text());
    assert!(said.contains("The mail server did not take it") && !said.contains("hunter2"), "{said}");
    let wrong = ana.post("/mail/test", &[("to", "ana\r\nBcc: eve@evil.test")]).await;
    assert!(error_of(wrong.text(), "to").is_some());
}

#[sqlx::test(migrations = "../migrations")]
async fn only_server_admins_see_the_outbox(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let member = member(&pool, "ben@myapp.com", "my-app", Role::Owner).await;
    let site = site(&pool);
    let ben = site.signed_in(&pool, member.admin.unwrap()).await;
    for answer in [
        ben.get("/mail").await,
        ben.post("/mail/test", &[("to", "x@y.z")]).await,
        ben.post("/mail/retry", &[("mail", "1")]).await,
        ben.post("/mail/discard", &[("mail", "1")]).await,
    ] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let admin = account(&pool, "cleo@myapp.com", true).await;
    let off = Site::anonymous(&pool).signed_in(&pool, admin.admin.unwrap()).await;
    let page = off.get("/mail").await;
    assert!(text(page.text()).contains("This server sends no mail") && !page.text().contains("/mail/test"));
    assert!(!Site::anonymous(&pool).get("/account/sign-in").await.text().contains("forgot-password"));
    assert!(text(Site::anonymous(&pool).get("/account/forgot-password").await.text()).contains("This server sends no mail"));
}
