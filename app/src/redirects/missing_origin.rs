//! The origin that must be allowed before a refused value may be a target, and what is risky about it.

use url::{Host, Url};

use super::{
    AllowedOrigin, Flow, Instance, InstanceField, Refusal, domain::is_public_suffix, fallback::parse_fallback, instance::MAX_ORIGINS,
    policy::Refused,
};

/// The origin that Settings would accept and that would have to be allowed for this refused value. `None` if the value breaks another
/// rule, Settings refuses the origin, or the instance has as many origins as it may have.
pub fn missing_origin(instance: &Instance, refused: &Refused) -> Option<AllowedOrigin> {
    let url = refused.url.as_ref().filter(|_| refused.reason == Refusal::Foreign)?;
    let origin = AllowedOrigin::parse(&url.origin().ascii_serialization(), instance.environment()).ok()?;
    (!instance.has_max_origins()).then_some(origin)
}

/// The same for a fallback redirect, which may be refused for other reasons once its origin is allowed.
pub fn missing_origin_of_fallback(instance: &Instance, flow: Flow, value: &str) -> Option<AllowedOrigin> {
    let origin = missing_origin(instance, &parse_fallback(instance, flow, value).err()?)?;
    let with_it = instance.with_origins(std::slice::from_ref(&origin), &[]);
    parse_fallback(&with_it, flow, value).is_ok().then_some(origin)
}

impl Instance {
    /// The instance as if these origins were allowed too, and those were not.
    #[must_use]
    pub fn with_origins(&self, added: &[AllowedOrigin], removed: &[AllowedOrigin]) -> Self {
        let mut instance = self.clone();
        instance.allowed_origins.retain(|origin| !removed.contains(origin));
        instance.allowed_origins.extend(added.iter().cloned());
        instance
    }

    /// Whether the home URL stands on one of the allowed origins, or on the domain.
    pub fn is_home_allowed(&self) -> bool {
        parse_fallback(self, Flow::Logo, self.home_url().as_str()).is_ok()
    }

    /// Whether no further origin can be stored. Stored origins that break a rule of today count as well.
    pub fn has_max_origins(&self) -> bool {
        let skipped = self.skipped.iter().filter(|skipped| matches!(skipped.field, InstanceField::AllowedOrigin(_)));
        self.allowed_origins.len() + skipped.count() >= MAX_ORIGINS
    }
}

/// Who decides what people find at an origin, as far as its name tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginOwner {
    /// The person or company that has registered this name.
    Registrant(String),
    /// A customer of a host where anybody can have a name.
    Customer {
        /// The customer's name.
        name: String,
        /// The name of the host, below which anybody can have one.
        host: String,
    },
    /// The operator of a host or a registry.
    Operator,
    /// An IP address.
    Address,
    /// This machine, or a name of a local network.
    Local,
}

impl OriginOwner {
    /// The owner of an origin.
    pub fn of(origin: &AllowedOrigin) -> Self {
        let url = Url::parse(origin.as_str()).ok();
        let Some(Host::Domain(host)) = url.as_ref().and_then(Url::host) else { return Self::Address };
        if !host.contains('.') || host.ends_with(".localhost") {
            return Self::Local;
        }
        if is_public_suffix(host) {
            return Self::Operator;
        }
        let name = psl::domain_str(host).unwrap_or(host).to_owned();
        match psl::suffix(host.as_bytes()) {
            Some(suffix) if suffix.typ() == Some(psl::Type::Private) => {
                Self::Customer { name, host: String::from_utf8_lossy(suffix.as_bytes()).into_owned() }
            }
            _ => Self::Registrant(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixtures::{instance, my_app},
        redirects::{Environment, Settings},
    };

    fn missing(settings: &Settings, value: &str) -> Option<String> {
        missing_origin_of_fallback(&instance(settings), Flow::SignIn, value).map(|origin| origin.to_string())
    }

    #[test]
    fn the_origin_of_a_foreign_value_is_offered_as_settings_would_store_it() {
        for (value, origin) in [
            ("https://partner.example.org/start?x#y", "https://partner.example.org"),
            ("HTTPS://Partner.Example.org:8443", "https://partner.example.org:8443"),
            ("https://b\u{fc}cher.example/", "https://xn--bcher-kva.example"),
            ("https://192.0.2.7/", "https://192.0.2.7"),
        ] {
            assert_eq!(missing(&my_app(), value).as_deref(), Some(origin), "{value}");
        }
    }

    #[test]
    fn nothing_is_offered_where_another_rule_or_the_settings_would_refuse_it() {
        for value in [
            "/welcome",
            "https://app.myapp.com/",
            "http://partner.example.org/",
            "https://nick@partner.example.org/",
            "https://partner.example.org./",
            "//partner.example.org/",
            "https://part_ner-.example.org/",
            "https://partner.example.org/\u{200b}x",
            "javascript:alert(1)",
            "partner",
        ] {
            assert_eq!(missing(&my_app(), value), None, "{value}");
        }
        let development = Settings { environment: Environment::Development, ..my_app() };
        assert_eq!(missing(&development, "http://partner.example.org/").as_deref(), Some("http://partner.example.org"));
        let full = Settings { allowed_origins: (0..MAX_ORIGINS).map(|at| format!("https://o{at}.example")).collect(), ..my_app() };
        assert_eq!(missing(&full, "https://partner.example.org/"), None);
    }

    #[test]
    fn what_is_stored_and_skipped_today_counts_towards_the_limit() {
        let mut origins: Vec<String> = (1..MAX_ORIGINS).map(|at| format!("https://o{at}.example")).collect();
        origins.push("http://old.example".into());
        let stored =
            Instance::restore(Settings { allowed_origins: origins, home_url: "https://myapp.com/".into(), ..my_app() }, 1).unwrap();
        assert!(stored.has_max_origins());
    }

    #[test]
    fn the_owner_is_told_from_the_name() {
        let owner = |text: &str| OriginOwner::of(&AllowedOrigin::parse(text, Environment::Development).unwrap());
        let customer = |name: &str, host: &str| OriginOwner::Customer { name: name.into(), host: host.into() };
        assert_eq!(owner("https://myapp.com.evil.co.uk"), OriginOwner::Registrant("evil.co.uk".into()));
        assert_eq!(owner("https://a.my-team.vercel.app"), customer("my-team.vercel.app", "vercel.app"));
        assert_eq!(owner("https://octocat.github.io"), customer("octocat.github.io", "github.io"));
        assert_eq!(owner("https://github.io"), OriginOwner::Operator);
        assert_eq!(owner("https://192.0.2.7"), OriginOwner::Address);
        assert_eq!(owner("https://[2001:db8::1]:8443"), OriginOwner::Address);
        assert_eq!(owner("http://localhost:5173"), OriginOwner::Local);
        assert_eq!(owner("http://testserver"), OriginOwner::Local);
    }
}
