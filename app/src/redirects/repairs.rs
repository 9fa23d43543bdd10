//! The repairs of common mistakes. Each takes one mistake out of a text and names it, or leaves the text alone.

use url::Url;

use super::{Environment, invisible::is_invisible};

/// One repair: the name of the mistake and the text without it. `None` if the text does not have the mistake.
pub(super) type Repair = fn(&str, Environment) -> Option<(&'static str, String)>;

/// The name of a mistake that the error of the setting names already.
pub(super) const KEEP: &str = "";

/// The repairs for every kind of value.
pub(super) const COMMON: [Repair; 5] = [unseen, unquoted, readable, ending, one_scheme];

/// Quotation marks and brackets around a value.
const PAIRS: [(&[char], &[char]); 5] = [
    (&['"', '“', '”', '„'], &['"', '“', '”']),
    (&['\'', '‘', '’', '‚'], &['\'', '‘', '’']),
    (&['«', '»'], &['«', '»']),
    (&['`'], &['`']),
    (&['<'], &['>']),
];

fn unseen(text: &str, _: Environment) -> Option<(&'static str, String)> {
    text.contains(is_invisible).then(|| (KEEP, text.chars().filter(|c| !is_invisible(*c)).collect::<String>().trim().to_owned()))
}

fn unquoted(text: &str, _: Environment) -> Option<(&'static str, String)> {
    PAIRS.iter().find_map(|(open, close)| {
        let inner = text.strip_prefix(*open)?.strip_suffix(*close)?;
        let mistake =
            if open.contains(&'<') { "The < and > around it don't belong to it." } else { "The quotation marks don't belong to it." };
        Some((mistake, inner.trim().to_owned()))
    })
}

/// Stored values have their host in ASCII. A mistake outside ASCII shows only in Unicode.
fn readable(text: &str, _: Environment) -> Option<(&'static str, String)> {
    if !text.contains("xn--") {
        return None;
    }
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (&text[..scheme.len() + 3], rest));
    let end = rest.find(['/', ':', '?', '#']).unwrap_or(rest.len());
    let host = idna::domain_to_unicode(&rest[..end]).0;
    // A name that a registry accepts ends in a letter or a digit.
    let is_mistaken = host.ends_with(|c: char| !c.is_alphanumeric()) || host.starts_with(|c: char| !c.is_alphanumeric());
    is_mistaken.then(|| ("A host name ends in a letter or a digit.", format!("{scheme}{host}{}", &rest[end..])))
}

fn ending(text: &str, _: Environment) -> Option<(&'static str, String)> {
    let end = |c: char| matches!(c, ',' | ';' | ')' | ']' | '}' | '\'' | '"' | '!' | '&' | '$' | '”' | '“' | '’' | '»' | '>' | '`');
    // One character at a time: what is before it may be a pair.
    let (rest, last) = text.strip_suffix(end).map(|rest| (rest, &text[rest.len()..]))?;
    let mistake = match last {
        // The end of an IPv6 address is its own.
        "]" if rest.contains('[') => return None,
        "," => "The comma at the end doesn't belong to it.",
        ";" => "The semicolon at the end doesn't belong to it.",
        _ => "The punctuation at the end doesn't belong to it.",
    };
    (!rest.is_empty()).then(|| (mistake, rest.trim_end().to_owned()))
}

fn one_scheme(text: &str, _: Environment) -> Option<(&'static str, String)> {
    let (first, rest) = text.split_once("://")?;
    let is_scheme = |text: &str| ["http", "https"].iter().any(|scheme| text.eq_ignore_ascii_case(scheme));
    let (second, _) = rest.split_once("://")?;
    (is_scheme(first) && is_scheme(second)).then(|| ("It has its scheme twice.", rest.to_owned()))
}

