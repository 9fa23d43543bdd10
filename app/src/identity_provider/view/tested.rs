//! What a test of the connection has found, and the way to a trial sign-in.

use leptos::prelude::*;

use crate::ui::{
    form::summary,
    icon::{TICK, icon},
    text::Escaped,
};

/// What a test of the connection has found.
#[derive(Clone, Debug)]
pub enum Tested {
    /// The provider answers.
    Found {
        /// Its discovery document and keys, as labels and values.
        rows: Vec<(&'static str, String)>,
        /// Where the owner may try out a sign-in, at each address of the portal. None if these settings are not saved.
        trials: Vec<String>,
    },
    /// Why it did not work.
    Failed(String),
}

/// Says how a test went, where the eye is.
pub(super) fn tested_banner(tested: &Tested) -> impl IntoView + use<> {
    match tested {
        Tested::Failed(why) => summary("The test failed", format!("Nothing is saved. {why}."), Vec::new()).into_any(),
        Tested::Found { .. } => view! { <p class="banner" role="status">{icon(TICK)}"The provider answers."</p> }.into_any(),
    }
}

/// What a test has found, with the way to a trial sign-in.
pub(super) fn tested_section(tested: Tested) -> Option<impl IntoView> {
    let Tested::Found { rows, trials } = tested else { return None };
    let row = |(label, value): (&'static str, String)| view! { <div><dt>{label}</dt><dd>{Escaped(&value).to_string()}</dd></div> };
    let rows = rows.into_iter().map(row).collect_view();
    Some(view! {
        <section class="group" aria-labelledby="tested-title">
            <div>
                <h2 id="tested-title">"Connection"</h2>
                <p>"What the provider's discovery document says."</p>
            </div>
            <div class="card">
                {trial(trials)}
                <dl class="values" id="tested">{rows}</dl>
            </div>
        </section>
    })
}

/// The links to a trial sign-in.
fn trial(links: Vec<String>) -> impl IntoView {
    if links.is_empty() {
        return view! { <p class="field">"Nothing is saved yet. Save these settings and test the connection again to try out a sign-in."</p> }
            .into_any();
    }
    let links = links.into_iter().map(|link| {
        let at = url::Url::parse(&link).map_or_else(|_| link.clone(), |url| url.origin().ascii_serialization());
        view! { <li><a href=link target="_blank" rel="noopener">"Try out a sign-in at "{at}<span class="unseen">" (opens a new tab)"</span></a></li> }
    });
    view! {
        <div class="field">
            <p>"A trial shows what the provider returns about you. It signs nobody in. Each link works for 30 minutes."</p>
            <ul>{links.collect_view()}</ul>
        </div>
    }
    .into_any()
}
