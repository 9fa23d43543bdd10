//! The Applications page: owners mark origins and manage clients, and a secret is shown once.

use app::{admins::Role, instances::store::find, redirects::Environment};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    common::{Site, member, store_my_app},
    html::{error_of, text},
};

const PAGE: &str = "/instances/my-app/applications";

#[sqlx::test(migrations = "../migrations")]
async fn owners_mark_origins_and_others_see_them(pool: PgPool) {
    let site = Site::new(&pool).await;
    store_my_app(&pool, Environment::Production).await;
    assert!(text(site.get(PAGE).await.text()).contains("is always one: https://myapp.com"));
    for (typed, said) in [
        ("https://*.myapp.com", "without a *"),
        ("https://elsewhere.com", "another site"),
        ("https://accounts.myapp.com", "the portal itself"),
        ("null", "not an origin"),
    ] {
        let answer = site.post(PAGE, &[("another", typed)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(error_of(answer.text(), "another").unwrap().contains(said), "{typed}: {}", text(answer.text()));
    }
    let saved = site.post(PAGE, &[("another", "https://App.myapp.com"), ("names_in_tokens", "on")]).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/applications?saved"));
    let stored = find(&pool, "my-app").await.unwrap().unwrap();
    assert_eq!(
        (stored.applications.origins.as_slice(), stored.applications.names_in_tokens),
        (&["https://app.myapp.com".to_owned()][..], true)
    );
    assert!(text(site.get("/instances/my-app/history").await.text()).contains("Application origins"));
    let editor = member(&pool, "ben@myapp.com", "my-app", Role::Editor).await;
    let editor = Site::anonymous(&pool).signed_in(&pool, editor.admin.unwrap()).await;
    let page = editor.get(PAGE).await;
    assert!(page.text().contains("https://app.myapp.com") && !page.text().contains(">Save<"));
    assert_eq!(editor.post(PAGE, &[("another", "")]).await.status, StatusCode::FORBIDDEN);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_clients_secret_is_shown_on_one_page_and_never_again(pool: PgPool) {
    let site = Site::new(&pool).await;
    store_my_app(&pool, Environment::Production).await;
    let wrong = site.post(&format!("{PAGE}/clients"), &[("name", ""), ("redirect_uris", "http://a.example")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(error_of(wrong.text(), "name").is_some() && error_of(wrong.text(), "redirect_uris").is_some());
    let added = site.post(&format!("{PAGE}/clients"), &[("name", "Desk"), ("redirect_uris", "https://desk.example/cb")]).await;
    let cookies = added.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
    let cookie = cookies.into_iter().find(|cookie| cookie.contains("new-client-secret=")).unwrap();
    let secret = cookie.rsplit('.').next().unwrap().to_owned();
    let both = format!("{}; {cookie}", site.cookie());
    let shown = site.get_with(added.header("location"), &[("cookie", &both)]).await;
    let removed = |cookie: &str| cookie.contains("new-client-secret=;") && cookie.contains("Max-Age=0");
    let is_removed = shown.headers.get_all("set-cookie").iter().any(|cookie| removed(cookie.to_str().unwrap()));
    assert!(shown.text().contains(&secret) && is_removed, "{}", text(shown.text()));
    assert!(!site.get(PAGE).await.text().contains(&secret));
    let recorded: String = sqlx::query_scalar("select string_agg(changes::text, ' ') from changes").fetch_one(&pool).await.unwrap();
    assert!(!recorded.contains(&secret), "the history does not have it");
    let id: i64 = sqlx::query_scalar("select id from application_clients").fetch_one(&pool).await.unwrap();
    let removed = site.post(&format!("{PAGE}/clients/remove"), &[("client", &id.to_string())]).await;
    assert_eq!(removed.header("location"), "/instances/my-app/applications?removed");
}
