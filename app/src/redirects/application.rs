//! Application origins: the origins whose pages may ask who is signed in, and which are clients of the instance's `OpenID` Connect
//! provider. This is the only place that decides.
//!
//! The home URL's origin is one. Others are only those that an owner has marked, each by itself. A pattern, an allowed origin that expires, or
//! being below the domain makes none: one subdomain that somebody takes over must not read every visitor.

use url::{Host, Url};

use super::{AllowedOrigin, Environment, Instance, OriginError, domain::is_same_site};

/// The most origins that can be marked.
pub const MAX_APPLICATION_ORIGINS: usize = 20;

/// What an owner says of an instance's applications.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applications {
    /// The marked origins, as stored. Whether one counts is decided by [`is_application_origin`], each time.
    pub origins: Vec<String>,
    /// Whether tokens have the visitor's names and addresses.
    pub names_in_tokens: bool,
}

/// Why an origin can't be marked, or no longer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplicationOriginError {
    /// It is no origin that may be stored.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// It is a pattern.
    #[error("An application is one origin. Write it out, without a *.")]
    Pattern,
    /// It is on another site than the portal.
    #[error(
        "That is another site than the portal's, so browsers would not send the portal's cookie along. Add a client with a secret for it."
    )]
    OtherSite,
    /// Links may not lead there.
    #[error("Links may not lead there yet. Add it to the allowed origins in the settings first.")]
    NotAllowed,
    /// It is the portal itself.
    #[error("That is the portal itself. Enter where your application is.")]
    Portal,
}

/// Whether an `Origin` header or a `client_id` names an application of the instance: its home URL's origin, or one of `marked`. It must be
/// written exactly as browsers write origins (RFC 6454, section 6.2).
pub fn is_application_origin(instance: &Instance, marked: &[String], origin: &str) -> bool {
    let Ok(url) = Url::parse(origin) else { return false };
    if url.origin().ascii_serialization() != origin {
        return false;
    }
    if instance.home_url().origin() == url.origin() {
        return true;
    }
    marked.iter().any(|marked| marked == origin) && check_application_origin(instance, origin).is_ok()
}

/// Reads an origin that an owner wants to mark, in the form that is stored.
///
/// # Errors
/// The first rule in [`ApplicationOriginError`] that it breaks.
pub fn check_application_origin(instance: &Instance, text: &str) -> Result<String, ApplicationOriginError> {
    let origin = AllowedOrigin::parse(text, instance.environment())?;
    if !origin.is_exact() {
        return Err(ApplicationOriginError::Pattern);
    }
    let url = Url::parse(origin.as_str()).map_err(|_| OriginError::NotAnOrigin)?;
    if instance.portal_origin().is_origin_of(&url) {
        return Err(ApplicationOriginError::Portal);
    }
    if !is_own_site(instance, &url) {
        return Err(ApplicationOriginError::OtherSite);
    }
    let is_allowed = url.host_str().is_some_and(|host| instance.domain().covers(host));
    if !is_allowed && !instance.allowed_origins().iter().any(|allowed| allowed.matches(&url)) {
        return Err(ApplicationOriginError::NotAllowed);
    }
    Ok(origin.to_string())
}

/// Whether a URL is on the site of the instance's domain or portal. While an application is being built, it is often on the developer's own
/// machine, as is the dashboard below which its portal is.
fn is_own_site(instance: &Instance, url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let portal = Url::parse(instance.portal_origin().as_str()).ok();
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    instance.domain().covers(host)
        || portal.as_ref().and_then(Url::host_str).is_some_and(|portal| is_same_site(host, portal))
        || (is_loopback && instance.environment() == Environment::Development)
}
