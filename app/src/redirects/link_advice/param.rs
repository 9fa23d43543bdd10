//! A parameter of a link: as it is written, as the portal reads it, and as it was meant.

use std::borrow::Cow;

use url::form_urlencoded;

/// A parameter of the portal in the link.
#[derive(Debug)]
pub(super) struct Param {
    pub(super) name: &'static str,
    /// As it is written in the link.
    pub(super) raw: String,
    /// As the portal reads it, and then as it was meant.
    pub(super) value: String,
    /// Whether what was cut off from it has been added.
    pub(super) is_extended: bool,
    /// Whether the corrected link differs here.
    pub(super) is_changed: bool,
}

impl Param {
    pub(super) fn new(name: &'static str, raw: &str) -> Self {
        let value = form_urlencoded::parse(format!("={raw}").as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default();
        Self { name, raw: raw.to_owned(), value, is_extended: false, is_changed: false }
    }

    /// Adds what an unencoded `&` or `#` has cut off. A URL that was not encoded at all is taken as it is written.
    pub(super) fn extend(&mut self, cut_off: &str) {
        if !self.is_extended {
            let start = self.raw.get(..8).unwrap_or(&self.raw).to_ascii_lowercase();
            if start.starts_with("https://") || start.starts_with("http://") || start.starts_with('/') {
                self.value.clone_from(&self.raw);
            }
        }
        self.value.push_str(cut_off);
        (self.is_extended, self.is_changed) = (true, true);
    }
}

/// The name of a parameter, decoded.
pub(super) fn decoded_name(raw: &str) -> Cow<'_, str> {
    let name = raw.split('=').next().unwrap_or_default();
    form_urlencoded::parse(name.as_bytes()).next().map(|(name, _)| name).unwrap_or_default()
}
