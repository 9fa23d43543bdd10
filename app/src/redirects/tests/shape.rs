//! What is kept of a link when its visit is counted, and that it decides as the link does.

use proptest::prelude::*;

use super::{
    values::{any_candidates, any_instance, any_requesting_origin},
    *,
};
use crate::redirects::{CandidateShape, Fallbacks, LinkParams, LinkShape, Outcome, Refusal, Source, Visit, resolve};

/// What decided, and the outcome of each candidate.
type Decision = (Source, Vec<(Source, Outcome)>);

fn decide(instance: &Instance, fallbacks: &Fallbacks, visit: Visit<'_>) -> Decision {
    let resolution = resolve(instance, fallbacks, visit);
    (resolution.source, resolution.steps.iter().map(|step| (step.source, step.outcome)).collect())
}

fn shape_of(instance: &Instance, visit: Visit<'_>) -> LinkShape<'static> {
    LinkShape::of(instance, visit, &resolve(instance, &Fallbacks::default(), visit)).into_owned()
}

fn link(candidates: &[String; 4]) -> LinkParams<'_> {
    let [redirect, force, fallback, _] = candidates;
    LinkParams {
        redirect_url: Some(redirect.into()),
        sign_in_force: Some(force.into()),
        sign_in_fallback: Some(fallback.into()),
        sign_up_force: Some(force.into()),
        sign_up_fallback: Some(fallback.into()),
        ..LinkParams::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn a_shape_decides_as_its_link_does(
        instance in any_instance(),
        requesting in any_requesting_origin(),
        candidates in any_candidates(),
    ) {
        let fallbacks = Fallbacks::from_iter(Flow::ALL.map(|flow| (flow, candidates[3].clone())));
        for flow in Flow::ALL {
            let link = link(&candidates);
            let visit = Visit { flow, link: &link, requesting: requesting.as_ref(), now: None };
            let shape = shape_of(&instance, visit);
            let (link, requesting) = shape.example(flow);
            let again = Visit { flow, link: &link, requesting: requesting.as_ref(), now: None };
            prop_assert_eq!(decide(&instance, &fallbacks, visit), decide(&instance, &fallbacks, again), "{:?}", shape);
            prop_assert_eq!(&shape_of(&instance, again), &shape, "a shape has itself");
            let json = serde_json::to_string(&shape).unwrap();
            prop_assert_eq!(serde_json::from_str::<LinkShape<'_>>(&json).unwrap(), shape, "{}", json);
        }
    }

    #[test]
    fn a_shape_decides_as_its_link_does_under_other_settings(
        instance in any_instance(),
        other in any_instance(),
        requesting in any_requesting_origin(),
        candidates in any_candidates(),
    ) {
        for flow in Flow::ALL {
            let link = link(&candidates);
            let visit = Visit { flow, link: &link, requesting: requesting.as_ref(), now: None };
            let there = decide(&other, &Fallbacks::default(), visit);
            let shape = shape_of(&instance, visit);
            // Whether a value can be read at all depends on the home URL in rare cases, and that is not kept.
            let is_unread = |outcome: &Outcome| matches!(
                outcome,
                Outcome::Refused { reason: Refusal::TooLong | Refusal::NotAUrl | Refusal::Ambiguous }
            );
            let shapes = shape.candidates().into_iter().filter_map(|(_, shape)| shape);
            let is_read = shapes.filter(|shape| !matches!(shape, CandidateShape::Web(_) | CandidateShape::Scheme(_))).count() == 0;
            if !is_read || there.1.iter().any(|(_, outcome)| is_unread(outcome)) {
                continue;
            }
            let (link, requesting) = shape.example(flow);
            let again = Visit { flow, link: &link, requesting: requesting.as_ref(), now: None };
            prop_assert_eq!(there, decide(&other, &Fallbacks::default(), again), "{:?}", shape);
        }
    }

    #[test]
    fn nothing_of_a_path_a_query_a_fragment_or_a_password_is_kept(marked in "xqm[a-z0-9]{0,8}") {
        for value in [
            format!("https://app.myapp.com/{marked}?{marked}#{marked}"),
            format!("https://{marked}@evil.com/{marked}"),
            format!("/{marked}"), format!("{marked}:{marked}"), format!("javascript:{marked}"), format!("//evil.com/{marked}"),
            format!("https://[{marked}"), format!("https:{marked}"),
        ] {
            let link = LinkParams { redirect_url: Some(value.into()), ..LinkParams::default() };
            let shape = shape_of(&production(), Visit { flow: Flow::SignIn, link: &link, requesting: None, now: None });
            let kept = serde_json::to_string(&shape).unwrap();
            prop_assert!(!kept.contains("xqm"), "{}", kept);
        }
    }
}

#[test]
fn a_shape_names_what_the_policy_looks_at() {
    for (value, kept) in [
        ("https://app.myapp.com/x?y#z", r#"{"web":{"scheme":"https","host":"app.myapp.com"}}"#),
        ("HTTP://Partner.example:8080", r#"{"web":{"scheme":"http","host":"partner.example","port":8080,"page":"/sign-in"}}"#),
        ("https://accounts.myapp.com/sign-out/x", r#"{"web":{"scheme":"https","host":"accounts.myapp.com","page":"/sign-out"}}"#),
        ("https://a:b@evil.com/x", r#"{"web":{"scheme":"https","host":"evil.com","credentials":true}}"#),
        ("//evil.com/x", r#"{"web":{"host":"evil.com"}}"#),
        ("//evil.com:443/x", r#"{"web":{"host":"evil.com","port":443}}"#),
        ("//evil.com:80/x", r#"{"web":{"host":"evil.com","port":80}}"#),
        ("dashboard", r#"{"web":{}}"#),
        ("/continue", r#"{"web":{"page":"/continue"}}"#),
        ("javascript:alert(1)", r#"{"scheme":"javascript"}"#),
        ("myapp:open", r#"{"scheme":"other"}"#),
        ("https://[", r#""not_a_url""#),
        ("https:myapp.com", r#""ambiguous""#),
    ] {
        let link = LinkParams { redirect_url: Some(value.into()), ..LinkParams::default() };
        let shape = shape_of(&production(), Visit { flow: Flow::SignIn, link: &link, requesting: None, now: None });
        assert_eq!(serde_json::to_string(&shape.redirect_url).unwrap(), kept, "{value}");
    }
}
