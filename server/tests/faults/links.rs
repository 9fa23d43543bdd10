//! Links that visitors come with: some good, most of them hostile.

use app::redirects::Flow;
use url::Url;

use crate::random::Random;

/// Values of `redirect_url` that lead to strangers, or nowhere. `{domain}` is the instance's own.
const HOSTILE: [&str; 16] = [
    "https://evil.com",
    "//evil.com",
    "///evil.com",
    "/\\evil.com",
    "https:evil.com",
    "https://{domain}@evil.com/",
    "https://{domain}.evil.com/",
    "https://evil{domain}/",
    "https://evil.com/{domain}",
    "https://evil.com\\@{domain}/",
    "https://evil.com#@{domain}/",
    "javascript:alert(1)//{domain}",
    "data:text/html,{domain}",
    "http://{domain}/",
    "https://user:password@{domain}/",
    "https://{domain}%2eevil.com/",
];

/// What a visitor asks for, and what must come of it.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    query: String,
    /// The target, where the link decides; otherwise the stored fallback redirect does.
    pub(crate) leads_to: Option<String>,
}

impl Visit {
    /// A visit by chance: a third with a good link, the others with a hostile one or none.
    pub(crate) fn by(random: &mut Random, domain: &str) -> Self {
        let flow = *random.one_of(&Flow::ALL);
        let mut query = url::form_urlencoded::Serializer::new(format!("flow={flow}"));
        let mut leads_to = None;
        match random.below(3) {
            0 => {
                let good = format!("https://app.{domain}/orders/{}", random.below(1000));
                query.append_pair("redirect_url", &good);
                // After a click on the logo, links have no say.
                leads_to = (flow != Flow::Logo).then_some(good);
            }
            1 => {
                query.append_pair("redirect_url", &random.one_of(&HOSTILE).replace("{domain}", domain));
            }
            _ => {}
        }
        Self { query: query.finish(), leads_to }
    }

    /// Where it is asked for.
    pub(crate) fn path(&self, slug: &str) -> String {
        format!("/portal/{slug}/v1/resolve?{}", self.query)
    }
}

/// Whether a target is on an instance's own domain, as a browser reads it.
pub(crate) fn is_own(target: &str, domain: &str) -> bool {
    let Ok(url) = Url::parse(target) else { return false };
    let own = url.host_str().is_some_and(|host| host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')));
    own && url.scheme() == "https" && url.username().is_empty() && url.password().is_none()
}
