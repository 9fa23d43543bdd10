//! The line of the Redirects tab that says on which runtimes a version is live.

use leptos::prelude::*;

use super::live::{LiveStatus, RuntimeStatus};

/// A line that says on how many runtimes the stored version is live, with the list of the runtimes to open.
pub(crate) fn live_line(live: &LiveStatus) -> AnyView {
    if live.runtimes.is_empty() {
        return view! { <p class="live">{sentence(live)}</p> }.into_any();
    }
    let kind = if live.live_count() == live.runtimes.len() { "live" } else { "behind" };
    let rows = live.runtimes.iter().map(|runtime| row(runtime, live.version)).collect_view();
    view! {
        <details class="live" data-kind=kind>
            <summary>{sentence(live)}</summary>
            <ul class="card">{rows}</ul>
        </details>
    }
    .into_any()
}

/// On how many runtimes the stored version is live, as a sentence.
fn sentence(live: &LiveStatus) -> String {
    let (count, all) = (live.live_count(), live.runtimes.len());
    if all == 0 {
        return "No runtime has reported yet.".to_owned();
    }
    let runtimes = if all == 1 { "runtime" } else { "runtimes" };
    let follow = match all - count {
        0 => "",
        1 if all == 1 => "; it follows within 30 seconds",
        1 => "; the other follows within 30 seconds",
        _ => "; the others follow within 30 seconds",
    };
    format!("Version {} is live on {count} of {all} {runtimes}{follow}.", live.version)
}

fn row(runtime: &RuntimeStatus, stored: i64) -> impl IntoView + use<> {
    let id: String = runtime.id.chars().take(8).collect();
    let role = if runtime.role == "portal" { "Portal" } else { "Portal and dashboard" };
    let heard = match runtime.seconds_since_heartbeat {
        0 | 1 => "reported just now".to_owned(),
        seconds => format!("reported {seconds} s ago"),
    };
    let version = version(runtime, stored);
    view! { <li><code>{id}</code> <span>{role}</span> <span>{version}</span> <span>{heard}</span></li> }
}

fn version(runtime: &RuntimeStatus, stored: i64) -> String {
    match runtime.version {
        // A runtime that has not been asked yet loads the stored version.
        _ if runtime.is_live => format!("Version {}", runtime.version.map_or(stored, |version| version.max(stored))),
        Some(version) => format!("Version {version}, catching up"),
        None => "Catching up".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime(version: Option<i64>, is_live: bool) -> RuntimeStatus {
        RuntimeStatus { id: "0123456789".into(), role: "portal".into(), version, is_live, seconds_since_heartbeat: 3 }
    }

    fn sentence_of(runtimes: &[RuntimeStatus]) -> String {
        sentence(&LiveStatus { version: 12, runtimes: runtimes.to_vec() })
    }

    #[test]
    fn the_sentence_says_on_how_many_runtimes_the_version_is_live() {
        let (here, behind) = (runtime(Some(12), true), runtime(Some(11), false));
        let (one, two, three) = (here.clone(), [here.clone(), here.clone()], [here.clone(), here.clone(), here.clone()]);
        assert_eq!(sentence_of(&[]), "No runtime has reported yet.");
        assert_eq!(sentence_of(&[one]), "Version 12 is live on 1 of 1 runtime.");
        assert_eq!(sentence_of(&two), "Version 12 is live on 2 of 2 runtimes.");
        assert_eq!(sentence_of(&three), "Version 12 is live on 3 of 3 runtimes.");
        assert_eq!(sentence_of(std::slice::from_ref(&behind)), "Version 12 is live on 0 of 1 runtime; it follows within 30 seconds.");
        assert_eq!(
            sentence_of(&[here.clone(), behind.clone()]),
            "Version 12 is live on 1 of 2 runtimes; the other follows within 30 seconds."
        );
        assert_eq!(
            sentence_of(&[here, behind.clone(), behind]),
            "Version 12 is live on 1 of 3 runtimes; the others follow within 30 seconds."
        );
    }

    #[test]
    fn a_runtime_serves_the_version_or_is_catching_up() {
        assert_eq!(version(&runtime(Some(12), true), 12), "Version 12");
        assert_eq!(version(&runtime(Some(11), true), 12), "Version 12");
        assert_eq!(version(&runtime(None, true), 12), "Version 12");
        assert_eq!(version(&runtime(Some(11), false), 12), "Version 11, catching up");
        assert_eq!(version(&runtime(None, false), 12), "Catching up");
    }
}
