//! Counts resolutions by flow, by source of the target, and by the reason for refusing the first refused candidate.

use std::sync::OnceLock;

use app::redirects::{Outcome, Refusal, Resolution, Source};
use metrics::Counter;

/// The counters by flow, source and reason, each created at its first use. The last reason stands for no refusal.
static COUNTERS: [[[OnceLock<Counter>; REASONS + 1]; SOURCES]; FLOWS] =
    [const { [const { [const { OnceLock::new() }; REASONS + 1] }; SOURCES] }; FLOWS];

const FLOWS: usize = app::redirects::Flow::ALL.len();
const SOURCES: usize = Source::HomeUrl as usize + 1;
const REASONS: usize = Refusal::Loop as usize + 1;

/// Counts a resolved visit.
pub(crate) fn count_resolution(resolution: &Resolution<'_>) {
    if !super::are_kept() {
        return;
    }
    let refused = resolution.steps.iter().find_map(|step| match step.outcome {
        Outcome::Refused { reason } => Some(reason),
        _ => None,
    });
    let reason = refused.map_or(REASONS, |refusal| refusal as usize);
    let counter = || counter(resolution, refused);
    match COUNTERS.get(resolution.flow as usize).and_then(|sources| sources.get(resolution.source as usize)?.get(reason)) {
        Some(known) => known.get_or_init(counter).increment(1),
        None => counter().increment(1),
    }
}

fn counter(resolution: &Resolution<'_>, refused: Option<Refusal>) -> Counter {
    let refused = refused.map_or("none", Refusal::name);
    metrics::counter!("portal_resolutions_total", "flow" => resolution.flow.name(), "source" => resolution.source.name(), "refused" => refused)
}

#[cfg(test)]
mod tests {
    use app::{
        fixtures::{instance, my_app},
        redirects::{Fallbacks, Flow, LinkParams, Visit, resolve},
    };

    use super::*;
    use crate::observe::metrics::start;

    #[test]
    fn visits_are_counted_by_their_result_and_never_by_their_input() {
        let recorder = start().unwrap();
        let instance = instance(&my_app());
        let visit = |flow, query: &str| {
            let fallbacks = Fallbacks::default();
            let link = LinkParams::read(query);
            count_resolution(&resolve(&instance, &fallbacks, Visit { flow, link: &link, requesting: None, now: None }));
        };
        visit(Flow::SignIn, "redirect_url=https://xqmarkx.myapp.com/xqmarkx");
        visit(Flow::SignIn, "redirect_url=https://xqmarkx.com/");
        visit(Flow::SignIn, "redirect_url=https://xqmarkx.com/&sign_in_force_redirect_url=https://a@myapp.com");
        visit(Flow::SignIn, "redirect_url=https://xqmarkx.com/");
        visit(Flow::Logo, "");
        let page = recorder.render();
        for line in [
            r#"portal_resolutions_total{flow="sign-in",source="redirect_url",refused="none"} 1"#,
            r#"portal_resolutions_total{flow="sign-in",source="home_url",refused="foreign"} 2"#,
            r#"portal_resolutions_total{flow="sign-in",source="home_url",refused="credentials"} 1"#,
            r#"portal_resolutions_total{flow="logo",source="home_url",refused="none"} 1"#,
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
        assert!(!page.contains("xqmarkx"), "{page}");
    }
}
