//! The names of the settings in each framework's SDK, and that each setting appears exactly once.

use crate::{
    redirects::Flow,
    snippets::{
        framework::Framework,
        tests::{code_of, snippets_of},
    },
};

const REDIRECTS: [&str; 4] =
    ["SIGN_IN_FALLBACK_REDIRECT_URL", "SIGN_UP_FALLBACK_REDIRECT_URL", "SIGN_IN_FORCE_REDIRECT_URL", "SIGN_UP_FORCE_REDIRECT_URL"];

/// The names of the variables, with `# ` before those that are commented out.
fn variables(framework: Framework) -> Vec<String> {
    let blocks = snippets_of(framework, &[]).blocks;
    let env = blocks.iter().filter(|block| block.file.starts_with(".env"));
    env.flat_map(|block| block.code.lines()).filter_map(|line| Some(line.split_once("=\"")?.0.to_owned())).collect()
}

fn prefixed(pages: &str, redirects: &str) -> Vec<String> {
    let [sign_in, sign_up, force_in, force_up] = REDIRECTS.map(|suffix| format!("{redirects}{suffix}"));
    vec![format!("{pages}SIGN_IN_URL"), format!("{pages}SIGN_UP_URL"), sign_in, sign_up, format!("# {force_in}"), format!("# {force_up}")]
}

#[test]
fn the_variables_are_those_that_each_sdk_reads() {
    assert_eq!(variables(Framework::NextJs), prefixed("NEXT_PUBLIC_CLERK_", "NEXT_PUBLIC_CLERK_"));
    assert_eq!(variables(Framework::Nuxt), prefixed("NUXT_PUBLIC_CLERK_", "NUXT_PUBLIC_CLERK_"));
    assert_eq!(variables(Framework::ReactRouter), prefixed("VITE_CLERK_", "VITE_CLERK_"));
    assert_eq!(variables(Framework::TanStackStart), prefixed("VITE_CLERK_", "CLERK_"));
    assert_eq!(variables(Framework::Astro), ["PUBLIC_CLERK_SIGN_IN_URL", "PUBLIC_CLERK_SIGN_UP_URL"]);
    assert!(variables(Framework::React).is_empty() && variables(Framework::Vue).is_empty());
}

/// Whether a line sets a variable whose name ends with `suffix`, or the prop `prop`.
fn is_named(line: &str, [suffix, prop]: [&str; 2]) -> bool {
    let name = line.split_once(['=', ':']).map_or("", |(name, _)| name).trim_start_matches(['/', '#', ' ']);
    name.ends_with(suffix) || name == prop
}

#[test]
fn every_setting_appears_once_and_those_that_override_links_are_commented_out() {
    let stored: Vec<_> = Flow::ALL.into_iter().map(|flow| (flow, format!("/{flow}"))).collect();
    let stored: Vec<_> = stored.iter().map(|(flow, value)| (*flow, value.as_str())).collect();
    for framework in Framework::ALL {
        let code = code_of(framework, &stored).join("\n");
        let set: Vec<_> = code.lines().map(str::trim).filter(|line| !line.starts_with('#') && !line.starts_with("//")).collect();
        for (names, url) in [
            (["SIGN_IN_URL", "signInUrl"], "https://accounts.myapp.com/sign-in"),
            (["SIGN_UP_URL", "signUpUrl"], "https://accounts.myapp.com/sign-up"),
            (["SIGN_IN_FALLBACK_REDIRECT_URL", "signInFallbackRedirectUrl"], "https://myapp.com/sign-in"),
            (["SIGN_UP_FALLBACK_REDIRECT_URL", "signUpFallbackRedirectUrl"], "https://myapp.com/sign-up"),
            (["-", "afterSignOutUrl"], "https://myapp.com/sign-out"),
            (["-", "afterCreateOrganizationUrl"], "https://myapp.com/create-organization"),
            (["-", "afterLeaveOrganizationUrl"], "https://myapp.com/leave-organization"),
        ] {
            let found: Vec<_> = set.iter().filter(|line| is_named(line, names)).collect();
            assert!(matches!(found[..], [line] if line.contains(&format!("\"{url}\""))), "{framework:?} {names:?} {found:?}");
        }
        assert!(!set.iter().any(|line| line.contains("Force") || line.contains("FORCE")), "{framework:?}");
        for (names, url) in [
            (["SIGN_IN_FORCE_REDIRECT_URL", "signInForceRedirectUrl"], "\"https://myapp.com/sign-in\""),
            (["SIGN_UP_FORCE_REDIRECT_URL", "signUpForceRedirectUrl"], "\"https://myapp.com/sign-up\""),
        ] {
            assert_eq!(code.lines().filter(|line| is_named(line, names) && line.contains(url)).count(), 1);
        }
        // Besides the variables also as props, for people who want no variables.
        for prop in ["signInFallbackRedirectUrl", "signUpFallbackRedirectUrl"] {
            assert_eq!(code.matches(prop).count(), 1, "{framework:?} {prop}");
        }
    }
}

#[test]
fn a_framework_is_found_by_its_name_and_next_js_is_the_default() {
    for framework in Framework::ALL {
        assert_eq!(Framework::from_name(framework.name()), framework);
    }
    assert_eq!(["", "svelte", "NUXT"].map(Framework::from_name), [Framework::NextJs; 3]);
}
