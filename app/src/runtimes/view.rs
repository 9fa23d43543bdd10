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
    let notes = notes(live).into_iter().map(|note| view! { <li class="help">{note}</li> }).collect_view();
    view! {
        <details class="live" data-kind=if is_live { "live" } else { "behind" } data-from=paths::instance(slug).live()>
            <summary><span class="dot"></span><span>{sentence(live)}</span>{icon(DOWN)}</summary>
            <ul class="card">{rows}{notes}</ul>
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

/// What is to be expected of the runtimes that are behind or silent.
pub(crate) fn notes(live: &LiveStatus) -> Vec<String> {
    let all = live.runtimes.len();
    if all == 0 {
        return vec!["No runtime has reported in the last 90 seconds.".to_owned()];
    }
    let follows = match live.following_count() {
        0 => None,
        1 if all == 1 => Some("It follows within 30 seconds.".to_owned()),
        1 if live.live_count() + 1 == all => Some("The other follows within 30 seconds.".to_owned()),
        1 => Some("One more follows within 30 seconds.".to_owned()),
        count if live.live_count() + count == all => Some("The others follow within 30 seconds.".to_owned()),
        count => Some(format!("{count} more follow within 30 seconds.")),
    };
    // A runtime leaves the list after 90 seconds.
    let silent = match live.silent().count() {
        0 => None,
        1 => Some("1 runtime does not report any more. It has ended, or it can't reach the database and serves what it has.".to_owned()),
        count => Some(format!(
            "{count} runtimes do not report any more. They have ended, or they can't reach the database and serve what they have."
        )),
    };
    follows.into_iter().chain(silent).collect()
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
        seconds if runtime.is_silent() => format!("not heard for {seconds} s"),
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
        Some(version) if runtime.is_silent() => format!("Last version {version}"),
        None if runtime.is_silent() => "Last version unknown".to_owned(),
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

    fn silent(version: Option<i64>, is_live: bool) -> RuntimeStatus {
        RuntimeStatus { seconds_since_heartbeat: 52, ..runtime(version, is_live) }
    }

    fn said(runtimes: &[&RuntimeStatus]) -> (String, Vec<String>) {
        let live = LiveStatus { version: 12, is_new: false, runtimes: runtimes.iter().copied().cloned().collect() };
        (sentence(&live), notes(&live))
    }

    #[test]
    fn the_line_says_on_how_many_runtimes_the_version_is_live_and_what_follows() {
        let (here, behind) = (&runtime(Some(12), true), &runtime(Some(11), false));
        let says = |text: &str, notes: &[&str]| (format!("Version 12 · {text}"), notes.iter().map(|note| (*note).to_owned()).collect());
        assert_eq!(said(&[]), says("not reported live yet", &["No runtime has reported in the last 90 seconds."]));
        assert_eq!(said(&[here]), says("live on 1 of 1 runtime", &[]));
        assert_eq!(said(&[here, here, here]), says("live on 3 of 3 runtimes", &[]));
        assert_eq!(said(&[behind]), says("live on 0 of 1 runtime", &["It follows within 30 seconds."]));
        assert_eq!(said(&[here, behind]), says("live on 1 of 2 runtimes", &["The other follows within 30 seconds."]));
        assert_eq!(said(&[here, behind, behind]), says("live on 1 of 3 runtimes", &["The others follow within 30 seconds."]));
    }

    #[test]
    fn nothing_is_promised_of_a_runtime_that_is_not_heard() {
        let (here, behind) = (&runtime(Some(12), true), &runtime(Some(11), false));
        let (gone, gone_behind) = (&silent(Some(12), true), &silent(Some(11), false));
        let one = "1 runtime does not report any more. It has ended, or it can't reach the database and serves what it has.";
        let two = "2 runtimes do not report any more. They have ended, or they can't reach the database and serve what they have.";
        let says = |text: &str, notes: &[&str]| (format!("Version 12 · {text}"), notes.iter().map(|note| (*note).to_owned()).collect());
        assert_eq!(said(&[here, gone]), says("live on 1 of 2 runtimes", &[one]));
        assert_eq!(said(&[here, gone_behind]), says("live on 1 of 2 runtimes", &[one]));
        assert_eq!(said(&[here, behind, gone]), says("live on 1 of 3 runtimes", &["One more follows within 30 seconds.", one]));
        assert_eq!(said(&[behind, behind, gone, gone_behind]), says("live on 0 of 4 runtimes", &["2 more follow within 30 seconds.", two]));
        assert_eq!([heard(gone), heard(here)], ["not heard for 52 s", "3 s ago"]);
        assert_eq!(
            [version(gone, 12), version(gone_behind, 12), version(&silent(None, true), 12)],
            ["Last version 12", "Last version 11", "Last version unknown"]
        );
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
