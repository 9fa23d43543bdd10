//! Properties that must hold for any string, however hostile, in every flow.

use std::collections::HashSet;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use url::Url;

use super::{
    values::{any_candidates, any_instance, any_requesting_origin, any_value},
    *,
};
use crate::redirects::{Fallbacks, LinkParams, Outcome, Resolution, Visit, resolve};

/// Resolves a visit in which every candidate is an arbitrary text, and hands on the answer.
fn resolved<T>(
    instance: &Instance,
    flow: Flow,
    requesting: Option<&RequestingOrigin>,
    [redirect, force, fallback, stored]: &[String; 4],
    look: impl FnOnce(&Resolution<'_>) -> T,
) -> T {
    let link = LinkParams {
        redirect_url: Some(redirect.into()),
        sign_in_force: Some(force.into()),
        sign_in_fallback: Some(fallback.into()),
        sign_up_force: Some(force.into()),
        sign_up_fallback: Some(fallback.into()),
        ..LinkParams::default()
    };
    let fallbacks = Fallbacks::from_iter([(flow, stored.clone())]);
    look(&resolve(instance, &fallbacks, Visit { flow, link: &link, requesting, now: None }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn the_target_is_allowed_when_it_is_asked_about_again(
        instance in any_instance(),
        requesting in any_requesting_origin(),
        candidates in any_candidates(),
    ) {
        for flow in Flow::ALL {
            let target = resolved(&instance, flow, requesting.as_ref(), &candidates, |resolution| resolution.target.clone());
            prop_assert_eq!(Url::parse(target.as_str()), Ok(target.clone()), "{}", flow);
            let again = check(&instance, flow, requesting.as_ref(), target.as_str());
            prop_assert_eq!(again.map(|allowed| allowed.url), Ok(target), "{}", flow);
        }
    }

    #[test]
    fn without_allowed_origins_and_requesting_page_nobody_leaves_the_domain_in_production(candidates in any_candidates()) {
        for flow in Flow::ALL {
            let target = resolved(&production(), flow, None, &candidates, |resolution| resolution.target.clone());
            let host = target.host_str().unwrap_or_default();
            prop_assert!(host == "myapp.com" || host.ends_with(".myapp.com"), "{}: {}", flow, target);
            prop_assert_eq!(target.scheme(), "https");
            prop_assert_eq!((target.username(), target.password()), ("", None));
        }
    }

    #[test]
    fn exactly_one_candidate_is_allowed_and_it_is_the_source(
        instance in any_instance(),
        requesting in any_requesting_origin(),
        candidates in any_candidates(),
    ) {
        for flow in Flow::ALL {
            let outcomes: Vec<_> = resolved(&instance, flow, requesting.as_ref(), &candidates, |resolution| {
                resolution.steps.iter().map(|step| (step.source == resolution.source, step.outcome)).collect()
            });
            let (before, rest) = outcomes.split_at(outcomes.iter().position(|(is_source, _)| *is_source).unwrap());
            let passed = |outcome: &Outcome| matches!(outcome, Outcome::Absent | Outcome::Refused { .. });
            let allowed = matches!(rest[0].1, Outcome::Allowed { .. });
            prop_assert!(before.iter().all(|(_, outcome)| passed(outcome)), "{flow}: {outcomes:?}");
            prop_assert!(allowed && rest[1..].iter().all(|(_, outcome)| *outcome == Outcome::NotReached), "{flow}: {outcomes:?}");
        }
    }
}

#[test]
fn the_generated_values_reach_every_rule_and_every_ground() {
    let mut runner = TestRunner::deterministic();
    let (mut reasons, mut grounds) = (HashSet::new(), HashSet::new());
    let strategy = (any_instance(), any_requesting_origin(), any_value());
    for _ in 0..4096 {
        let (instance, requesting, value) = strategy.new_tree(&mut runner).unwrap().current();
        match check(&instance, Flow::SignIn, requesting.as_ref(), &value) {
            Ok(allowed) => grounds.insert(allowed.ground),
            Err(refused) => reasons.insert(refused.reason),
        };
    }
    assert_eq!((reasons.len(), grounds.len()), (8, 3), "{reasons:?} {grounds:?}");
}
