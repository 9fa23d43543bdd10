//! Describes a browser by its `User-Agent`, so that people recognise their own sessions.

/// Parts of a `User-Agent` and the browsers they stand for, the decisive ones first: most browsers name others as well.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Parts of a `User-Agent` and the operating systems they stand for.
const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// The maximum length of a stored `User-Agent`, in characters.
const MAX_USER_AGENT_CHARS: usize = 256;

/// A `User-Agent` as it is stored: without control characters, and cut at 256 characters.
pub(crate) fn stored(user_agent: &str) -> String {
    user_agent.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT_CHARS).collect()
}

/// The browser's name and its operating system, as in `Firefox on Linux`; the `User-Agent` itself if the browser is not known.
pub(crate) fn describe(user_agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| names.iter().find(|(part, _)| user_agent.contains(part)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) if user_agent.is_empty() => "Unknown browser".to_owned(),
        (None, _) => user_agent.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_browser_is_described_by_its_name_and_any_other_by_its_user_agent() {
        for (text, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36 Edg/156.0",
                "Edge on Windows",
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on macOS"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.5.0", "curl/8.5.0"),
            ("", "Unknown browser"),
        ] {
            assert_eq!(describe(text), expected);
        }
    }

    #[test]
    fn a_stored_user_agent_is_short_and_has_no_control_characters() {
        assert_eq!(stored("Fire\0fox\r\n"), "Firefox");
        assert_eq!(stored(&"ü".repeat(300)).chars().count(), 256);
    }
}
