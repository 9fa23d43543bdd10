//! Saving: each server function has the same outcome for the same form, called by a script or by a form post without JavaScript.

use app::{
    instances::store,
    redirects::{Environment, Flow},
};
use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    common::{Answer, Fields, Site, fallback_form, instance_form, other_app, store_fallbacks, store_instance, store_my_app, with},
    html::{text, value},
};

/// The body of a server function: the form's fields as JSON, those in `numbers` as numbers and those in `lists` as lists.
fn arguments(slug: Option<&str>, form: &Fields<'_>, more: &Value) -> Value {
    let numbers = ["version", "from_version"];
    let lists = ["allowed_origins", "origin", "flow"];
    let mut object = serde_json::Map::new();
    for (name, typed) in form {
        if numbers.contains(name) {
            object.insert((*name).to_owned(), json!(typed.parse::<i64>().unwrap()));
        } else if lists.contains(name) {
            let list = object.entry(*name).or_insert_with(|| json!([]));
            list.as_array_mut().unwrap().push(json!(typed));
        } else {
            object.insert((*name).to_owned(), json!(typed));
        }
    }
    let mut arguments = json!({ "form": object });
    let target = arguments.as_object_mut().unwrap();
    target.extend(slug.map(|slug| ("slug".to_owned(), json!(slug))));
    target.extend(more.as_object().unwrap().clone());
    arguments
}

async fn call(site: &Site, function: &str, arguments: &Value) -> Answer {
    site.post_body(&format!("/api/{function}"), &[("content-type", "application/json")], arguments.to_string()).await
}

/// The outcome of a call, as data.
async fn outcome(site: &Site, function: &str, arguments: &Value) -> Value {
    let answer = call(site, function, arguments).await;
    assert_eq!(answer.status, StatusCode::OK, "{function}: {}", answer.text());
    answer.json()
}

/// What is stored of `my-app` now.
async fn stored(pool: &PgPool) -> (i64, String, Option<String>) {
    let stored = store::find(pool, "my-app").await.unwrap().unwrap();
    (stored.instance.version(), stored.settings.name.clone(), stored.fallbacks.get(Flow::SignIn).map(str::to_owned))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_script_saves_fallbacks_and_hears_the_version(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let form = with(fallback_form("1"), "after_sign_in_url", "/in");
    let saved = outcome(&site, "save_fallbacks", &arguments(Some("my-app"), &form, &json!({}))).await;
    assert_eq!(
        (&saved["saved"]["version"], &saved["saved"]["merged"], &saved["saved"]["slug"]),
        (&json!(2), &json!(false), &json!("my-app"))
    );
    assert!(saved["saved"]["form"].as_str().unwrap().contains("after_sign_in_url=%2Fin"), "{saved}");
    assert_eq!(stored(&pool).await, (2, "MyApp".into(), Some("/in".into())));
}

#[sqlx::test(migrations = "../migrations")]
async fn wrong_fallbacks_are_refused_alike_on_both_paths(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let form = with(with(fallback_form("1"), "after_sign_in_url", "https://evil.com/"), "logo_link_url", "javascript:alert(1)");
    let refused = outcome(&site, "save_fallbacks", &arguments(Some("my-app"), &form, &json!({}))).await;
    let errors = refused["rejected"]["errors"].as_array().unwrap().clone();
    assert_eq!(errors.iter().map(|error| error["field"].as_str().unwrap()).collect::<Vec<_>>(), ["after_sign_in_url", "logo_link_url"]);
    let page = site.post("/instances/my-app/redirects", &form).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for error in errors {
        let message = error["message"].as_str().unwrap();
        assert!(text(page.text()).contains(message), "{message}");
    }
    assert_eq!(stored(&pool).await.0, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_conflict_has_both_values_and_who_stored_theirs_on_both_paths(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/theirs")]).await;
    let site = Site::new(&pool).await;
    let form = with(fallback_form("1"), "after_sign_in_url", "/mine");
    let conflict = outcome(&site, "save_fallbacks", &arguments(Some("my-app"), &form, &json!({}))).await;
    let both = &conflict["conflict"]["both"][0];
    assert_eq!((&both["field"], &both["typed"], &both["stored"]), (&json!("after_sign_in_url"), &json!("/mine"), &json!("/theirs")));
    assert_eq!(both["last"]["who"], json!("owner@myapp.com"));
    assert!(both["last"]["at"].as_str().unwrap().ends_with('Z'), "{both}");
    let page = site.post("/instances/my-app/redirects", &form).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(text(page.text()).contains("Stored by owner@myapp.com"));
    assert_eq!(stored(&pool).await.2, Some("/theirs".into()));
}

#[sqlx::test(migrations = "../migrations")]
async fn settings_are_saved_refused_and_merged_alike_on_both_paths(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let wrong = with(with(instance_form(), "version", "1"), "domain", "co.uk");
    let refused = outcome(&site, "save_settings", &arguments(Some("my-app"), &wrong, &json!({}))).await;
    let message = refused["rejected"]["errors"][0]["message"].as_str().unwrap().to_owned();
    let page = site.post("/instances/my-app/settings", &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(page.text()).contains(&message), "{message}");

    let opened = site.get("/instances/my-app/settings").await;
    let base = value(opened.text(), "base");
    store_fallbacks(&pool, &[(Flow::SignIn, "/theirs")]).await;
    let mut form = with(with(instance_form(), "version", "1"), "name", "Renamed");
    form.push(("base", &base));
    let saved = outcome(&site, "save_settings", &arguments(Some("my-app"), &form, &json!({}))).await;
    assert_eq!((&saved["saved"]["version"], &saved["saved"]["merged"]), (&json!(3), &json!(true)), "{saved}");
    assert_eq!(stored(&pool).await, (3, "Renamed".into(), Some("/theirs".into())));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_is_created_and_refused_alike_on_both_paths(pool: PgPool) {
    let site = Site::new(&pool).await;
    let created = outcome(&site, "create_instance", &arguments(None, &instance_form(), &json!({}))).await;
    assert_eq!((&created["saved"]["slug"], &created["saved"]["version"]), (&json!("my-app"), &json!(1)));
    let refused = outcome(&site, "create_instance", &arguments(None, &instance_form(), &json!({}))).await;
    let message = refused["rejected"]["errors"][0]["message"].as_str().unwrap().to_owned();
    let page = site.post("/instances/new", &instance_form()).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(page.text()).contains(&message), "{message}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_version_is_restored_once_and_a_stale_page_restores_nothing(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/first")]).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/second")]).await;
    let site = Site::new(&pool).await;
    let restore = |version: i64| json!({"slug": "my-app", "version": 2, "form": {"version": version}});
    assert!(outcome(&site, "restore_version", &restore(2)).await["conflict"].is_object());
    let saved = outcome(&site, "restore_version", &restore(3)).await;
    assert_eq!(saved["saved"]["version"], json!(4));
    assert_eq!(stored(&pool).await.2, Some("/first".into()));
    let never = json!({"slug": "my-app", "version": 9, "form": {"version": 4}});
    assert_eq!(call(&site, "restore_version", &never).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrations = "../migrations")]
async fn settings_are_copied_and_refused_alike_on_both_paths(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let allowed_origins = vec!["https://shared.example".into()];
    let source = app::redirects::Settings { environment: Environment::Production, allowed_origins, ..other_app("source") };
    store_instance(&pool, &source).await;
    let site = Site::new(&pool).await;
    let form = vec![("from", "source"), ("from_version", "1"), ("version", "1")];
    let nothing = outcome(&site, "copy_settings", &arguments(Some("my-app"), &form, &json!({}))).await;
    let message = nothing["rejected"]["errors"][0]["message"].as_str().unwrap().to_owned();
    let page = site.post("/instances/my-app/copy", &form).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(page.text()).contains(&message), "{message}");
    let mut checked = form.clone();
    checked.push(("origin", "https://shared.example"));
    let copied = outcome(&site, "copy_settings", &arguments(Some("my-app"), &checked, &json!({}))).await;
    assert_eq!((&copied["saved"]["version"], &copied["saved"]["left_out"]), (&json!(2), &json!([])));
    assert!(outcome(&site, "copy_settings", &arguments(Some("my-app"), &checked, &json!({}))).await["conflict"].is_object());
}

