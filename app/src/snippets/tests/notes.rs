//! The notes on settings that have no equivalent.

use super::instance;
use crate::{
    redirects::{Environment, Fallbacks, Flow},
    snippets::{
        framework::Framework,
        snippet::{Note, Snippets, snippets},
        tests::snippets_of,
    },
};

/// What each note is about, and the value in it.
fn said(notes: &[Note]) -> Vec<(&str, Option<&str>)> {
    notes.iter().map(|note| (note.title, note.url.as_deref())).collect()
}

#[test]
fn notes_on_logo_and_waitlist_name_the_portals_targets() {
    for framework in Framework::ALL {
        let notes = snippets_of(framework, &[(Flow::Waitlist, "/thanks")]).notes;
        assert_eq!(
            said(&notes),
            [("After logo click", Some("https://myapp.com/")), ("After joining the waitlist", Some("https://myapp.com/thanks"))]
        );
    }
}

#[test]
fn every_flow_is_in_the_snippets_or_in_the_notes_of_every_framework() {
    let paths = Flow::ALL.map(|flow| (flow, format!("/ends-{}", flow.name())));
    let stored = paths.each_ref().map(|(flow, path)| (*flow, path.as_str()));
    for framework in Framework::ALL {
        let Snippets { blocks, notes, .. } = snippets_of(framework, &stored);
        let code = blocks.into_iter().map(|block| block.code);
        let text: String = code.chain(notes.into_iter().filter_map(|note| note.url)).collect();
        for (_, path) in &stored {
            assert!(text.contains(path), "{framework:?} lacks {path}");
        }
    }
}

#[test]
fn the_variables_name_the_flows_that_have_none() {
    for framework in Framework::ALL {
        let blocks = snippets_of(framework, &[]).blocks;
        assert!(
            blocks.iter().any(|block| block.about.contains("no variables") || block.about.contains("no environment variables")),
            "{framework:?}"
        );
    }
}

#[test]
fn a_note_names_an_origin_that_the_components_would_not_follow() {
    let stored: Fallbacks =
        [(Flow::SignIn, "https://other.dev/in"), (Flow::SignUp, "https://app.myapp.com/up"), (Flow::SignOut, "https://other.dev/")]
            .map(|(flow, url)| (flow, url.to_owned()))
            .into_iter()
            .collect();
    let production = snippets(&instance(Environment::Production), &stored, Framework::Vue).notes;
    assert_eq!(said(&production)[2..], [("After sign-in", Some("https://other.dev"))]);
    let development = snippets(&instance(Environment::Development), &stored, Framework::Vue).notes;
    assert_eq!(said(&development)[2..], [("After sign-in", Some("https://other.dev")), ("After sign-up", Some("https://app.myapp.com"))]);
    assert_eq!(said(&snippets_of(Framework::Vue, &[(Flow::SignIn, "https://app.myapp.com:8443/in")]).notes)[2..].len(), 1);
}

#[test]
fn a_note_warns_of_a_placeholder_in_a_url() {
    let noted =
        |url| said(&snippets_of(Framework::React, &[(Flow::CreateOrganization, url), (Flow::LeaveOrganization, "/:slug")]).notes).len() > 2;
    assert!(noted("/orgs/:slug") && noted("/?a=:id"));
    assert!(!noted("/orgs/:") && !noted("/a:%20b") && !noted("https://myapp.com:8443/:slug"));
}
