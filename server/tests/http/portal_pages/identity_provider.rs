//! Sign-in at the instance's identity provider, as a visitor's browser goes through it.

use std::collections::HashMap;

use app::{
    credentials::token::Token,
    identity_provider::{AllowedProviders, ClaimRule, ClaimUse, ProviderSettings, store},
    portal::provider::store::offer_trial,
    redirects::{Environment, Flow},
};
use axum::http::StatusCode;
use serde_json::json;
use server::http::options::HttpOptions;
use sqlx::PgPool;
use url::Url;

use super::{
    Browser, HOST, NAVIGATION, PASSWORD, assert_leads, assert_page, heading,
    openid::{self, authorize, led},
    session::{APP, mark},
    way_out::moves_on_to,
};
use crate::{
    common::{Answer, Site, key_file, owner, store_fallbacks, store_my_app},
    html::{href, text},
};

use super::fake_provider::{CLIENT_ID, CLIENT_SECRET, FakeProvider};

const LINK: &str = "redirect_url=https%3A%2F%2Fapp.myapp.com%2Fx&email_address=ana%40company.com";

fn settings(provider: &FakeProvider) -> ProviderSettings {
    ProviderSettings {
        issuer: provider.issuer().to_owned(),
        client_id: CLIENT_ID.into(),
        scopes: "openid email".into(),
        button_text: "Continue with Company".into(),
        email: ClaimRule { claim: "email".into(), usage: ClaimUse::Force },
        names: ["given_name".into(), "family_name".into()],
        names_use: ClaimUse::Force,
        username: ClaimRule { claim: "preferred_username".into(), usage: ClaimUse::Ignore },
        trusts_email: false,
        allows_sign_up: true,
        email_domains: Vec::new(),
        replaces_accounts: false,
    }
}

/// Stores a provider for `my-app`, or changes the one that is there.
async fn save(pool: &PgPool, settings: &ProviderSettings) {
    let key = key_file().read_or_create().unwrap();
    let id = app::fixtures::find(pool, "my-app").await.id;
    let seen = store::find(pool, id).await.unwrap().map(|stored| stored.fingerprint()).unwrap_or_default();
    store::save(pool, &owner(pool).await, "my-app", settings, store::NewSecret::Set(CLIENT_SECRET, &key), &seen).await.unwrap();
}

/// A browser at the portal of `my-app`, which has a provider.
async fn in_a_browser(pool: &PgPool) -> (FakeProvider, Browser) {
    store_my_app(pool, Environment::Production).await;
    store_fallbacks(pool, &[(Flow::SignIn, "/in"), (Flow::SignUp, "/up"), (Flow::SignOut, "/bye")]).await;
    let provider = FakeProvider::start().await;
    save(pool, &settings(&provider)).await;
    let options = HttpOptions::default().with_identity_providers(AllowedProviders::Private, key_file()).unwrap();
    let browser = Browser::at(&Site::with_options(pool, None, options), HOST);
    (provider, Browser { headers: NAVIGATION, ..browser })
}

/// Follows the button of a page to the provider.
async fn to_provider(browser: &mut Browser, page: &str) -> Url {
    let page = browser.get(page).await;
    let button = href(page.text(), "Continue with Company").unwrap_or_else(|| panic!("no button: {}", text(page.text())));
    let answer = browser.get(&button).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text(answer.text()));
    answer.header("location").parse().unwrap()
}

async fn come_back(browser: &mut Browser, query: &HashMap<String, String>) -> Answer {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    browser.get_with(&format!("/identity-provider/callback?{query}"), &[("sec-fetch-site", "cross-site")]).await
}

/// Goes through a whole sign-in, and returns where the browser ends.
async fn sign_in(browser: &mut Browser, provider: &FakeProvider, page: &str) -> String {
    let url = to_provider(browser, page).await;
    let answer = come_back(browser, &provider.approve(&url)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text(answer.text()));
    moves_on_to(&browser.get(answer.header("location")).await)
}

