//! What would become of an instance's fallback redirects if those of another time or another instance took their place: shown
//! before it is done. What today's policy refuses is named and left out.

use leptos::prelude::*;

use crate::{
    instances::stored::StoredInstance,
    redirects::{Explanation, Fallbacks, Flow, explain, parse_fallback},
    ui::{
        icon::{WARNING, icon},
        text::Escaped,
    },
};

/// Other fallback redirects for an instance, held against those that are stored.
#[derive(Clone, Debug)]
pub struct Proposal {
    rows: Vec<ProposalRow>,
    result: Fallbacks,
}

/// A flow whose fallback redirect would be another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalRow {
    /// The flow.
    pub flow: Flow,
    /// What is stored now; `None` means the home URL.
    pub now: Option<String>,
    /// What is proposed; `None` means the home URL.
    pub then: Option<String>,
    /// Why the instance's policy refuses what is proposed. The flow keeps what it has.
    pub refused: Option<Explanation>,
}

impl Proposal {
    /// Holds `target` against what is stored.
    pub fn new(stored: &StoredInstance, target: &Fallbacks) -> Self {
        let mut result = stored.fallbacks.clone();
        let mut rows = Vec::new();
        for flow in Flow::ALL {
            let (now, then) = (stored.fallbacks.get(flow), target.get(flow));
            if now == then {
                continue;
            }
            let refused =
                then.and_then(|value| Some(explain(&stored.instance, value, &parse_fallback(&stored.instance, flow, value).err()?)));
            if refused.is_none() {
                result.set(flow, then.unwrap_or_default());
            }
            rows.push(ProposalRow { flow, now: now.map(str::to_owned), then: then.map(str::to_owned), refused });
        }
        Self { rows, result }
    }

    /// The flows that differ, in the order of the Redirects tab; those that are left out are among them.
    pub fn rows(&self) -> &[ProposalRow] {
        &self.rows
    }

    /// The fallback redirects as they would be: what is refused is left out.
    pub fn result(&self) -> Fallbacks {
        self.result.clone()
    }

    /// Whether everything would stay as it is.
    pub fn changes_nothing(&self) -> bool {
        self.rows.iter().all(|row| row.refused.is_some())
    }
}

/// A proposal as a table: each flow that differs, now and then. Empty where none does.
pub fn proposal_view(proposal: &Proposal) -> impl IntoView + use<> {
    let value = |value: Option<String>| match value {
        Some(value) => view! { <code>{Escaped(&value).to_string()}</code> }.into_any(),
        None => view! { <span class="none">"Home URL"</span> }.into_any(),
    };
    let rows = proposal.rows.iter().cloned().map(|ProposalRow { flow, now, then, refused }| {
        let kind = if refused.is_some() { "refused" } else { "" };
        let refused = refused.map(|why| {
            let Explanation { before, host, after } = why;
            view! { <p class="verdict" data-kind="refused">{icon(WARNING)}<span>"Left out. "{before}<b>{host}</b>{after}</span></p> }
        });
        view! {
            <tr data-kind=kind>
                <th scope="row">{flow.label()}</th>
                <td>{value(now)}</td>
                <td>{value(then)}{refused}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    (!proposal.rows.is_empty()).then(|| {
        view! {
            <table class="card proposal">
                <caption class="unseen">"What changes"</caption>
                <thead><tr><th scope="col">"Redirect"</th><th scope="col">"Now"</th><th scope="col">"Then"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{self, fallbacks};

    fn stored(values: &[(Flow, &str)]) -> StoredInstance {
        fixtures::stored(fixtures::my_app(), values)
    }

    #[test]
    fn what_differs_is_listed_and_taken_over_and_what_is_missing_goes() {
        let stored = stored(&[(Flow::SignUp, "/same"), (Flow::SignIn, "/now"), (Flow::Logo, "/gone")]);
        let target = fallbacks(&[(Flow::SignUp, "/same"), (Flow::SignIn, "/then"), (Flow::Waitlist, "/new")]);
        let proposal = Proposal::new(&stored, &target);
        let rows: Vec<_> = proposal.rows().iter().map(|row| (row.flow, row.now.as_deref(), row.then.as_deref())).collect();
        let expected =
            [(Flow::SignIn, Some("/now"), Some("/then")), (Flow::Logo, Some("/gone"), None), (Flow::Waitlist, None, Some("/new"))];
        assert_eq!(rows, expected);
        assert_eq!(proposal.result(), target);
        assert!(!proposal.changes_nothing());
    }

    #[test]
    fn what_the_policy_refuses_is_named_with_its_reason_and_left_out() {
        let stored = stored(&[(Flow::SignIn, "/now")]);
        let target = fallbacks(&[(Flow::SignIn, "https://elsewhere.com/x"), (Flow::SignOut, "http://myapp.com/"), (Flow::Logo, "/fine")]);
        let proposal = Proposal::new(&stored, &target);
        let why: Vec<_> = proposal.rows().iter().map(|row| row.refused.as_ref().map(ToString::to_string)).collect();
        let foreign = "elsewhere.com is not on myapp.com. Use a URL on myapp.com, or add this origin under Settings.";
        assert_eq!(why, [Some(foreign.to_owned()), Some("Production requires https. Change http:// to https://.".to_owned()), None]);
        assert_eq!(proposal.result(), fallbacks(&[(Flow::SignIn, "/now"), (Flow::Logo, "/fine")]));
    }

    #[test]
    fn the_same_and_nothing_but_refused_values_change_nothing() {
        // Stored long ago, and refused today: it may stay, as it does in the Redirects tab.
        let stored = stored(&[(Flow::SignIn, "https://old.com/")]);
        let same = Proposal::new(&stored, &stored.fallbacks);
        assert!(same.changes_nothing() && same.rows().is_empty());
        let refused = Proposal::new(&stored, &fallbacks(&[(Flow::SignIn, "https://older.com/")]));
        assert!(refused.changes_nothing() && refused.rows().len() == 1);
        assert_eq!(refused.result(), stored.fallbacks);
    }
}
