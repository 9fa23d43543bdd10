//! Fallback redirects: the URLs that an admin stores, one for each flow.

use super::{
    Flow, Instance, is_invisible,
    policy::{self, Allowed, Refusal, Refused},
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

    /// Sets the value of a flow, without the blanks around it. A blank value removes the fallback redirect.
    pub fn set(&mut self, flow: Flow, value: &str) {
        self.0[flow.index()] = Some(value.trim()).filter(|value| !value.is_empty()).map(str::to_owned);
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
/// The policy refuses the value, or it has another relative form (`dashboard`, `//host`) or an invisible character. Parsers accept
/// these, but a reader of the setting could not see what it means.
pub fn parse_fallback(instance: &Instance, flow: Flow, value: &str) -> Result<Allowed, Refused> {
    let allowed = policy::check(instance, flow, None, value)?;
    let path = value.starts_with('/') && !value[1..].starts_with(['/', '\\']);
    let absolute = ["https://", "http://"].iter().any(|start| value.get(..start.len()).is_some_and(|s| s.eq_ignore_ascii_case(start)));
    if (path || absolute) && !value.contains(is_invisible) {
        Ok(allowed)
    } else {
        Err(Refused { reason: Refusal::NotAUrl, url: Some(allowed.url) })
    }
}
