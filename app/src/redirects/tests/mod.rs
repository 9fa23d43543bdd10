//! Tests of the redirect rules, one file per part, and the instances that they share.

mod application;
mod corrections;
mod direct_link;
mod expiring;
mod fallback;
mod grounds;
mod hostname;
mod instance;
mod link_advice;
mod link_params;
mod loops;
mod not_a_link;
mod origins;
mod paths;
mod policy;
mod prefill;
mod properties;
mod resolve;
#[cfg(feature = "ssr")]
mod shape;
mod values;

use super::{
    Environment, Flow, Ground, Instance, InstanceField, Refusal, RequestingOrigin, Settings,
    policy::{Allowed, Refused, check},
};
use crate::fixtures::my_app;

/// The settings of `my-app` in that environment.
fn settings(environment: Environment) -> Settings {
    Settings { environment, ..my_app() }
}

fn instance(environment: Environment, allowed_origins: &[&str]) -> Instance {
    let allowed_origins = allowed_origins.iter().map(ToString::to_string).collect();
    Instance::parse(&Settings { allowed_origins, ..settings(environment) }, 12).unwrap()
}

fn production() -> Instance {
    instance(Environment::Production, &[])
}

fn production_allowing(origins: &[&str]) -> Instance {
    instance(Environment::Production, origins)
}

fn development() -> Instance {
    instance(Environment::Development, &[])
}

/// A development instance whose application and requesting page are on this machine.
fn local() -> Instance {
    let home_url = "http://localhost:3000/".into();
    Instance::parse(&Settings { domain: "localhost".into(), home_url, ..settings(Environment::Development) }, 1).unwrap()
}

fn origin(text: &str) -> RequestingOrigin {
    RequestingOrigin::parse(text).unwrap()
}

/// The target and its ground, or the rule that is broken.
fn verdict(instance: &Instance, flow: Flow, requesting: Option<&RequestingOrigin>, value: &str) -> Result<(String, Ground), Refusal> {
    match check(instance, flow, requesting, value) {
        Ok(Allowed { url, ground, .. }) => Ok((url.into(), ground)),
        Err(Refused { reason, .. }) => Err(reason),
    }
}

/// Every flow allows each value, on the same ground, and sends its visitor to the value's target.
#[track_caller]
fn every_flow_allows(instance: &Instance, requesting: Option<&RequestingOrigin>, ground: Ground, cases: &[(&str, &str)]) {
    for flow in Flow::ALL {
        for (value, target) in cases {
            assert_eq!(verdict(instance, flow, requesting, value), Ok(((*target).into(), ground)), "{flow}, {value:?}");
        }
    }
}

/// Every flow refuses each value, by the same rule.
#[track_caller]
fn every_flow_refuses(instance: &Instance, requesting: Option<&RequestingOrigin>, reason: Refusal, values: &[&str]) {
    for flow in Flow::ALL {
        for value in values {
            assert_eq!(verdict(instance, flow, requesting, value), Err(reason), "{flow}, {value:?}");
        }
    }
}
