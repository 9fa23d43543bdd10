//! The issuer of an instance's tokens: its portal's origin. Below `/portal/{slug}` of the dashboard it is the dashboard's URL with that
//! path, in development only.

use app::{instances::stored::StoredInstance, redirects::Environment};

use crate::portal::PageContext;

/// An instance's issuer, as a request reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::portal) struct Issuer {
    /// The URL, without a slash at the end.
    pub(in crate::portal) url: String,
    /// Whether the visitor's connection has TLS.
    pub(in crate::portal) secure: bool,
}

impl Issuer {
    /// The issuer for requests to `host`, a host name as URLs write it. `None` if the instance has no issuer there.
    pub(in crate::portal) fn of(host: &str, context: &PageContext, stored: &StoredInstance, is_below_slug: bool) -> Option<Self> {
        let dashboard = context.dashboard_url();
        if is_below_slug {
            let is_served = stored.instance.environment() == Environment::Development && dashboard.is_own(host);
            let url = || dashboard.page(&format!("/portal/{}", stored.instance.slug()));
            return is_served.then(|| Self { url: url(), secure: dashboard.is_secure(host) });
        }
        // The dashboard's own host is no portal's, whatever an instance's portal origin says.
        let origin = stored.instance.portal_origin().as_str();
        (!dashboard.is_secure(host)).then(|| Self { url: origin.to_owned(), secure: origin.starts_with("https://") })
    }
}
