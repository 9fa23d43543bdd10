//! Fallback redirects: the URLs that an admin stores, one for each flow.

use super::{
    Flow, Instance, RequestingOrigin,
    invisible::{is_invisible, trim_invisible},
    origin::check_stored_host,
    policy::{self, Allowed, Refusal, Refused},
    scheme::is_absolute,
};

/// The stored fallback redirects of an instance, as typed. A flow without one uses the home URL.
///
/// They were allowed when they were stored. [`super::resolve()`] checks them again, since the instance may have changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fallbacks([Option<String>; Flow::ALL.len()]);

impl Fallbacks {
    /// The stored value of a flow, if it has one.
    pub fn get(&self, flow: Flow) -> Option<&str> {
        self.0[flow.index()].as_deref()
    }

    /// Sets the value of a flow, without the blanks and invisible characters around it. A blank value removes the fallback redirect.
    pub fn set(&mut self, flow: Flow, value: &str) {
        self.0[flow.index()] = Some(trim_invisible(value)).filter(|value| !value.is_empty()).map(str::to_owned);
    }
}

impl FromIterator<(Flow, String)> for Fallbacks {
    fn from_iter<I: IntoIterator<Item = (Flow, String)>>(values: I) -> Self {
        let mut fallbacks = Self::default();
        for (flow, value) in values {
            fallbacks.set(flow, &value);
        }
        fallbacks
    }
}

/// Reads a fallback redirect as an admin types it: an absolute URL, or a path that begins with one `/`.
///
/// # Errors
/// The policy refuses the value, or it has another relative form (`dashboard`, `//host`), an invisible character or a host that DNS
/// does not carry. Parsers accept these, but a reader of the setting could not see what it means.
pub fn parse_fallback(instance: &Instance, flow: Flow, value: &str) -> Result<Allowed, Refused> {
    check_fallback(instance, flow, None, value)
}

/// The same for a visit, whose requesting page is a ground too.
pub(super) fn check_fallback(
    instance: &Instance,
    flow: Flow,
    requesting: Option<&RequestingOrigin>,
    value: &str,
) -> Result<Allowed, Refused> {
    let allowed = policy::check(instance, flow, requesting, value)?;
    let path = value.starts_with('/') && !value[1..].starts_with(['/', '\\']);
    if (path || is_absolute(value)) && !value.contains(is_invisible) && check_stored_host(&allowed.url).is_ok() {
        Ok(allowed)
    } else {
        Err(Refused { reason: Refusal::NotAUrl, url: Some(allowed.url) })
    }
}
