//! Keys, requests, codes and sessions as the provider stores them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    authorization::{AuthorizationRequest, Parameters, Prompt, verifies},
    claims::Scopes,
    id_token_hint::IdTokenHint,
    key_ring::{KeyRing, KeyRingError},
    signing_key::{Jwk, KeyError, NewKey, SigningKey},
    store::{
        authorizations,
        codes::{self, Redemption},
        keys::{self, Rotation},
        subjects,
    },
};
use crate::{
    credentials::{client::Client, secret_key::SecretKey, token::Token},
    fixtures::{create, my_app, other_app},
    portal::{form::SignUpForm, identity, identity::IdentityKind},
};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn decoded(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
    let mut next = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
    (next(), next())
}

fn request(client_id: &str) -> AuthorizationRequest {
    let query = format!("response_type=code&scope=openid&code_challenge={CHALLENGE}&code_challenge_method=S256&nonce=n&state=s");
    AuthorizationRequest::read(&Parameters::read(&query), client_id, "https://myapp.com/cb").unwrap()
}

async fn visitor(pool: &PgPool, instance: i64) -> Token {
    let form = SignUpForm {
        username: "ana".into(),
        first_name: "Ana".into(),
        password: "a long passphrase of hers".into(),
        ..SignUpForm::default()
    };
    identity(IdentityKind::Accounts, pool, instance).sign_up(&form, &Client::default()).await.unwrap()
}

#[test]
fn a_token_is_signed_with_the_key_that_its_header_names() {
    let secret = SecretKey::new().unwrap();
    let key = NewKey::new(7, &secret).unwrap();
    let jwk = Jwk::of(&key.public_key).unwrap();
    assert_eq!(jwk.kid(), key.kid);
    let token = SigningKey::decrypt(&key.kid, &key.private_key, 7, &secret).unwrap().sign(&json!({"sub": "x"})).unwrap();
    assert_eq!(decoded(&token), (json!({"alg": "ES256", "kid": key.kid, "typ": "JWT"}), json!({"sub": "x"})));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &key.public_key);
    assert!(public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).is_ok());
    // Nobody reads it with another secret key, or as another instance's.
    let refused = |instance, secret: &SecretKey| SigningKey::decrypt(&key.kid, &key.private_key, instance, secret).unwrap_err();
    assert!(matches!(refused(8, &secret), KeyError::Encrypted(_)));
    assert!(matches!(refused(7, &SecretKey::new().unwrap()), KeyError::Encrypted(_)));
    assert_eq!(Jwk::of(&key.public_key[..64]), None);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_key_is_made_on_first_use_and_the_next_is_published_before_it_signs(pool: PgPool) {
    let instance = create(&pool, &my_app()).await.id;
    let secret = SecretKey::new().unwrap();
    let load = || KeyRing::load(&pool, instance, |_| Some(secret.clone()));
    let now = OffsetDateTime::now_utc();
    let kids = |ring: &KeyRing, at: OffsetDateTime| ring.published(at).iter().map(|jwk| jwk.kid().to_owned()).collect::<Vec<_>>();
    let kid = |ring: &KeyRing, at: OffsetDateTime| {
        decoded(&ring.signing(at).unwrap().sign(&json!({})).unwrap()).0["kid"].as_str().unwrap().to_owned()
    };
    let first = load().await.unwrap();
    let old = kid(&first, now);
    assert_eq!(kids(&load().await.unwrap(), now), std::slice::from_ref(&old), "it stays");

    sqlx::query("update signing_keys set signs_from = now() - interval '91 days'").execute(&pool).await.unwrap();
    let (one, two) = tokio::join!(load(), load());
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(kids(&one, now), kids(&two, now), "two runtimes make one key");
    let [published_old, new] = &kids(&one, now)[..] else { panic!() };
    assert_eq!((published_old, kid(&one, now)), (&old, old.clone()), "the old key signs until every runtime knows the new one");
    assert_eq!(&kid(&one, now + Duration::minutes(6)), new);
    assert_eq!(kids(&one, now + Duration::minutes(10)).len(), 2, "its last token has not ended");
    assert_eq!(kids(&one, now + Duration::minutes(16)), std::slice::from_ref(new));
    assert_eq!(kids(&load().await.unwrap(), now).len(), 2, "nothing more is due");

    let mut connection = pool.acquire().await.unwrap();
    assert!(keys::add_in(&mut connection, instance, &NewKey::new(instance, &secret).unwrap(), Rotation::Leaked).await.unwrap());
    let ring = load().await.unwrap();
    assert_eq!(kids(&ring, now).len(), 1, "a key that somebody may have read is not published any more");
    assert_ne!(kid(&ring, OffsetDateTime::now_utc()), old);
}

