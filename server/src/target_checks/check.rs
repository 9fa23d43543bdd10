//! Checks one target, and says what came of it.

use std::time::Instant;

use app::{
    redirects::{Instance, is_same_site},
    target_checks::{CheckOutcome, TargetState},
};
use hyper::{Method, StatusCode};
use url::Url;

use super::proof::{PATH, challenge, proof};
use crate::outgoing::{Client, End, FollowError, Followed, OutgoingError, OutgoingRequest};

/// The longest name of a host in DNS, in bytes.
const MAX_HOST_BYTES: usize = 253;

/// The names of pages where people sign in, as parts of a path.
const SIGN_IN_PAGES: [&str; 12] =
    ["sign-in", "signin", "sign_in", "login", "log-in", "log_in", "authorize", "sso", "oauth", "oauth2", "auth", "saml"];

/// Checks a URL that visitors are sent to.
pub(super) async fn check_page(client: &Client, instance: &Instance, url: &Url) -> CheckOutcome {
    let begun = Instant::now();
    // Where the URL itself is a sign-in page, the check is whether it answers.
    let is_sign_in = is_sign_in_page(instance, url);
    let followed = client.follow(url, |to| !is_sign_in && is_sign_in_page(instance, to)).await;
    let milliseconds = u32::try_from(begun.elapsed().as_millis()).ok();
    match followed {
        Ok(followed) => CheckOutcome { milliseconds, ..outcome_of(url, followed) },
        Err(FollowError { hops, error }) => failure(hops, &error),
    }
}

/// Checks whether a portal origin leads to this deployment, whose key that is.
///
/// It never fails. A failure is an outcome too.
pub(crate) async fn check_portal(client: &Client, origin: &Url, key: &[u8]) -> CheckOutcome {
    let (Ok(challenge), Some(host)) = (challenge(), origin.host_str()) else { return CheckOutcome::of(TargetState::NotThisPortal) };
    let expected = proof(key, host, &challenge);
    let mut url = origin.clone();
    url.set_path(PATH);
    url.set_query(Some(&format!("challenge={challenge}")));
    let begun = Instant::now();
    match client.fetch(OutgoingRequest::new(Method::GET, &url)).await {
        Ok(fetched) => {
            let is_proof = expected.is_some_and(|expected| fetched.body == expected.as_bytes());
            let state = match fetched.status {
                StatusCode::OK if is_proof => TargetState::Ok,
                status if status.is_server_error() => TargetState::ErrorStatus,
                _ => TargetState::NotThisPortal,
            };
            CheckOutcome {
                status: Some(fetched.status.as_u16()),
                milliseconds: u32::try_from(begun.elapsed().as_millis()).ok(),
                certificate_ends_at: fetched.certificate_ends_at,
                ..CheckOutcome::of(state)
            }
        }
        // A portal never sends that much.
        Err(OutgoingError::TooLong) => CheckOutcome::of(TargetState::NotThisPortal),
        Err(error) => failure(0, &error),
    }
}

fn outcome_of(url: &Url, followed: Followed) -> CheckOutcome {
    let Followed { end, first_other_host, certificate_ends_at } = followed;
    let host = url.host_str().unwrap_or_default();
    let (state, status, last) = match end {
        End::Stopped(status, to) => (TargetState::SignIn, status, to),
        End::Response(status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN), last) => (TargetState::SignIn, status, last),
        End::Response(status, last) if !status.is_success() => (TargetState::ErrorStatus, status, last),
        End::Response(status, last) if is_same_site(host, last.host_str().unwrap_or_default()) => (TargetState::Ok, status, last),
        End::Response(status, last) => (TargetState::OtherSite, status, last),
    };
    let is_elsewhere = !is_same_site(host, last.host_str().unwrap_or_default());
    // A longer name is no host's in DNS, and was not looked up.
    let redirects_to = first_other_host.filter(|host| is_elsewhere && host.len() <= MAX_HOST_BYTES);
    CheckOutcome { status: Some(status.as_u16()), certificate_ends_at, redirects_to, ..CheckOutcome::of(state) }
}

fn failure(hops: u8, error: &OutgoingError) -> CheckOutcome {
    CheckOutcome::of(match error {
        OutgoingError::AddressRefused if hops == 0 => TargetState::PrivateAddress,
        OutgoingError::AddressRefused => TargetState::RedirectsToPrivateAddress,
        OutgoingError::Unsupported | OutgoingError::BadRedirect => TargetState::BadRedirect,
        OutgoingError::NoAddress => TargetState::NoAddress,
        OutgoingError::Timeout => TargetState::Timeout,
        OutgoingError::Connect(_) => TargetState::Unreachable,
        OutgoingError::CertificateEnded => TargetState::CertificateEnded,
        OutgoingError::CertificateInvalid(_) => TargetState::CertificateInvalid,
        OutgoingError::Tls(_) => TargetState::NoTls,
        OutgoingError::Http(_) | OutgoingError::TooLong => TargetState::NotHttp,
        OutgoingError::TooManyRedirects => TargetState::TooManyRedirects,
    })
}

/// Whether people sign in there: at the instance's portal, or at a page whose path says so.
fn is_sign_in_page(instance: &Instance, url: &Url) -> bool {
    let is_portal = Url::parse(instance.portal_origin().as_str()).is_ok_and(|portal| portal.host_str() == url.host_str());
    let is_named = |part: &str| SIGN_IN_PAGES.iter().any(|name| part.eq_ignore_ascii_case(name));
    is_portal || url.path_segments().is_some_and(|mut parts| parts.any(is_named))
}
