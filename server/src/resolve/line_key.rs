//! The keys of an input line, and the groups that they form.

use std::fmt;

use serde::{Deserialize, Deserializer, de::Error};

use super::line::Text;

/// A key of an input line. The flag for its default has the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineKey {
    Domain,
    Environment,
    PortalOrigin,
    HomeUrl,
    Flow,
    RedirectUrl,
    SignInForce,
    SignInFallback,
    SignUpForce,
    SignUpFallback,
    RequestingOrigin,
    Link,
    AllowedOrigins,
    Fallbacks,
}

impl LineKey {
    /// Every key with its name in JSON, in the order of the variants.
    pub(super) const NAMES: [(Self, &'static str); 14] = [
        (Self::Domain, "domain"),
        (Self::Environment, "environment"),
        (Self::PortalOrigin, "portal_origin"),
        (Self::HomeUrl, "home_url"),
        (Self::Flow, "flow"),
        (Self::RedirectUrl, "redirect_url"),
        (Self::SignInForce, "sign_in_force_redirect_url"),
        (Self::SignInFallback, "sign_in_fallback_redirect_url"),
        (Self::SignUpForce, "sign_up_force_redirect_url"),
        (Self::SignUpFallback, "sign_up_fallback_redirect_url"),
        (Self::RequestingOrigin, "requesting_origin"),
        (Self::Link, "link"),
        (Self::AllowedOrigins, "allowed_origins"),
        (Self::Fallbacks, "fallbacks"),
    ];

    /// The keys that describe the instance.
    pub(super) const INSTANCE: [Self; 6] =
        [Self::Domain, Self::Environment, Self::PortalOrigin, Self::HomeUrl, Self::AllowedOrigins, Self::Fallbacks];

    /// The redirect parameters of a link.
    pub(super) const REDIRECTS: [Self; 5] =
        [Self::RedirectUrl, Self::SignInForce, Self::SignInFallback, Self::SignUpForce, Self::SignUpFallback];

    /// The key's name in JSON.
    pub(super) fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }
}

impl fmt::Display for LineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<'de> Deserialize<'de> for LineKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Text::deserialize(deserializer)?.0;
        Self::NAMES.iter().find(|(_, other)| *other == name).map(|(key, _)| *key).ok_or_else(|| {
            let start: String = name.chars().take(60).collect();
            let names = Self::NAMES.map(|(_, name)| name).join(", ");
            D::Error::custom(format_args!("unknown key {start:?}; use one of {names}"))
        })
    }
}
