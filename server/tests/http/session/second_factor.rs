//! The second factor: two steps of signing in, what a half sign-in opens, and a server that requires one.

use app::{
    admins::{
        Role,
        second_factor::TotpSecret,
        store::links::{Invitation, Purpose},
    },
    redirects::Environment,
};
use axum::http::{Method, StatusCode};
use server::{config::SecondFactor, secret_key_file::SecretKeyFile};
use sqlx::PgPool;
use time::OffsetDateTime;

use super::{PASSWORD, assert_let_in, kinds, link, link_by, set_up, sign_in, with_cookies};
use crate::{
    common::{Answer, FORM, Site, account, instance_form, key_file, member, owner, request, store_my_app},
    guard::{arguments, functions, path, routes},
    html::{error_of, text, text_of},
};

const ANA: &str = "ana@myapp.com";

/// The secret that the account's second factor has, or is set up with in its only session.
async fn secret(pool: &PgPool) -> TotpSecret {
    let query = "select a.id, coalesce(f.secret, u.secret) from admins a left join admin_second_factors f on f.admin_id = a.id
        left join admin_sessions s on s.admin_id = a.id left join admin_second_factor_setups u on u.session_id = s.id
        where a.email = $1 order by u.created_at desc nulls last limit 1";
    let (id, encrypted): (i64, Vec<u8>) = sqlx::query_as(query).bind(ANA).fetch_one(pool).await.unwrap();
    TotpSecret::decrypt(&encrypted, &key_file().read().unwrap(), id).unwrap()
}

/// A code that has not been used: that of this moment, after forgetting the last one that was.
async fn code(pool: &PgPool) -> String {
    sqlx::query("update admin_second_factors set last_step = 0").execute(pool).await.unwrap();
    secret(pool).await.code(OffsetDateTime::now_utc().unix_timestamp())
}

/// Turns the second factor of the browser's account on. Returns the page with the recovery codes.
async fn turn_on(pool: &PgPool, ana: &Site) -> Answer {
    let begun = ana.post("/account/second-factor", &[]).await;
    assert_eq!((begun.status, begun.header("location")), (StatusCode::SEE_OTHER, "/account/second-factor"));
    let page = ana.get("/account/second-factor").await;
    assert!(page.text().contains(&secret(pool).await.typed()) && page.text().contains("class=\"qr\""));
    let shown = ana.post("/account/second-factor/confirm", &[("code", &code(pool).await)]).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", text(shown.text()));
    shown
}

/// The first recovery code of the page that shows them.
fn recovery_code(page: &Answer) -> String {
    text_of(page.text(), "recovery-codes", "pre").unwrap().split_whitespace().next().unwrap().to_owned()
}

/// A browser that has entered the right password, and no code yet.
async fn half_signed_in(site: &Site) -> Site {
    let answer = sign_in(site, ANA, PASSWORD).await;
    assert_let_in(&answer, "/account/sign-in/code?next=%2Finstances");
    assert!(!answer.header("set-cookie").contains("session"), "{:?}", answer.headers);
    with_cookies(site, &answer)
}