/// A host name without what stands around it in a URL.
pub(super) fn host_alone(text: &str, _: Environment) -> Option<(&'static str, String)> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = &rest[..rest.find(['/', ':', '?', '#', '\\']).unwrap_or(rest.len())];
    (host.len() < text.len() && !host.contains('@')).then(|| (KEEP, host.to_owned()))
}

pub(super) fn star_of_domain(text: &str, _: Environment) -> Option<(&'static str, String)> {
    Some(("Every subdomain belongs to the domain, so it needs no *.", text.strip_prefix("*.")?.to_owned()))
}

/// A dot at the end of a host, and two side by side.
pub(super) fn dots(text: &str, _: Environment) -> Option<(&'static str, String)> {
    let start = text.find("://").map_or(0, |at| at + 3);
    let end = text[start..].find(['/', ':', '?', '#']).map_or(text.len(), |at| start + at);
    let labels: Vec<_> = text[start..end].split('.').filter(|label| !label.is_empty()).collect();
    let host = labels.join(".");
    (host.len() < end - start).then(|| ("The host has a dot too many.", format!("{}{host}{}", &text[..start], &text[end..])))
}

/// Whether a text begins with a host rather than with a path: its first part is a name below a public suffix, or this machine.
fn begins_with_host(text: &str) -> bool {
    let authority = text.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host).to_lowercase();
    is_local(&host)
        || host.trim_start_matches("*.").contains('.')
            && psl::suffix(host.trim_end_matches('.').as_bytes()).is_some_and(|suffix| suffix.is_known())
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]" | "[:") || host.ends_with(".localhost")
}

/// The scheme that was left out.
pub(super) fn scheme(text: &str, environment: Environment) -> Option<(&'static str, String)> {
    const MISSING: &str = "It has no scheme.";
    if let Some((scheme, rest)) = text.split_once(':')
        && ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web))
    {
        let host = rest.trim_start_matches(['/', '\\']);
        let written = rest.starts_with("//") && !rest[2..].starts_with(['/', '\\']);
        return (!written).then(|| ("A scheme ends in ://.", format!("{scheme}://{host}")));
    }
    let host = text.strip_prefix("//").unwrap_or(text);
    let local = is_local(host.split(['/', '?', '#']).next()?.rsplit_once(':').map_or(host, |(host, _)| host));
    let scheme = if local { environment.local_scheme() } else { "https" };
    (begins_with_host(host) && !text.contains("://")).then(|| (MISSING, format!("{scheme}://{host}")))
}

/// What an origin has not: a path, a query, a fragment, a user name.
pub(super) fn origin_alone(text: &str, _: Environment) -> Option<(&'static str, String)> {
    let (scheme, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#', '\\'])?;
    let mistake = if rest[end..].trim_end_matches('/').ends_with('*') {
        "An origin covers all its paths, so it needs no /*."
    } else if rest[..end].ends_with(".vercel.app") {
        "An origin has no path. This allows the one preview: Vercel puts project, branch and team into one part of the name, so a pattern can't tell yours from a stranger's."
    } else {
        "An origin is a scheme, a host and a port, without a path."
    };
    Some((mistake, format!("{scheme}://{}", &rest[..end])))
}

/// `http` in production.
pub(super) fn secure(text: &str, environment: Environment) -> Option<(&'static str, String)> {
    let rest = text.get(..7).filter(|start| start.eq_ignore_ascii_case("http://")).map(|_| &text[7..])?;
    let is_here = Url::parse(text).is_ok_and(|url| url.host_str().is_some_and(is_local));
    (environment == Environment::Production && !is_here).then(|| (KEEP, format!("https://{rest}")))
}

/// A path of the application without its slash. What begins with a host is none.
pub(super) fn page(text: &str, _: Environment) -> Option<(&'static str, String)> {
    let is_path = text.starts_with(|c: char| c.is_alphanumeric()) && !text.contains(':') && !begins_with_host(text);
    is_path.then(|| ("A path of your application begins with a slash.", format!("/{text}")))
}
