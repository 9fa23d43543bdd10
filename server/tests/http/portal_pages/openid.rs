//! The `OpenID` Connect provider: the whole way of a client through the sign-in page, and everything that must lead nowhere.

use app::applications::{client::ClientSecret, form::ClientForm, store::clients};
use axum::http::StatusCode;
use serde_json::Value;
use sqlx::PgPool;
use url::{Url, form_urlencoded};

use super::{
    Browser, HOST, NAVIGATION, PASSWORD, assert_page, heading,
    session::{APP, claims, mark},
    store_other,
};
use crate::{
    common::{Answer, FORM, owner},
    html,
};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(super) const CALLBACK: &str = "https://app.myapp.com/callback?x=1";
const ISSUER: &str = "https://accounts.myapp.com";

/// The parameters of a right request, with these in the place of theirs. One without a value is left out.
pub(super) fn parameters(changed: &[(&str, &str)]) -> String {
    let right = [
        ("client_id", APP),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid email"),
        ("state", "a b"),
        ("nonce", "n-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in right {
        let value = changed.iter().find(|(changed, _)| *changed == name).map_or(value, |(_, value)| value);
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    query.extend_pairs(changed.iter().filter(|(name, _)| right.iter().all(|(known, _)| known != name)));
    query.finish()
}

pub(super) fn authorize(changed: &[(&str, &str)]) -> String {
    format!("/oauth2/authorize?{}", parameters(changed))
}

/// A parameter of the address that an answer leads to.
pub(super) fn led(answer: &Answer, name: &str) -> Option<String> {
    let url = Url::parse(answer.header("location")).ok()?;
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

pub(super) async fn at_my_app(pool: &PgPool) -> Browser {
    let browser = Browser::at_my_app(pool).await;
    mark(pool, APP, "").await;
    browser
}

impl Browser {
    /// Asks for a code in a browser that is signed in.
    pub(super) async fn code(&mut self, changed: &[(&str, &str)]) -> String {
        let answer = self.get(&authorize(changed)).await;
        led(&answer, "code").unwrap_or_else(|| panic!("{answer:?}"))
    }

    /// Redeems a code, with these in the place of the right parameters.
    pub(super) async fn redeem(&self, code: &str, changed: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let right = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("client_id", APP),
            ("code_verifier", VERIFIER),
        ];
        let mut body = form_urlencoded::Serializer::new(String::new());
        for (name, value) in right {
            let value = changed.iter().find(|(changed, _)| *changed == name).map_or(value, |(_, value)| value);
            if !value.is_empty() {
                body.append_pair(name, value);
            }
        }
        body.extend_pairs(changed.iter().filter(|(name, _)| right.iter().all(|(known, _)| known != name)));
        let own = [("host", HOST), ("content-type", FORM)];
        self.site.post_body("/oauth2/token", &[&own[..], headers].concat(), body.finish()).await
    }

    async fn userinfo(&self, token: &str) -> Answer {
        self.site.get_with("/oauth2/userinfo", &[("host", HOST), ("authorization", &format!("Bearer {token}"))]).await
    }
}

#[track_caller]
fn assert_error(answer: &Answer, error: &str) {
    assert_eq!((&answer.json()["error"], answer.header("cache-control")), (&Value::from(error), "no-store"), "{answer:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_visitor_signs_up_on_the_way_and_the_application_learns_who_they_are(pool: PgPool) {
    let mut browser = at_my_app(&pool).await;
    browser.headers = NAVIGATION;
    let begun = browser.get(&authorize(&[("login_hint", "ana@myapp.com")])).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER);
    assert!(begun.header("set-cookie").starts_with("__Host-portal-redirects-authorization-"), "{begun:?}");
    let page = browser.get(begun.header("location")).await;
    assert_page(&page, StatusCode::OK);
    assert_eq!(html::value(page.text(), "identifier"), "ana@myapp.com", "the hint is the prefill");
    // The link to the sign-up page carries the request along.
    let to_sign_up = page.text().split("href=\"").find(|rest| rest.starts_with("/sign-up")).unwrap().split('"').next().unwrap();
    let page = browser.get(&to_sign_up.replace("&amp;", "&")).await;
    let sent = browser.send_form(&page, &[("password", PASSWORD)]).await;
    assert_eq!((sent.status, sent.header("location")), (StatusCode::SEE_OTHER, "/continue?flow=sign-up"));
    let moving = browser.get("/continue?flow=sign-up").await;
    assert_eq!(moving.status, StatusCode::OK, "the way out is no part of the form's");
    let next =
        moving.text().split("href=\"").find(|rest| rest.starts_with("https://accounts.myapp.com/oauth2/authorize/continue")).unwrap();
    let next = Url::parse(&next.split('"').next().unwrap().replace("&amp;", "&")).unwrap();
    assert_eq!(next.host_str(), Some(HOST));
    let path = format!("{}?{}", next.path(), next.query().unwrap());
    let answered = browser.get(&path).await;
    assert!(answered.header("location").starts_with("https://app.myapp.com/callback?x=1&code="), "{answered:?}");
    assert_eq!((led(&answered, "state").as_deref(), led(&answered, "iss").as_deref()), (Some("a b"), Some(ISSUER)));
    let again = browser.get(&path).await;
    assert_page(&again, StatusCode::BAD_REQUEST);

    let tokens = browser.redeem(&led(&answered, "code").unwrap(), &[], &[("origin", APP)]).await;
    assert_eq!((tokens.status, tokens.header("access-control-allow-origin")), (StatusCode::OK, APP));
    assert_eq!(tokens.header("access-control-allow-credentials"), "");
    let tokens = tokens.json();
    let id = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!((&id["iss"], &id["aud"], &id["azp"], &id["nonce"]), (&ISSUER.into(), &APP.into(), &APP.into(), &"n-1".into()));
    assert!(id["auth_time"].is_i64() && id["sid"].is_string() && id["email"].is_null(), "{id}");
    let info = browser.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
    assert_eq!((&info["sub"], &info["email"]), (&id["sub"], &"ana@myapp.com".into()));
    // Signing out ends the access token.
    let page = browser.get("/sign-out").await;
    browser.send_form(&page, &[]).await;
    assert_eq!(browser.userinfo(tokens["access_token"].as_str().unwrap()).await.status, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_of_an_unchecked_client_or_address_shows_an_error_and_leads_nowhere(pool: PgPool) {
    let mut browser = at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    for changed in [
        ("client_id", ""),
        ("client_id", "null"),
        ("client_id", "https://evil.com"),
        ("client_id", "https://evil.myapp.com"),
        ("client_id", "https://APP.myapp.com"),
        ("client_id", "https://app.myapp.com/"),
        ("client_id", "https://app.myapp.com/callback"),
        ("client_id", "https://app.myapp.com:443"),
        ("client_id", "https://app.myapp.com."),
        ("client_id", "client_00000000000000000000000000000000"),
        ("redirect_uri", ""),
        ("redirect_uri", "https://user@app.myapp.com/callback"),
        ("redirect_uri", "https://app.myapp.com/callback#x"),
        ("redirect_uri", "https://shop.myapp.com/callback"),
        ("redirect_uri", "https://myapp.com/callback"),
        ("redirect_uri", "https://app.myapp.com:444/callback"),
        ("redirect_uri", "http://app.myapp.com/callback"),
        ("redirect_uri", "//app.myapp.com/callback"),
        ("redirect_uri", "/callback"),
        ("redirect_uri", "https:app.myapp.com/callback"),
        ("redirect_uri", "https://app.myapp.com.evil.com/callback"),
        ("redirect_uri", "https://app.myapp.com\\@evil.com/"),
        ("redirect_uri", "javascript:alert(1)//https://app.myapp.com"),
    ] {
        let answer = browser.get(&authorize(&[changed])).await;
        assert_page(&answer, StatusCode::BAD_REQUEST);
        assert_eq!((answer.header("location"), heading(&answer).as_str()), ("", "That did not work"), "{changed:?}");
    }
    let twice = browser.get(&format!("{}&redirect_uri=https%3A%2F%2Fevil.com", authorize(&[]))).await;
    assert_page(&twice, StatusCode::BAD_REQUEST);
    // The client is right, so it is told.
    for (changed, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "email"), "invalid_scope"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("request", "a.b.c"), "request_not_supported"),
    ] {
        let answer = browser.get(&authorize(&[changed])).await;
        assert_eq!((led(&answer, "error").as_deref(), led(&answer, "iss").as_deref()), (Some(error), Some(ISSUER)), "{changed:?}");
        assert!(answer.header("location").starts_with("https://app.myapp.com/callback?x=1&") && led(&answer, "code").is_none());
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_code_is_worth_nothing_twice_for_another_client_or_without_its_verifier(pool: PgPool) {
    let mut browser = at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let code = browser.code(&[]).await;
    let access = browser.redeem(&code, &[], &[]).await.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(browser.userinfo(&access).await.status, StatusCode::OK);
    assert_error(&browser.redeem(&code, &[], &[]).await, "invalid_grant");
    assert_eq!(browser.userinfo(&access).await.status, StatusCode::UNAUTHORIZED, "what it was redeemed for has ended");
    for changed in [
        [("code_verifier", "")],
        [("code_verifier", CHALLENGE)],
        [("redirect_uri", "https://app.myapp.com/callback")],
        [("client_id", "https://myapp.com")],
    ] {
        let code = browser.code(&[]).await;
        assert_error(&browser.redeem(&code, &changed, &[]).await, "invalid_grant");
        assert_error(&browser.redeem(&code, &[], &[]).await, "invalid_grant");
    }
    let code = browser.code(&[]).await;
    assert_error(&browser.redeem(&code, &[], &[("origin", "https://myapp.com")]).await, "invalid_client");
    assert_error(&browser.redeem(&code, &[("client_id", "https://evil.com")], &[]).await, "invalid_client");
    assert_error(&browser.redeem(&code, &[("client_secret", "x")], &[]).await, "invalid_client");
    assert_error(&browser.redeem(&code, &[("grant_type", "password")], &[]).await, "unsupported_grant_type");
    assert_error(&browser.redeem("x", &[], &[]).await, "invalid_grant");
    assert_eq!(browser.redeem(&code, &[], &[]).await.status, StatusCode::OK, "none of these has used it up");
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_is_asked_where_no_page_may_be_shown_and_everybody_where_one_must_be(pool: PgPool) {
    let mut browser = at_my_app(&pool).await;
    let answer = browser.get(&authorize(&[("prompt", "none")])).await;
    assert_eq!((led(&answer, "error").as_deref(), led(&answer, "state").as_deref()), (Some("login_required"), Some("a b")));
    browser.sign_up("", "ana@myapp.com").await;
    assert!(led(&browser.get(&authorize(&[("prompt", "none")])).await, "code").is_some());
    assert!(led(&browser.get(&authorize(&[("max_age", "1000")])).await, "code").is_some());
    sqlx::query("update visitor_sessions set created_at = created_at - interval '1 hour'").execute(&pool).await.unwrap();
    let old = browser.get(&authorize(&[("prompt", "none"), ("max_age", "1000")])).await;
    assert_eq!(led(&old, "error").as_deref(), Some("login_required"));
    for changed in [("prompt", "login"), ("max_age", "1000")] {
        let begun = browser.get(&authorize(&[changed])).await;
        let page = browser.get(begun.header("location")).await;
        assert_page(&page, StatusCode::OK);
        let resume = begun.header("location").split_once("authorization-").unwrap().1;
        let early = browser.get(&format!("/oauth2/authorize/continue?authorization={resume}")).await;
        assert!(early.header("location").starts_with("/sign-in?"), "the old session is not enough: {early:?}");
        let sent = browser.send_form(&page, &[("identifier", "ana@myapp.com"), ("password", PASSWORD)]).await;
        assert!(led(&browser.get(sent.header("location")).await, "code").is_some(), "{changed:?} {sent:?}");
        sqlx::query("update visitor_sessions set created_at = created_at - interval '1 hour'").execute(&pool).await.unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_waiting_request_counts_in_its_own_browser_and_while_its_client_does(pool: PgPool) {
    let mut browser = at_my_app(&pool).await;
    let begun = browser.get(&authorize(&[])).await;
    let resume = format!("/oauth2/authorize/continue?authorization={}", begun.header("location").split_once("authorization-").unwrap().1);
    let mut another = Browser::at(&browser.site, HOST);
    another.sign_up("", "ben@myapp.com").await;
    for path in [&resume, "/oauth2/authorize/continue", "/oauth2/authorize/continue?authorization=x"] {
        let answer = another.get(path).await;
        assert_page(&answer, StatusCode::BAD_REQUEST);
        assert_eq!(answer.header("location"), "");
    }
    browser.sign_up("", "ana@myapp.com").await;
    sqlx::query("update instances set application_origins = '{}', version = version + 1").execute(&pool).await.unwrap();
    assert_page(&browser.get(&resume).await, StatusCode::BAD_REQUEST);
    sqlx::query("update instances set application_origins = '{https://app.myapp.com}', version = version + 1")
        .execute(&pool)
        .await
        .unwrap();
    assert!(led(&browser.get(&resume).await, "code").is_some());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_client_on_another_site_needs_its_secret(pool: PgPool) {
    let mut browser = at_my_app(&pool).await;
    browser.sign_up("", "ana@myapp.com").await;
    let stored = app::instances::store::find(&pool, "my-app").await.unwrap().unwrap();
    let form = ClientForm { name: "Desk".into(), redirect_uris: "https://desk.example/cb".into() };
    let ClientSecret { client_id, secret } =
        clients::add(&pool, &owner(&pool).await, "my-app", &form.check(&stored).unwrap()).await.unwrap();
    let secret = secret.secret();
    let changed = [("client_id", client_id.as_str()), ("redirect_uri", "https://desk.example/cb")];
    let elsewhere = browser.get(&authorize(&[("client_id", &client_id), ("redirect_uri", "https://desk.example/cb/")])).await;
    assert_page(&elsewhere, StatusCode::BAD_REQUEST);
    let code = browser.code(&changed).await;
    assert_error(&browser.redeem(&code, &changed, &[]).await, "invalid_client");
    let wrong = format!("{}{}", &secret[..63], if secret.ends_with('0') { '1' } else { '0' });
    assert_error(&browser.redeem(&code, &[&changed[..], &[("client_secret", &wrong)]].concat(), &[]).await, "invalid_client");
    let redeemed = browser.redeem(&code, &[&changed[..], &[("client_secret", &secret)]].concat(), &[]).await;
    assert_eq!(claims(redeemed.json()["id_token"].as_str().unwrap())["aud"], client_id.as_str());
    // The same with the header of RFC 7617.
    let basic = |secret: &str| {
        format!("Basic {}", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{client_id}:{secret}")))
    };
    let code = browser.code(&changed).await;
    let changed = [("client_id", ""), ("redirect_uri", "https://desk.example/cb")];
    let refused = browser.redeem(&code, &changed, &[("authorization", &basic(&wrong))]).await;
    assert_eq!((refused.status, refused.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Basic realm=\"portal\""));
    assert_eq!(browser.redeem(&code, &changed, &[("authorization", &basic(&secret))]).await.status, StatusCode::OK);
}

#[sqlx::test(migrations = "../migrations")]
async fn discovery_and_keys_are_public_and_of_one_instance(pool: PgPool) {
    let browser = at_my_app(&pool).await;
    store_other(&pool).await;
    let get = async |host: &str, path: &str| browser.site.get_with(path, &[("host", host), ("origin", "https://anybody.example")]).await;
    let document = get(HOST, "/.well-known/openid-configuration").await;
    assert_eq!(document.header("access-control-allow-origin"), "*");
    let document = document.json();
    assert_eq!((&document["issuer"], &document["id_token_signing_alg_values_supported"][0]), (&ISSUER.into(), &"ES256".into()));
    for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "end_session_endpoint", "jwks_uri"] {
        assert!(document[name].as_str().unwrap().starts_with("https://accounts.myapp.com/"), "{name}");
    }
    let (ours, others) =
        (get(HOST, "/.well-known/jwks.json").await.json(), get("accounts.other.com", "/.well-known/jwks.json").await.json());
    assert_eq!((&ours["keys"][0]["alg"], ours["keys"].as_array().unwrap().len()), (&"ES256".into(), 1));
    assert_ne!(ours["keys"][0]["kid"], others["keys"][0]["kid"]);
    assert!(ours["keys"][0].get("d").is_none(), "the private half stays");
    // Production instances have no provider below a path of the dashboard.
    for path in ["/.well-known/jwks.json", "/.well-known/openid-configuration", &authorize(&[])] {
        assert_eq!(get("localhost:3000", &format!("/portal/my-app{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
