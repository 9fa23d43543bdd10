//! Asks for a page as a visitor's browser would, as far as its status: HEAD, then GET where HEAD is not enough, and on where it redirects.

use std::time::Duration;

use hyper::{
    Method, StatusCode,
    header::{ACCEPT, HeaderValue, LOCATION},
};
use time::OffsetDateTime;
use tokio::time::timeout;
use url::Url;

use super::{Client, OutgoingError, OutgoingRequest, client::OutgoingResponse};

/// How many redirects are followed.
const MAX_HOPS: u8 = 5;

/// Some servers never answer HEAD. The rest of the time is for GET.
const HEAD_TIMEOUT: Duration = Duration::from_secs(3);

/// Where a page has led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Followed {
    /// How it ended.
    pub(crate) end: End,
    /// The first other host than the one asked that it has led to.
    pub(crate) first_other_host: Option<String>,
    /// When the first certificate on the way ends.
    pub(crate) certificate_ends_at: Option<OffsetDateTime>,
}

/// How following redirects ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With a response that is no redirect, from that URL.
    Response(StatusCode, Url),
    /// With a redirect to a URL that was not to be followed.
    Stopped(StatusCode, Url),
}

/// Why following redirects has led to no response.
#[derive(Debug)]
pub(crate) struct FollowError {
    /// How many redirects were followed.
    pub(crate) hops: u8,
    /// Why there is no response.
    pub(crate) error: OutgoingError,
}

impl Client {
    /// Asks for a URL and what it redirects to, unless `stop` says so of a redirect's URL. Each hop is checked like the first.
    ///
    /// # Errors
    /// There is no response in time, or there are too many redirects.
    pub(crate) async fn follow(&self, url: &Url, stop: impl Fn(&Url) -> bool) -> Result<Followed, FollowError> {
        let mut hops = 0;
        let followed = timeout(self.total_timeout, self.follow_hops(url, stop, &mut hops)).await.unwrap_or(Err(OutgoingError::Timeout));
        followed.map_err(|error| FollowError { hops, error })
    }

    async fn follow_hops(&self, first: &Url, stop: impl Fn(&Url) -> bool, hops: &mut u8) -> Result<Followed, OutgoingError> {
        let mut url = first.clone();
        let (mut first_other_host, mut certificate_ends_at) = (None, None::<OffsetDateTime>);
        loop {
            let response = self.ask(&url).await?;
            let status = response.status;
            certificate_ends_at = [certificate_ends_at, response.certificate_ends_at].into_iter().flatten().min();
            let to = response.headers.get(LOCATION).filter(|_| status.is_redirection());
            let Some(to) = to else {
                return Ok(Followed { end: End::Response(status, url), first_other_host, certificate_ends_at });
            };
            let to = to.to_str().ok().and_then(|to| url.join(to).ok()).ok_or(OutgoingError::BadRedirect)?;
            if first_other_host.is_none() && to.host_str() != first.host_str() {
                first_other_host = to.host_str().map(str::to_owned);
            }
            if stop(&to) {
                return Ok(Followed { end: End::Stopped(status, to), first_other_host, certificate_ends_at });
            }
            if *hops == MAX_HOPS {
                return Err(OutgoingError::TooManyRedirects);
            }
            *hops += 1;
            url = to;
        }
    }

    /// The head of the response to HEAD, or to GET where HEAD says nothing about the page.
    async fn ask(&self, url: &Url) -> Result<OutgoingResponse, OutgoingError> {
        match timeout(HEAD_TIMEOUT, self.send(visit(Method::HEAD, url))).await {
            Ok(Ok(response)) if response.status.is_success() || response.status.is_redirection() => Ok(response),
            // Some servers answer an error to HEAD, or nothing.
            Ok(Ok(_) | Err(OutgoingError::Http(_))) | Err(_) => self.send(visit(Method::GET, url)).await,
            Ok(Err(error)) => Err(error),
        }
    }
}

fn visit(method: Method, url: &Url) -> OutgoingRequest<'_> {
    let mut request = OutgoingRequest::new(method, url);
    request.headers.insert(ACCEPT, HeaderValue::from_static("text/html, */*;q=0.5"));
    request
}
