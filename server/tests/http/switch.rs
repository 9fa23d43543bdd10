//! `POST /instances/{slug}/portal`: hosted pages switched off and on again, what visitors find, and what the dashboard says.

use app::{admins::Role, redirects::Environment};
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use sqlx::PgPool;

use crate::{
    common::{Answer, Site, member, request, store_my_app},
    html::text,
};

const PATH: &str = "/instances/my-app/portal";
const SETTINGS: &str = "/instances/my-app/settings";
const OFF: &str = "The portal pages are switched off: visitors get 404. Switch them on in Settings.";

async fn switched(site: &Site, to: &str) {
    let answer = site.post(PATH, &[("pages", to)]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, format!("{SETTINGS}?portal-{to}").as_str()));
}

async fn recorded(pool: &PgPool) -> Vec<(String, String, Option<i64>)> {
    sqlx::query_as("select who, kind, version from changes where kind not in ('created', 'joined') order by id")
        .fetch_all(pool)
        .await
        .unwrap()
}

#[track_caller]
fn assert_switched_off_page(answer: &Answer) {
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::NOT_FOUND, "text/html; charset=utf-8"));
    assert!(text(answer.text()).contains("MyApp has switched its account portal's pages off."), "{}", answer.text());
    assert!(answer.text().contains("<title>There is no page here · MyApp</title>") && !answer.text().contains("<a "));
    assert!(answer.header("content-security-policy").contains("form-action 'none'"));
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_that_are_switched_off_are_404_by_path_and_by_host_while_the_api_answers(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    switched(&site, "off").await;
    let visitor = Site::anonymous(&pool);
    for path in ["/", "/sign-in", "/sign-up?redirect_url=/x", "/user"] {
        assert_switched_off_page(&visitor.get(&format!("/portal/my-app{path}")).await);
        assert_switched_off_page(&visitor.get_with(path, &[("host", "accounts.myapp.com")]).await);
    }
    assert_switched_off_page(&visitor.send(request(Method::POST, "/portal/my-app/sign-in", &[]).body(Body::empty()).unwrap()).await);
    for host in ["localhost:3000", "accounts.myapp.com"] {
        let path = if host == "localhost:3000" { "/portal/my-app/v1/resolve" } else { "/v1/resolve" };
        let resolved = visitor.get_with(&format!("{path}?flow=sign-in"), &[("host", host)]).await;
        assert_eq!((resolved.status, resolved.json()["version"].as_i64()), (StatusCode::OK, Some(2)), "{host}");
    }
    switched(&site, "on").await;
    for page in [visitor.get("/portal/my-app/sign-in").await, visitor.get_with("/sign-in", &[("host", "accounts.myapp.com")]).await] {
        assert!(!String::from_utf8_lossy(&page.body).contains("switched its account portal"), "{}", page.status);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_dashboard_says_so_where_it_is_about_visitors(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let about_visitors = ["/instances/my-app", "/instances/my-app/redirects", "/instances/my-app/preview"];
    for page in about_visitors {
        assert!(!text(site.get(page).await.text()).contains("switched off"), "{page}");
    }
    assert!(text(site.get(SETTINGS).await.text()).contains("Portal pages On Switching them off takes effect at once"));
    let asks = site.get(SETTINGS).await;
    let question = asks.text().split_once("<details class=\"sure\"").unwrap().1.split_once("</details>").unwrap().0;
    assert!(text(question).contains("This is a production instance. From this moment on, visitors of sign-in, sign-up"), "{question}");
    assert!(question.contains("value=\"off\"") && asks.text().matches("value=\"off\"").count() == 1, "only behind the question");
    switched(&site, "off").await;
    for page in about_visitors {
        assert!(text(site.get(page).await.text()).contains(OFF), "{page}");
    }
    let settings = site.get(&format!("{SETTINGS}?portal-off")).await;
    assert!(text(settings.text()).contains("The portal pages are switched off: visitors get 404. Undo"), "{}", text(settings.text()));
    assert!(text(settings.text()).contains("Portal pages Off Visitors of sign-in"));
    switched(&site, "on").await;
    assert!(text(site.get(&format!("{SETTINGS}?portal-on")).await.text()).contains("visitors find them again"));
    // An address that was kept says nothing that is no longer so.
    assert!(!text(site.get(&format!("{SETTINGS}?portal-off")).await.text()).contains("are switched off"));
    assert!(text(site.get("/instances/my-app/history").await.text()).contains("switched the portal pages off"));
}

#[sqlx::test(migrations = "../migrations")]
async fn switching_is_recorded_once_and_raises_the_version_once(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    for to in ["on", "off", "off", "on"] {
        switched(&site, to).await;
    }
    let who = "owner@myapp.com".to_owned();
    assert_eq!(recorded(&pool).await, [(who.clone(), "portal_disabled".into(), Some(2)), (who, "portal_enabled".into(), Some(3))]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_that_was_open_meanwhile_is_saved_together_with_it(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let redirects = site.get("/instances/my-app/redirects").await;
    switched(&site, "off").await;
    let answer = site.edit(&redirects, "/instances/my-app/redirects", &[("after_sign_in_url", "/in")]).await;
    assert_eq!(answer.header("location"), "/instances/my-app/redirects?merged");
    assert!(text(site.get("/instances/my-app").await.text()).contains(OFF));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_editor_switches_them_and_a_viewer_sees_no_button(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let editor = member(&pool, "editor@myapp.com", "my-app", Role::Editor).await;
    let viewer = member(&pool, "viewer@myapp.com", "my-app", Role::Viewer).await;
    let site = Site::anonymous(&pool);
    let viewers = site.signed_in(&pool, viewer.admin.unwrap()).await;
    let page = viewers.get(SETTINGS).await;
    assert!(text(page.text()).contains("Portal pages On") && !page.text().contains(PATH));
    assert_eq!(viewers.post(PATH, &[("pages", "off")]).await.status, StatusCode::FORBIDDEN);
    switched(&site.signed_in(&pool, editor.admin.unwrap()).await, "off").await;
    assert_eq!(recorded(&pool).await.len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_neither_on_nor_off_is_not_understood(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let broken: [&[(&str, &str)]; 5] =
        [&[], &[("pages", "")], &[("pages", "maybe")], &[("pages", "off"), ("pages", "on")], &[("pages", "off"), ("x", "y")]];
    for form in broken {
        assert_eq!(site.post(PATH, form).await.status, StatusCode::BAD_REQUEST, "{form:?}");
    }
    site.post("/instances/my-app/archive", &[("slug", "my-app")]).await;
    assert_eq!(site.post(PATH, &[("pages", "off")]).await.status, StatusCode::GONE);
    assert_eq!(recorded(&pool).await.len(), 1);
}
