//! "Allow this origin": an origin that is allowed together with the fallback redirect that needs it, and taken back with it.

use app::{
    fixtures::{find, member},
    members::role::Role,
    redirects::{Environment, Flow},
};
use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    common::{Answer, Fields, Site, fallback_form, store_fallbacks, store_instance, store_my_app, with},
    html::{Choice, choices, form, href, summary, text, text_of, value, verdict_of},
};
use app::{fixtures::my_app, redirects::Settings};

const PATH: &str = "/instances/my-app/redirects";
const PARTNER: &str = "https://partner.example.org";
const START: &str = "https://partner.example.org/start";

async fn site(pool: &PgPool) -> Site {
    store_my_app(pool, Environment::Production).await;
    Site::new(pool).await
}

/// The origins that are allowed, the fallback redirect after sign-in, and the version.
async fn stored(pool: &PgPool) -> (Vec<String>, Option<String>, i64) {
    let stored = find(pool, "my-app").await;
    (stored.settings.allowed_origins, stored.fallbacks.get(Flow::SignIn).map(str::to_owned), stored.instance.version())
}

/// The page's form with an origin ticked, and these values typed.
async fn tick(site: &Site, page: &Answer, origin: &str, typed: &[(&str, &str)]) -> Answer {
    let mut fields = form(page.text());
    for (name, value) in typed {
        fields.iter_mut().find(|field| field.0 == *name).unwrap().1 = (*value).to_owned();
    }
    fields.push(("allow".to_owned(), origin.to_owned()));
    let fields: Fields<'_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    site.post(PATH, &fields).await
}

/// The rows of allowed origins in Settings, without the template of further ones.
fn rows(page: &Answer) -> Vec<Choice> {
    choices(page.text(), "allowed_origins").into_iter().filter(|row| !row.value.is_empty()).collect()
}

/// The fields of the form that undoes the save that a page tells of.
fn undo_of(page: &Answer) -> Vec<(String, String)> {
    let undo = page.text().split("class=\"undo\"").nth(1).and_then(|rest| rest.split("</form>").next()).unwrap();
    form(&format!("<form>{undo}</form>"))
}

async fn post_all(site: &Site, fields: &[(String, String)]) -> Answer {
    let fields: Fields<'_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    site.post(PATH, &fields).await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_ticked_origin_is_saved_with_the_field_as_one_version_and_one_record(pool: PgPool) {
    let site = site(&pool).await;
    let refused = site.post(PATH, &with(fallback_form("1"), "after_sign_in_url", START)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = "partner.example.org is not on myapp.com. Use a URL on myapp.com, or allow this origin.";
    assert_eq!(verdict_of(refused.text(), "after_sign_in_url").as_deref(), Some(said));
    let [offer] = &choices(refused.text(), "allow")[..] else { panic!("{:?}", choices(refused.text(), "allow")) };
    assert_eq!((offer.value.as_str(), offer.checked), (PARTNER, false));
    let opens = text_of(refused.text(), "after_sign_in_url-opens", "div").unwrap();
    assert_eq!(opens, "Every link to your portal may then lead people to any page of https://partner.example.org");

    // Another field that is wrong keeps the tick, and its field counts as allowed.
    let kept = tick(&site, &refused, PARTNER, &[("logo_link_url", "javascript:x")]).await;
    assert_eq!((kept.status, summary(kept.text())), (StatusCode::UNPROCESSABLE_ENTITY, vec!["logo_link_url".to_owned()]));
    assert!(choices(kept.text(), "allow")[0].checked);
    assert_eq!(verdict_of(kept.text(), "after_sign_in_url").as_deref(), Some("Goes to https://partner.example.org/start"));
    assert_eq!(stored(&pool).await, (vec![], None, 1));

    let saved = site.edit(&kept, PATH, &[("logo_link_url", "")]).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, "/instances/my-app/redirects?saved"));
    assert_eq!(stored(&pool).await, (vec![PARTNER.to_owned()], Some(START.to_owned()), 2));
    let records: Vec<(String, Value)> = sqlx::query_as("select kind, after from changes where version = 2").fetch_all(&pool).await.unwrap();
    assert_eq!(records, [("redirects".to_owned(), json!({"allowed_origins": [PARTNER], "after_sign_in_url": START}))]);
    let resolved = site.get("/portal/my-app/v1/resolve?flow=sign-in").await.json();
    assert_eq!(resolved["target"], START);
}

