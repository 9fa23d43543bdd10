//! A page's content security policy: what it may load, which is its own style, and where its forms may lead.

use std::collections::BTreeSet;

use app::redirects::{Environment, Instance};
use url::Url;

/// The policy of a page whose style has that nonce. Chromium asks `form-action` about each redirect that follows a form's post
/// as well, so what is listed is where the instance's flows may end, and no more. Without an instance there is no form.
pub(super) fn policy(nonce: &str, instance: Option<(&Instance, Option<&str>)>) -> String {
    let forms = instance.map_or_else(|| "'none'".to_owned(), |(instance, requesting)| form_action(instance, requesting));
    format!("default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; form-action {forms}; base-uri 'none'; frame-ancestors 'none'")
}

/// Where the instance's forms may lead: to the portal itself, the instance's domain and what is below it on any port, its allowed
/// origins, its home, and in development the page that the visitor came from.
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
    let requesting = requesting.filter(|_| development);
    for origin in instance.allowed_origins().iter().map(app::redirects::AllowedOrigin::as_str).chain([home.as_str()]).chain(requesting) {
        sources.extend(source_of(origin, development));
    }
    sources.into_iter().fold("'self'".to_owned(), |list, source| format!("{list} {source}"))
}

/// An origin, or a pattern with a `*`, as a source.
fn source_of(origin: &str, development: bool) -> Option<String> {
    let (scheme, rest) = origin.split_once("://")?;
    let (host, port) = match Url::parse(&origin.replace("*.", "")).ok()?.port() {
        Some(port) => (rest.strip_suffix(&format!(":{port}"))?, Some(format!(":{port}"))),
        None => (rest, None),
    };
    source(scheme, host, port.as_deref(), development)
}

/// A host as a source (CSP level 3, section 2.3.1). Its grammar has no IPv6 literal and no characters but letters, digits and
/// hyphens, and a browser drops what it can't read; a semicolon would even begin another directive. In development a form may
/// lead anywhere under that scheme then; in production such a target is not worth that, and is left out.
fn source(scheme: &str, host: &str, port: Option<&str>, development: bool) -> Option<String> {
    let name = host.strip_prefix("*.").unwrap_or(host);
    let is_readable = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if is_readable { Some(format!("{scheme}://{host}{}", port.unwrap_or_default())) } else { development.then(|| format!("{scheme}:")) }
}

#[cfg(test)]
mod tests {
    use app::redirects::Settings;

    use super::*;

    fn instance(environment: Environment, domain: &str, home_url: &str, origins: &[&str]) -> Instance {
        let settings = Settings {
            slug: "my-app".into(),
            name: "MyApp".into(),
            environment,
            domain: domain.into(),
            home_url: home_url.into(),
            allowed_origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
            ..Settings::default()
        };
        Instance::parse(&settings, 1).unwrap()
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
    fn what_the_grammar_has_no_words_for_widens_to_its_scheme_in_development_only() {
        let development = instance(Environment::Development, "myapp.test", "", &["http://[::1]:5173"]);
        assert!(
            form_action(&development, None).ends_with(" http: https://*.myapp.test:* https://myapp.test https://myapp.test:*") || {
                form_action(&development, None).split(' ').filter(|source| *source == "http:").count() == 1
            }
        );
        assert!(!form_action(&development, None).split(' ').any(|source| source == "https:"));
        let production = instance(Environment::Production, "myapp.com", "", &["https://[2001:db8::1]"]);
        assert_eq!(form_action(&production, None), "'self' https://*.myapp.com:* https://myapp.com https://myapp.com:*");
    }

    #[test]
    fn no_host_adds_a_directive() {
        let development = instance(Environment::Development, "myapp.test", "", &[]);
        for host in ["http://a;sandbox", "http://a'b", "http://a,b", "http://*", "http://"] {
            let forms = form_action(&development, Some(host));
            assert!(
                !forms.contains([';', ',']) && !forms.contains("a'b") && !forms.split(' ').any(|source| source == "http://*"),
                "{forms}"
            );
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
