//! Tests of the snippets.

mod code;
mod names;
mod notes;
mod quote;

use super::{
    framework::Framework,
    snippet::{Snippets, snippets},
};
use crate::redirects::{Environment, Fallbacks, Flow, Instance, Settings};

/// An application on myapp.com, everything else left at its default.
fn instance(environment: Environment) -> Instance {
    let allowed_origins = vec!["https://other.dev".into()];
    let settings = Settings {
        slug: "my-app".into(),
        name: "MyApp".into(),
        environment,
        domain: "myapp.com".into(),
        allowed_origins,
        ..Settings::default()
    };
    Instance::parse(&settings, 1).unwrap()
}

fn snippets_of(framework: Framework, stored: &[(Flow, &str)]) -> Snippets {
    let fallbacks: Fallbacks = stored.iter().map(|(flow, value)| (*flow, (*value).to_owned())).collect();
    snippets(&instance(Environment::Production), &fallbacks, framework)
}

/// The code of every block, in order.
fn code_of(framework: Framework, stored: &[(Flow, &str)]) -> Vec<String> {
    snippets_of(framework, stored).blocks.into_iter().map(|block| block.code).collect()
}