#[sqlx::test(migrations = "../migrations")]
async fn undo_takes_back_the_field_and_the_origin_and_undoing_that_brings_both_back(pool: PgPool) {
    let site = site(&pool).await;
    let saved = tick(&site, &site.get(PATH).await, PARTNER, &[("after_sign_in_url", START)]).await;
    let told = site.get(saved.header("location")).await;
    let undone = post_all(&site, &undo_of(&told)).await;
    assert_eq!(undone.header("location"), "/instances/my-app/redirects?saved", "{}", text(undone.text()));
    assert_eq!(stored(&pool).await, (vec![], None, 3));
    let again = post_all(&site, &undo_of(&site.get(undone.header("location")).await)).await;
    assert_eq!(again.header("location"), "/instances/my-app/redirects?saved");
    assert_eq!(stored(&pool).await, (vec![PARTNER.to_owned()], Some(START.to_owned()), 4));
}

#[sqlx::test(migrations = "../migrations")]
async fn undo_is_refused_where_something_else_needs_the_origin_by_now(pool: PgPool) {
    let site = site(&pool).await;
    let saved = tick(&site, &site.get(PATH).await, PARTNER, &[("after_sign_in_url", START)]).await;
    let undo = undo_of(&site.get(saved.header("location")).await);
    site.edit(&site.get(PATH).await, PATH, &[("after_sign_up_url", "https://partner.example.org/new")]).await;
    let refused = post_all(&site, &undo).await;
    assert_eq!((refused.status, summary(refused.text())), (StatusCode::UNPROCESSABLE_ENTITY, vec!["after_sign_up_url".to_owned()]));
    let why = "After sign-up: It needs the origin that Undo would take back, so nothing was undone.";
    assert!(text(refused.text()).contains(why), "{}", text(refused.text()));
    assert_eq!(stored(&pool).await, (vec![PARTNER.to_owned()], Some(START.to_owned()), 3));
}

