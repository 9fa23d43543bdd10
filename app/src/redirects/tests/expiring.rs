//! Allowed origins that expire: what they allow, until when, and what is never stored on them.

use proptest::{collection::btree_map, prelude::*};
use url::Url;

use super::{values::any_value, *};
use crate::redirects::{
    AllowedOrigin, ExpiringOrigin, Fallbacks, LinkParams, Outcome, Source, Timestamp, Visit, explain, explain_first_refusal,
    missing_origin_of_fallback, parse_fallback, policy::check_at, resolve,
};

/// 3 December 2026, 14:05 UTC
const END: i64 = 1_796_306_700;

const PREVIEW: &str = "https://my-app-git-x-my-team.vercel.app";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn expiring(origin: &str, seconds: i64) -> ExpiringOrigin {
    let origin = AllowedOrigin::parse(origin, Environment::Development).unwrap();
    ExpiringOrigin { origin, expires_at: Timestamp::from_seconds(seconds) }
}

fn with_preview() -> Instance {
    production().with_expiring([expiring("https://z.example", END + 9), expiring(PREVIEW, END), expiring("https://a.example:8443", END)])
}

fn target(instance: &Instance, fallbacks: &Fallbacks, value: &str, now: Option<Timestamp>) -> (String, Source) {
    let link = LinkParams { redirect_url: Some(value.to_owned().into()), ..LinkParams::default() };
    let resolution = resolve(instance, fallbacks, Visit { flow: Flow::SignIn, link: &link, requesting: None, now });
    (resolution.target.to_string(), resolution.source)
}

#[test]
fn an_origin_is_allowed_until_its_second_comes() {
    let (instance, none) = (with_preview(), Fallbacks::default());
    let url = format!("{PREVIEW}/x?y");
    for now in [0, END - 86_400, END - 1] {
        assert_eq!(target(&instance, &none, &url, Some(at(now))), (url.clone(), Source::RedirectUrl), "{now}");
    }
    for now in [Some(at(END)), Some(at(END + 1)), Some(at(i64::MAX)), None] {
        assert_eq!(target(&instance, &none, &url, now).1, Source::HomeUrl, "{now:?}");
    }
}

#[test]
fn the_ground_keeps_its_name_and_says_until_when() {
    let allowed = check_at(&with_preview(), Flow::SignIn, None, Some(at(0)), &format!("{PREVIEW}/")).unwrap();
    assert_eq!((allowed.ground, allowed.until), (Ground::AllowedOrigin, Some(at(END))));
    assert_eq!(allowed.until.unwrap().to_string(), "3 Dec 2026, 14:05 UTC");
    // What is allowed for good has no end.
    let both = production_allowing(&[PREVIEW]).with_expiring_of(&with_preview());
    assert_eq!(check_at(&both, Flow::SignIn, None, Some(at(0)), PREVIEW).unwrap().until, None);
    assert_eq!(check_at(&both, Flow::SignIn, None, Some(at(0)), "/x").unwrap().until, None);
}

#[test]
fn only_the_exact_origin_is_allowed_and_every_other_rule_stays() {
    let instance = with_preview();
    let check = |value: &str| check_at(&instance, Flow::SignIn, None, Some(at(0)), value).map_err(|refused| refused.reason);
    for value in
        [PREVIEW, "https://my-app-git-x-my-team.vercel.app:443/x", "HTTPS://MY-APP-git-x-my-team.vercel.app", "https://a.example:8443/"]
    {
        assert!(check(value).is_ok(), "{value}");
    }
    for (value, reason) in [
        ("https://a.example/", Refusal::Foreign),
        ("https://x.my-app-git-x-my-team.vercel.app/", Refusal::Foreign),
        ("https://my-app-git-x-my-team.vercel.app.evil.com/", Refusal::Foreign),
        ("https://my-app-git-x-my-team.vercel.app./", Refusal::Foreign),
        ("https://my-app-git-x-my-team.vercel.app:444/", Refusal::Foreign),
        ("https://nick@my-app-git-x-my-team.vercel.app/", Refusal::Credentials),
        ("http://my-app-git-x-my-team.vercel.app/", Refusal::Insecure),
    ] {
        assert_eq!(check(value).unwrap_err(), reason, "{value}");
    }
}

#[test]
fn no_pattern_expires() {
    let pattern =
        ExpiringOrigin { origin: AllowedOrigin::parse("https://*.a.example", Environment::Production).unwrap(), ..expiring(PREVIEW, END) };
    assert!(production().with_expiring([pattern]).expiring_origins().is_empty());
}

