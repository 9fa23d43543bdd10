//! A save is served by the process that made it at once, though no notification has told it.

use app::{
    history::Actor,
    preview_origins,
    redirects::{Environment, Flow, Settings},
};
use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use serde_json::json;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use crate::{
    common::{
        Answer, FORM, Fields, Site, fallback_form, instance_form, other_app, request, store_fallbacks, store_instance, store_my_app, with,
    },
    guard::routes,
};

/// Where `my-app` is served: hosts and paths.
const SERVED_AT: [(&str, &str); 2] = [("localhost:3000", "/portal/my-app/v1/redirects"), ("accounts.myapp.com", "/v1/redirects")];

/// The routes that save an instance. The first two tests below send a save to each of them.
const SAVING: [&str; 19] = [
    "/api/copy_settings",
    "/api/create_instance",
    "/api/restore_version",
    "/api/save_fallbacks",
    "/api/save_settings",
    "/api/set_portal_pages",
    "/instances/new",
    "/instances/{slug}/activity/allow",
    "/instances/{slug}/activity/counting",
    "/instances/{slug}/applications",
    "/instances/{slug}/archive",
    "/instances/{slug}/copy",
    "/instances/{slug}/history/{version}",
    "/instances/{slug}/portal",
    "/instances/{slug}/redirects",
    "/instances/{slug}/settings",
    "/instances/{slug}/settings/preview-origins/remove",
    "/instances/{slug}/sign-in",
    "/instances/{slug}/unarchive",
];

/// The other routes under `/instances` and `/api`: they only show something, or change what no version counts.
const NOT_SAVING: [&str; 35] = [
    "/api/check_fallback",
    "/api/check_settings",
    "/api/check_targets",
    "/api/fallbacks_impact",
    "/api/preview",
    "/api/settings_impact",
    "/api/{*function}",
    "/instances",
    "/instances/{slug}",
    "/instances/{slug}/activity",
    "/instances/{slug}/activity/dismiss",
    "/instances/{slug}/activity/refused.csv",
    "/instances/{slug}/api-tokens",
    "/instances/{slug}/api-tokens/revoke",
    "/instances/{slug}/applications/clients",
    "/instances/{slug}/applications/clients/remove",
    "/instances/{slug}/applications/clients/secret",
    "/instances/{slug}/history",
    "/instances/{slug}/history/export.csv",
    "/instances/{slug}/history/export.json",
    "/instances/{slug}/live",
    "/instances/{slug}/members",
    "/instances/{slug}/members/leave",
    "/instances/{slug}/members/remove",
    "/instances/{slug}/members/role",
    "/instances/{slug}/members/withdraw",
    "/instances/{slug}/preview",
    "/instances/{slug}/preview/links",
    "/instances/{slug}/preview/links.csv",
    "/instances/{slug}/snippets",
    "/instances/{slug}/targets",
    "/instances/{slug}/visitors",
    "/instances/{slug}/visitors/delete",
    "/instances/{slug}/visitors/waitlist",
    "/instances/{slug}/visitors/waitlist.csv",
];

/// The status and the version that are served of `my-app`.
async fn served(site: &Site, (host, path): (&str, &str)) -> (StatusCode, i64) {
    let answer = site.send_unaided(request(Method::GET, path, &[("host", host)]).body(Body::empty()).unwrap()).await;
    (answer.status, if answer.status == StatusCode::OK { answer.json()["version"].as_i64().unwrap() } else { 0 })
}

async fn post(site: &Site, path: &str, form: &Fields<'_>) -> StatusCode {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    send(site, path, FORM, body).await.status
}

async fn send(site: &Site, path: &str, content_type: &str, body: String) -> Answer {
    let headers = [("content-type", content_type), (header::COOKIE.as_str(), site.cookie()), ("sec-fetch-site", "same-origin")];
    site.send_unaided(request(Method::POST, path, &headers).body(body.into()).unwrap()).await
}

/// Stores the instance that settings are copied from.
async fn store_source(pool: &PgPool) {
    store_instance(pool, &Settings { allowed_origins: vec!["https://new.org".into()], ..other_app("source") }).await;
}

/// Adds a preview origin as a build does, in another process.
async fn add_preview(pool: &PgPool, origin: &str) {
    let end = (OffsetDateTime::now_utc() + Duration::HOUR).into();
    preview_origins::store::add(pool, &Actor::server(), "my-app", origin, end).await.unwrap();
}

