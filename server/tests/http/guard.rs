//! The guard: every route that is registered is asked for without a session, as a viewer and as a stranger. A new one that
//! nobody thought of is in the list by itself, and must be closed.

use app::{
    admins::Role,
    portal::address::Page,
    redirects::{Environment, Flow},
};
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use serde_json::json;
use sqlx::PgPool;

use crate::common::{Answer, FORM, Site, account, member, request, store_my_app};

/// What anybody may ask for: the ways in, the browser's files, and how the process is.
const OPEN: [&str; 9] = [
    "/",
    "/account/forgot-password",
    "/account/invitation",
    "/account/reset",
    "/account/setup",
    "/account/sign-in",
    "/healthz",
    "/pkg/{name}",
    "/readyz",
];

/// Every route of the router. Those of the portal are left out, which are for everybody, and those of the management API, which has
/// tokens and a test of its own.
pub(crate) fn routes(site: &Site) -> Vec<String> {
    let listed = site.listed();
    let mut routes: Vec<String> = listed
        .split("RouteId(")
        .filter_map(|entry| entry.split_once("): \"")?.1.split_once('"').map(|(path, _)| path.to_owned()))
        .collect();
    routes.sort();
    routes.dedup();
    let is_portals = |path: &str| {
        ["/check-mail", "/confirm-email", "/continue", "/forgot-password", "/join-organization", "/reset-password"].contains(&path)
            || path.starts_with("/.well-known/")
            || path.starts_with("/oauth2/")
            || path.starts_with("/identity-provider")
            || Page::ALL.iter().any(|page| path.strip_prefix(page.path()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    };
    routes.retain(|path| {
        !path.starts_with("/v1/")
            && !path.starts_with("/management/")
            && !path.starts_with("/portal/")
            && !is_portals(path)
            && !path.contains("__private")
    });
    routes
}

/// A route as it is asked for, of the instance `my-app`.
pub(crate) fn path(route: &str) -> String {
    let parts = route.split('/').map(|part| match part {
        "{slug}" => "my-app",
        part if part.starts_with('{') => "1",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

async fn ask(site: &Site, method: Method, path: &str) -> Answer {
    site.send(request(method, path, &[("content-type", FORM)]).body(Body::empty()).unwrap()).await
}

/// What each server function is called with, of the instance `my-app`. One that is not here fails the tests below.
pub(crate) fn arguments(function: &str) -> Option<serde_json::Value> {
    Some(match function {
        "/api/check_targets" => json!({"slug": "my-app"}),
        "/api/check_fallback" => json!({"slug": "my-app", "flow": "sign-in", "value": "/x"}),
        "/api/copy_settings" => json!({"slug": "my-app", "form": {"from": "my-app", "from_version": 1, "version": 1}}),
        "/api/create_instance" => json!({"form": {"version": 0, "name": "Other", "slug": "", "environment": "production",
            "domain": "other.com", "portal_origin": "", "home_url": ""}}),
        "/api/restore_version" => json!({"slug": "my-app", "version": 1, "form": {"version": 1}}),
        "/api/fallbacks_impact" | "/api/save_fallbacks" => {
            let fields = Flow::ALL.map(|flow| (flow.field().to_owned(), json!("")));
            let form: serde_json::Map<_, _> = fields.into_iter().chain([("version".to_owned(), json!(1))]).collect();
            json!({"slug": "my-app", "form": form})
        }
        "/api/check_settings" | "/api/save_settings" | "/api/settings_impact" => {
            json!({"slug": "my-app", "form": {"version": 1, "name": "Other", "slug": "", "environment": "production",
            "domain": "myapp.com", "portal_origin": "", "home_url": ""}})
        }
        "/api/set_portal_pages" => json!({"slug": "my-app", "pages": "off"}),
        "/api/preview" => json!({"slug": "my-app", "form": "flow=sign-in"}),
        _ => return None,
    })
}

/// Server functions that store nothing.
const READING: [&str; 5] = ["/api/check_fallback", "/api/check_settings", "/api/fallbacks_impact", "/api/preview", "/api/settings_impact"];

/// Server functions that change an instance or have it checked, or create one.
const SAVING: [&str; 7] = [
    "/api/check_targets",
    "/api/copy_settings",
    "/api/create_instance",
    "/api/restore_version",
    "/api/save_fallbacks",
    "/api/save_settings",
    "/api/set_portal_pages",
];

async fn call(site: &Site, function: &str) -> Answer {
    let arguments = arguments(function).unwrap_or_else(|| panic!("say in this test what {function} is called with"));
    site.post_body(function, &[("content-type", "application/json")], arguments.to_string()).await
}

pub(crate) fn functions(site: &Site) -> Vec<String> {
    routes(site).into_iter().filter(|route| route.starts_with("/api/") && !route.contains('{')).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn every_page_and_every_server_function_is_listed(pool: PgPool) {
    let site = Site::anonymous(&pool);
    let routes = routes(&site);
    for known in ["/instances", "/instances/{slug}/redirects", "/instances/{slug}/settings", "/account", "/api/preview", "/api/{*function}"]
    {
        assert!(routes.iter().any(|route| route == known), "{known} is not in {routes:?}");
    }
    let mut known = [&READING[..], &SAVING[..]].concat();
    known.sort_unstable();
    assert_eq!(functions(&site), known);
}

#[sqlx::test(migrations = "../migrations")]
async fn without_a_session_every_route_answers_401_or_leads_to_the_sign_in(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::anonymous(&pool);
    for route in routes(&site).iter().filter(|route| !OPEN.contains(&route.as_str())) {
        for method in METHODS {
            let answer = ask(&site, method.clone(), &path(route)).await;
            if method == Method::GET && !route.starts_with("/api/") {
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{route}");
                assert!(answer.header("location").starts_with("/account/sign-in?next=%2F"), "{route} {}", answer.header("location"));
            } else {
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {route}");
            }
            assert!(!String::from_utf8_lossy(&answer.body).contains("myapp.com"), "{method} {route}");
        }
    }
    for function in functions(&site) {
        assert_eq!(call(&site, &function).await.status, StatusCode::UNAUTHORIZED, "{function}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_viewer_is_refused_wherever_something_is_written(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let viewer = member(&pool, "viewer@myapp.com", "my-app", Role::Viewer).await;
    let site = Site::anonymous(&pool).signed_in(&pool, viewer.admin.unwrap()).await;
    // They answer a post and store nothing, or concern the viewer alone.
    let own = |route: &str| {
        route.starts_with("/instances/{slug}/preview")
            || ["/instances/{slug}/members/leave", "/instances/{slug}/api-tokens/revoke"].contains(&route)
    };
    for route in routes(&site).iter().filter(|route| route.starts_with("/instances/") && !own(route)) {
        for method in METHODS.into_iter().filter(|method| *method != Method::GET) {
            let answer = ask(&site, method.clone(), &path(route)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {route}");
        }
    }
    for function in READING {
        assert_eq!(call(&site, function).await.status, StatusCode::OK, "{function}");
    }
    for function in SAVING {
        assert_eq!(call(&site, function).await.status, StatusCode::FORBIDDEN, "{function}");
    }
    for page in ["/instances/new", "/history", "/api-tokens", "/mail"] {
        assert_eq!(site.get(page).await.status, StatusCode::FORBIDDEN, "{page}");
    }
    assert_eq!(site.get("/instances/my-app/redirects").await.status, StatusCode::OK);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stranger_is_not_told_that_there_is_such_an_instance(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    // Also not one who may create instances.
    let stranger = account(&pool, "stranger@myapp.com", true).await;
    let site = Site::anonymous(&pool).signed_in(&pool, stranger.admin.unwrap()).await;
    for route in routes(&site).iter().filter(|route| route.starts_with("/instances/{slug}")) {
        for method in METHODS {
            let there = ask(&site, method.clone(), &path(route)).await;
            let nowhere = ask(&site, method.clone(), &path(route).replace("my-app", "no-app")).await;
            assert_eq!((there.status, nowhere.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{method} {route}");
        }
    }
    // They may create instances, as every server-wide admin may.
    for function in functions(&site).iter().filter(|function| *function != "/api/create_instance") {
        assert_eq!(call(&site, function).await.status, StatusCode::NOT_FOUND, "{function}");
    }
    assert!(!site.get("/instances").await.text().contains("MyApp"));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_editor_is_refused_what_owners_do(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let editor = member(&pool, "editor@myapp.com", "my-app", Role::Editor).await;
    let site = Site::anonymous(&pool).signed_in(&pool, editor.admin.unwrap()).await;
    for path in ["api-tokens", "members", "members/role", "members/remove", "members/withdraw", "archive", "unarchive"] {
        let answer = ask(&site, Method::POST, &format!("/instances/my-app/{path}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(site.post("/instances/my-app/redirects", &[]).await.status, StatusCode::BAD_REQUEST);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_encoded_slug_is_no_way_around(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let viewer = member(&pool, "viewer@myapp.com", "my-app", Role::Viewer).await;
    let stranger = account(&pool, "stranger@myapp.com", false).await;
    let site = Site::anonymous(&pool);
    for actor in [viewer, stranger] {
        let browser = site.signed_in(&pool, actor.admin.unwrap()).await;
        for route in routes(&site).iter().filter(|route| route.starts_with("/instances/{slug}")) {
            for slug in ["%6dy-app", "my%2Dapp", "my-app%2F", "My-App"] {
                for method in METHODS {
                    let answer = ask(&browser, method.clone(), &path(route).replace("my-app", slug)).await;
                    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{} {method} {route} {slug}", actor.name);
                }
            }
        }
        let form = [("email", "eve@evil.com"), ("role", "owner")];
        assert_eq!(browser.post("/instances/%6dy-app/members", &form).await.status, StatusCode::NOT_FOUND);
    }
    let links: i64 = sqlx::query_scalar("select count(*) from admin_links").fetch_one(&pool).await.unwrap();
    assert_eq!(links, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_path_that_is_written_in_another_way_is_guarded_too(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::anonymous(&pool);
    for path in [
        "/instances/my%2Dapp/redirects",
        "/instances/my-app/redirects/",
        "//instances/my-app/redirects",
        "/instances//my-app/redirects",
        "/%69nstances/my-app/redirects",
        "/pkg/../instances/my-app",
        "/account/sign-in/../../instances",
        "/INSTANCES/my-app",
        "/instances/my-app;x/redirects",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = ask(&site, method.clone(), path).await;
            assert!(matches!(answer.status, StatusCode::SEE_OTHER | StatusCode::UNAUTHORIZED), "{method} {path}: {}", answer.status);
            assert!(!String::from_utf8_lossy(&answer.body).contains("myapp.com"), "{method} {path}");
        }
    }
}
