//! A restored backup can bring a version's number back with other values. A form names the save that it was filled from too, so it never
//! replaces what nobody has seen.

use app::{
    instances::store,
    redirects::{Environment, Fallbacks, Flow},
};
use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    common::{Answer, Site, fallbacks, other_app, store_fallbacks, store_instance, store_my_app},
    html::{form, text, value},
};

const REDIRECTS: &str = "/instances/my-app/redirects";
const SETTINGS: &str = "/instances/my-app/settings";
const RESTORE: &str = "/instances/my-app/history/1";
const COPY: &str = "/instances/my-app/copy";
const OUT_OF_DATE: &str = "It comes from a version that is not stored any more. What you typed is kept and not saved yet.";

/// An application at version 2.
async fn site(pool: &PgPool) -> Site {
    store_my_app(pool, Environment::Production).await;
    store_fallbacks(pool, &[(Flow::SignIn, "/in")]).await;
    Site::new(pool).await
}

/// Puts another save of the same version in the place of the one that is stored, as a restore does.
async fn replace_save(pool: &PgPool, slug: &str) {
    sqlx::query("update instances set save_id = gen_random_uuid() where slug = $1").bind(slug).execute(pool).await.unwrap();
}

async fn stored(pool: &PgPool) -> (Fallbacks, String, i64) {
    let stored = store::find(pool, "my-app").await.unwrap().unwrap();
    (stored.fallbacks, stored.settings.name, stored.instance.version())
}

async fn unchanged(pool: &PgPool) -> bool {
    stored(pool).await == (fallbacks(&[(Flow::SignIn, "/in")]), "MyApp".to_owned(), 2)
}

/// What the browser sends with JavaScript: the page's form as JSON.
async fn call(site: &Site, function: &str, slug: &str, page: &Answer, typed: &[(&str, &str)]) -> Value {
    let mut fields = serde_json::Map::new();
    for (name, value) in form(page.text()) {
        let value = typed.iter().find(|typed| typed.0 == name).map_or(value, |typed| typed.1.to_owned());
        match name.as_str() {
            "version" => drop(fields.insert(name, value.parse::<i64>().unwrap().into())),
            "allowed_origins" | "allow" => {}
            _ => drop(fields.insert(name, value.into())),
        }
    }
    let body = json!({"slug": slug, "version": 1, "form": fields}).to_string();
    let answer = site.post_body(&format!("/api/{function}"), &[("content-type", "application/json")], body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_from_another_save_of_the_same_version_is_a_conflict_with_and_without_javascript(pool: PgPool) {
    let site = site(&pool).await;
    let mut last = None;
    for (path, function, typed) in
        [(REDIRECTS, "save_fallbacks", ("after_sign_up_url", "/up")), (SETTINGS, "save_settings", ("name", "Renamed"))]
    {
        let opened = site.get(path).await;
        replace_save(&pool, "my-app").await;
        let answer = site.edit(&opened, path, &[typed]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{path}");
        assert!(text(answer.text()).contains(OUT_OF_DATE), "{path}: {}", text(answer.text()));
        assert_eq!(value(answer.text(), typed.0), typed.1, "{path}");
        let outcome = call(&site, function, "my-app", &opened, &[typed]).await;
        assert_eq!(outcome["conflict"]["ahead"], json!(true), "{path}: {outcome}");
        assert!(unchanged(&pool).await, "{path}");
        last = Some(answer);
    }
    // The page that says so is filled from what is stored now.
    let saved = site.edit(&last.unwrap(), SETTINGS, &[]).await;
    assert_eq!((saved.header("location"), stored(&pool).await.2), ("/instances/my-app/settings?saved", 3));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_restore_and_a_copy_from_another_save_of_the_same_version_change_nothing(pool: PgPool) {
    let site = site(&pool).await;
    store_instance(&pool, &other_app("other")).await;
    let from = format!("{COPY}?from=other");
    let opened = site.get(RESTORE).await;
    replace_save(&pool, "my-app").await;
    let answer = site.edit(&opened, RESTORE, &[]).await;
    assert_eq!((answer.status, value(answer.text(), "version")), (StatusCode::CONFLICT, "2".to_owned()));
    assert_eq!(value(answer.text(), "save_id"), store::find(&pool, "my-app").await.unwrap().unwrap().save_id.to_string());
    assert!(call(&site, "restore_version", "my-app", &opened, &[]).await["conflict"].is_object());
    for replaced in ["my-app", "other"] {
        app::fixtures::save_fallbacks(&pool, &crate::common::owner(&pool).await, "other", &[(Flow::Logo, &format!("/{replaced}"))]).await;
        let page = site.get(&from).await;
        let names = ["from", "from_version", "from_save_id", "version", "save_id"];
        let mut fields: Vec<_> = names.iter().map(|name| (*name, value(page.text(), name))).collect();
        fields.push(("flow", "logo".to_owned()));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        replace_save(&pool, replaced).await;
        assert_eq!(site.post(COPY, &fields).await.status, StatusCode::CONFLICT, "{replaced}");
    }
    assert!(unchanged(&pool).await);
    let now = site.get(RESTORE).await;
    assert_eq!(site.edit(&now, RESTORE, &[]).await.header("location"), "/instances/my-app/history?restored");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_of_an_earlier_server_version_names_the_number_only(pool: PgPool) {
    let site = site(&pool).await;
    let opened = site.get(REDIRECTS).await;
    replace_save(&pool, "my-app").await;
    let old = form(opened.text()).into_iter().filter(|(name, _)| name != "save_id");
    let fields: Vec<_> =
        old.map(|(name, value)| if name == "logo_link_url" { (name, "/logo".to_owned()) } else { (name, value) }).collect();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(site.post(REDIRECTS, &fields).await.header("location"), "/instances/my-app/redirects?saved");
    assert_eq!(stored(&pool).await.2, 3);
}