async fn assert_served(site: &Site, expected: (StatusCode, i64), after: &str) {
    for place in SERVED_AT {
        assert_eq!(served(site, place).await, expected, "{after} {place:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_form_that_saves_is_served_at_once_by_slug_and_by_host(pool: PgPool) {
    let site = Site::new(&pool).await;
    let new = with(with(instance_form(), "slug", "my-app"), "name", "MyApp");
    assert_eq!(post(&site, "/instances/new", &new).await, StatusCode::SEE_OTHER);
    store_source(&pool).await;
    assert_served(&site, (StatusCode::OK, 1), "new").await;
    let settings = with(with(instance_form(), "version", "2"), "name", "Renamed");
    let copy = vec![("from", "source"), ("from_version", "1"), ("version", "3"), ("origin", "https://new.org")];
    let preview = "https://preview.example";
    let provider = vec![
        ("issuer", "https://login.company.com"),
        ("client_id", "portal"),
        ("no_secret", "on"),
        ("scopes", "openid email"),
        ("button_text", "Sign in with Company"),
        ("email_claim", "email"),
        ("email_use", "suggest"),
        ("first_name_claim", "given_name"),
        ("last_name_claim", "family_name"),
        ("username_claim", "preferred_username"),
        ("accounts", "beside"),
    ];
    let saves: [(&str, Fields<'_>, (StatusCode, i64)); 13] = [
        ("redirects", with(fallback_form("1"), "after_sign_in_url", "/in"), (StatusCode::OK, 2)),
        ("settings", settings, (StatusCode::OK, 3)),
        ("copy", copy, (StatusCode::OK, 4)),
        ("history/1", vec![("version", "4")], (StatusCode::OK, 5)),
        ("portal", vec![("pages", "off")], (StatusCode::OK, 6)),
        ("portal", vec![("pages", "on")], (StatusCode::OK, 7)),
        ("activity/counting", vec![("visits", "off"), ("view", "")], (StatusCode::OK, 8)),
        ("activity/allow", vec![("origin", "https://other.org"), ("change", "allow"), ("view", "")], (StatusCode::OK, 9)),
        ("settings/preview-origins/remove", vec![("origin", preview)], (StatusCode::OK, 11)),
        ("applications", vec![("names_in_tokens", "on")], (StatusCode::OK, 12)),
        ("sign-in", provider, (StatusCode::OK, 13)),
        ("archive", vec![("slug", "my-app")], (StatusCode::GONE, 0)),
        ("unarchive", vec![], (StatusCode::OK, 15)),
    ];
    for (path, form, expected) in saves {
        if path.ends_with("/remove") {
            add_preview(&pool, preview).await;
        }
        assert_eq!(post(&site, &format!("/instances/my-app/{path}"), &form).await, StatusCode::SEE_OTHER, "{path}");
        assert_served(&site, expected, path).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_server_function_that_saves_is_served_at_once_by_slug_and_by_host(pool: PgPool) {
    let site = Site::new(&pool).await;
    store_source(&pool).await;
    let settings = |version: i64, name: &str| {
        json!({"version": version, "name": name, "slug": "my-app", "environment": "production", "domain": "myapp.com",
            "portal_origin": "", "home_url": "", "allowed_origins": []})
    };
    let mut fallbacks = json!({"version": 1, "after_sign_in_url": "/in"});
    for flow in Flow::ALL.into_iter().filter(|flow| *flow != Flow::SignIn) {
        fallbacks[flow.field()] = "".into();
    }
    let copy = json!({"from": "source", "from_version": 1, "version": 3, "origin": ["https://new.org"]});
    for (function, arguments, version) in [
        ("create_instance", json!({"form": settings(0, "MyApp")}), 1),
        ("save_fallbacks", json!({"slug": "my-app", "form": fallbacks}), 2),
        ("save_settings", json!({"slug": "my-app", "form": settings(2, "Renamed")}), 3),
        ("copy_settings", json!({"slug": "my-app", "form": copy}), 4),
        ("restore_version", json!({"slug": "my-app", "version": 1, "form": {"version": 4}}), 5),
        ("set_portal_pages", json!({"slug": "my-app", "pages": "off"}), 6),
    ] {
        let answer = send(&site, &format!("/api/{function}"), "application/json", arguments.to_string()).await;
        assert_eq!((answer.status, &answer.json()["saved"]["version"]), (StatusCode::OK, &version.into()), "{function} {answer:?}");
        assert_served(&site, (StatusCode::OK, version), function).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_route_is_known_to_save_or_not(pool: PgPool) {
    let mut routes = routes(&Site::anonymous(&pool));
    routes.retain(|route| route.starts_with("/instances") || route.starts_with("/api/"));
    let mut known = [&SAVING[..], &NOT_SAVING].concat();
    known.sort_unstable();
    assert_eq!(routes, known, "a new route that saves must be in a test above");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rejected_save_reloads_nothing(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    assert_eq!(served(&site, SERVED_AT[0]).await, (StatusCode::OK, 1));
    // No notification tells the process about this save.
    store_fallbacks(&pool, &[(Flow::SignIn, "/in")]).await;
    let wrong = with(fallback_form("1"), "after_sign_in_url", "https://evil.com/");
    assert_eq!(post(&site, "/instances/my-app/redirects", &wrong).await, StatusCode::CONFLICT);
    assert_eq!(served(&site, SERVED_AT[0]).await, (StatusCode::OK, 1));
}