#[sqlx::test(migrations = "../migrations")]
async fn with_a_second_factor_the_password_alone_opens_nothing(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let ana = with_cookies(&site, &set_up(&pool, &site).await);
    store_my_app(&pool, Environment::Production).await;
    turn_on(&pool, &ana).await;
    let half = half_signed_in(&site).await;
    assert!(text(half.get("/account/sign-in/code").await.text()).contains("You are signing in as ana@myapp.com"));
    let open = [
        "/",
        "/account/forgot-password",
        "/account/invitation",
        "/account/reset",
        "/account/setup",
        "/account/sign-in",
        "/account/sign-in/code",
    ];
    let open = |route: &str| open.contains(&route) || ["/healthz", "/readyz", "/pkg/{name}"].contains(&route);
    for route in routes(&site).iter().filter(|route| !open(route)) {
        for method in [Method::GET, Method::POST] {
            let read = method == Method::GET && !route.starts_with("/api/");
            let answer = half.send(request(method, &path(route), &[("content-type", FORM)]).body(String::new().into()).unwrap()).await;
            let expected = if read { StatusCode::SEE_OTHER } else { StatusCode::UNAUTHORIZED };
            assert_eq!(answer.status, expected, "{route}");
        }
    }
    for function in functions(&site) {
        let body = arguments(&function).unwrap().to_string();
        let answer = half.post_body(&function, &[("content-type", "application/json")], body).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{function}");
    }
    // Its token is not that of a session either.
    let stolen = site.with_cookie(half.cookie().replace("portal-redirects-sign-in", "portal-redirects-session"));
    assert_eq!(stolen.get("/instances").await.status, StatusCode::SEE_OTHER);
    assert!(!kinds(&pool).await.ends_with(&["signed_in".to_owned()]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_code_leads_to_the_page_that_was_asked_for_and_works_once(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let ana = with_cookies(&site, &set_up(&pool, &site).await);
    turn_on(&pool, &ana).await;
    let half = half_signed_in(&site).await;
    let wrong = half.post("/account/sign-in/code", &[("code", "000000"), ("next", "/account")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(error_of(wrong.text(), "code").unwrap().starts_with("That code is wrong."));
    let right = code(&pool).await;
    let entered = half.post("/account/sign-in/code", &[("code", &right), ("next", "/account")]).await;
    assert_let_in(&entered, "/account");
    assert_eq!(with_cookies(&site, &entered).get("/account").await.status, StatusCode::OK);
    let again = half_signed_in(&site).await.post("/account/sign-in/code", &[("code", &right), ("next", "")]).await;
    assert!(error_of(again.text(), "code").unwrap().starts_with("That code has been used."));
    // The finished sign-in is over.
    let over = half.post("/account/sign-in/code", &[("code", &code(&pool).await), ("next", "")]).await;
    assert_eq!(over.status, StatusCode::UNAUTHORIZED);
    assert!(text(over.text()).contains("Signing in took too long"));
    assert_let_in(&half.get("/account/sign-in/code?next=%2Faccount").await, "/account/sign-in?next=%2Faccount");
    assert_let_in(&half.get("/account/sign-in/code?next=//evil.com").await, "/account/sign-in?next=%2Finstances");
}

#[sqlx::test(migrations = "../migrations")]
async fn codes_are_limited_by_account_whatever_browser_tries_them(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let ana = with_cookies(&site, &set_up(&pool, &site).await);
    let codes = turn_on(&pool, &ana).await;
    let mut refused = 0;
    for _ in 0..3 {
        let half = half_signed_in(&site).await;
        for _ in 0..4 {
            let answer = half.post("/account/sign-in/code", &[("code", "000000"), ("next", "")]).await;
            refused += usize::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
        }
    }
    assert_eq!(refused, 12 - 5);
    let half = half_signed_in(&site).await;
    let recovery = [("recovery_code", recovery_code(&codes)), ("next", String::new())];
    let recovery: Vec<_> = recovery.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(half.post("/account/sign-in/code", &recovery).await.status, StatusCode::TOO_MANY_REQUESTS);
    // Her own browser has attempts of its own.
    let own = sign_in(&ana, ANA, PASSWORD).await;
    let device = ana.cookie().split("; ").find(|cookie| cookie.starts_with("portal-redirects-device")).unwrap();
    let own = site.with_cookie(format!("{device}; {}", with_cookies(&site, &own).cookie()));
    assert_let_in(&own.post("/account/sign-in/code", &recovery).await, "/instances");
    assert!(kinds(&pool).await.contains(&"recovery_code_used".to_owned()));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invitation_takes_the_code_as_well_as_the_password(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let ana = with_cookies(&site, &set_up(&pool, &site).await);
    store_my_app(&pool, Environment::Production).await;
    turn_on(&pool, &ana).await;
    let instance: i64 = sqlx::query_scalar("select id from instances").fetch_one(&pool).await.unwrap();
    let maker = owner(&pool).await;
    let others = "delete from members where admin_id is distinct from $1";
    sqlx::query(others).bind(maker.admin).execute(&pool).await.unwrap();
    let invitation =
        Invitation { email: ANA.parse().unwrap(), membership: Some((instance, Role::Viewer)), server_admin: false, owner_of_all: false };
    let token = link_by(&pool, &Purpose::Invite(invitation), &maker).await;
    assert!(site.get(&format!("/account/invitation?token={token}")).await.text().contains("name=\"code\""));
    for code in ["", "000000"] {
        let answer = site.post("/account/invitation", &[("token", &token), ("password", PASSWORD), ("code", code)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
        assert!(error_of(answer.text(), "code").is_some() && answer.headers.get("set-cookie").is_none());
    }
    let members: i64 = sqlx::query_scalar("select count(*) from members").fetch_one(&pool).await.unwrap();
    assert_eq!(members, 1, "the maker alone");
    let form = [("token", token.as_str()), ("password", PASSWORD), ("code", &code(&pool).await)];
    assert_let_in(&site.post("/account/invitation", &form).await, "/instances");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reset_link_turns_it_off_and_says_so_in_the_history(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let ana = with_cookies(&site, &set_up(&pool, &site).await);
    turn_on(&pool, &ana).await;
    let half = half_signed_in(&site).await;
    let token = link(&pool, &Purpose::Reset(ANA.parse().unwrap())).await;
    assert_let_in(&site.post("/account/reset", &[("token", &token), ("password", super::OTHER)]).await, "/instances");
    assert_let_in(&half.get("/account/sign-in/code").await, "/account/sign-in?next=%2Finstances");
    assert_let_in(&sign_in(&site, ANA, super::OTHER).await, "/instances");
    let recorded: String =
        sqlx::query_scalar("select before::text || after::text from changes where kind = 'password_reset'").fetch_one(&pool).await.unwrap();
    assert_eq!(recorded, r#"{"second_factor": true}{"second_factor": false}"#);
    let history = ana_history(&pool, &site).await;
    assert!(history.contains("turned the second factor on"), "{history}");
}

async fn ana_history(pool: &PgPool, site: &Site) -> String {
    let admin = account(pool, "boss@myapp.com", true).await.admin.unwrap();
    text(site.signed_in(pool, admin).await.get("/history").await.text())
}

#[sqlx::test(migrations = "../migrations")]
async fn the_answers_show_recovery_codes_once(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let ana = with_cookies(&site, &set_up(&pool, &site).await);
    let first = recovery_code(&turn_on(&pool, &ana).await);
    let page = ana.get("/account/second-factor").await;
    assert!(!page.text().contains(&first) && text(page.text()).contains("10 recovery codes are left."));
    assert!(!page.text().contains(&secret(&pool).await.typed()));
    assert_eq!(page.header("cache-control"), "no-store");
    let wrong = ana.post("/account/second-factor/recovery-codes", &[("proof", "wrong")]).await;
    assert_eq!(error_of(wrong.text(), "proof").as_deref(), Some("That is not your password."));
    let new = ana.post("/account/second-factor/recovery-codes", &[("proof", PASSWORD)]).await;
    assert_eq!(new.status, StatusCode::OK);
    assert_ne!(recovery_code(&new), first);
    assert_let_in(&ana.post("/account/second-factor/off", &[("proof", PASSWORD)]).await, "/account/second-factor?off");
    assert_let_in(&ana.post("/account/second-factor/off", &[("proof", PASSWORD)]).await, "/account/second-factor?expired");
}

fn requiring(pool: &PgPool) -> Site {
    Site::with_second_factor(pool, None, SecondFactor { is_required: true, key_file: key_file() })
}

#[sqlx::test(migrations = "../migrations")]
async fn where_it_is_required_an_admin_without_one_is_led_to_set_it_up_first(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let ben = member(&pool, "ben@myapp.com", "my-app", Role::Owner).await;
    let site = requiring(&pool);
    let browser = site.signed_in(&pool, ben.admin.unwrap()).await;
    let open =
        ["/", "/healthz", "/readyz", "/pkg/{name}", "/account/forgot-password", "/account/invitation", "/account/reset", "/account/setup"];
    let open = |route: &str| {
        open.contains(&route)
            || route.starts_with("/account/sign-")
            || route.starts_with("/account/second-factor") && !route.ends_with("codes") && !route.ends_with("off")
    };
    for route in routes(&site).iter().filter(|route| !open(route)) {
        let read = request(Method::GET, &path(route), &[]).body(String::new().into()).unwrap();
        let answer = browser.send(read).await;
        if route.starts_with("/api/") {
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{route}");
        } else {
            assert_let_in(&answer, "/account/second-factor");
        }
        let answer = browser.post(&path(route), &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{route}");
    }
    for function in functions(&site) {
        let body = arguments(&function).unwrap().to_string();
        let answer = browser.post_body(&function, &[("content-type", "application/json")], body).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::FORBIDDEN, r#""second_factor_required""#), "{function}");
    }
    let page = browser.get("/account/second-factor").await;
    assert!(text(page.text()).contains("This server requires a second factor"));
    assert_let_in(&browser.post("/account/sign-out", &[]).await, "/account/sign-in");
}

#[sqlx::test(migrations = "../migrations")]
async fn where_it_is_required_everything_opens_with_it_and_closes_without(pool: PgPool) {
    let site = requiring(&pool);
    let ana = with_cookies(&site, &set_up(&pool, &site).await);
    assert_let_in(&ana.get("/instances").await, "/account/second-factor");
    let refused = ana.post("/instances/new", &instance_form()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    turn_on(&pool, &ana).await;
    assert_eq!(ana.get("/instances").await.status, StatusCode::OK);
    assert_let_in(&ana.post("/account/second-factor/off", &[("proof", PASSWORD)]).await, "/account/second-factor?off");
    assert_let_in(&ana.get("/instances").await, "/account/second-factor");
}

#[sqlx::test(migrations = "../migrations")]
async fn without_its_key_a_server_refuses_codes_and_says_why(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let ana = with_cookies(&site, &set_up(&pool, &site).await);
    let codes = turn_on(&pool, &ana).await;
    let folder = tempfile::tempdir().unwrap();
    let lost = SecretKeyFile::in_data_dir(folder.path());
    for _ in ["a missing file", "the file of another server"] {
        let other = Site::with_second_factor(&pool, None, SecondFactor { is_required: false, key_file: lost.clone() });
        let half = half_signed_in(&other).await;
        let answer = half.post("/account/sign-in/code", &[("code", &code(&pool).await), ("next", "")]).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(text(answer.text()).contains("The server can't check codes") && answer.headers.get("set-cookie").is_none());
        // Where there are second factors, nobody else gets one with a new key.
        let ben = account(&pool, "ben@myapp.com", false).await.admin.unwrap();
        let ben = other.signed_in(&pool, ben).await;
        if lost.read().is_err() {
            assert_eq!(ben.post("/account/second-factor", &[]).await.status, StatusCode::SERVICE_UNAVAILABLE);
            assert!(lost.read().is_err(), "no key is created");
            lost.read_or_create().unwrap();
        }
    }
    let other = Site::with_second_factor(&pool, None, SecondFactor { is_required: false, key_file: lost });
    let form = [("recovery_code", recovery_code(&codes)), ("next", String::new())];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_let_in(&half_signed_in(&other).await.post("/account/sign-in/code", &form).await, "/instances");
}
