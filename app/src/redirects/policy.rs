//! The policy: whether a URL may be a target. This is the only place that decides, for every candidate of every flow, on write and
//! on read.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use url::{ParseError, Url};

use super::{
    Environment, Flow, Instance, Page, RequestingOrigin, Timestamp,
    hostname::{has_byte, has_one_name, is_special_in_host},
    page::is_continue,
    path::{escape, is_special_in_path, may_keep_a_segment},
};

/// The longest value of a candidate and the longest target, in bytes.
pub const MAX_URL_BYTES: usize = 2048;

/// The ground on which a target is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// Its host is the instance's domain or one of its subdomains.
    Domain,
    /// Its origin is one of the instance's allowed origins.
    AllowedOrigin,
    /// Its origin is the requesting origin.
    RequestingPage,
}

/// Why a candidate is refused: the first rule that it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Refusal {
    /// It is longer than [`MAX_URL_BYTES`], as given or as it would be sent out.
    TooLong,
    /// No browser can open it.
    #[serde(rename = "not_a_url")]
    NotAUrl,
    /// It means different URLs with and without the home URL as its base, or different hosts in different browsers.
    Ambiguous,
    /// Its scheme is neither `http` nor `https`.
    Scheme,
    /// It contains a user name or a password.
    Credentials,
    /// Its scheme is `http`, in production.
    Insecure,
    /// It is allowed on none of the grounds.
    Foreign,
    /// It is a page of the portal that would send the visitor round in a circle.
    Loop,
}

impl Refusal {
    /// The reason's name in JSON, metrics and CSV.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A URL that may be a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The absolute URL that was checked, exactly as it is sent out.
    pub url: Url,
    /// The ground on which it is allowed.
    pub ground: Ground,
    /// The end of that ground, where it is an allowed origin that expires.
    pub until: Option<Timestamp>,
}

/// A value that may not be a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The first rule that it breaks.
    pub reason: Refusal,
    /// The URL that it was read as, if it could be read.
    pub url: Option<Url>,
}

/// Decides whether `value`, decoded once, may be the target of `flow` for good. An allowed origin that expires is no ground: what is stored
/// would break when it ends.
///
/// # Errors
/// The first rule that the value breaks, in the order of [`Refusal`].
pub fn check(instance: &Instance, flow: Flow, requesting: Option<&RequestingOrigin>, value: &str) -> Result<Allowed, Refused> {
    check_at(instance, flow, requesting, None, value)
}

/// The same at that time, when allowed origins that have not expired are a ground too. Without a time they are none.
///
/// # Errors
/// The first rule that the value breaks, in the order of [`Refusal`].
pub fn check_at(
    instance: &Instance,
    flow: Flow,
    requesting: Option<&RequestingOrigin>,
    now: Option<Timestamp>,
    value: &str,
) -> Result<Allowed, Refused> {
    check_flows(instance, [flow], requesting, now, value)
}

/// The same for several flows: the value must be allowed for each of them.
///
/// # Errors
/// The first rule that the value breaks for one of them.
pub(super) fn check_flows<const N: usize>(
    instance: &Instance,
    flows: [Flow; N],
    requesting: Option<&RequestingOrigin>,
    now: Option<Timestamp>,
    value: &str,
) -> Result<Allowed, Refused> {
    let url = match read(instance.home_url(), value) {
        Ok(url) => url,
        Err(reason) => return Err(Refused { reason, url: None }),
    };
    match judge(instance, requesting, now, &url) {
        Ok(_) if flows.into_iter().any(|flow| is_loop(instance, flow, &url)) => Err(Refused { reason: Refusal::Loop, url: Some(url) }),
        Ok((ground, until)) => Ok(Allowed { url, ground, until }),
        Err(reason) => Err(Refused { reason, url: Some(url) }),
    }
}

/// Rules 1 to 3 of the README's "Redirect rules": the URL that browsers read (WHATWG URL, with the home URL as its base), if they all read the same one.
pub(super) fn read(home: &Url, value: &str) -> Result<Url, Refusal> {
    if value.len() > MAX_URL_BYTES {
        return Err(Refusal::TooLong);
    }
    let absolute = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    // The parser does not look at the base of such a value ("special authority slashes state").
    let parsed = if absolute.is_some() { Url::parse(value) } else { home.join(value) };
    let Ok(mut url) = parsed else { return Err(Refusal::NotAUrl) };
    if absolute.is_none() && Url::parse(value).map_or_else(|error| error != ParseError::RelativeUrlWithoutBase, |alone| alone != url) {
        return Err(Refusal::Ambiguous);
    }
    // Hardly any absolute URL has a byte that browsers may read differently.
    if absolute.is_none_or(|rest| has_byte(rest, |byte| is_special_in_host(byte) | is_special_in_path(byte))) {
        // Other schemes are refused later, for their scheme. The rules for web hosts and paths do not apply to them.
        let web = matches!(url.scheme(), "http" | "https");
        if web && (may_keep_a_segment(value, &url) || !has_one_name(home, value, &url)) {
            return Err(Refusal::Ambiguous);
        }
        escape(&mut url);
    }
    if url.as_str().len() > MAX_URL_BYTES { Err(Refusal::TooLong) } else { Ok(url) }
}

/// Rules 4 to 7, for the URL that was read: the ground on which it is allowed, whatever the flow.
fn judge(
    instance: &Instance,
    requesting: Option<&RequestingOrigin>,
    now: Option<Timestamp>,
    url: &Url,
) -> Result<(Ground, Option<Timestamp>), Refusal> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refusal::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::Credentials);
    }
    if url.scheme() == "http" && instance.environment() == Environment::Production {
        return Err(Refusal::Insecure);
    }
    let until = || now.and_then(|now| instance.expiry_of(url).filter(|expires_at| now < *expires_at));
    if url.host_str().is_some_and(|host| instance.domain().covers(host)) {
        Ok((Ground::Domain, None))
    } else if instance.allowed_origins().iter().any(|origin| origin.matches(url)) {
        Ok((Ground::AllowedOrigin, None))
    } else if let Some(until) = until() {
        Ok((Ground::AllowedOrigin, Some(until)))
    } else if requesting.is_some_and(|origin| origin.is_origin_of(url)) {
        Ok((Ground::RequestingPage, None))
    } else {
        Err(Refusal::Foreign)
    }
}

/// Rule 8: whether `url` is a page of the portal that leads a visitor who has ended `flow` back into it.
fn is_loop(instance: &Instance, flow: Flow, url: &Url) -> bool {
    if !instance.portal_origin().is_origin_of(url) {
        return false;
    }
    // The end of every flow.
    if is_continue(url.path()) {
        return true;
    }
    let pages: &[Page] = match flow {
        Flow::SignIn | Flow::SignUp => &[Page::SignIn, Page::SignUp],
        Flow::SignOut => &[Page::SignOut],
        _ => return false,
    };
    Page::at(url.path()).is_some_and(|page| pages.contains(&page))
}
