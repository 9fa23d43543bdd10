//! Rewrites the origins of one deployment to those of another one, as from staging to production.

use std::str::FromStr;

use url::{Position, Url};

use super::{InstanceSettings, Redirects};
use crate::redirects::{Fallbacks, Flow};

/// An origin and the one that takes its place. Only whole origins are rewritten: `https://staging.myapp.com` says nothing of
/// `https://accounts.staging.myapp.com`.
#[derive(Clone, Debug)]
pub struct OriginMap {
    from: Url,
    to: Url,
}

/// Why a text is no mapping of origins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write two whole origins, like https://staging.myapp.com=https://myapp.com")]
pub struct NotAMap;

impl FromStr for OriginMap {
    type Err = NotAMap;

    fn from_str(text: &str) -> Result<Self, NotAMap> {
        let origin = |text: &str| {
            let url = Url::parse(text.trim()).ok()?;
            let is_origin = matches!(url.scheme(), "https" | "http")
                && url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
                && !has_credentials(&url);
            is_origin.then_some(url)
        };
        let (from, to) = text.split_once('=').ok_or(NotAMap)?;
        Ok(Self { from: origin(from).ok_or(NotAMap)?, to: origin(to).ok_or(NotAMap)? })
    }
}

impl OriginMap {
    /// Maps the origin of one URL to that of another.
    pub fn new(from: Url, to: Url) -> Self {
        Self { from, to }
    }

    /// The origin that is rewritten.
    pub fn from(&self) -> String {
        self.from.origin().ascii_serialization()
    }

    /// Whether these settings have that origin. One that is misspelled is nowhere.
    pub fn is_in(&self, settings: &InstanceSettings) -> bool {
        let redirects = Flow::ALL.into_iter().filter_map(|flow| settings.redirects.0.get(flow));
        let urls = [&settings.portal_origin, &settings.home_url].into_iter().flatten();
        let urls = urls.chain(&settings.allowed_origins).chain(&settings.application_origins);
        self.domain(&settings.domain).is_some() || urls.map(String::as_str).chain(redirects).any(|url| self.text(url).is_some())
    }

    fn text(&self, text: &str) -> Option<String> {
        let url = Url::parse(text.trim()).ok().filter(|url| url.origin() == self.from.origin() && !has_credentials(url))?;
        let to = self.to.origin().ascii_serialization();
        let rest = &url[Position::BeforePath..];
        // An origin has no path, and is written without one.
        Some(if rest == "/" && !text.trim().ends_with('/') { to } else { to + rest })
    }

    fn domain(&self, domain: &str) -> Option<String> {
        let url = Url::parse(&format!("https://{}", domain.trim())).ok()?;
        let is_host = url.port().is_none() && &url[Position::BeforePath..] == "/" && !has_credentials(&url);
        if !is_host || self.from.host_str() != url.host_str() {
            return None;
        }
        self.to.host_str().map(str::to_owned)
    }
}

/// Whether a URL has a user name or a password. The rules refuse such a URL, and a mapping must not make it one that they allow.
fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// The settings with each origin rewritten that one of these maps names: in the domain, the portal origin, the home URL, the allowed
/// origins and the redirects. No value is rewritten twice.
pub fn map_origins(settings: &InstanceSettings, maps: &[OriginMap]) -> InstanceSettings {
    if maps.is_empty() {
        return settings.clone();
    }
    let text = |text: &str| maps.iter().find_map(|map| map.text(text)).unwrap_or_else(|| text.to_owned());
    let mut redirects = Fallbacks::default();
    for flow in Flow::ALL {
        if let Some(value) = settings.redirects.0.get(flow) {
            redirects.set(flow, &text(value));
        }
    }
    InstanceSettings {
        domain: maps.iter().find_map(|map| map.domain(&settings.domain)).unwrap_or_else(|| settings.domain.clone()),
        portal_origin: settings.portal_origin.as_deref().map(text),
        home_url: settings.home_url.as_deref().map(text),
        allowed_origins: settings.allowed_origins.iter().map(|origin| text(origin)).collect(),
        application_origins: settings.application_origins.iter().map(|origin| text(origin)).collect(),
        redirects: Redirects(redirects),
        ..settings.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_origins_are_rewritten_and_nothing_else() {
        let mut redirects = Fallbacks::default();
        for (flow, value) in [
            (Flow::SignIn, "https://staging.myapp.com/in?a=1#b"),
            (Flow::SignUp, "https://staging.myapp.com.evil.org/"),
            (Flow::SignOut, "/bye?next=https://staging.myapp.com"),
            (Flow::Logo, "HTTPS://STAGING.MYAPP.COM:443"),
        ] {
            redirects.set(flow, value);
        }
        let settings = InstanceSettings {
            domain: "Staging.myapp.com".into(),
            portal_origin: Some("https://accounts.staging.myapp.com".into()),
            home_url: Some("https://staging.myapp.com/home".into()),
            allowed_origins: vec!["https://staging.myapp.com".into(), "http://staging.myapp.com".into(), "https://*.other.org".into()],
            redirects: Redirects(redirects),
            ..InstanceSettings::default()
        };
        let maps: Vec<OriginMap> = ["https://staging.myapp.com=https://myapp.com/", "https://nobody.org=https://somebody.org"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        let mapped = map_origins(&settings, &maps);
        assert_eq!(mapped.domain, "myapp.com");
        assert_eq!(mapped.portal_origin.as_deref(), Some("https://accounts.staging.myapp.com"));
        assert_eq!(mapped.home_url.as_deref(), Some("https://myapp.com/home"));
        assert_eq!(mapped.allowed_origins, ["https://myapp.com", "http://staging.myapp.com", "https://*.other.org"]);
        let get = |flow| mapped.redirects.0.get(flow).unwrap();
        assert_eq!(get(Flow::SignIn), "https://myapp.com/in?a=1#b");
        assert_eq!(get(Flow::SignUp), "https://staging.myapp.com.evil.org/");
        assert_eq!(get(Flow::SignOut), "/bye?next=https://staging.myapp.com");
        assert_eq!(get(Flow::Logo), "https://myapp.com");
        assert_eq!((maps[0].is_in(&settings), maps[0].is_in(&mapped), maps[1].is_in(&settings)), (true, false, false));
    }

    #[test]
    fn a_value_with_credentials_is_left_as_it_is() {
        let map: OriginMap = "https://staging.myapp.com=https://myapp.com".parse().unwrap();
        let mut redirects = Fallbacks::default();
        redirects.set(Flow::SignIn, "https://user:word@staging.myapp.com/in");
        redirects.set(Flow::SignUp, "https://user@staging.myapp.com/up");
        let settings = InstanceSettings {
            domain: "user:word@staging.myapp.com".into(),
            home_url: Some("https://:word@staging.myapp.com/".into()),
            redirects: Redirects(redirects),
            ..InstanceSettings::default()
        };
        assert!(!map.is_in(&settings));
        assert_eq!(map_origins(&settings, std::slice::from_ref(&map)), settings);
        for domain in ["staging.myapp.com:8443", "staging.myapp.com/x", "staging.myapp.com?x", "user@staging.myapp.com"] {
            assert_eq!(map.domain(domain), None, "{domain}");
        }
    }

    #[test]
    fn only_origins_can_be_mapped() {
        for text in ["https://a.org", "https://a.org/x=https://b.org", "a.org=b.org", "https://a.org=", "ftp://a.org=https://b.org"] {
            assert_eq!(text.parse::<OriginMap>().unwrap_err(), NotAMap, "{text}");
        }
    }
}
