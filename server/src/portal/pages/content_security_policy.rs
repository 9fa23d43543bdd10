//! A page's Content-Security-Policy: it loads only its own style, and its forms lead only where its flows may end.

use std::collections::BTreeSet;

use app::redirects::{Environment, Instance, RequestingOrigin};
use url::Url;

/// The policy of a page whose style has that nonce. `instance` is the page's instance and its requesting origin; without one, the
/// page has no form. In Chromium, `form-action` also governs each redirect that follows a form's post, so it lists where the
/// instance's flows may end.
pub(super) fn policy(nonce: &str, instance: Option<(&Instance, Option<&str>)>) -> String {
    let forms = instance.map_or_else(|| "'none'".to_owned(), |(instance, requesting)| form_action(instance, requesting));
    format!("default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; form-action {forms}; base-uri 'none'; frame-ancestors 'none'")
}

/// Where the instance's forms may lead: the portal itself, the instance's domain and its subdomains on any port, the allowed
/// origins, the home URL, and in development the page that the visitor came from.
fn form_action(instance: &Instance, requesting: Option<&str>) -> String {
    let development = instance.environment() == Environment::Development;
    let schemes: &[&str] = if development { &["https", "http"] } else { &["https"] };
    let mut sources = BTreeSet::new();
    let domain = instance.domain().as_str();
    for scheme in schemes {
        for host in [domain.to_owned(), format!("*.{domain}")] {
            sources.extend(source(scheme, &host, Some(":*"), development));
        }
    }
    let home = instance.home_url().origin().ascii_serialization();
    let requesting = requesting.filter(|_| RequestingOrigin::referer_counts(instance.environment()));
    for origin in instance.allowed_origins().iter().map(app::redirects::AllowedOrigin::as_str).chain([home.as_str()]).chain(requesting) {
        sources.extend(source_of(origin, development));
    }
    sources.into_iter().fold("'self'".to_owned(), |list, source| format!("{list} {source}"))
}

/// An origin, or a pattern with `*`, as a source.
fn source_of(origin: &str, development: bool) -> Option<String> {
    let (scheme, rest) = origin.split_once("://")?;
    let (host, port) = match Url::parse(&origin.replace("*.", "")).ok()?.port() {
        Some(port) => (rest.strip_suffix(&format!(":{port}"))?, Some(format!(":{port}"))),
        None => (rest, None),
    };
    source(scheme, host, port.as_deref(), development)
}

/// A host as a source (CSP level 3, section 2.3.1). The grammar has no IPv6 literals and allows only letters, digits and hyphens.
/// Browsers drop what they can't read, and a semicolon would even begin another directive. For any other host the source is its
/// whole scheme in development, and nothing in production, where such a target is not worth it.
fn source(scheme: &str, host: &str, port: Option<&str>, development: bool) -> Option<String> {
    let name = host.strip_prefix("*.").unwrap_or(host);
    let is_readable = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if is_readable { Some(format!("{scheme}://{host}{}", port.unwrap_or_default())) } else { development.then(|| format!("{scheme}:")) }
}

#[cfg(test)]
mod tests {
    use app::{
        fixtures::{self, my_app},
        redirects::Settings,
    };

    use super::*;

    fn instance(environment: Environment, domain: &str, home_url: &str, origins: &[&str]) -> Instance {
        let (domain, home_url) = (domain.into(), home_url.into());
        let allowed_origins = origins.iter().map(|&origin| origin.to_owned()).collect();
        fixtures::instance(&Settings { environment, domain, home_url, allowed_origins, ..my_app() })
    }

    #[test]
    fn forms_lead_to_the_domain_the_allowed_origins_and_nowhere_else() {
        let origins = ["https://app.example.com", "https://*.preview.myapp.dev:8443"];
        let instance = instance(Environment::Production, "myapp.com", "", &origins);
        assert_eq!(
            form_action(&instance, Some("http://localhost:5173")),
            "'self' https://*.myapp.com:* https://*.preview.myapp.dev:8443 https://app.example.com https://myapp.com https://myapp.com:*"
        );
    }

    #[test]
    fn in_development_they_lead_to_http_and_to_the_page_that_asked_as_well() {
        let instance = instance(Environment::Development, "localhost", "http://localhost:5173/", &["http://*.localhost:4000"]);
        assert_eq!(
            form_action(&instance, Some("http://127.0.0.1:8000")),
            "'self' http://*.localhost:* http://*.localhost:4000 http://127.0.0.1:8000 http://localhost:* http://localhost:5173 \
             https://*.localhost:* https://localhost:*"
        );
    }

    #[test]
    fn a_host_that_is_no_source_widens_to_its_scheme_in_development_and_is_left_out_in_production() {
        let development = instance(Environment::Development, "myapp.test", "", &["http://[::1]:5173"]);
        assert_eq!(
            form_action(&development, None),
            "'self' http: http://*.myapp.test:* http://myapp.test:* https://*.myapp.test:* https://myapp.test https://myapp.test:*"
        );
        let production = instance(Environment::Production, "myapp.com", "", &["https://[2001:db8::1]"]);
        assert_eq!(form_action(&production, None), "'self' https://*.myapp.com:* https://myapp.com https://myapp.com:*");
    }

    #[test]
    fn no_character_of_a_host_ends_its_source() {
        let development = instance(Environment::Development, "myapp.test", "", &[]);
        let without = form_action(&development, None);
        for host in ["a;sandbox", "a'b", "a,b", "*", "a*b"] {
            assert_eq!(form_action(&development, Some(&format!("http://{host}"))), without.replacen("'self'", "'self' http:", 1), "{host}");
        }
        for text in ["http://", "a;sandbox", ""] {
            assert_eq!(form_action(&development, Some(text)), without, "{text}");
        }
    }

    #[test]
    fn a_page_without_an_instance_has_no_form() {
        let policy = policy("abc", None);
        let expected =
            "default-src 'none'; style-src 'nonce-abc'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
        assert_eq!(policy, expected);
    }
}
