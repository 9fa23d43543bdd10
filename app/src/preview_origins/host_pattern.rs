//! The hosts for which a token may add preview origins: one host name, in which `*` stands for a part of a label.

use std::fmt;

use crate::redirects::{AllowedOrigin, DomainError, HostError, host_name};

/// How many labels at the end of a pattern have no `*`.
const MIN_FIXED_LABELS: usize = 2;

/// How many letters and digits a label needs beside its `*` where anyone can register a name.
const MIN_FIXED_CHARACTERS: usize = 3;

/// Why a text is not a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostPatternError {
    /// It is empty or blank.
    #[error("Enter the hosts of your previews, like my-app-*-my-team.vercel.app.")]
    Empty,
    /// It has a scheme, a path, a port or a user name.
    #[error("Enter only the host name, like my-app-*-my-team.vercel.app, without https://, port or path.")]
    NotAlone,
    /// It has an upper-case letter or a character outside ASCII.
    #[error("Write the host name in lower case and in ASCII, as browsers send it: names in other scripts begin with xn--.")]
    NotAscii,
    /// It is no host name, or an IP address.
    #[error("That is not a host name. Use letters, digits, hyphens, dots and *, like my-app-*-my-team.vercel.app.")]
    NotAHost,
    /// DNS carries no such name.
    #[error(transparent)]
    Dns(#[from] HostError),
    /// A label has two `*`, or a `*` in Punycode.
    #[error("Use at most one * between two dots. It stands for letters, digits and hyphens, but not for a name in another script.")]
    Wildcard,
    /// One of the last two labels has a `*`, or there is only one label.
    #[error("The last two parts must have no *. End the pattern in a name like vercel.app or myapp.dev.")]
    TooFewLabels,
    /// Strangers can register names that it matches.
    #[error(
        "Anyone can register a name there. Write your project or team beside the *, like my-app-*-my-team.vercel.app, or put the * below your own name, like *.my-app.pages.dev."
    )]
    PublicSuffix,
}

/// Host names of previews: `my-app-*-my-team.vercel.app`. A `*` stands for one or more letters, digits and hyphens of one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    text: String,
    /// How many labels at its end are the public suffix.
    suffix_labels: usize,
}

impl HostPattern {
    /// Reads a pattern as an admin types it.
    ///
    /// # Errors
    /// The first rule in [`HostPatternError`] that the text breaks.
    pub fn parse(text: &str) -> Result<Self, HostPatternError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(HostPatternError::Empty);
        }
        if text.contains(['/', '\\', ':', '@', '?', '#']) {
            return Err(HostPatternError::NotAlone);
        }
        if !text.is_ascii() || text.contains(|c: char| c.is_ascii_uppercase()) {
            return Err(HostPatternError::NotAscii);
        }
        let labels: Vec<_> = text.split('.').collect();
        let is_wild = |label: &&str| label.contains('*');
        if labels.iter().any(|label| label.matches('*').count() > 1 || label.starts_with("xn--") && is_wild(label)) {
            return Err(HostPatternError::Wildcard);
        }
        // What the pattern matches are host names, so one of them is checked as such.
        let example = text.replace('*', "a");
        match host_name(&example) {
            Ok(host) if host == example => {}
            Err(DomainError::Dns(error)) => return Err(error.into()),
            _ => return Err(HostPatternError::NotAHost),
        }
        let fixed = labels.iter().rev().take_while(|label| !is_wild(label)).count();
        if fixed < MIN_FIXED_LABELS {
            return Err(HostPatternError::TooFewLabels);
        }
        let suffix_labels = suffix_labels(&example).ok_or(HostPatternError::PublicSuffix)?;
        if is_open(&labels, &example, suffix_labels) {
            return Err(HostPatternError::PublicSuffix);
        }
        Ok(Self { text: text.to_owned(), suffix_labels })
    }

    /// The pattern as typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether an origin is one exact origin, at a host that this pattern matches.
    pub fn matches(&self, origin: &AllowedOrigin) -> bool {
        origin.host().is_some_and(|host| self.matches_host(host))
    }

    fn matches_host(&self, host: &str) -> bool {
        let (mut patterns, mut labels) = (self.text.split('.'), host.split('.'));
        loop {
            match (patterns.next(), labels.next()) {
                // A longer suffix has other owners: `s3.amazonaws.com` matches `*.amazonaws.com`, and strangers own the names below it.
                (None, None) => return suffix_labels(host) == Some(self.suffix_labels),
                (Some(pattern), Some(label)) if matches_label(pattern, label) => {}
                _ => return false,
            }
        }
    }
}

