//! Posts that no form of this dashboard makes: they are refused, and nothing is stored.

use app::{instances::store, redirects::Environment};
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use sqlx::PgPool;

use crate::{
    common::{FORM, Fields, HOST, Site, fallback_form, instance_form, owner, request, store_my_app, with},
    html::text,
};

const REDIRECTS: &str = "/instances/my-app/redirects";

/// The instance's version: 1 as long as nothing was stored.
async fn version(pool: &PgPool) -> i64 {
    store::find(pool, "my-app").await.unwrap().unwrap().instance.version()
}

fn encoded(fields: &Fields<'_>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_that_did_not_arrive_whole_is_refused_as_such(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let whole = with(fallback_form("1"), "after_sign_in_url", "/in");
    let missing = whole[..7].to_vec();
    let extra = [whole.clone(), vec![("after_all", "/x")]].concat();
    let repeated = [whole.clone(), vec![("after_sign_in_url", "/twice")]].concat();
    let without_version = whole[1..].to_vec();
    let mut forms = vec![vec![], missing, extra, repeated, without_version];
    forms.extend(["", "x", "1.5", "0x1", "99999999999999999999", "1\0"].map(|version| with(whole.clone(), "version", version)));
    for form in forms {
        let answer = site.post(REDIRECTS, &form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form:?}");
        assert!(text(answer.text()).contains("The form is incomplete. Reload the page and try again."), "{form:?}");
    }
    assert_eq!(version(&pool).await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_form_that_did_not_arrive_whole_is_refused_as_such(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let whole = with(instance_form(), "domain", "other.com");
    let mut forms: Vec<Fields<'_>> =
        vec![vec![], [whole.clone(), vec![("id", "1")]].concat(), [whole.clone(), vec![("domain", "x.com")]].concat()];
    // Every field but the origins, of which there may be none.
    forms.extend((0..7).map(|index| whole.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, field)| *field).collect()));
    for form in &forms {
        for path in ["/instances/new", "/instances/my-app/settings"] {
            assert_eq!(site.post(path, form).await.status, StatusCode::BAD_REQUEST, "{path} {form:?}");
        }
    }
    assert_eq!((store::list(&pool, owner(&pool).await.admin.unwrap()).await.unwrap().len(), version(&pool).await), (1, 1));
    let without_origins = site.post("/instances/new", &with(whole[..7].to_vec(), "slug", "other")).await;
    assert_eq!(without_origins.status, StatusCode::SEE_OTHER);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_body_of_another_kind_is_refused(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let body = encoded(&with(fallback_form("1"), "after_sign_in_url", "/in"));
    for kind in ["text/plain", "application/json", "multipart/form-data; boundary=x", "", "application/x-www-form-urlencoded-not"] {
        let answer = site.post_body(REDIRECTS, &[("content-type", kind)], body.clone()).await;
        assert!(answer.status.is_client_error(), "{kind}: {}", answer.status);
    }
    assert!(site.post_body(REDIRECTS, &[], body.clone()).await.status.is_client_error());
    assert_eq!(version(&pool).await, 1);
    let charset = site.post_body(REDIRECTS, &[("content-type", "Application/X-WWW-Form-URLencoded; charset=UTF-8")], body).await;
    assert_eq!(charset.status, StatusCode::SEE_OTHER);
}

#[sqlx::test(migrations = "../migrations")]
async fn bytes_that_are_no_utf_8_are_refused(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    for bytes in [&b"%FF"[..], b"\xFF", b"%C0%AF", b"%ED%A0%80"] {
        for field in ["after_sign_in_url", "version"] {
            let form = encoded(&with(fallback_form("1"), field, "HERE"));
            let (before, after) = form.split_once("HERE").unwrap();
            let body = [before.as_bytes(), b"/", bytes, after.as_bytes()].concat();
            let answer = site.post_body(REDIRECTS, &[("content-type", FORM)], body).await;
            assert!(answer.status.is_client_error(), "{field} {}: {}", bytes.escape_ascii(), answer.status);
        }
    }
    assert_eq!(version(&pool).await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_zero_character_is_never_stored(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    for (path, form) in [
        (REDIRECTS, fallback_form("1")),
        ("/instances/my-app/settings", with(instance_form(), "version", "1")),
        ("/instances/new", with(with(instance_form(), "domain", "other.com"), "slug", "other")),
    ] {
        for &(name, value) in &form {
            // A slug that exists is fixed: what is posted for it does not count.
            if name == "slug" && path.ends_with("settings") {
                continue;
            }
            for typed in ["\0".to_owned(), format!("{value}\0x"), format!("https://my\0app.com/{value}")] {
                let answer = site.post(path, &with(form.clone(), name, &typed)).await;
                assert!(answer.status.is_client_error(), "{path} {name}={typed:?}: {}", answer.status);
            }
        }
    }
    assert_eq!((store::list(&pool, owner(&pool).await.admin.unwrap()).await.unwrap().len(), version(&pool).await), (1, 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_slug_that_is_no_text_is_not_found(pool: PgPool) {
    let site = Site::new(&pool).await;
    for slug in ["%00", "my-app%00", "%FF", "%C0%AF"] {
        for tab in ["redirects", "settings"] {
            let form = if tab == "redirects" { fallback_form("1") } else { with(instance_form(), "version", "1") };
            let path = format!("/instances/{slug}/{tab}");
            let posted = site.post(&path, &form).await;
            assert!(posted.status.is_client_error(), "POST {path}: {}", posted.status);
            assert_eq!(site.get(&path).await.status, StatusCode::NOT_FOUND, "GET {path}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_body_over_256_kib_is_too_large(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    for path in [REDIRECTS, "/instances/my-app/settings", "/instances/new"] {
        let said = site.post_body(path, &[("content-type", FORM), ("content-length", "262145")], vec![b'a'; 262_145]).await;
        assert_eq!(said.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        let unsaid = site.post_body(path, &[("content-type", FORM)], vec![b'a'; 262_145]).await;
        assert_eq!(unsaid.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        let fits = site.post_body(path, &[("content-type", FORM)], vec![b'a'; 262_144]).await;
        assert_eq!(fits.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn another_sites_page_cannot_post(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let body = encoded(&with(fallback_form("1"), "after_sign_in_url", "/in"));
    for header in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "http://localhost:5173"),
        ("origin", "http://evil.localhost:3000"),
        ("origin", "null"),
    ] {
        for path in [REDIRECTS, "/instances/my-app/settings", "/instances/new", "/api/check_fallback"] {
            let answer = site.post_body(path, &[("content-type", FORM), header], body.clone()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {header:?}");
        }
    }
    assert_eq!(version(&pool).await, 1);
    let own = format!("http://{HOST}");
    let own = site.post_body(REDIRECTS, &[("content-type", FORM), ("sec-fetch-site", "same-origin"), ("origin", &own)], body).await;
    assert_eq!((own.status, version(&pool).await), (StatusCode::SEE_OTHER, 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_without_a_form_takes_no_post(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    for path in ["/instances", "/instances/my-app", "/", "/healthz", "/pkg/x"] {
        assert_eq!(site.post(path, &[]).await.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    let put = site.send(request(Method::PUT, REDIRECTS, &[]).body(Body::empty()).unwrap()).await;
    assert_eq!(put.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(site.post("/nope", &[]).await.status, StatusCode::NOT_FOUND);
}