#[sqlx::test(migrations = "../migrations")]
async fn the_portal_pages_are_switched_at_once_and_a_second_time_changes_nothing(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let off = json!({"slug": "my-app", "pages": "off"});
    for _ in 0..2 {
        assert_eq!(outcome(&site, "set_portal_pages", &off).await["saved"]["version"], json!(2));
    }
    assert_eq!(call(&site, "set_portal_pages", &json!({"slug": "my-app", "pages": "maybe"})).await.status, StatusCode::BAD_REQUEST);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_saved_page_offers_to_undo_and_undoing_brings_the_old_values_back(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/before"), (Flow::Logo, "/logo")]).await;
    let site = Site::new(&pool).await;
    let path = "/instances/my-app/redirects";
    let opened = site.get(path).await;
    let saved = site.edit(&opened, path, &[("after_sign_in_url", "/after"), ("logo_link_url", "")]).await;
    let told = site.get(saved.header("location")).await;
    let undo = told.text().split("class=\"undo\"").nth(1).and_then(|rest| rest.split("</form>").next()).unwrap().to_owned();
    let fields: Vec<(String, String)> = crate::html::form(&format!("<form>{undo}</form>"));
    let fields: Fields<'_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let undone = site.post(path, &fields).await;
    assert_eq!((undone.status, undone.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/redirects?saved"));
    let stored = store::find(&pool, "my-app").await.unwrap().unwrap();
    assert_eq!(
        (stored.instance.version(), stored.fallbacks.get(Flow::SignIn), stored.fallbacks.get(Flow::Logo)),
        (4, Some("/before"), Some("/logo"))
    );
    assert!(!site.get(path).await.text().contains("class=\"undo\""), "only the page that tells of the save offers it");
}

#[sqlx::test(migrations = "../migrations")]
async fn undoing_leaves_what_somebody_else_has_saved_since(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    let form = with(fallback_form("1"), "after_sign_in_url", "/mine");
    let saved = outcome(&site, "save_fallbacks", &arguments(Some("my-app"), &form, &json!({}))).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/mine"), (Flow::Logo, "/theirs")]).await;
    // What the browser sends: the old values, filled from what was stored by the save.
    let stored_then: Vec<(String, String)> =
        url::form_urlencoded::parse(saved["saved"]["form"].as_str().unwrap().as_bytes()).into_owned().collect();
    let mut undo: Fields<'_> = stored_then.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    undo.iter_mut().find(|(name, _)| *name == "after_sign_in_url").unwrap().1 = "";
    let undone = outcome(&site, "save_fallbacks", &arguments(Some("my-app"), &undo, &json!({}))).await;
    assert_eq!((&undone["saved"]["version"], &undone["saved"]["merged"]), (&json!(4), &json!(true)), "{undone}");
    let stored = store::find(&pool, "my-app").await.unwrap().unwrap();
    assert_eq!((stored.fallbacks.get(Flow::SignIn), stored.fallbacks.get(Flow::Logo)), (None, Some("/theirs")));
}
