//! An archived instance: its portal is closed, its pages are gone, and for 30 days its owners bring it back.

use app::{
    admins::Role,
    redirects::{Environment, Settings},
};
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use serde_json::json;
use sqlx::PgPool;

use crate::{
    common::{Answer, FORM, Site, fallback_form, instance_form, member, my_app, other_app, request, store_instance, store_my_app},
    html::{error_of, href, is_invalid, style_source, summary, text, value},
};

const ARCHIVE: &str = "/instances/my-app/archive";
const RESTORE: &str = "/instances/my-app/unarchive";

async fn archived(pool: &PgPool) -> Site {
    store_my_app(pool, Environment::Production).await;
    let site = Site::new(pool).await;
    let answer = site.post(ARCHIVE, &[("slug", "my-app")]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/instances?archived=my-app"));
    site
}

async fn since(pool: &PgPool, interval: &str) {
    let query = "update instances set archived_at = now() - $1::text::interval";
    sqlx::query(query).bind(interval).execute(pool).await.unwrap();
}

async fn recorded(pool: &PgPool) -> Vec<(String, String, Option<i64>)> {
    sqlx::query_as("select who, kind, version from changes where kind not in ('created', 'joined') order by id")
        .fetch_all(pool)
        .await
        .unwrap()
}

/// Asserts that the response is the notice of a closed portal and shows nothing of the instance but its name.
#[track_caller]
fn assert_closed_page(answer: &Answer, name: &str) {
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::GONE, "text/html; charset=utf-8"));
    assert_eq!(answer.header("cache-control"), "no-store");
    let page = answer.text();
    assert!(page.contains("<title>This portal is closed · "), "{page}");
    assert!(text(page).contains(&format!("{name} has closed its account portal.")), "{page}");
    let style = style_source(page);
    assert_eq!(
        answer.header("content-security-policy"),
        format!("default-src 'none'; style-src {style}; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
    );
    for absent in ["<script", "<a ", "<form", " style=", "myapp.com", "/instances", "wasm"] {
        assert!(!page.contains(absent), "{absent}: {page}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_settings_lead_an_owner_to_the_form_and_nobody_else(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let editor = member(&pool, "editor@myapp.com", "my-app", Role::Editor).await;
    let site = Site::new(&pool).await;
    let settings = site.get("/instances/my-app/settings").await;
    assert_eq!(href(settings.text(), "Archive instance…").unwrap(), ARCHIVE);
    let form = site.get(ARCHIVE).await;
    assert_eq!((form.status, value(form.text(), "slug").as_str()), (StatusCode::OK, ""));
    let editors = site.signed_in(&pool, editor.admin.unwrap()).await;
    assert!(!editors.get("/instances/my-app/settings").await.text().contains(ARCHIVE));
    assert_eq!(editors.get(ARCHIVE).await.status, StatusCode::FORBIDDEN);
    assert_eq!(editors.post(ARCHIVE, &[("slug", "my-app")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(recorded(&pool).await, []);
}

#[sqlx::test(migrations = "../migrations")]
async fn something_else_typed_than_the_slug_archives_nothing(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_instance(&pool, &other_app("other-app")).await;
    let site = Site::new(&pool).await;
    for typed in ["", "MyApp", "my-apq", "other-app", "\"><script>alert(1)</script>"] {
        let answer = site.post(ARCHIVE, &[("slug", typed)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert_eq!(error_of(answer.text(), "slug").unwrap(), "That is not the slug. Type my-app.");
        assert!(is_invalid(answer.text(), "slug") && summary(answer.text()) == ["slug"]);
        assert_eq!(value(answer.text(), "slug"), typed);
    }
    for broken in [&[][..], &[("slug", "my-app"), ("slug", "my-app")], &[("slug", "my-app"), ("x", "")]] {
        assert_eq!(site.post(ARCHIVE, broken).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(recorded(&pool).await, []);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_api_of_a_closed_portal_answers_410_by_path_and_by_host(pool: PgPool) {
    let site = archived(&pool).await;
    let expected = json!({"type": "about:blank", "title": "Gone", "status": 410, "detail": "This portal is closed."});
    let host: &[(&str, &str)] = &[("host", "accounts.myapp.com")];
    for path in ["/v1/redirects", "/v1/resolve?flow=sign-in", "/v1/resolve", "/v1/anything/else"] {
        let by_path = site.get(&format!("/portal/my-app{path}")).await;
        let by_host = site.get_with(path, host).await;
        for answer in [by_path, by_host] {
            assert_eq!((answer.status, answer.json()), (StatusCode::GONE, expected.clone()), "{path}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert_eq!((answer.header("access-control-allow-origin"), answer.header("cache-control")), ("*", "no-store"));
        }
    }
    let known = site.get_with("/portal/my-app/v1/redirects", &[("if-none-match", "*")]).await;
    assert_eq!(known.status, StatusCode::GONE);
}

#[sqlx::test(migrations = "../migrations")]
async fn every_other_path_of_a_closed_portal_is_a_page_that_says_so(pool: PgPool) {
    let site = archived(&pool).await;
    for path in ["", "/", "/sign-in", "/sign-in?redirect_url=https://myapp.com/x", "/user/%20", "/v1"] {
        assert_closed_page(&site.get(&format!("/portal/my-app{path}")).await, "MyApp");
    }
    for method in [Method::POST, Method::PUT] {
        assert_closed_page(&site.send(request(method, "/portal/my-app/sign-in", &[]).body(Body::empty()).unwrap()).await, "MyApp");
    }
    // At the portal's own host, where the dashboard is not.
    for path in ["/", "/sign-in", "/sign-in?redirect_url=x", "/instances", "/instances/other-app", "/account/sign-in", "/api/preview"] {
        assert_closed_page(&site.get_with(path, &[("host", "accounts.myapp.com")]).await, "MyApp");
    }
    for host in ["myapp.com", "accounts.myapp.com:8443", "accounts.other.com", ""] {
        assert_eq!(site.get_with("/sign-in", &[("host", host)]).await.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn markup_in_the_name_is_text_on_the_closed_page(pool: PgPool) {
    let name = "</strong><script>alert(1)</script>\"'&lt;";
    store_instance(&pool, &Settings { name: name.into(), ..my_app() }).await;
    Site::new(&pool).await.post(ARCHIVE, &[("slug", "my-app")]).await;
    assert_closed_page(&Site::anonymous(&pool).get("/portal/my-app/").await, name);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_pages_and_posts_of_an_archived_instance_say_until_when_it_can_be_restored(pool: PgPool) {
    let site = archived(&pool).await;
    let until: String =
        sqlx::query_scalar("select to_char((archived_at + interval '720 hours') at time zone 'UTC', 'YYYY-MM-DD HH24:MI') from instances")
            .fetch_one(&pool)
            .await
            .unwrap();
    let says = format!("You can restore it as it was, until {until} UTC");
    let pages = ["", "/redirects", "/preview", "/preview/links", "/snippets", "/members", "/settings", "/archive"];
    for page in pages {
        let answer = site.get(&format!("/instances/my-app{page}")).await;
        assert_eq!(answer.status, StatusCode::GONE, "{page}");
        assert!(text(answer.text()).contains(&says), "{page} {}", text(answer.text()));
        assert!(
            answer.text().contains("<title>my-app is archived · Portal Redirects</title>") && answer.text().contains("href=\"/instances\"")
        );
        assert!(!answer.text().contains("accounts.myapp.com"), "{page}");
    }
    let redirects = site.post("/instances/my-app/redirects", &fallback_form("2")).await;
    let settings = site.post("/instances/my-app/settings", &instance_form()).await;
    for answer in [redirects, settings, site.post(ARCHIVE, &[("slug", "my-app")]).await] {
        assert_eq!(answer.status, StatusCode::GONE);
        assert!(text(answer.text()).contains(&says), "{}", text(answer.text()));
    }
    for post in ["members", "members/role", "members/remove", "members/withdraw", "members/leave", "preview", "anything"] {
        assert_eq!(site.post(&format!("/instances/my-app/{post}"), &[]).await.status, StatusCode::GONE, "{post}");
    }
    let asked = json!({"slug": "my-app", "flow": "sign-in", "value": "/x"}).to_string();
    let function = site.post_body("/api/check_fallback", &[("content-type", "application/json")], asked).await;
    assert_eq!((function.status, function.json()), (StatusCode::GONE, json!("archived")));
    assert_eq!(recorded(&pool).await.len(), 1);
    // Who is no member is not told.
    let stranger = crate::common::account(&pool, "stranger@myapp.com", true).await;
    let strangers = site.signed_in(&pool, stranger.admin.unwrap()).await;
    assert_eq!(strangers.get("/instances/my-app").await.status, StatusCode::NOT_FOUND);
    assert_eq!(strangers.post(RESTORE, &[]).await.status, StatusCode::NOT_FOUND);
    assert!(!strangers.get("/instances").await.text().contains("MyApp"));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_owner_restores_it_from_the_list_and_its_portal_is_open_again(pool: PgPool) {
    let site = archived(&pool).await;
    let viewer = member(&pool, "viewer@myapp.com", "my-app", Role::Viewer).await;
    let viewers = site.signed_in(&pool, viewer.admin.unwrap()).await;
    assert!(text(site.get("/instances").await.text()).contains("Archived 1"), "one click away");
    let list = site.get("/instances?show=archived").await;
    assert!(text(list.text()).contains("Archived Their portals are closed."), "{}", text(list.text()));
    assert!(text(list.text()).contains("MyApp Production myapp.com. Restorable until ") && list.text().contains(RESTORE));
    let banner = site.get("/instances?archived=my-app").await;
    assert!(text(banner.text()).contains("MyApp is archived, and its portal is closed. Undo"), "{}", text(banner.text()));
    assert!(!text(site.get("/instances?archived=other").await.text()).contains("is archived, and its portal"));
    assert!(site.get("/instances/my-app/settings").await.text().contains(&format!("action=\"{RESTORE}\"")), "its own page restores it");
    let theirs = viewers.get("/instances/my-app").await;
    assert!(text(theirs.text()).contains("An owner can restore it until") && !theirs.text().contains(RESTORE));
    let theirs = viewers.get("/instances?show=archived").await;
    assert!(text(theirs.text()).contains("Restorable until ") && !theirs.text().contains(RESTORE));
    assert_eq!(viewers.post(RESTORE, &[]).await.status, StatusCode::FORBIDDEN);

    let answer = site.post(RESTORE, &[]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app?restored"));
    assert!(!site.get("/instances?show=archived").await.text().contains(RESTORE));
    assert!(text(site.get("/instances/my-app?restored").await.text()).contains("The instance is back as it was"));
    assert_eq!(site.get("/instances/my-app/redirects").await.status, StatusCode::OK);
    let portal = site.get("/portal/my-app/v1/redirects").await;
    assert_eq!((portal.status, portal.json()["version"].as_i64()), (StatusCode::OK, Some(3)));
    let who = "owner@myapp.com".to_owned();
    assert_eq!(recorded(&pool).await, [(who.clone(), "archived".into(), Some(2)), (who, "unarchived".into(), Some(3))]);
    assert_eq!(site.post(RESTORE, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(recorded(&pool).await.len(), 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn after_30_days_it_is_neither_listed_nor_restored_and_its_portal_stays_closed(pool: PgPool) {
    let site = archived(&pool).await;
    since(&pool, "720 hours 1 minute").await;
    assert!(!site.get("/instances?show=archived").await.text().contains("MyApp"));
    let answer = site.post_body(RESTORE, &[("content-type", FORM)], "").await;
    assert_eq!(answer.status, StatusCode::GONE);
    let page = site.get("/instances/my-app").await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(text(page.text()).contains("That can be undone for 30 days, which are over."), "{}", text(page.text()));
    assert_closed_page(&site.get("/portal/my-app").await, "MyApp");
    let taken = site.post("/instances/new", &crate::common::with(instance_form(), "slug", "my-app")).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(recorded(&pool).await.len(), 1);
}