/// How many labels at the end of a host are its public suffix.
fn suffix_labels(host: &str) -> Option<usize> {
    psl::suffix(host.as_bytes()).map(|suffix| suffix.as_bytes().split(|byte| *byte == b'.').count())
}

/// Whether strangers can own a host that the pattern matches. Below a registry's suffix (`co.uk`), each name belongs to somebody else. Below
/// a platform's (`vercel.app`), a name tells its project or team by a part of its label. A `*` in the suffix itself stands for many suffixes.
fn is_open(labels: &[&str], example: &str, suffix_labels: usize) -> bool {
    let (names, suffix) = labels.split_at(labels.len().saturating_sub(suffix_labels));
    // The label that somebody registers. Without one, the whole name is a public suffix.
    let Some(registered) = names.last() else { return true };
    if suffix.iter().any(|label| label.contains('*')) {
        return true;
    }
    if !registered.contains('*') {
        return false;
    }
    let is_platform = psl::suffix(example.as_bytes()).is_some_and(|suffix| suffix.typ() == Some(psl::Type::Private));
    !is_platform || registered.chars().filter(char::is_ascii_alphanumeric).count() < MIN_FIXED_CHARACTERS
}

fn matches_label(pattern: &str, label: &str) -> bool {
    let Some((start, end)) = pattern.split_once('*') else { return pattern == label };
    // A name in another script is not made of the letters that a browser shows.
    !label.starts_with("xn--")
        && label
            .strip_prefix(start)
            .and_then(|rest| rest.strip_suffix(end))
            .is_some_and(|middle| !middle.is_empty() && middle.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::redirects::Environment;

    fn matches(pattern: &str, origin: &str) -> bool {
        let origin = AllowedOrigin::parse(origin, Environment::Development).unwrap();
        HostPattern::parse(pattern).unwrap().matches(&origin)
    }

    #[test]
    fn a_star_stands_for_a_part_of_one_label() {
        let pattern = "my-app-*-my-team.vercel.app";
        for origin in [
            "https://my-app-git-branch-my-team.vercel.app",
            "https://my-app-1-my-team.vercel.app",
            "https://MY-APP-X-MY-TEAM.vercel.app",
            "https://my-app-x-my-team.vercel.app:8443",
        ] {
            assert!(matches(pattern, origin), "{origin}");
        }
        for origin in [
            "https://my-app--my-team.vercel.app",
            "https://my-app-my-team.vercel.app",
            "https://my-app-x.y-my-team.vercel.app",
            "https://a.my-app-x-my-team.vercel.app",
            "https://my-app-x-my-team.vercel.app.evil.com",
            "https://my-app-x-my-teams.vercel.app",
            "https://evil-my-app-x-my-team.vercel.app",
            "https://my-app-é-my-team.vercel.app",
            "https://127.0.0.1",
            "http://localhost:*",
        ] {
            assert!(!matches(pattern, origin), "{origin}");
        }
        assert!(matches("*.my-app.pages.dev", "https://abc.my-app.pages.dev"));
        assert!(!matches("*.my-app.pages.dev", "https://xn--mnchen-3ya.my-app.pages.dev"), "Punycode is no plain letter");
        assert!(!matches("*.my-app.pages.dev", "https://*.my-app.pages.dev"), "only exact origins");
        assert!(!matches("*.my-app.pages.dev", "https://a_b.my-app.pages.dev"));
        assert!(!matches("*.my-app.pages.dev", "https://a.b.my-app.pages.dev"));
        assert!(matches("xn--mnchen-3ya.de", "https://münchen.de"));
        assert!(matches("my-app-pr-*.herokuapp.com", "https://my-app-pr-12.herokuapp.com"));
    }

    #[test]
    fn a_pattern_that_matches_hosts_of_strangers_or_none_is_refused() {
        use HostPatternError::{Empty, NotAHost, NotAlone, NotAscii, PublicSuffix, TooFewLabels, Wildcard};
        for (text, error) in [
            ("", Empty),
            (" ", Empty),
            ("https://my-app-*.vercel.app", NotAlone),
            ("my-app-*.myapp.dev:443", NotAlone),
            ("my-app-*.myapp.dev/", NotAlone),
            ("My-App-*.myapp.dev", NotAscii),
            ("münchen-*.myapp.dev", NotAscii),
            ("my app.myapp.dev", NotAHost),
            ("*", TooFewLabels),
            ("myapp", TooFewLabels),
            ("*.com", TooFewLabels),
            ("my-app-*.dev", TooFewLabels),
            ("myapp.*.com", TooFewLabels),
            ("127.0.0.1", NotAHost),
            ("*.0.0.1", NotAHost),
            ("a**b.myapp.dev", Wildcard),
            ("*-*.myapp.dev", Wildcard),
            ("xn--*.myapp.dev", Wildcard),
            ("*.vercel.app", PublicSuffix),
            ("a-*.vercel.app", PublicSuffix),
            ("my-app-*-my-team.co.uk", PublicSuffix),
            ("vercel.app", PublicSuffix),
            ("co.uk", PublicSuffix),
            ("-*.myapp.dev", HostError::Hyphen.into()),
            ("*..myapp.dev", HostError::EmptyLabel.into()),
            ("*.myapp.dev.", HostError::EmptyLabel.into()),
            ("my_app-*.vercel.app", HostError::Underscore.into()),
            (&format!("{}*.myapp.dev", "a".repeat(63)), HostError::TooLong.into()),
        ] {
            assert_eq!(HostPattern::parse(text), Err(error), "{text:?}");
        }
        for text in ["*.preview.myapp.dev", "*.myapp.dev", "deploy-preview-*--my-site.netlify.app", "*.pr-*.myapp.dev", "preview.myapp.dev"]
        {
            assert_eq!(HostPattern::parse(text).map(|pattern| pattern.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_pattern_does_not_match_across_a_public_suffix() {
        assert!(matches("*.*.amazonaws.com", "https://a.b.amazonaws.com"));
        for (pattern, strangers) in [
            ("*.*.amazonaws.com", "https://evil.s3.amazonaws.com"),
            ("*.us-west-*.elasticbeanstalk.com", "https://evil.us-west-2.elasticbeanstalk.com"),
            ("*.eastus*.azurestaticapps.net", "https://evil.eastus2.azurestaticapps.net"),
        ] {
            assert!(!matches(pattern, strangers), "{strangers}");
        }
        // Each region below elb.amazonaws.com is a public suffix of its own.
        assert_eq!(HostPattern::parse("*.my-app.x*.elb.amazonaws.com"), Err(HostPatternError::PublicSuffix));
        assert!(HostPattern::parse("*.my-app.x.elb.amazonaws.com").is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_a_pattern_matches_begins_and_ends_like_it(start in "[a-z]{3,8}-", end in "(-[a-z]{3,8})?", host in "[a-z0-9.-]{1,30}") {
            let pattern = HostPattern::parse(&format!("{start}*{end}.vercel.app")).unwrap();
            let own = format!("{start}{host}{end}.vercel.app");
            prop_assert_eq!(pattern.matches_host(&own), !host.contains('.'), "{}", own);
            let matched = pattern.matches_host(&host);
            prop_assert!(!matched, "{}", host);
        }

        #[test]
        fn a_match_has_as_many_labels_as_its_pattern_and_the_same_owner(pattern in any_pattern(), host in any_host()) {
            let Ok(parsed) = HostPattern::parse(&pattern) else { return Ok(()) };
            if parsed.matches_host(&host) {
                let fixed = pattern.rsplit_once('*').map_or(pattern.as_str(), |(_, end)| end);
                prop_assert!(host.ends_with(fixed), "{} {}", pattern, host);
                prop_assert_eq!(pattern.split('.').count(), host.split('.').count());
                prop_assert_eq!(psl::suffix(pattern.as_bytes()), psl::suffix(host.as_bytes()));
            }
        }

        #[test]
        fn any_text_is_a_pattern_or_an_error(text in "\\PC{0,40}") {
            if let Ok(pattern) = HostPattern::parse(&text) {
                prop_assert!(pattern.as_str().is_ascii());
                prop_assert_eq!(HostPattern::parse(pattern.as_str()), Ok(pattern));
            }
        }
    }

    fn any_pattern() -> impl Strategy<Value = String> {
        let label = prop_oneof![Just("*".to_owned()), "(app-)?\\*(-team)?", Just("app".to_owned())];
        let end = prop_oneof![
            Just("vercel.app"),
            Just("myapp.dev"),
            Just("co.uk"),
            Just("my-app.pages.dev"),
            Just("*.amazonaws.com"),
            Just("us-west-*.elasticbeanstalk.com"),
            Just("a*.elb.amazonaws.com")
        ];
        (label, end).prop_map(|(label, end)| format!("{label}.{end}"))
    }

    fn any_host() -> impl Strategy<Value = String> {
        let label = prop_oneof!["(app-)?[a-z-]{0,3}(-team)?", Just("app".to_owned())];
        let end = prop_oneof![
            Just("vercel.app"),
            Just("myapp.dev"),
            Just("x.vercel.app"),
            Just("my-app.pages.dev"),
            Just("s3.amazonaws.com"),
            Just("b.amazonaws.com"),
            Just("us-west-2.elasticbeanstalk.com"),
            Just("ab.elb.amazonaws.com")
        ];
        (label, end).prop_map(|(label, end)| format!("{label}.{end}"))
    }
}