#[sqlx::test(migrations = "../migrations")]
async fn undo_leaves_an_origin_that_somebody_else_has_allowed(pool: PgPool) {
    let site = site(&pool).await;
    let opened = site.get(PATH).await;
    let settings = "/instances/my-app/settings";
    let page = site.get(settings).await;
    site.edit(&page, settings, &[("allowed_origins", PARTNER)]).await;
    let saved = tick(&site, &opened, PARTNER, &[("after_sign_in_url", START)]).await;
    assert_eq!(saved.header("location"), "/instances/my-app/redirects?merged");
    assert_eq!(stored(&pool).await, (vec![PARTNER.to_owned()], Some(START.to_owned()), 3));
    let fields = undo_of(&site.get("/instances/my-app/redirects?saved").await);
    post_all(&site, &fields).await;
    assert_eq!(stored(&pool).await, (vec![PARTNER.to_owned()], None, 4));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_origin_that_no_value_needs_is_not_allowed_and_one_that_was_removed_meanwhile_is_named(pool: PgPool) {
    let site = site(&pool).await;
    for origin in ["https://evil.com", "https://*.example.org", "http://partner.example.org", "nonsense", ""] {
        let form = with(fallback_form("1"), "after_sign_in_url", START);
        let refused = site.post(PATH, &[&form[..], &[("allow", origin)]].concat()).await;
        assert_eq!((refused.status, summary(refused.text())), (StatusCode::UNPROCESSABLE_ENTITY, vec!["after_sign_in_url".to_owned()]));
    }
    let unneeded = site.post(PATH, &[&with(fallback_form("1"), "after_sign_in_url", "/in")[..], &[("allow", PARTNER)]].concat()).await;
    assert_eq!(unneeded.status, StatusCode::SEE_OTHER);
    assert_eq!(stored(&pool).await, (vec![], Some("/in".to_owned()), 2));

    tick(&site, &site.get(PATH).await, PARTNER, &[("after_sign_in_url", START)]).await;
    let opened = site.get(PATH).await;
    sqlx::query("update instances set allowed_origins = '{}', version = version + 1").execute(&pool).await.unwrap();
    let refused = site.edit(&opened, PATH, &[("after_sign_up_url", "https://partner.example.org/new")]).await;
    assert_eq!((refused.status, summary(refused.text())), (StatusCode::UNPROCESSABLE_ENTITY, vec!["after_sign_up_url".to_owned()]));
    assert_eq!(choices(refused.text(), "allow").len(), 2, "what is stored and skipped is offered too");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_risk_of_a_name_is_said_and_nothing_is_offered_that_settings_would_refuse(pool: PgPool) {
    let site = site(&pool).await;
    for (typed, said) in [
        ("https://my-team.vercel.app/", "Anyone can get a name under vercel.app. Check that my-team.vercel.app is yours"),
        ("https://github.io/", "This name belongs to a host or a registry, not to one of its customers."),
        ("https://192.0.2.7/", "An IP address can pass to somebody else."),
        ("https://m\u{443}app.com/", "Its host reads as m\u{443} U+0443 CYRILLIC SMALL LETTER U app.com"),
    ] {
        let refused = site.post(PATH, &with(fallback_form("1"), "after_sign_in_url", typed)).await;
        let opens = text_of(refused.text(), "after_sign_in_url-opens", "div").unwrap();
        assert!(opens.contains(said), "{typed}: {opens}");
    }
    for typed in ["http://partner.example.org/", "https://partner.example.org./", "//partner.example.org", "https://a@b.example/"] {
        let refused = site.post(PATH, &with(fallback_form("1"), "after_sign_in_url", typed)).await;
        assert!(choices(refused.text(), "allow").is_empty(), "{typed}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_with_as_many_origins_as_there_can_be_says_so(pool: PgPool) {
    let allowed_origins = (0..50).map(|at| format!("https://o{at}.example")).collect();
    store_instance(&pool, &Settings { allowed_origins, ..my_app() }).await;
    let form = with(fallback_form("1"), "after_sign_in_url", START);
    let refused = Site::new(&pool).await.post(PATH, &[&form[..], &[("allow", PARTNER)]].concat()).await;
    assert_eq!((refused.status, choices(refused.text(), "allow").len()), (StatusCode::UNPROCESSABLE_ENTITY, 0));
    assert!(
        text(refused.text()).contains("or remove an allowed origin under Settings to make room for this one."),
        "{}",
        text(refused.text())
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_viewer_is_told_and_is_offered_nothing(pool: PgPool) {
    let site = site(&pool).await;
    store_fallbacks(&pool, &[(Flow::SignUp, "/welcome")]).await;
    sqlx::query("update fallback_redirects set value = $1").bind(START).execute(&pool).await.unwrap();
    let viewer = member(&pool, "viewer@myapp.com", "my-app", Role::Viewer).await;
    let viewer = site.signed_in(&pool, viewer.admin.unwrap()).await;
    assert_eq!(choices(site.get(PATH).await.text(), "allow").len(), 1);
    let page = viewer.get(PATH).await;
    assert!(choices(page.text(), "allow").is_empty());
    assert!(verdict_of(page.text(), "after_sign_up_url").unwrap().ends_with("or add this origin under Settings."));
    let json = [("content-type", "application/json")];
    let asked = json!({"slug": "my-app", "flow": "sign-in", "value": START, "allow": PARTNER}).to_string();
    assert!(viewer.post_body("/api/check_fallback", &json, asked.clone()).await.json()["offer"].is_null());
    let answer = site.post_body("/api/check_fallback", &json, asked).await.json();
    assert_eq!((&answer["origin"], answer["allowed"].is_object()), (&json!(PARTNER), true), "{answer}");

    let query = "?flow=sign-up&redirect_url=https%3A%2F%2Fother.example";
    let told = "add this origin under Settings";
    let settings = "/instances/my-app/settings?allow=https%3A%2F%2Fother.example";
    assert_eq!(href(site.get(&format!("/instances/my-app/preview{query}")).await.text(), told).as_deref(), Some(settings));
    assert_eq!(href(viewer.get(&format!("/instances/my-app/preview{query}")).await.text(), told), None);
}

#[sqlx::test(migrations = "../migrations")]
async fn settings_fills_in_what_a_link_names_and_saves_nothing_by_itself(pool: PgPool) {
    let site = site(&pool).await;
    let page = site.get("/instances/my-app/settings?allow=https%3A%2F%2FPartner.example.org").await;
    let [row] = &rows(&page)[..] else { panic!("{:?}", rows(&page)) };
    assert_eq!((row.value.as_str(), row.checked), (PARTNER, true));
    assert!(text(page.text()).contains("https://partner.example.org is filled in under Allowed origins. Save to allow it."));
    assert!(!value(page.text(), "base").contains("partner"));
    assert_eq!(stored(&pool).await, (vec![], None, 1));
    let saved = site.edit(&page, "/instances/my-app/settings", &[]).await;
    assert_eq!((saved.status, stored(&pool).await.0), (StatusCode::SEE_OTHER, vec![PARTNER.to_owned()]));

    let again = site.get("/instances/my-app/settings?allow=https%3A%2F%2Fpartner.example.org").await;
    assert!(text(again.text()).contains("https://partner.example.org is allowed already."));
    let refused = site.get("/instances/my-app/settings?allow=http%3A%2F%2Fx.example%2F%E2%80%8B").await;
    assert!(text(refused.text()).contains("can't be allowed."), "{}", text(refused.text()));
    assert_eq!(rows(&refused).len(), 1);
}
