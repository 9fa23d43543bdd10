//! ID tokens and userinfo responses that must not count.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::*;

const KIND: &str = "the ID token is refused: its signature is of a kind that does not count";

fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

#[tokio::test]
async fn only_the_providers_own_signature_counts() {
    for (signature, expected) in
        [(Signature::None, KIND), (Signature::Hs256, KIND), (Signature::Forged, "the ID token is refused: its signature is wrong")]
    {
        let provider = FakeProvider::start().await;
        provider.behavior().signature = signature;
        assert_eq!(said(sign_in(&provider, &providers(&provider)).await), expected, "{signature:?}");
    }
}

#[tokio::test]
async fn a_signature_that_is_announced_and_needs_no_key_does_not_count_either() {
    for signature in [Signature::None, Signature::Hs256] {
        let provider = FakeProvider::start().await;
        provider.says("id_token_signing_alg_values_supported", json!(["none", "HS256", "ES256"]));
        provider.behavior().signature = signature;
        assert_eq!(said(sign_in(&provider, &providers(&provider)).await), KIND, "{signature:?}");
    }
    // Nor does one that the provider does not announce.
    let provider = FakeProvider::start().await;
    provider.says("id_token_signing_alg_values_supported", json!(["RS256"]));
    assert_eq!(said(sign_in(&provider, &providers(&provider)).await), KIND);
}

#[tokio::test]
async fn an_unknown_key_is_looked_up_once_and_then_refused() {
    let provider = FakeProvider::start().await;
    let providers = providers(&provider);
    sign_in(&provider, &providers).await.unwrap();
    provider.behavior().kid = "unknown".into();
    assert_eq!(said(sign_in(&provider, &providers).await), "the ID token is refused: the provider has no key of that id");
    assert_eq!(provider.asked("/jwks"), 2);
    // A key that was rotated is found.
    provider.rotate("two");
    sign_in(&provider, &providers).await.unwrap();
    assert_eq!(provider.asked("/jwks"), 3);
    sign_in(&provider, &providers).await.unwrap();
    assert_eq!(provider.asked("/jwks"), 3, "and then known");
}

#[tokio::test]
async fn clocks_may_differ_by_a_minute() {
    let cases = [
        ("exp", -30, None),
        ("exp", -90, Some("it has expired")),
        ("iat", 30, None),
        ("iat", 90, Some("it is from the future")),
        ("nbf", 30, None),
        ("nbf", 90, Some("it is not valid yet")),
    ];
    for (claim, seconds, expected) in cases {
        let provider = FakeProvider::start().await;
        provider.claim(claim, json!(now() + seconds));
        let result = sign_in(&provider, &providers(&provider)).await;
        match expected {
            None => assert_eq!(result.unwrap().subject, "ana", "{claim} {seconds}"),
            Some(why) => assert_eq!(said(result), format!("the ID token is refused: {why}"), "{claim} {seconds}"),
        }
    }
}

#[tokio::test]
async fn a_token_of_another_issuer_client_or_sign_in_does_not_count() {
    let cases: [(&str, Value, &str); 9] = [
        ("iss", json!("https://evil.example"), "it is from another issuer"),
        ("aud", json!("another"), "it is for another client"),
        ("aud", json!([CLIENT_ID, "another"]), "it is for several audiences, and does not say which client it was issued to"),
        ("azp", json!("another"), "it was issued to another client"),
        ("nonce", json!("another"), "it is of another sign-in (nonce)"),
        ("nonce", json!(null), "it is of another sign-in (nonce)"),
        ("sub", json!(""), "its subject is empty or too long"),
        ("sub", json!("x".repeat(256)), "its subject is empty or too long"),
        ("exp", json!(null), ""),
    ];
    for (claim, value, why) in cases {
        let provider = FakeProvider::start().await;
        provider.claim(claim, value.clone());
        let text = said(sign_in(&provider, &providers(&provider)).await);
        let expected = if why.is_empty() {
            "the provider does not redeem the code: the answer can't be read".to_owned()
        } else {
            format!("the ID token is refused: {why}")
        };
        assert_eq!(text, expected, "{claim} {value}");
    }
    let provider = FakeProvider::start().await;
    provider.claim("aud", json!([CLIENT_ID, "another"]));
    provider.claim("azp", json!(CLIENT_ID));
    sign_in(&provider, &providers(&provider)).await.unwrap();
    // With a slash more, it is another issuer.
    let provider = FakeProvider::start().await;
    provider.claim("iss", json!(format!("{}/", provider.issuer())));
    assert_eq!(said(sign_in(&provider, &providers(&provider)).await), "the ID token is refused: it is from another issuer");
}

#[tokio::test]
async fn userinfo_adds_claims_about_the_same_person_only() {
    let provider = FakeProvider::start().await;
    provider.claim("email", json!(null));
    provider.behavior().userinfo = json!({"sub": "ana", "email": "ana@company.com", "email_verified": false, "given_name": "Other"});
    let person = sign_in(&provider, &providers(&provider)).await.unwrap();
    assert_eq!(person.claims["email"], "ana@company.com");
    assert_eq!(person.claims["email_verified"], false, "it belongs to the address");
    assert_eq!(person.claims["given_name"], "Ana", "what is signed counts first");
    provider.claim("email", json!("signed@company.com"));
    provider.claim("email_verified", json!(null));
    provider.behavior().userinfo = json!({"sub": "ana", "email": "ana@company.com", "email_verified": true});
    let person = sign_in(&provider, &providers(&provider)).await.unwrap();
    assert_eq!((&person.claims["email"], person.claims.get("email_verified")), (&json!("signed@company.com"), None));
    for wrong in [json!({"sub": "eve"}), json!({"email": "eve@company.com"}), json!(["ana"])] {
        provider.behavior().userinfo = wrong.clone();
        assert!(said(sign_in(&provider, &providers(&provider)).await).starts_with("the userinfo response is refused"), "{wrong}");
    }
    provider.says("userinfo_endpoint", json!(null));
    sign_in(&provider, &providers(&provider)).await.unwrap();
}
