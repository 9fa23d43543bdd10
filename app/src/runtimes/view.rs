//! The line of an instance's head that says on which runtimes its version is live.

use leptos::prelude::*;

use super::live::{LiveStatus, RuntimeStatus};
use crate::{
    paths,
    ui::icon::{DOWN, icon},
};

/// A line that says on how many runtimes the stored version is live, and opens the list of the runtimes.
pub fn live_line(live: &LiveStatus, slug: &str) -> impl IntoView + use<> {
    let is_live = live.is_live_everywhere() && !live.runtimes.is_empty();
    let rows = live.runtimes.iter().map(|runtime| row(runtime, live.version)).collect_view();
    let note = note(live).map(|note| view! { <li class="help">{note}</li> });
    view! {
        <details class="live" data-kind=if is_live { "live" } else { "behind" } data-from=paths::instance(slug).live()>
            <summary><span class="dot"></span><span>{sentence(live)}</span>{icon(DOWN)}</summary>
            <ul class="card">{rows}{note}</ul>
        </details>
    }
}

/// On how many runtimes the stored version is live.
fn sentence(live: &LiveStatus) -> String {
    let (count, all) = (live.live_count(), live.runtimes.len());
    match all {
        0 => format!("Version {} · not reported live yet", live.version),
        1 => format!("Version {} · live on {count} of 1 runtime", live.version),
        _ => format!("Version {} · live on {count} of {all} runtimes", live.version),
    }
}

/// What is to be expected of the runtimes that are behind.
fn note(live: &LiveStatus) -> Option<&'static str> {
    let all = live.runtimes.len();
    match all - live.live_count() {
        0 if all == 0 => Some("No runtime has reported in the last 90 seconds."),
        0 => None,
        1 if all == 1 => Some("It follows within 30 seconds."),
        1 => Some("The other follows within 30 seconds."),
        _ => Some("The others follow within 30 seconds."),
    }
}

/// A runtime's id, as screens show it.
pub(crate) fn short_id(runtime: &RuntimeStatus) -> String {
    runtime.id.chars().take(8).collect()
}

/// What a runtime serves, as screens say it.
pub(crate) fn role_label(runtime: &RuntimeStatus) -> &'static str {
    if runtime.role == "portal" { "Portal" } else { "Portal and dashboard" }
}

/// How long ago a runtime reported.
pub(crate) fn heard(runtime: &RuntimeStatus) -> String {
    match runtime.seconds_since_heartbeat {
        0 | 1 => "just now".to_owned(),
        seconds => format!("{seconds} s ago"),
    }
}

fn row(runtime: &RuntimeStatus, stored: i64) -> impl IntoView + use<> {
    let heard = format!("{} · {}", version(runtime, stored), heard(runtime));
    view! { <li><code>{short_id(runtime)}</code> " " <span>{role_label(runtime)}</span> " " <span>{heard}</span></li> }
}

/// The version that a runtime serves.
pub(crate) fn version(runtime: &RuntimeStatus, stored: i64) -> String {
    match runtime.version {
        // A runtime that has not been asked yet loads the stored version.
        _ if runtime.is_live => format!("Version {stored}"),
        // The number comes again after a restore.
        Some(version) if version == stored => format!("A different version {version}, catching up"),
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

    fn said(runtimes: &[&RuntimeStatus]) -> (String, Option<&'static str>) {
        let live = LiveStatus { version: 12, is_new: false, runtimes: runtimes.iter().copied().cloned().collect() };
        (sentence(&live), note(&live))
    }

    #[test]
    fn the_line_says_on_how_many_runtimes_the_version_is_live_and_what_follows() {
        let (here, behind) = (&runtime(Some(12), true), &runtime(Some(11), false));
        let line = |text: &str| format!("Version 12 · {text}");
        assert_eq!(said(&[]), (line("not reported live yet"), Some("No runtime has reported in the last 90 seconds.")));
        assert_eq!(said(&[here]), (line("live on 1 of 1 runtime"), None));
        assert_eq!(said(&[here, here, here]), (line("live on 3 of 3 runtimes"), None));
        assert_eq!(said(&[behind]), (line("live on 0 of 1 runtime"), Some("It follows within 30 seconds.")));
        assert_eq!(said(&[here, behind]), (line("live on 1 of 2 runtimes"), Some("The other follows within 30 seconds.")));
        assert_eq!(said(&[here, behind, behind]), (line("live on 1 of 3 runtimes"), Some("The others follow within 30 seconds.")));
    }

    #[test]
    fn a_runtime_serves_the_version_or_is_catching_up() {
        assert_eq!(version(&runtime(Some(12), true), 12), "Version 12");
        assert_eq!(version(&runtime(Some(11), true), 12), "Version 12");
        assert_eq!(version(&runtime(None, true), 12), "Version 12");
        assert_eq!(version(&runtime(Some(11), false), 12), "Version 11, catching up");
        assert_eq!(version(&runtime(None, false), 12), "Catching up");
        assert_eq!(version(&runtime(Some(13), true), 12), "Version 12", "a restore has lost version 13");
        assert_eq!(version(&runtime(Some(12), false), 12), "A different version 12, catching up");
    }
}
