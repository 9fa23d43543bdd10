//! Advice about one parameter of a link: what its value will not do, and what was probably meant.

use percent_encoding::percent_decode_str;
use url::{Host, ParseError, Url};

use super::{
    Environment, Flow, Instance, LinkParams, Timestamp, policy, prefill_advice,
    scheme::{begins_with, is_absolute},
};

/// What looks like a mistake in the value of a parameter, and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterAdvice {
    /// The sentences that a screen shows.
    pub text: String,
    /// The value that was probably meant, if that is certain enough.
    pub corrected: Option<String>,
    /// Whether the value is fine, and only has no effect on this page.
    pub is_note: bool,
}

/// How often a value is decoded again. Each program that a link passes may encode it once more.
const MAX_DECODINGS: usize = 4;

/// What will not work about `value`, decoded once, as the parameter `name` on the flow's page at that time.
pub fn parameter_advice(instance: &Instance, flow: Flow, now: Option<Timestamp>, name: &str, value: &str) -> Option<ParameterAdvice> {
    if value.trim().is_empty() {
        return None;
    }
    if !LinkParams::REDIRECTS.contains(&name) {
        let corrected = decoded_prefill(value);
        return prefill_advice(flow, name, value).map(|text| ParameterAdvice { text: text.to_owned(), corrected, is_note: false });
    }
    let begins_as_meant = is_absolute(value.trim());
    let start = if begins_as_meant { None } else { encoded_twice(value).or_else(|| without_scheme(instance, flow, now, value)) };
    start.or_else(|| Some(ParameterAdvice { text: unused(flow, name)?.to_owned(), corrected: None, is_note: true }))
}

/// Why the flow does not use a redirect parameter; `None` if it does.
fn unused(flow: Flow, name: &str) -> Option<&'static str> {
    let own = match name {
        "sign_in_force_redirect_url" | "sign_in_fallback_redirect_url" => Some(Flow::SignIn),
        "sign_up_force_redirect_url" | "sign_up_fallback_redirect_url" => Some(Flow::SignUp),
        _ => None,
    };
    match (flow, own) {
        (Flow::Logo, _) => Some("A click on the logo goes where the instance says: it follows no link."),
        (Flow::SignUp, Some(Flow::SignIn)) => Some("Counts only for people who go on to the sign-in page."),
        (Flow::SignIn, Some(Flow::SignUp)) => Some("Counts only for people who go on to the sign-up page."),
        (flow, Some(own)) if flow != own => Some("Only the sign-in and sign-up pages look at this."),
        _ => None,
    }
}

/// How a URL that was encoded more than once begins.
const ESCAPED: [&str; 8] = ["https%3a", "http%3a", "https:%2f", "http:%2f", "%2f", "https%25", "http%25", "%252f"];

/// A URL that was encoded more than once still begins with an escape.
fn encoded_twice(value: &str) -> Option<ParameterAdvice> {
    let is_encoded = |value: &str| ESCAPED.iter().any(|escaped| begins_with(value, escaped));
    if !is_encoded(value.trim()) {
        return None;
    }
    let mut decoded = value.trim().to_owned();
    for _ in 0..MAX_DECODINGS {
        if !is_encoded(&decoded) {
            break;
        }
        decoded = percent_decode_str(&decoded).decode_utf8().ok()?.into_owned();
    }
    (is_absolute(&decoded) || decoded.starts_with('/')).then(|| ParameterAdvice {
        text: "It is encoded twice. Encode it only once.".to_owned(),
        corrected: Some(decoded),
        is_note: false,
    })
}

/// A prefill value that was encoded more than once, decoded; `None` if it was not.
pub(super) fn decoded_prefill(value: &str) -> Option<String> {
    let mut decoded = value.to_owned();
    for _ in 0..MAX_DECODINGS {
        let mut escapes = decoded.split('%').skip(1).peekable();
        escapes.peek()?;
        let all = escapes.all(|after| after.get(..2).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())));
        let again = percent_decode_str(&decoded).decode_utf8().ok().filter(|again| all && !again.contains(char::is_control))?.into_owned();
        decoded = again;
        if !decoded.contains('%') {
            return Some(decoded);
        }
    }
    None
}

/// A value that begins with a host and not with `https://`, so that browsers read the host as a path or as a scheme.
fn without_scheme(instance: &Instance, flow: Flow, now: Option<Timestamp>, value: &str) -> Option<ParameterAdvice> {
    let value = value.trim();
    // A path.
    if value.starts_with(['/', '\\', '?', '#', '.']) {
        return None;
    }
    let authority = value.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = authority.split_once(':').map_or(authority, |(host, _)| host);
    // Another scheme: `mailto:a@myapp.com`, `https:myapp.com`.
    let is_port = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
    if !is_host(host) || authority.split_once(':').is_some_and(|(_, rest)| !is_port(rest)) {
        return None;
    }
    let read_as = match Url::parse(value) {
        Err(ParseError::RelativeUrlWithoutBase) => match policy::check(instance, flow, None, value) {
            Ok(allowed) => format!("a path of your application: {}", allowed.url),
            Err(_) => "a path of your application".to_owned(),
        },
        _ => "a scheme".to_owned(),
    };
    let schemes: &[&str] = if instance.environment() == Environment::Development { &["https://", "http://"] } else { &["https://"] };
    let schemes = if host == "localhost" { &["http://"] } else { schemes };
    let corrected = schemes
        .iter()
        .map(|scheme| format!("{scheme}{value}"))
        .find(|candidate| policy::check_at(instance, flow, None, now, candidate).is_ok());
    let fix = corrected.as_ref().map_or_else(|| "Put https:// before it.".to_owned(), |corrected| format!("Write {corrected}."));
    Some(ParameterAdvice { text: format!("It does not begin with https://, so it is read as {read_as}. {fix}"), corrected, is_note: false })
}

/// Whether a text is a host name that somebody could own: `localhost`, or a name below a public suffix.
fn is_host(text: &str) -> bool {
    let Ok(Host::Domain(ascii)) = Host::parse(text) else { return false };
    let suffix = || psl::suffix(ascii.as_bytes()).is_some_and(|suffix| suffix.is_known() && suffix.as_bytes().len() < ascii.len());
    ascii == "localhost" || (!ascii.contains("..") && !ascii.starts_with('.') && suffix())
}
