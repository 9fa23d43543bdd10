//! `POST /instances/new`: a new instance, or everything that is wrong with it, with what was typed.

use app::{instances::store, redirects::Environment};
use axum::http::StatusCode;
use sqlx::PgPool;

use crate::{
    common::{Answer, Site, instance_form, owner, store_my_app, with},
    html::{error_of, is_invalid, summary, text, value, values},
};

/// The form came back with these fields named, and nothing was stored beyond what was there.
#[track_caller]
fn assert_rejected(answer: &Answer, fields: &[&str]) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
    assert_eq!(summary(answer.text()), fields);
    assert!(text(answer.text()).contains("Not saved yet What you typed is kept."));
}

async fn slugs(pool: &PgPool) -> Vec<String> {
    store::list(pool, owner(pool).await.admin.unwrap()).await.unwrap().into_iter().map(|instance| instance.slug).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_name_and_a_domain_make_an_instance_and_lead_to_its_redirects(pool: PgPool) {
    let site = Site::new(&pool).await;
    let answer = site.post("/instances/new", &instance_form()).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/redirects"));
    assert_eq!(site.get(answer.header("location")).await.status, StatusCode::OK);
    let served = site.get("/portal/my-app/v1/redirects").await.json();
    assert_eq!((&served["domain"], &served["portal_origin"]), (&"myapp.com".into(), &"https://accounts.myapp.com".into()));
    assert_eq!((&served["home_url"], &served["version"]), (&"https://myapp.com/".into(), &1.into()));
}

#[sqlx::test(migrations = "../migrations")]
async fn every_field_is_stored_and_blank_origins_do_not_count(pool: PgPool) {
    let site = Site::new(&pool).await;
    let mut form = instance_form();
    for (name, value) in [
        ("slug", "shop"),
        ("environment", "development"),
        ("portal_origin", "http://accounts.localhost:3000/"),
        ("home_url", "http://localhost:5173/home"),
        ("allowed_origins", "http://localhost:5173"),
    ] {
        form = with(form, name, value);
    }
    form.extend([("allowed_origins", " "), ("allowed_origins", "https://*.preview.myapp.dev")]);
    assert_eq!(site.post("/instances/new", &form).await.header("location"), "/instances/shop/redirects");
    let served = site.get("/portal/shop/v1/redirects").await.json();
    assert_eq!(served["environment"], "development");
    assert_eq!(served["portal_origin"], "http://accounts.localhost:3000");
    assert_eq!(served["home_url"], "http://localhost:5173/home");
    assert_eq!(served["allowed_origins"], serde_json::json!(["http://localhost:5173", "https://*.preview.myapp.dev"]));
}

#[sqlx::test(migrations = "../migrations")]
async fn localhost_with_any_port_is_stored_served_and_allowed_in_development_only(pool: PgPool) {
    let site = Site::new(&pool).await;
    let form = with(instance_form(), "allowed_origins", "http://LOCALHOST:*");
    let refused = site.post("/instances/new", &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = with(form, "environment", "development");
    assert_eq!(site.post("/instances/new", &form).await.status, StatusCode::SEE_OTHER);
    let served = site.get("/portal/my-app/v1/redirects").await.json();
    assert_eq!(served["allowed_origins"], serde_json::json!(["http://localhost:*"]));
    assert!(site.get("/instances/my-app/settings").await.text().contains(r#"value="http://localhost:*""#));
    for (url, source) in [
        ("http://localhost:4321/x", "redirect_url"),
        ("http://localhost/x", "redirect_url"),
        ("http://a.localhost:4321/x", "home_url"),
        ("https://localhost:4321/x", "home_url"),
    ] {
        let answer = site.get(&format!("/portal/my-app/v1/resolve?flow=sign-out&redirect_url={url}")).await.json();
        assert_eq!(answer["source"], source, "{url}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_unicode_domain_is_stored_in_ascii_and_shown_as_typed(pool: PgPool) {
    let site = Site::new(&pool).await;
    let answer = site.post("/instances/new", &with(instance_form(), "domain", "München.de")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let served = site.get("/portal/my-app/v1/redirects").await.json();
    assert_eq!((&served["domain"], &served["home_url"]), (&"xn--mnchen-3ya.de".into(), &"https://xn--mnchen-3ya.de/".into()));
    let list = site.get("/instances").await;
    assert!(list.text().contains("München.de") && !list.text().contains("xn--"));
    assert_eq!(value(site.get("/instances/my-app/settings").await.text(), "domain"), "München.de");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_wrong_field_is_answered_with_what_was_typed_and_a_sentence_beside_it(pool: PgPool) {
    let site = Site::new(&pool).await;
    let (long_domain, long_name, long_url) = ("a".repeat(300), "n".repeat(101), format!("https://myapp.com/{}", "a".repeat(2048)));
    for (field, typed, message) in [
        ("domain", "", "Enter the domain of your application, like myapp.com."),
        ("domain", "https://myapp.com", "Enter only the host name, like myapp.com, without https://, port or path."),
        ("domain", "co.uk", "That is a public suffix: anyone can register a name under it. Use your own name, like my-team.vercel.app."),
        ("domain", "127.0.0.1", "An IP address can't be the domain. Enter a host name, and add IP addresses as allowed origins."),
        ("domain", &long_domain, "That host name is too long. Use at most 253 characters, and at most 63 between dots."),
        ("domain", "my app.com", "That is not a host name. Use letters, digits, hyphens and dots, like myapp.com."),
        ("domain", "my\0app.com", "It contains an invisible character, U+0000. Remove it."),
        ("domain", "localhost", "Names like localhost work in development only. Use your domain, or switch to development."),
        ("slug", "My App", "Use at most 63 lower-case letters, digits and single hyphens, like my-app. \"new\" is reserved."),
        ("slug", "new", "Use at most 63 lower-case letters, digits and single hyphens, like my-app. \"new\" is reserved."),
        ("name", &long_name, "Use at most 100 characters."),
        ("name", "My\0App", "It contains an invisible character, U+0000. Remove it."),
        ("name", "My\u{3164}App", "It contains an invisible character, U+3164. Remove it."),
        ("home_url", "https://evil.com/", "evil.com is not on myapp.com. Use a URL on myapp.com, or add this origin under Settings."),
        ("home_url", "/home", "Enter the whole URL, like https://myapp.com/."),
        ("home_url", "http://myapp.com/", "Production requires https. Change http:// to https://."),
        ("home_url", &long_url, "That is too long: 2,048 characters at most."),
        ("portal_origin", "https://*.myapp.com", "That is not an origin. Enter one like https://app.example.com or http://localhost:5173."),
        ("portal_origin", "http://accounts.myapp.com", "http is for development only. Use https."),
        (
            "allowed_origins",
            "https://*.vercel.app",
            "Anyone can register a name there. Put the * below your own name, like https://*.preview.myapp.dev.",
        ),
    ] {
        let answer = site.post("/instances/new", &with(instance_form(), field, typed)).await;
        assert_rejected(&answer, &[field]);
        let page = answer.text();
        // A common mistake has a button for the corrected value after it.
        let error = error_of(page, field).unwrap();
        assert!(error == message || error.starts_with(&format!("{message} Use ")), "{field} {typed}: {error}");
        assert_eq!(values(page, field).first().map(String::as_str), Some(typed), "{field}");
        assert!(field == "allowed_origins" || is_invalid(page, field), "{field}");
        assert_eq!(value(page, "version"), "0");
        assert_eq!(value(page, "environment"), "production");
    }
    assert_eq!(slugs(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn every_wrong_field_is_named_at_once_in_the_order_of_the_form(pool: PgPool) {
    let site = Site::new(&pool).await;
    let mut form = instance_form();
    for (name, value) in [("name", " "), ("slug", "-"), ("environment", "staging"), ("domain", "co.uk"), ("allowed_origins", "one")] {
        form = with(form, name, value);
    }
    form.extend([("allowed_origins", "https://fine.org"), ("allowed_origins", ""), ("allowed_origins", "https://two.com/x")]);
    let answer = site.post("/instances/new", &form).await;
    let wrong = ["name", "slug", "environment", "domain", "allowed_origins", "allowed_origins-2"];
    assert_rejected(&answer, &wrong);
    let page = answer.text();
    for field in wrong {
        assert!(error_of(page, field).is_some(), "{field}");
    }
    let typed: Vec<String> = values(page, "allowed_origins").into_iter().filter(|value| !value.is_empty()).collect();
    assert_eq!(typed, ["one", "https://fine.org", "https://two.com/x"]);
    assert_eq!(error_of(page, "allowed_origins-1"), None);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_slug_or_portal_origin_that_is_taken_is_said_beside_its_field(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let other = with(instance_form(), "domain", "other.com");
    let slug = site.post("/instances/new", &with(other.clone(), "slug", "my-app")).await;
    assert_rejected(&slug, &["slug"]);
    assert_eq!(error_of(slug.text(), "slug").as_deref(), Some("Another instance has this slug. Choose another."));
    assert_eq!((value(slug.text(), "slug"), value(slug.text(), "domain")), ("my-app".into(), "other.com".into()));

    let portal = with(with(other, "slug", "other"), "portal_origin", "https://ACCOUNTS.myapp.com");
    let portal = site.post("/instances/new", &portal).await;
    assert_rejected(&portal, &["portal_origin"]);
    let message = "Another instance has this portal origin. Each portal needs its own host name.";
    assert_eq!(error_of(portal.text(), "portal_origin").as_deref(), Some(message));
    assert_eq!(value(portal.text(), "portal_origin"), "https://ACCOUNTS.myapp.com");
    assert_eq!(slugs(&pool).await, ["my-app"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_origin_that_is_too_long_only_in_ascii_is_said_beside_its_field(pool: PgPool) {
    let typed = format!("https://{}com", "日.".repeat(100));
    let answer = Site::new(&pool).await.post("/instances/new", &with(instance_form(), "portal_origin", &typed)).await;
    assert_rejected(&answer, &["portal_origin"]);
    assert_eq!(value(answer.text(), "portal_origin"), typed);
}
