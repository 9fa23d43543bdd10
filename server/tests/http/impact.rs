//! The impact of a change: said and asked alike by a script and without JavaScript, recorded with it, and never in the way of saving.

use app::{
    fixtures::find,
    insight::{
        store::{Count, add},
        visit::CountedVisit,
    },
    redirects::{Environment, Flow, LinkParams, Settings, Visit, resolve},
};
use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    common::{Answer, Fields, Site, fallback_form, my_app, store_fallbacks, store_instance, store_my_app, with},
    html::{form, text, value},
};

const REDIRECTS: &str = "/instances/my-app/redirects";
const SETTINGS: &str = "/instances/my-app/settings";
const MUCH: &str = "More than 5% of this production instance's visits would end elsewhere.";

/// Counts visits of one flow, as the portal does.
async fn count(pool: &PgPool, flow: Flow, url: &str, visits: u64) {
    let stored = find(pool, "my-app").await;
    let link = LinkParams { redirect_url: Some(url.to_owned().into()), ..LinkParams::default() };
    let visit = Visit { flow, link: &link, requesting: None, now: None };
    let visit = CountedVisit::of(&stored.instance, visit, &resolve(&stored.instance, &stored.fallbacks, visit)).into_owned();
    let now = OffsetDateTime::now_utc();
    let count =
        Count { instance: stored.id, hour: now, decision: visit.decision, visit: Some(visit), visits, first_seen: now, last_seen: now };
    add(pool, Uuid::from_u128(now.unix_timestamp_nanos().unsigned_abs()), 1, &[count]).await.unwrap();
}

/// `my-app` in production: 100 visits, of which so many sign in without a `redirect_url`.
async fn counted(pool: &PgPool, signing_in: u64) -> Site {
    store_my_app(pool, Environment::Production).await;
    count(pool, Flow::SignIn, "", signing_in).await;
    count(pool, Flow::SignIn, "https://app.myapp.com/x", 100 - signing_in).await;
    Site::new(pool).await
}

fn body(form: &Fields<'_>) -> Value {
    let mut fields = serde_json::Map::new();
    for (name, typed) in form {
        let typed = match *name {
            "version" => json!(typed.parse::<i64>().unwrap()),
            "allow" | "disallow" | "allowed_origins" => json!([typed]),
            _ => json!(typed),
        };
        fields.insert((*name).to_owned(), typed);
    }
    json!({ "slug": "my-app", "form": fields })
}