#[sqlx::test(migrations = "../migrations")]
async fn without_the_right_secret_key_there_are_no_keys_and_none_is_replaced(pool: PgPool) {
    let instance = create(&pool, &my_app()).await.id;
    assert!(matches!(KeyRing::load(&pool, instance, |_| None).await, Err(KeyRingError::NoSecretKey)));
    let secret = SecretKey::new().unwrap();
    KeyRing::load(&pool, instance, |is_first| is_first.then(|| secret.clone())).await.unwrap();
    let other = KeyRing::load(&pool, instance, |_| SecretKey::new().ok()).await;
    assert!(matches!(other, Err(KeyRingError::Key(KeyError::Encrypted(_)))), "{other:?}");
    KeyRing::load(&pool, instance, |_| Some(secret.clone())).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_hint_is_an_id_token_of_this_issuer_even_if_it_has_expired(pool: PgPool) {
    let secret = SecretKey::new().unwrap();
    let load = async |instance: i64| KeyRing::load(&pool, instance, |_| Some(secret.clone())).await.unwrap();
    let keys = load(create(&pool, &my_app()).await.id).await;
    let others = load(create(&pool, &other_app("other")).await.id).await;
    let sign = |keys: &KeyRing, claims: &Value| keys.signing(OffsetDateTime::now_utc()).unwrap().sign(claims).unwrap();
    let issuer = "https://accounts.myapp.com";
    let claims = json!({"iss": issuer, "sub": Uuid::from_u128(1), "sid": Uuid::from_u128(2), "aud": "https://myapp.com", "exp": 1});
    let token = sign(&keys, &claims);
    let hint = IdTokenHint::read(&token, issuer, &keys).unwrap();
    assert_eq!((hint.sub, hint.sid, hint.aud.as_str()), (Uuid::from_u128(1), Uuid::from_u128(2), "https://myapp.com"));

    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
    let kid = decoded(&token).0["kid"].clone();
    let encoded = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let of_another = encoded(json!({"iss": issuer, "sub": Uuid::from_u128(3), "sid": Uuid::from_u128(2), "aud": "https://myapp.com"}));
    let session_token = json!({"iss": issuer, "sub": Uuid::from_u128(1), "sid": Uuid::from_u128(2), "azp": "https://myapp.com"});
    for wrong in [
        String::new(),
        "..".into(),
        payload.into(),
        format!("{header}.{payload}."),
        format!("{header}.{of_another}.{signature}"),
        format!("{}.{payload}.", encoded(json!({"alg": "none", "kid": kid}))),
        format!("{}.{payload}.{signature}", encoded(json!({"alg": "HS256", "kid": kid}))),
        format!("{token}.{signature}"),
        sign(&others, &claims),
        sign(&keys, &session_token),
    ] {
        assert_eq!(IdTokenHint::read(&wrong, issuer, &keys), None, "{wrong}");
    }
    assert_eq!(IdTokenHint::read(&token, "https://accounts.myapp.com/", &keys), None, "an issuer that differs by a slash");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_code_is_redeemed_once_and_its_access_token_ends_when_it_comes_again(pool: PgPool) {
    let instance = create(&pool, &my_app()).await.id;
    let other = create(&pool, &other_app("other")).await.id;
    let subject = subjects::of_token(&pool, instance, &visitor(&pool, instance).await).await.unwrap().unwrap();
    let new_code = async || {
        let code = Token::new().unwrap();
        codes::put(&pool, instance, subject.session, &request("https://myapp.com"), &code).await.unwrap();
        code
    };
    let right = Redemption { client_id: "https://myapp.com", redirect_uri: "https://myapp.com/cb", verifier: VERIFIER };
    let (code, access) = (new_code().await, Token::new().unwrap());
    let redeem = async |code: &Token, redemption| codes::redeem(&pool, instance, code, redemption, &access).await.unwrap();
    assert_eq!(codes::redeem(&pool, other, &code, right, &access).await.unwrap(), None, "of another instance");
    assert_eq!(redeem(&code, right).await.unwrap().session, subject.session);
    assert!(codes::of_access_token(&pool, instance, &access).await.unwrap().is_some());
    assert_eq!(codes::of_access_token(&pool, other, &access).await.unwrap(), None);
    assert_eq!(redeem(&code, right).await, None, "twice");
    assert_eq!(codes::of_access_token(&pool, instance, &access).await.unwrap(), None, "revoked");
    for wrong in [
        Redemption { client_id: "https://app.myapp.com", ..right },
        Redemption { redirect_uri: "https://myapp.com/cb/", ..right },
        Redemption { verifier: "", ..right },
        Redemption { verifier: CHALLENGE, ..right },
    ] {
        let code = new_code().await;
        assert_eq!(redeem(&code, wrong).await, None, "{wrong:?}");
        assert_eq!(redeem(&code, right).await, None, "it is worth nothing any more");
    }
    let code = new_code().await;
    sqlx::query("update authorization_codes set created_at = created_at - interval '61 seconds'").execute(&pool).await.unwrap();
    assert_eq!(redeem(&code, right).await, None, "too late");
    let code = new_code().await;
    sqlx::query("delete from visitor_sessions").execute(&pool).await.unwrap();
    assert_eq!(redeem(&code, right).await, None, "signed out");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_waits_for_its_own_browser_only_and_is_answered_once(pool: PgPool) {
    let instance = create(&pool, &my_app()).await.id;
    let (id, browser) = (Token::new().unwrap(), Token::new().unwrap());
    let request = AuthorizationRequest { prompt: Prompt::Login, ..request("https://myapp.com") };
    authorizations::put(&pool, instance, &request, &id, &browser).await.unwrap();
    let find = async |instance, browser: &Token| authorizations::find(&pool, instance, &id, browser).await.unwrap();
    let found = find(instance, &browser).await.unwrap();
    assert_eq!((found.request.state.as_deref(), found.request.nonce.as_deref()), (Some("s"), Some("n")));
    assert!(
        !found.accepts(OffsetDateTime::now_utc() - Duration::hours(1)) && found.accepts(OffsetDateTime::now_utc() + Duration::seconds(1))
    );
    assert!(find(instance, &Token::new().unwrap()).await.is_none(), "another browser's");
    assert!(find(instance + 1, &browser).await.is_none());
    assert!(authorizations::take(&pool, &id).await.unwrap());
    assert!(!authorizations::take(&pool, &id).await.unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_subject_stays_the_same_from_session_to_session_and_says_what_is_asked_for(pool: PgPool) {
    let instance = create(&pool, &my_app()).await.id;
    let token = visitor(&pool, instance).await;
    let subject = subjects::of_token(&pool, instance, &token).await.unwrap().unwrap();
    assert!(subjects::of_token(&pool, instance + 1, &token).await.unwrap().is_none());
    let names = serde_json::to_value(subject.person(Scopes::read("openid profile email"))).unwrap();
    assert_eq!(names, json!({"name": "Ana", "given_name": "Ana", "preferred_username": "ana"}));
    assert_eq!(serde_json::to_value(subject.person(Scopes::read("openid"))).unwrap(), json!({}));
    assert!(!format!("{subject:?}").contains("ana"));
    assert!(subjects::of_session(&pool, instance, subject.session).await.unwrap().is_some());
    sqlx::query("update visitor_sessions set created_at = now() - interval '15 days'").execute(&pool).await.unwrap();
    assert!(subjects::of_session(&pool, instance, subject.session).await.unwrap().is_none());
}

#[test]
fn a_request_without_pkce_or_with_what_is_not_supported_is_refused_by_its_name() {
    let base = format!("response_type=code&scope=openid&code_challenge={CHALLENGE}&code_challenge_method=S256");
    let read = |query: &str| AuthorizationRequest::read(&Parameters::read(query), "c", "https://myapp.com/cb").map_err(|error| error.code);
    assert!(read(&base).is_ok());
    assert_eq!(read(&format!("{base}&prompt=none&max_age=0")).unwrap().prompt, Prompt::None);
    for (query, code) in [
        (base.replace("=code&", "=token&"), "unsupported_response_type"),
        (base.replace("response_type=code&", ""), "invalid_request"),
        (base.replace("openid", "email"), "invalid_scope"),
        (base.replace("S256", "plain"), "invalid_request"),
        (base.replace(CHALLENGE, "short"), "invalid_request"),
        (format!("{base}&response_mode=fragment"), "invalid_request"),
        (format!("{base}&prompt=none login"), "invalid_request"),
        (format!("{base}&max_age=-1"), "invalid_request"),
        (format!("{base}&request=x.y.z"), "request_not_supported"),
        (format!("{base}&request_uri=https://x"), "request_uri_not_supported"),
        (format!("{base}&state=a&state=b"), "invalid_request"),
        (format!("{base}&state={}", "a".repeat(2049)), "invalid_request"),
    ] {
        assert_eq!(read(&query), Err(code), "{query}");
    }
}

#[test]
fn a_verifier_is_that_of_its_challenge_only() {
    // RFC 7636, appendix B.
    assert!(verifies(CHALLENGE, VERIFIER));
    let short = "a".repeat(42);
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(short.as_bytes()));
    assert!(!verifies(&hash, &short) && !verifies(CHALLENGE, CHALLENGE) && !verifies(CHALLENGE, &format!("{VERIFIER} ")));
}
