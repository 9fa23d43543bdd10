//! The order of the candidates: which one becomes the target, and what the resolution says about the others.

use serde_json::json;

use super::*;
use crate::redirects::{Fallbacks, LinkParams, Outcome, Resolution, Source, Visit, resolve};
use Outcome::{Absent, NotReached};
use Source::{Fallback, FallbackParam, ForceParam, HomeUrl, RedirectUrl};

const ALLOWED: Outcome = Outcome::Allowed { ground: Ground::Domain };
const FOREIGN: Outcome = Outcome::Refused { reason: Refusal::Foreign };

/// A link in which every redirect parameter has a different target.
const EVERY_PARAMETER: &str = "redirect_url=/link\
    &sign_in_force_redirect_url=/in-force&sign_in_fallback_redirect_url=/in-fallback\
    &sign_up_force_redirect_url=/up-force&sign_up_fallback_redirect_url=/up-fallback";

fn stored(flow: Flow, value: &str) -> Fallbacks {
    [(flow, value.to_owned())].into_iter().collect()
}

/// Resolves a visit of the production instance without a requesting page, and hands on the answer.
fn answer<T>(flow: Flow, query: &str, fallbacks: &Fallbacks, look: impl FnOnce(Resolution<'_>) -> T) -> T {
    let (instance, link) = (production(), LinkParams::read(query));
    look(resolve(&instance, fallbacks, Visit { flow, link: &link, requesting: None, now: None }))
}

fn target(flow: Flow, query: &str, fallbacks: &Fallbacks) -> (String, Source) {
    answer(flow, query, fallbacks, |resolution| (resolution.target.into(), resolution.source))
}

fn outcomes(flow: Flow, query: &str, fallbacks: &Fallbacks) -> Vec<(Source, Outcome)> {
    answer(flow, query, fallbacks, |resolution| resolution.steps.iter().map(|step| (step.source, step.outcome)).collect())
}

#[test]
fn every_flow_lists_its_own_candidates_in_order() {
    for flow in Flow::ALL {
        let sources: Vec<_> = outcomes(flow, EVERY_PARAMETER, &stored(flow, "/stored")).into_iter().map(|(source, _)| source).collect();
        let expected: &[Source] = match flow {
            Flow::SignIn | Flow::SignUp => &[ForceParam, RedirectUrl, FallbackParam, Fallback, HomeUrl],
            Flow::Logo => &[Fallback, HomeUrl],
            _ => &[RedirectUrl, Fallback, HomeUrl],
        };
        assert_eq!(sources, expected, "{flow}");
    }
}

#[test]
fn the_first_candidate_that_is_present_is_the_target() {
    let without = |names: &[&str]| {
        let pairs = EVERY_PARAMETER.split('&').filter(|pair| !names.iter().any(|name| pair.starts_with(&format!("{name}="))));
        pairs.collect::<Vec<_>>().join("&")
    };
    let own = |flow: &str| [format!("{flow}_force_redirect_url"), format!("{flow}_fallback_redirect_url")];
    for (flow, name, force, fallback) in
        [(Flow::SignIn, "sign_in", "/in-force", "/in-fallback"), (Flow::SignUp, "sign_up", "/up-force", "/up-fallback")]
    {
        let fallbacks = stored(flow, "/stored");
        let [force_param, fallback_param] = own(name);
        for (query, path, source) in [
            (EVERY_PARAMETER.to_owned(), force, ForceParam),
            (without(&[&force_param]), "/link", RedirectUrl),
            (without(&[&force_param, "redirect_url"]), fallback, FallbackParam),
            (without(&[&force_param, "redirect_url", &fallback_param]), "/stored", Fallback),
        ] {
            assert_eq!(target(flow, &query, &fallbacks), (format!("https://myapp.com{path}"), source), "{flow}, {query}");
        }
    }
    for flow in [Flow::SignOut, Flow::CreateOrganization, Flow::LeaveOrganization, Flow::Waitlist] {
        let fallbacks = stored(flow, "/stored");
        assert_eq!(target(flow, EVERY_PARAMETER, &fallbacks), ("https://myapp.com/link".into(), RedirectUrl), "{flow}");
        assert_eq!(target(flow, &without(&["redirect_url"]), &fallbacks), ("https://myapp.com/stored".into(), Fallback), "{flow}");
    }
    assert_eq!(target(Flow::Logo, EVERY_PARAMETER, &stored(Flow::Logo, "/stored")), ("https://myapp.com/stored".into(), Fallback));
}

#[test]
fn without_any_candidate_every_flow_goes_to_the_home_url() {
    for flow in Flow::ALL {
        assert_eq!(target(flow, "", &Fallbacks::default()), ("https://myapp.com/".into(), HomeUrl));
        let mut steps = outcomes(flow, "", &Fallbacks::default());
        assert_eq!(steps.pop(), Some((HomeUrl, ALLOWED)), "{flow}");
        assert!(steps.iter().all(|(_, outcome)| *outcome == Absent), "{flow}: {steps:?}");
    }
}

#[test]
fn a_fallback_stored_for_another_flow_does_not_count() {
    for flow in Flow::ALL {
        let others: Fallbacks = Flow::ALL.into_iter().filter(|other| *other != flow).map(|other| (other, "/other".to_owned())).collect();
        assert_eq!(target(flow, "", &others), ("https://myapp.com/".into(), HomeUrl), "{flow}");
    }
}

#[test]
fn a_refused_candidate_is_recorded_and_the_next_one_is_tried() {
    let query = "sign_in_force_redirect_url=https://evil.com&redirect_url=javascript:alert(1)&sign_in_fallback_redirect_url=/welcome";
    assert_eq!(
        outcomes(Flow::SignIn, query, &stored(Flow::SignIn, "/stored")),
        [
            (ForceParam, FOREIGN),
            (RedirectUrl, Outcome::Refused { reason: Refusal::Scheme }),
            (FallbackParam, ALLOWED),
            (Fallback, NotReached),
            (HomeUrl, NotReached),
        ]
    );
}

#[test]
fn when_everything_is_refused_the_home_url_is_still_there() {
    let query = EVERY_PARAMETER.replace("=/", "=https://evil.com/");
    for flow in Flow::ALL {
        let fallbacks = stored(flow, "https://evil.com/stored");
        assert_eq!(target(flow, &query, &fallbacks), ("https://myapp.com/".into(), HomeUrl));
        let mut steps = outcomes(flow, &query, &fallbacks);
        assert_eq!(steps.pop(), Some((HomeUrl, ALLOWED)), "{flow}");
        assert!(steps.iter().all(|(_, outcome)| *outcome == FOREIGN), "{flow}: {steps:?}");
    }
}

#[test]
fn of_a_repeated_parameter_the_first_one_counts_even_when_it_is_refused_or_blank() {
    for (query, outcome) in [
        ("redirect_url=/a&redirect_url=/b", ALLOWED),
        ("redirect_url=https://evil.com&redirect_url=/b", FOREIGN),
        ("redirect_url=&redirect_url=/b", Absent),
    ] {
        assert_eq!(outcomes(Flow::SignOut, query, &Fallbacks::default())[0], (RedirectUrl, outcome), "{query}");
    }
    assert_eq!(target(Flow::SignOut, "redirect_url=/a&redirect_url=/b", &Fallbacks::default()).0, "https://myapp.com/a");
}

#[test]
fn an_empty_or_all_blank_value_is_absent_not_refused() {
    for blank in ["", "+", "%20%20", "%09%0A", "%E3%80%80"] {
        let query = format!("redirect_url={blank}&sign_up_force_redirect_url={blank}&sign_up_fallback_redirect_url={blank}");
        let expected = [(ForceParam, Absent), (RedirectUrl, Absent), (FallbackParam, Absent), (Fallback, Absent), (HomeUrl, ALLOWED)];
        assert_eq!(outcomes(Flow::SignUp, &query, &stored(Flow::SignUp, " \t")), expected, "{blank:?}");
    }
}

#[test]
fn a_stored_value_that_is_no_longer_allowed_is_kept_and_skipped() {
    let fallbacks = stored(Flow::Logo, "https://old.example.com/start");
    assert_eq!(outcomes(Flow::Logo, "", &fallbacks), [(Fallback, FOREIGN), (HomeUrl, ALLOWED)]);
    assert_eq!(fallbacks.get(Flow::Logo), Some("https://old.example.com/start"));

    let (instance, link) = (production_allowing(&["https://old.example.com"]), LinkParams::default());
    let resolution = resolve(&instance, &fallbacks, Visit { flow: Flow::Logo, link: &link, requesting: None, now: None });
    assert_eq!((resolution.target.as_str(), resolution.source), ("https://old.example.com/start", Fallback));
}

#[test]
fn a_redirect_back_to_the_portals_sign_in_page_falls_through_to_the_next_candidate() {
    let query = "redirect_url=https://accounts.myapp.com/sign-in";
    let refused = Outcome::Refused { reason: Refusal::Loop };
    assert_eq!(outcomes(Flow::SignIn, query, &Fallbacks::default())[1], (RedirectUrl, refused));
    assert_eq!(target(Flow::SignOut, query, &Fallbacks::default()), ("https://accounts.myapp.com/sign-in".into(), RedirectUrl));
}

#[test]
fn the_requesting_page_is_a_ground_for_every_candidate_of_its_visit() {
    let (instance, requesting) = (production(), origin("https://app.example.com"));
    let link = LinkParams::read("redirect_url=https://app.example.com/x");
    let fallbacks = stored(Flow::Logo, "https://app.example.com/y");
    for (flow, source) in [(Flow::SignIn, RedirectUrl), (Flow::Waitlist, RedirectUrl), (Flow::Logo, Fallback)] {
        let resolution = resolve(&instance, &fallbacks, Visit { flow, link: &link, requesting: Some(&requesting), now: None });
        assert_eq!(resolution.source, source, "{flow}");
        assert!(resolution.steps.iter().any(|step| step.outcome == Outcome::Allowed { ground: Ground::RequestingPage }), "{flow}");
    }
}

#[test]
fn a_resolution_is_written_as_redirect_rules_shows_it() {
    let shown = json!({
        "flow": "sign-in",
        "target": "https://myapp.com/dashboard",
        "source": "redirect_url",
        "version": 12,
        "steps": [
            {"source": "force_param", "outcome": "absent"},
            {"source": "redirect_url", "value": "https://myapp.com/dashboard", "outcome": "allowed", "ground": "domain"},
            {"source": "fallback_param", "outcome": "not_reached"},
            {"source": "fallback", "outcome": "not_reached"},
            {"source": "home_url", "outcome": "not_reached"}
        ]
    });
    let written = |query| answer(Flow::SignIn, query, &Fallbacks::default(), |resolution| serde_json::to_value(resolution).unwrap());
    assert_eq!(written("redirect_url=https://myapp.com/dashboard"), shown);
    assert_eq!(
        written("redirect_url=+https://evil.com")["steps"],
        json!([
            {"source": "force_param", "outcome": "absent"},
            {"source": "redirect_url", "value": " https://evil.com", "outcome": "refused", "reason": "foreign"},
            {"source": "fallback_param", "outcome": "absent"},
            {"source": "fallback", "outcome": "absent"},
            {"source": "home_url", "value": "https://myapp.com/", "outcome": "allowed", "ground": "domain"}
        ])
    );
}

#[test]
fn every_reason_and_ground_has_the_name_of_redirect_rules() {
    let reasons = [
        (Refusal::TooLong, "too_long"),
        (Refusal::NotAUrl, "not_a_url"),
        (Refusal::Ambiguous, "ambiguous"),
        (Refusal::Scheme, "scheme"),
        (Refusal::Credentials, "credentials"),
        (Refusal::Insecure, "insecure"),
        (Refusal::Foreign, "foreign"),
        (Refusal::Loop, "loop"),
    ];
    for (reason, name) in reasons {
        assert_eq!(serde_json::to_value(reason).unwrap(), name);
    }
    let grounds = [(Ground::Domain, "domain"), (Ground::AllowedOrigin, "allowed_origin"), (Ground::RequestingPage, "requesting_page")];
    for (ground, name) in grounds {
        assert_eq!(serde_json::to_value(ground).unwrap(), name);
    }
}

#[test]
fn a_source_has_one_name_in_json_and_elsewhere() {
    for source in [ForceParam, RedirectUrl, FallbackParam, Fallback, HomeUrl] {
        assert_eq!(serde_json::to_value(source).unwrap(), source.name());
    }
}

#[test]
fn a_stored_fallback_that_keeps_no_rule_for_stored_values_is_skipped() {
    for value in ["https://a,.myapp.com/", "/dash\u{202e}board", "dashboard"] {
        let fallbacks = Fallbacks::from_iter([(Flow::SignOut, value.to_owned())]);
        let (instance, link) = (production(), LinkParams::default());
        let resolution = resolve(&instance, &fallbacks, Visit { flow: Flow::SignOut, link: &link, requesting: None, now: None });
        assert_eq!(resolution.source, Source::HomeUrl, "{value:?}");
        let refused = Outcome::Refused { reason: Refusal::NotAUrl };
        assert!(resolution.steps.iter().any(|step| step.source == Source::Fallback && step.outcome == refused), "{value:?}");
    }
}
