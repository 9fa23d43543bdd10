//! Checks in words.

use time::{Duration, OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};

use super::{CheckOutcome, Target, TargetCheck, TargetState};

/// An outcome as a sentence: what is set off comes first, then the rest.
pub(super) fn describe(check: &TargetCheck, now: OffsetDateTime) -> (String, String) {
    let outcome = &check.outcome;
    let status = outcome.status.map(|status| status.to_string());
    let since = since(check, now);
    let alone = |text: &str| (String::new(), format!("{text}{since}"));
    let (lead, rest) = match outcome.state {
        TargetState::Ok if check.target == Target::PortalOrigin => (String::new(), "Leads here".to_owned()),
        TargetState::Ok => (status.unwrap_or_default(), String::new()),
        TargetState::SignIn => (status.unwrap_or_default(), ", asks visitors to sign in".to_owned()),
        TargetState::OtherSite => {
            (status.unwrap_or_default(), format!(", redirects to {}", outcome.redirects_to.as_deref().unwrap_or("another site")))
        }
        TargetState::PrivateAddress => (String::new(), "Not checked: private address".to_owned()),
        TargetState::ErrorStatus => (String::new(), format!("{}{since}", status.unwrap_or_default())),
        TargetState::Timeout => alone("No answer in time"),
        TargetState::NoAddress => alone("Not in DNS"),
        TargetState::Unreachable => alone("Can’t be reached"),
        TargetState::CertificateEnded => alone("Certificate has ended"),
        TargetState::CertificateInvalid => alone("Certificate that browsers refuse"),
        TargetState::NoTls => alone("No TLS"),
        TargetState::NotHttp => alone("No HTTP response"),
        TargetState::TooManyRedirects => alone("Redirects too often"),
        TargetState::BadRedirect => alone("Redirects to something that is no web address"),
        TargetState::RedirectsToPrivateAddress => alone("Redirects to a private address"),
        TargetState::NotThisPortal => alone("Does not lead to this server"),
    };
    match ends_in(outcome, now) {
        Some(days) if outcome.state == TargetState::Ok => (lead, format!(", but the certificate {days}")),
        Some(days) if !rest.is_empty() => (lead, format!("{rest}; the certificate {days}")),
        _ => (lead, rest),
    }
}

/// When the certificate ends, where that is soon.
fn ends_in(outcome: &CheckOutcome, now: OffsetDateTime) -> Option<String> {
    Some(match outcome.certificate_ends_in(now)?.whole_days() {
        ..0 => "has ended".to_owned(),
        0 => "ends today".to_owned(),
        1 => "ends in 1 day".to_owned(),
        days => format!("ends in {days} days"),
    })
}

/// Since when, where that is longer ago than the check.
fn since(check: &TargetCheck, now: OffsetDateTime) -> String {
    let at = check.state_since;
    match now - at {
        ago if ago < Duration::hours(1) || check.checked_at - at < Duration::minutes(1) => String::new(),
        ago if ago < Duration::days(1) => format!(" for {}", length(ago)),
        ago if ago < Duration::days(7) => format!(" since {}", at.to_offset(UtcOffset::UTC).weekday()),
        _ => format!(" since {}", at.to_offset(UtcOffset::UTC).format(DAY).unwrap_or_default()),
    }
}

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[day padding:none] [month repr:long]");

/// How long ago it was.
pub(super) fn ago(at: OffsetDateTime, now: OffsetDateTime) -> String {
    let ago = now - at;
    if ago < Duration::minutes(1) { "just now".to_owned() } else { format!("{} ago", length(ago)) }
}

fn length(length: Duration) -> String {
    match (length.whole_minutes(), length.whole_hours(), length.whole_days()) {
        (minutes, 0, _) => format!("{minutes} min"),
        (_, hours, 0 | 1) => format!("{hours} h"),
        (.., days) => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-26 14:06 UTC);

    fn said(outcome: CheckOutcome, since: OffsetDateTime) -> String {
        let check = TargetCheck { target: Target::HomeUrl, url: String::new(), outcome, checked_at: NOW, state_since: since };
        let (lead, rest) = describe(&check, NOW);
        lead + &rest
    }

    #[test]
    fn an_outcome_says_what_visitors_meet() {
        let with = |state, status| CheckOutcome { status: Some(status), ..CheckOutcome::of(state) };
        let ends = |at| CheckOutcome { certificate_ends_at: Some(at), ..with(TargetState::Ok, 200) };
        for (outcome, text) in [
            (with(TargetState::Ok, 200), "200"),
            (with(TargetState::SignIn, 401), "401, asks visitors to sign in"),
            (CheckOutcome { redirects_to: Some("other.org".into()), ..with(TargetState::OtherSite, 200) }, "200, redirects to other.org"),
            (with(TargetState::ErrorStatus, 404), "404"),
            (CheckOutcome::of(TargetState::PrivateAddress), "Not checked: private address"),
            (CheckOutcome::of(TargetState::Timeout), "No answer in time"),
            (ends(datetime!(2026-12-02 15:00 UTC)), "200, but the certificate ends in 6 days"),
            (ends(datetime!(2026-11-26 15:00 UTC)), "200, but the certificate ends today"),
            (ends(datetime!(2027-02-02 15:00 UTC)), "200"),
        ] {
            assert_eq!(said(outcome, NOW), text);
        }
    }

    #[test]
    fn a_problem_says_since_when_it_is_there() {
        let not_found = || CheckOutcome { status: Some(404), ..CheckOutcome::of(TargetState::ErrorStatus) };
        assert_eq!(said(not_found(), datetime!(2026-11-26 13:30 UTC)), "404");
        assert_eq!(said(not_found(), datetime!(2026-11-26 09:06 UTC)), "404 for 5 h");
        assert_eq!(said(not_found(), datetime!(2026-11-20 14:07 UTC)), "404 since Friday");
        assert_eq!(said(not_found(), datetime!(2026-11-02 14:02 UTC)), "404 since 2 November");
    }

    #[test]
    fn times_are_rounded_down() {
        assert_eq!(ago(NOW - Duration::seconds(59), NOW), "just now");
        assert_eq!(ago(NOW - Duration::minutes(4), NOW), "4 min ago");
        assert_eq!(ago(NOW - Duration::minutes(61), NOW), "1 h ago");
        assert_eq!(ago(NOW - Duration::hours(30), NOW), "30 h ago");
        assert_eq!(ago(NOW - Duration::days(3), NOW), "3 days ago");
    }
}