/// The same browser, signed out.
fn signed_out(browser: &Browser) -> Browser {
    Browser { cookies: std::collections::BTreeMap::new(), ..browser.clone() }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_first_time_the_sign_up_fallback_counts_and_then_that_of_sign_in(pool: PgPool) {
    let (provider, mut browser) = in_a_browser(&pool).await;
    let again = signed_out(&browser);
    assert_eq!(sign_in(&mut browser, &provider, "/sign-in").await, "https://myapp.com/up");
    assert_eq!(sign_in(&mut again.clone(), &provider, "/sign-in").await, "https://myapp.com/in");
    assert_eq!(sign_in(&mut again.clone(), &provider, "/sign-up").await, "https://myapp.com/in");
    // Signed-in visitors skip it.
    assert_eq!(moves_on_to(&browser.get("/identity-provider?redirect_url=/next").await), "https://myapp.com/next");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_link_waits_on_the_server_and_is_resolved_at_the_end(pool: PgPool) {
    let (provider, browser) = in_a_browser(&pool).await;
    let url = to_provider(&mut browser.clone(), &format!("/sign-in?{LINK}")).await;
    let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!(asked["login_hint"], "ana@company.com");
    assert_eq!(asked["redirect_uri"], "https://accounts.myapp.com/identity-provider/callback");
    assert!(!url.as_str().contains("app.myapp.com"), "the provider learns nothing of the link");
    assert_eq!(sign_in(&mut browser.clone(), &provider, &format!("/sign-in?{LINK}")).await, "https://app.myapp.com/x");
    for (query, ends_at) in [
        ("redirect_url=https%3A%2F%2Fevil.example%2F", "https://myapp.com/in"),
        ("redirect_url=%2F%2Fevil.example", "https://myapp.com/in"),
        ("sign_in_force_redirect_url=/force&redirect_url=/x", "https://myapp.com/force"),
        ("sign_in_fallback_redirect_url=/fallback", "https://myapp.com/fallback"),
        ("then=user", "/user"),
    ] {
        let mut browser = browser.clone();
        let url = to_provider(&mut browser, &format!("/sign-in?{query}")).await;
        let answer = come_back(&mut browser, &provider.approve(&url)).await;
        let next = browser.get(answer.header("location")).await;
        if ends_at == "/user" {
            assert_leads(&next, "/user");
        } else {
            assert_eq!(moves_on_to(&next), ends_at, "{query}");
        }
    }
    // Parameters that somebody adds to the way back count for nothing.
    let mut browser = browser.clone();
    let url = to_provider(&mut browser, "/sign-in").await;
    let mut query = provider.approve(&url);
    query.insert("redirect_url".into(), "https://app.myapp.com/other".into());
    let answer = come_back(&mut browser, &query).await;
    assert_eq!(moves_on_to(&browser.get(answer.header("location")).await), "https://myapp.com/in");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_applications_request_waits_for_a_sign_in_at_the_provider(pool: PgPool) {
    let (provider, mut browser) = in_a_browser(&pool).await;
    mark(&pool, APP, "").await;
    browser.site.snapshots().catch_up().await.unwrap();
    let begun = browser.get(&authorize(&[("login_hint", "ana@company.com")])).await;
    let url = to_provider(&mut browser, begun.header("location")).await;
    assert!(url.query_pairs().any(|(name, value)| name == "login_hint" && value == "ana@company.com"), "{url}");
    let answer = come_back(&mut browser, &provider.approve(&url)).await;
    let next = moves_on_to(&browser.get(answer.header("location")).await);
    let path = next.strip_prefix("https://accounts.myapp.com").unwrap();
    assert!(path.starts_with("/oauth2/authorize/continue"), "{next}");
    let led_to = browser.get(path).await;
    assert!(led_to.header("location").starts_with(openid::CALLBACK) && led(&led_to, "code").is_some(), "{led_to:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn settings_that_change_meanwhile_count_at_the_end(pool: PgPool) {
    let (provider, mut browser) = in_a_browser(&pool).await;
    let url = to_provider(&mut browser, "/sign-in").await;
    store_fallbacks(&pool, &[(Flow::SignUp, "/changed")]).await;
    browser.site.snapshots().catch_up().await.unwrap();
    let answer = come_back(&mut browser, &provider.approve(&url)).await;
    assert_eq!(moves_on_to(&browser.get(answer.header("location")).await), "https://myapp.com/changed");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_in_belongs_to_the_browser_that_began_it_and_counts_once(pool: PgPool) {
    let (provider, browser) = in_a_browser(&pool).await;
    let (mut one, mut other) = (browser.clone(), browser.clone());
    let query = provider.approve(&to_provider(&mut one, &format!("/sign-in?{LINK}")).await);
    // Without its cookie, and with another browser's own.
    for _ in 0..2 {
        let answer = come_back(&mut other, &query).await;
        assert_page(&answer, StatusCode::BAD_REQUEST);
        assert_eq!(heading(&answer), "That did not work");
        assert!(answer.headers.get("set-cookie").is_none());
        to_provider(&mut other, "/sign-in").await;
    }
    assert_eq!(provider.asked("/token"), 0);
    let cookie = one.cookies.keys().find(|name| name.contains("provider")).unwrap();
    assert!(cookie.starts_with("__Host-"), "{cookie}");
    assert_eq!(come_back(&mut one, &query).await.status, StatusCode::SEE_OTHER);
    assert_page(&come_back(&mut one, &query).await, StatusCode::BAD_REQUEST);
    for wrong in ["", "x", &"0".repeat(64)] {
        let query = HashMap::from([("state".to_owned(), wrong.to_owned()), ("code".to_owned(), "x".to_owned())]);
        assert_page(&come_back(&mut one, &query).await, StatusCode::BAD_REQUEST);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_error_is_explained_and_keeps_the_way_on(pool: PgPool) {
    let (provider, mut browser) = in_a_browser(&pool).await;
    let way_on = format!("/sign-in?{LINK}");
    let refused = |provider: &FakeProvider, url: &Url, error: &str| {
        let mut query = provider.approve(url);
        query.remove("code");
        query.insert("error".into(), error.into());
        query.insert("error_description".into(), "<script>alert(1)</script>".into());
        query
    };
    for (error, status) in [("access_denied", StatusCode::FORBIDDEN), ("server_error", StatusCode::SERVICE_UNAVAILABLE)] {
        let url = to_provider(&mut browser, &way_on).await;
        let answer = come_back(&mut browser, &refused(&provider, &url, error)).await;
        assert_page(&answer, status);
        assert_eq!(href(answer.text(), "Back to sign-in").as_deref(), Some(way_on.as_str()));
        assert!(!answer.text().contains("alert(1)"));
    }
    // A token that does not count.
    provider.claim("nonce", json!("another"));
    let url = to_provider(&mut browser, &way_on).await;
    let answer = come_back(&mut browser, &provider.approve(&url)).await;
    assert_page(&answer, StatusCode::BAD_REQUEST);
    assert_eq!(href(answer.text(), "Back to sign-in").as_deref(), Some(way_on.as_str()));
    assert!(!browser.cookies.keys().any(|name| name.contains("visitor")), "nobody is signed in");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_provider_that_is_down_leaves_the_password(pool: PgPool) {
    let (provider, mut browser) = in_a_browser(&pool).await;
    provider.behavior().status = Some(StatusCode::INTERNAL_SERVER_ERROR);
    let page = browser.get(&format!("/sign-in?{LINK}")).await;
    let answer = browser.get(&href(page.text(), "Continue with Company").unwrap()).await;
    assert_page(&answer, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(href(answer.text(), "Back to sign-in"), Some(format!("/sign-in?{LINK}")));
    assert!(page.text().contains("name=\"password\""));
}

#[sqlx::test(migrations = "../migrations")]
async fn instead_of_passwords_there_is_only_the_button(pool: PgPool) {
    let (provider, mut browser) = in_a_browser(&pool).await;
    browser.sign_up("", "ben@myapp.com").await;
    let mut browser = signed_out(&browser);
    save(&pool, &ProviderSettings { replaces_accounts: true, ..settings(&provider) }).await;
    browser.site.snapshots().catch_up().await.unwrap();
    for page in ["/sign-in", "/sign-up"] {
        let page = browser.get(page).await;
        assert_page(&page, StatusCode::OK);
        assert!(!page.text().contains("<form"), "{}", page.text());
    }
    let answer = browser.post("/sign-in", &[("identifier", "ben@myapp.com"), ("password", PASSWORD)]).await;
    assert_page(&answer, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = browser.post("/sign-up", &[("email_address", "cat@myapp.com"), ("password", PASSWORD)]).await;
    assert_page(&answer, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sign_in(&mut browser, &provider, "/sign-in").await, "https://myapp.com/up");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_with_the_same_address_is_linked_with_its_password(pool: PgPool) {
    let (provider, mut browser) = in_a_browser(&pool).await;
    browser.sign_up("", "ana@company.com").await;
    let mut browser = signed_out(&browser);
    let url = to_provider(&mut browser, &format!("/sign-in?{LINK}")).await;
    let answer = come_back(&mut browser, &provider.approve(&url)).await;
    assert_leads(&answer, "/identity-provider/link");
    let page = browser.get("/identity-provider/link").await;
    assert_page(&page, StatusCode::OK);
    assert!(text(page.text()).contains("There is an account with the address ana@company.com already."), "{}", text(page.text()));
    // Nobody else can finish it.
    assert_page(&signed_out(&browser).get("/identity-provider/link").await, StatusCode::BAD_REQUEST);
    assert_page(&browser.send_form(&page, &[("password", "wrong")]).await, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = browser.send_form(&page, &[("password", PASSWORD)]).await;
    assert_leads(&answer, "/continue?flow=sign-in");
    assert_eq!(moves_on_to(&browser.get("/continue?flow=sign-in").await), "https://app.myapp.com/x");
    assert_eq!(sign_in(&mut signed_out(&browser), &provider, "/sign-in").await, "https://myapp.com/in");
    // An address that the provider has not verified links nothing.
    provider.claim("sub", json!("eve"));
    provider.claim("email_verified", json!(false));
    let mut eve = signed_out(&browser);
    let url = to_provider(&mut eve, "/sign-in").await;
    let answer = come_back(&mut eve, &provider.approve(&url)).await;
    assert_page(&answer, StatusCode::FORBIDDEN);
}

#[sqlx::test(migrations = "../migrations")]
async fn sign_out_ends_the_own_session_and_offers_the_providers(pool: PgPool) {
    let (provider, mut browser) = in_a_browser(&pool).await;
    sign_in(&mut browser, &provider, "/sign-in").await;
    let page = browser.get("/sign-out?redirect_url=/later").await;
    assert!(text(page.text()).contains("Sign out here and at the identity provider"), "{}", text(page.text()));
    let kept = browser.clone();
    let answer = browser.post("/sign-out?redirect_url=/later", &[("provider", "too")]).await;
    assert_leads(&answer, "/identity-provider/sign-out");
    let url: Url = moves_on_to(&browser.get("/identity-provider/sign-out").await).parse().unwrap();
    let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!((url.path(), asked["client_id"].as_str()), ("/end", CLIENT_ID));
    assert_eq!(asked["post_logout_redirect_uri"], "https://accounts.myapp.com/continue");
    assert_eq!(moves_on_to(&browser.get_with("/continue", &[("sec-fetch-site", "cross-site")]).await), "https://myapp.com/later");
    assert_leads(&kept.clone().get("/user").await, "/sign-in?then=user");
    // A provider without a sign-out of its own.
    provider.says("end_session_endpoint", json!(null));
    let fresh = HttpOptions::default().with_identity_providers(AllowedProviders::Private, key_file()).unwrap();
    let mut browser = Browser { site: Site::with_options(&pool, None, fresh), ..browser };
    assert_leads(&browser.get("/identity-provider/sign-out").await, "/continue?flow=sign-out");
    // After a sign-in with a password, the provider's sign-out is not offered.
    let mut other = signed_out(&browser);
    other.sign_up("", "ben@myapp.com").await;
    assert!(!text(other.get("/sign-out").await.text()).contains("identity provider"));
}

#[sqlx::test(migrations = "../migrations")]
async fn names_and_passwords_of_the_provider_are_changed_there(pool: PgPool) {
    let (provider, mut browser) = in_a_browser(&pool).await;
    sign_in(&mut browser, &provider, "/sign-in").await;
    let page = browser.get("/user").await;
    assert_page(&page, StatusCode::OK);
    let shown = text(page.text());
    assert!(shown.contains("Ana María") && shown.contains("Your identity provider fills it in."), "{shown}");
    assert!(!page.text().contains("name=\"first_name\"") && !page.text().contains("name=\"current\""));
    let answer = browser.post("/user/names", &[("first_name", "X"), ("last_name", "Y")]).await;
    assert_page(&answer, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = browser.post("/user/password", &[("current", ""), ("new", PASSWORD)]).await;
    assert_page(&answer, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = browser.post("/user/delete", &[]).await;
    assert_leads(&answer, "/continue?flow=sign-out");
    assert_eq!(sign_in(&mut signed_out(&browser), &provider, "/sign-in").await, "https://myapp.com/up");
}

#[sqlx::test(migrations = "../migrations")]
async fn below_the_dashboards_address_the_way_back_leads_there(pool: PgPool) {
    let (provider, browser) = in_a_browser(&pool).await;
    let mut browser = Browser { host: crate::common::HOST, ..browser };
    let page = browser.get("/portal/my-app/sign-in?redirect_url=/x").await;
    let answer = browser.get(&href(page.text(), "Continue with Company").unwrap()).await;
    let url: Url = answer.header("location").parse().unwrap();
    let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!(asked["redirect_uri"], "http://127.0.0.1:3000/portal/my-app/identity-provider/callback");
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(provider.approve(&url)).finish();
    let answer = browser.get(&format!("/portal/my-app/identity-provider/callback?{query}")).await;
    assert_leads(&answer, "/portal/my-app/continue?flow=sign-up");
    assert_eq!(moves_on_to(&browser.get("/portal/my-app/continue").await), "https://myapp.com/x");
}

#[sqlx::test(migrations = "../migrations")]
async fn only_people_of_the_allowed_domains_sign_in_and_only_where_new_people_may(pool: PgPool) {
    let (provider, mut browser) = in_a_browser(&pool).await;
    save(&pool, &ProviderSettings { email_domains: vec!["other.com".into()], ..settings(&provider) }).await;
    let url = to_provider(&mut browser, "/sign-in").await;
    assert_page(&come_back(&mut browser, &provider.approve(&url)).await, StatusCode::FORBIDDEN);
    save(&pool, &ProviderSettings { allows_sign_up: false, ..settings(&provider) }).await;
    let url = to_provider(&mut browser, "/sign-in").await;
    let answer = come_back(&mut browser, &provider.approve(&url)).await;
    assert_page(&answer, StatusCode::FORBIDDEN);
    assert!(text(answer.text()).contains("You don't have an account here yet"), "{}", text(answer.text()));
    assert!(!browser.cookies.keys().any(|name| name.contains("visitor")));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_thousand_sign_ins_in_a_row_succeed(pool: PgPool) {
    let (provider, browser) = in_a_browser(&pool).await;
    for n in 0..1_000 {
        // More people than a network may add in a day would be too many.
        let person = n % 150;
        provider.claim("sub", json!(format!("person-{person}")));
        provider.claim("email", json!(format!("person-{person}@company.com")));
        let mut browser = browser.clone();
        let url = to_provider(&mut browser, "/sign-in").await;
        let answer = come_back(&mut browser, &provider.approve(&url)).await;
        let flow = if n < 150 { "sign-up" } else { "sign-in" };
        assert_leads(&answer, &format!("/continue?flow={flow}"));
    }
}

/// The address of a trial of `my-app` that an owner has just been offered.
async fn offered_trial(pool: &PgPool) -> String {
    let id = app::fixtures::find(pool, "my-app").await.id;
    let (token, stored) = (Token::new().unwrap(), store::find(pool, id).await.unwrap().unwrap());
    offer_trial(pool, &token, &stored).await.unwrap();
    format!("/identity-provider/trial?trial={}", token.secret())
}

#[sqlx::test(migrations = "../migrations")]
async fn a_trial_shows_what_the_provider_returns_and_signs_nobody_in(pool: PgPool) {
    let (provider, mut browser) = in_a_browser(&pool).await;
    let trial = offered_trial(&pool).await;
    for _ in 0..2 {
        let answer = browser.get(&trial).await;
        let query = provider.approve(&answer.header("location").parse().unwrap());
        let page = come_back(&mut browser, &query).await;
        assert_page(&page, StatusCode::OK);
        for shown in ["your first sign-in would be a sign-up", "ana@company.com", "email_verified", "true"] {
            assert!(text(page.text()).contains(shown), "{shown}: {}", text(page.text()));
        }
        // What comes back twice counts once.
        assert_page(&come_back(&mut browser, &query).await, StatusCode::BAD_REQUEST);
    }
    let visitors: i64 = sqlx::query_scalar("select count(*) from visitors").fetch_one(&pool).await.unwrap();
    assert_eq!(visitors, 0);
    assert_leads(&browser.get("/user").await, "/sign-in?then=user");
    // Somebody with an account is told so.
    sign_in(&mut signed_out(&browser), &provider, "/sign-in").await;
    let answer = browser.get(&trial).await;
    let page = come_back(&mut browser, &provider.approve(&answer.header("location").parse().unwrap())).await;
    assert!(text(page.text()).contains("You have an account here"), "{}", text(page.text()));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_trial_says_what_failed_and_nobody_else_can_begin_one(pool: PgPool) {
    let (provider, mut browser) = in_a_browser(&pool).await;
    let trial = offered_trial(&pool).await;
    let answer = browser.get(&trial).await;
    let url: Url = answer.header("location").parse().unwrap();
    let mut query = provider.approve(&url);
    query.insert("iss".into(), "https://evil.example".into());
    let page = come_back(&mut browser, &query).await;
    assert!(text(page.text()).contains("It failed: the response comes from another provider"), "{}", text(page.text()));
    let unknown = format!("/identity-provider/trial?trial={}", Token::new().unwrap().secret());
    for address in ["/identity-provider/trial", "/identity-provider/trial?trial=x", &unknown] {
        let page = browser.get(address).await;
        assert!(text(page.text()).contains("This link has expired"), "{address}: {}", text(page.text()));
    }
    // The state of a visitor's sign-in is no offer.
    let state = to_provider(&mut browser, "/sign-in").await.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let page = browser.get(&format!("/identity-provider/trial?trial={state}")).await;
    assert!(text(page.text()).contains("This link has expired"));
    // Another provider has taken its place meanwhile.
    let url: Url = browser.get(&trial).await.header("location").parse().unwrap();
    save(&pool, &ProviderSettings { client_id: "another".into(), ..settings(&provider) }).await;
    let page = come_back(&mut browser, &provider.approve(&url)).await;
    assert!(text(page.text()).contains("This link has expired"), "{}", text(page.text()));
}