#[test]
fn nothing_is_stored_on_an_origin_that_expires_and_the_error_says_why() {
    let instance = with_preview();
    let value = format!("{PREVIEW}/in");
    let refused = parse_fallback(&instance, Flow::SignIn, &value).unwrap_err();
    assert_eq!(refused.reason, Refusal::Foreign);
    let said = explain(&instance, &value, &refused).to_string();
    assert!(said.contains(" is a preview origin (expiry: 3 Dec 2026, 14:05 UTC), and nothing can be stored on one."), "{said}");
    // It can be allowed for good.
    assert_eq!(missing_origin_of_fallback(&instance, Flow::SignIn, &value).map(|origin| origin.to_string()).as_deref(), Some(PREVIEW));
    let settings = Settings { home_url: value.clone(), ..my_app() };
    let errors = Instance::parse_beside(&settings, 1, &instance).unwrap_err();
    assert!(errors.len() == 1 && errors[0].message.contains("is a preview origin (expiry: 3 Dec 2026"), "{errors:?}");
    // One that is stored all the same, from before, is skipped for every visit: Redirects says so.
    let fallbacks = Fallbacks::from_iter([(Flow::SignIn, value)]);
    assert_eq!(target(&instance, &fallbacks, "", Some(at(0))).1, Source::HomeUrl);
}

#[test]
fn a_link_that_comes_too_late_is_told_when_the_origin_ended() {
    let (instance, none) = (with_preview(), Fallbacks::default());
    let link = LinkParams { redirect_url: Some(PREVIEW.into()), ..LinkParams::default() };
    let visit = Visit { flow: Flow::SignIn, link: &link, requesting: None, now: Some(at(END)) };
    let (source, said) = explain_first_refusal(&instance, visit, &resolve(&instance, &none, visit)).unwrap();
    assert_eq!(source, Source::RedirectUrl);
    assert!(said.to_string().contains("was a preview origin until 3 Dec 2026, 14:05 UTC."), "{said}");
}

#[cfg(feature = "ssr")]
#[test]
fn the_shape_of_a_link_resolves_alike_before_and_after_the_end() {
    use crate::redirects::LinkShape;

    let (instance, none) = (with_preview(), Fallbacks::default());
    let link = LinkParams { redirect_url: Some(PREVIEW.into()), ..LinkParams::default() };
    for seen in [END - 1, END] {
        let visit = Visit { flow: Flow::SignIn, link: &link, requesting: None, now: Some(at(seen)) };
        let resolution = resolve(&instance, &none, visit);
        let shape = LinkShape::of(&instance, visit, &resolution);
        let (example, _) = shape.example(Flow::SignIn);
        for (now, source) in [(END - 1, Source::RedirectUrl), (END, Source::HomeUrl)] {
            let again = resolve(&instance, &none, Visit { flow: Flow::SignIn, link: &example, requesting: None, now: Some(at(now)) });
            assert_eq!(again.source, source, "{seen} {now}");
        }
    }
}

#[test]
fn the_time_is_written_as_in_rfc_3339() {
    assert_eq!(
        serde_json::to_string(&expiring(PREVIEW, END)).unwrap(),
        format!(r#"{{"origin":"{PREVIEW}","expires_at":"2026-12-03T14:05:00Z"}}"#)
    );
}

proptest! {
    #[test]
    fn an_expiring_origin_allows_what_the_same_origin_allows_for_good(
        hosts in btree_map("[a-c]\\.example(:8443)?", 0..20i64, 0..30),
        now in 0..20i64,
        value in any_value(),
        own in "https://[a-d]\\.example(:8443|:443)?/",
    ) {
        let origins = hosts.iter().map(|(host, end)| expiring(&format!("https://{host}"), *end));
        let expiring = production().with_expiring(origins);
        let current: Vec<String> = hosts.iter().filter(|(_, end)| now < **end).map(|(host, _)| format!("https://{host}")).collect();
        let permanent = production_allowing(&current.iter().map(String::as_str).collect::<Vec<_>>());
        for value in [&value, &own] {
            let one = check_at(&expiring, Flow::SignIn, None, Some(at(now)), value).map(|allowed| (allowed.url, allowed.ground));
            let other = check(&permanent, Flow::SignIn, None, value).map(|allowed| (allowed.url, allowed.ground));
            prop_assert_eq!(one, other, "{}", value);
        }
        prop_assert!(Url::parse(&own).is_ok());
    }

    #[test]
    fn without_a_time_nothing_changes(value in any_value()) {
        let strip = |result: Result<Allowed, Refused>| result.map(|allowed| (allowed.url, allowed.ground));
        prop_assert_eq!(strip(check(&with_preview(), Flow::SignIn, None, &value)), strip(check(&production(), Flow::SignIn, None, &value)));
    }
}

#[test]
fn the_outcome_in_the_steps_is_an_allowed_origin() {
    let link = LinkParams { redirect_url: Some(PREVIEW.into()), ..LinkParams::default() };
    let (instance, none) = (with_preview(), Fallbacks::default());
    let resolution = resolve(&instance, &none, Visit { flow: Flow::SignIn, link: &link, requesting: None, now: Some(at(0)) });
    assert_eq!(resolution.steps[1].outcome, Outcome::Allowed { ground: Ground::AllowedOrigin });
}