async fn call(site: &Site, function: &str, arguments: &Value) -> Value {
    let answer = site.post_body(&format!("/api/{function}"), &[("content-type", "application/json")], arguments.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{function}: {}", answer.text());
    answer.json()
}

/// The value of the button that saves all the same.
fn seen(html: &str) -> String {
    let buttons = html.split("name=\"confirmed\" value=\"").skip(1).filter_map(|rest| rest.split('"').next());
    buttons.into_iter().find(|value| *value != "show").unwrap_or_else(|| panic!("{html}")).to_owned()
}

/// The impact that the newest change has recorded.
async fn recorded(pool: &PgPool) -> Option<Value> {
    sqlx::query_scalar("select after -> 'impact' from changes where version is not null order by id desc limit 1")
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn version(pool: &PgPool) -> i64 {
    find(pool, "my-app").await.instance.version()
}

fn sign_in(version: &str) -> Fields<'_> {
    with(fallback_form(version), "after_sign_in_url", "/in")
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_typed_is_measured_before_it_is_saved_and_recorded_with_it(pool: PgPool) {
    let site = counted(&pool, 5).await;
    let said = text(call(&site, "fallbacks_impact", &body(&sign_in("1"))).await.as_str().unwrap());
    assert!(said.contains("Of 100 visits in the last 7 days, 5 would end elsewhere"), "{said}");
    assert!(said.contains("https://myapp.com/in") && said.contains("Home URL"), "{said}");
    assert!(said.contains("5% of the visits") && said.contains("No refused link would become allowed."), "{said}");
    let saved = call(&site, "save_fallbacks", &body(&sign_in("1"))).await;
    assert_eq!(saved["saved"]["version"], json!(2), "{saved}");
    assert_eq!(recorded(&pool).await, Some(json!({"visits": 100, "changed": 5})));
    let history = text(site.get("/instances/my-app/history").await.text());
    assert!(history.contains("5 of 100 visits a week end elsewhere"), "{history}");
    assert!(!history.contains("impact"), "{history}");
    let export = site.get("/instances/my-app/history/export.json").await;
    assert_eq!(export.json()[0]["after"]["impact"], json!({"visits": 100, "changed": 5}));
}

#[sqlx::test(migrations = "../migrations")]
async fn without_visits_or_with_a_wrong_value_nothing_is_said(pool: PgPool) {
    store_my_app(&pool, Environment::Production).await;
    let site = Site::new(&pool).await;
    assert_eq!(call(&site, "fallbacks_impact", &body(&sign_in("1"))).await, json!(""));
    count(&pool, Flow::SignIn, "", 5).await;
    let wrong = with(fallback_form("1"), "after_sign_in_url", "javascript:x");
    assert_eq!(call(&site, "fallbacks_impact", &body(&wrong)).await, json!(""));
}

#[sqlx::test(migrations = "../migrations")]
async fn above_five_percent_both_paths_ask_first_and_save_with_the_answer(pool: PgPool) {
    let site = counted(&pool, 6).await;
    let asked = call(&site, "save_fallbacks", &body(&sign_in("1"))).await;
    let html = asked["confirm"]["html"].as_str().unwrap_or_else(|| panic!("{asked}"));
    assert!(text(html).contains(MUCH), "{html}");
    let page = site.post(REDIRECTS, &sign_in("1")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(page.text()).contains(MUCH) && page.text().contains(">Save anyway</button>"));
    assert_eq!(value(page.text(), "after_sign_in_url"), "/in", "what was typed is kept");
    assert_eq!(seen(html), seen(page.text()), "both ask the same");
    // The same form again is a double click, and no answer.
    assert_eq!(site.post(REDIRECTS, &sign_in("1")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(version(&pool).await, 1);
    let answer = seen(page.text());
    let mut other = with(sign_in("1"), "after_sign_in_url", "/other");
    other.push(("confirmed", &answer));
    assert!(call(&site, "save_fallbacks", &body(&other)).await["confirm"].is_object(), "the answer is to other values");
    let mut confirmed = sign_in("1");
    confirmed.push(("confirmed", &answer));
    let saved = site.post(REDIRECTS, &confirmed).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/redirects?saved"));
    assert_eq!((version(&pool).await, recorded(&pool).await), (2, Some(json!({"visits": 100, "changed": 6}))));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_save_in_between_is_asked_about_with_the_merged_form(pool: PgPool) {
    let site = counted(&pool, 6).await;
    let opened = site.get(REDIRECTS).await;
    let base = value(opened.text(), "base");
    let mut form = sign_in("1");
    form.push(("base", &base));
    let answer = seen(call(&site, "save_fallbacks", &body(&form)).await["confirm"]["html"].as_str().unwrap());
    store_fallbacks(&pool, &[(Flow::Logo, "/logo")]).await;
    form.push(("confirmed", &answer));
    let asked = call(&site, "save_fallbacks", &body(&form)).await;
    let merged = asked["confirm"]["merged"].as_str().unwrap_or_else(|| panic!("{asked}"));
    assert!(
        merged.contains("version=2") && merged.contains("logo_link_url=%2Flogo") && merged.contains("after_sign_in_url=%2Fin"),
        "{merged}"
    );
    assert_eq!(version(&pool).await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_development_instance_is_not_asked_about(pool: PgPool) {
    store_my_app(&pool, Environment::Development).await;
    count(&pool, Flow::SignIn, "", 9).await;
    let site = Site::new(&pool).await;
    let saved = call(&site, "save_fallbacks", &body(&sign_in("1"))).await;
    assert_eq!(saved["saved"]["version"], json!(2), "{saved}");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_impact_is_shown_without_javascript_and_without_saving(pool: PgPool) {
    let site = counted(&pool, 1).await;
    let opened = site.get(REDIRECTS).await;
    assert!(opened.text().contains(r#"name="confirmed" value="show""#), "a button asks for it");
    let mut form = sign_in("1");
    form.push(("confirmed", "show"));
    let shown = site.post(REDIRECTS, &form).await;
    let said = text(shown.text());
    assert!(said.contains("Of 100 visits in the last 7 days, 1 would end elsewhere") && !said.contains(MUCH), "{said}");
    assert_eq!((value(shown.text(), "after_sign_in_url").as_str(), version(&pool).await), ("/in", 1));
    let mut wrong = with(fallback_form("1"), "after_sign_in_url", "javascript:x");
    wrong.push(("confirmed", "show"));
    let refused = site.post(REDIRECTS, &wrong).await;
    assert!(text(refused.text()).contains("Not saved yet"));
    // Somebody has saved in between: what is merged is shown, and not saved.
    store_fallbacks(&pool, &[(Flow::Logo, "/logo")]).await;
    let base = value(opened.text(), "base");
    form.push(("base", &base));
    let merged = site.post(REDIRECTS, &form).await;
    assert!(text(merged.text()).contains("1 would end elsewhere"));
    assert_eq!((value(merged.text(), "logo_link_url").as_str(), version(&pool).await), ("/logo", 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn undo_is_not_asked_about_and_recorded_too(pool: PgPool) {
    let site = counted(&pool, 60).await;
    let opened = site.get(REDIRECTS).await;
    let base = value(opened.text(), "base");
    let mut typed = sign_in("1");
    typed.push(("base", &base));
    let answer = seen(call(&site, "save_fallbacks", &body(&typed)).await["confirm"]["html"].as_str().unwrap());
    typed.push(("confirmed", &answer));
    let saved = call(&site, "save_fallbacks", &body(&typed)).await;
    // What the browser sends: the form as it was, and what undoing adds to it.
    let undo: Vec<(String, String)> =
        url::form_urlencoded::parse(saved["saved"]["undo"].as_str().unwrap().as_bytes()).into_owned().collect();
    let confirmed = undo.iter().find(|(name, _)| name == "confirmed").unwrap();
    let mut back = fallback_form("2");
    back.push(("confirmed", &confirmed.1));
    let undone = call(&site, "save_fallbacks", &body(&back)).await;
    assert_eq!(undone["saved"]["version"], json!(3), "{undone}");
    assert_eq!(recorded(&pool).await, Some(json!({"visits": 100, "changed": 60})));
    // Without JavaScript: the page that tells of a save.
    let told = site.get("/instances/my-app/redirects?saved").await;
    let undo = told.text().split("class=\"undo\"").nth(1).and_then(|rest| rest.split("</form>").next()).unwrap().to_owned();
    let fields = form(&format!("<form>{undo}</form>"));
    let fields: Fields<'_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(site.post(REDIRECTS, &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(version(&pool).await, 4);
}

#[sqlx::test(migrations = "../migrations")]
async fn settings_say_which_refused_visits_they_let_through_and_ask_first(pool: PgPool) {
    let site = counted(&pool, 1).await;
    count(&pool, Flow::SignIn, "https://partner.example.org/a", 60).await;
    let opened = site.get(SETTINGS).await;
    let mut fields = form(opened.text());
    fields.retain(|(name, _)| name != "allowed_origins");
    let mut typed: Fields<'_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    typed.push(("allowed_origins", "https://partner.example.org"));
    let said = text(call(&site, "settings_impact", &body(&typed)).await.as_str().unwrap());
    assert!(said.contains("Of 160 visits in the last 7 days, 60 would end elsewhere"), "{said}");
    assert!(said.contains("60 visits with links to https://partner.example.org, refused now, would be allowed."), "{said}");
    let asked = call(&site, "save_settings", &body(&typed)).await;
    let page = site.post(SETTINGS, &typed).await;
    let answer = seen(page.text());
    assert_eq!(seen(asked["confirm"]["html"].as_str().unwrap()), answer);
    typed.push(("confirmed", &answer));
    assert_eq!(site.post(SETTINGS, &typed).await.status, StatusCode::SEE_OTHER);
    assert_eq!(recorded(&pool).await, Some(json!({"visits": 160, "changed": 60})));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_restore_shows_its_impact_and_is_asked_about_only_where_it_was_not_shown(pool: PgPool) {
    let site = counted(&pool, 60).await;
    store_fallbacks(&pool, &[(Flow::SignIn, "/first")]).await;
    let path = "/instances/my-app/history/1";
    let page = site.get(path).await;
    let said = text(page.text());
    assert!(said.contains("Of 100 visits in the last 7 days, 60 would end elsewhere") && said.contains(MUCH), "{said}");
    assert!(page.text().contains(">Restore anyway</button>"));
    let unseen = json!({"slug": "my-app", "version": 1, "form": {"version": 2}});
    assert!(call(&site, "restore_version", &unseen).await["confirm"].is_object());
    let again: Answer = site.post(path, &[("version", "2")]).await;
    assert!(text(again.text()).contains("Look at the impact, then restore"), "{}", again.text());
    let restored = site.edit(&again, path, &[]).await;
    assert_eq!((restored.status, version(&pool).await), (StatusCode::SEE_OTHER, 3));
    assert_eq!(recorded(&pool).await, Some(json!({"visits": 100, "changed": 60})));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_copy_shows_its_impact_and_asks_about_another_choice(pool: PgPool) {
    let site = counted(&pool, 60).await;
    let source = Settings { slug: "source".into(), portal_origin: "https://login.myapp.com".into(), ..my_app() };
    store_instance(&pool, &source).await;
    let owner = app::fixtures::owner(&pool).await;
    app::fixtures::save_fallbacks(&pool, &owner, "source", &[(Flow::SignIn, "/in"), (Flow::Logo, "/logo")]).await;
    let page = site.get("/instances/my-app/copy?from=source").await;
    assert!(text(page.text()).contains("60 would end elsewhere") && page.text().contains(">Copy anyway</button>"), "{}", page.text());
    let answer = value(page.text(), "confirmed");
    let mut one = vec![("from", "source"), ("from_version", "2"), ("version", "1"), ("flow", "sign-in"), ("confirmed", &answer)];
    let asked = site.post("/instances/my-app/copy", &one).await;
    assert_eq!((asked.status, version(&pool).await), (StatusCode::UNPROCESSABLE_ENTITY, 1));
    let answer = value(asked.text(), "confirmed");
    one.pop();
    one.push(("confirmed", &answer));
    assert_eq!(site.post("/instances/my-app/copy", &one).await.status, StatusCode::SEE_OTHER);
    assert_eq!((version(&pool).await, recorded(&pool).await), (2, Some(json!({"visits": 100, "changed": 60}))));
}

#[sqlx::test(migrations = "../migrations")]
async fn saving_goes_on_where_the_impact_can_t_be_told(pool: PgPool) {
    let site = counted(&pool, 60).await;
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("lock table visits in access exclusive mode").execute(&mut *holder).await.unwrap();
    let said = text(call(&site, "fallbacks_impact", &body(&sign_in("1"))).await.as_str().unwrap());
    assert!(said.contains("is not available right now"), "{said}");
    let saved = call(&site, "save_fallbacks", &body(&sign_in("1"))).await;
    assert_eq!((&saved["saved"]["version"], recorded(&pool).await), (&json!(2), None), "{saved}");
    assert_eq!(site.get(REDIRECTS).await.status, StatusCode::OK);
}
