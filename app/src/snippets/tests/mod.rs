//! Tests of the snippets.

mod code;
mod names;
mod notes;
mod quote;

use super::{
    framework::Framework,
    snippet::{Snippets, snippets},
};
use crate::{
    fixtures::{self, fallbacks, my_app},
    redirects::{Environment, Flow, Instance, Settings},
};

/// `my-app` in that environment, which also allows other.dev.
fn instance(environment: Environment) -> Instance {
    fixtures::instance(&Settings { environment, allowed_origins: vec!["https://other.dev".into()], ..my_app() })
}

fn snippets_of(framework: Framework, stored: &[(Flow, &str)]) -> Snippets {
    snippets(&instance(Environment::Production), &fallbacks(stored), framework)
}

/// The code of every block, in order.
fn code_of(framework: Framework, stored: &[(Flow, &str)]) -> Vec<String> {
    snippets_of(framework, stored).blocks.into_iter().map(|block| block.code).collect()
}
