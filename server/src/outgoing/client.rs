//! Sends one request, and reads its response up to a limit.

use std::{fmt, sync::Arc, time::Duration};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    HeaderMap, Method, Request, StatusCode,
    body::{Bytes, Incoming},
    header::{HOST, HeaderValue, USER_AGENT},
};
use time::OffsetDateTime;
use tokio::task::JoinSet;
use tokio_rustls::{
    TlsConnector,
    rustls::{self, ClientConfig, RootCertStore},
};
use url::{Position, Url};

use super::{
    AddressPolicy, OutgoingError,
    authorities::trusted_authorities,
    connection::{Connection, connect},
    resolver::{Resolve, SystemResolver},
};

/// How long a request may take, with all that it is redirected to.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);

/// The maximum length of a response's body, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// What it says about itself.
const OWN_USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("portal-redirects/", env!("CARGO_PKG_VERSION")));

/// Sends requests to other servers, each over a connection of its own.
#[derive(Clone)]
pub(crate) struct Client {
    pub(super) policy: AddressPolicy,
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) tls: TlsConnector,
    pub(super) total_timeout: Duration,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// A request to another server.
#[derive(Clone, Debug)]
pub(crate) struct OutgoingRequest<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl<'a> OutgoingRequest<'a> {
    /// A request without a body and without headers of its own.
    pub(crate) fn new(method: Method, url: &'a Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Bytes::new() }
    }
}

/// A response that was read to its end.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) status: StatusCode,
    /// When the server's certificate ends, if the connection has TLS.
    pub(crate) certificate_ends_at: Option<OffsetDateTime>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A response, whose body is not read yet. Dropping it closes the connection.
#[derive(Debug)]
pub(crate) struct OutgoingResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// When the server's certificate ends, if the connection has TLS.
    pub(crate) certificate_ends_at: Option<OffsetDateTime>,
    body: Incoming,
    _driver: JoinSet<()>,
}

impl OutgoingResponse {
    /// Reads the body.
    ///
    /// # Errors
    /// It is longer than 64 KiB, or it ends too early.
    pub(crate) async fn read(self) -> Result<Bytes, OutgoingError> {
        self.read_up_to(MAX_BODY_BYTES).await
    }

    async fn read_up_to(self, limit: usize) -> Result<Bytes, OutgoingError> {
        match Limited::new(self.body, limit).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(OutgoingError::TooLong),
            Err(error) => Err(error.downcast::<hyper::Error>().map_or(OutgoingError::TooLong, |error| OutgoingError::Http(*error))),
        }
    }
}

impl Client {
    /// A client that connects to the addresses that the policy allows, and trusts the authorities that browsers and this machine trust.
    ///
    /// # Errors
    /// The TLS library supports no protocol version.
    pub(crate) fn new(policy: AddressPolicy) -> Result<Self, rustls::Error> {
        Self::with(policy, Arc::new(SystemResolver), trusted_authorities())
    }

    /// The same with a resolver and authorities of its own.
    pub(super) fn with(policy: AddressPolicy, resolver: Arc<dyn Resolve>, roots: RootCertStore) -> Result<Self, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Nothing of one check is known at the next.
        config.resumption = rustls::client::Resumption::disabled();
        Ok(Self { policy, resolver, tls: TlsConnector::from(Arc::new(config)), total_timeout: TOTAL_TIMEOUT })
    }

    /// Sends a request and reads the whole response, without following redirects.
    ///
    /// # Errors
    /// There is no response in time, or it is too long.
    pub(crate) async fn fetch(&self, request: OutgoingRequest<'_>) -> Result<Fetched, OutgoingError> {
        let fetching = async {
            let mut response = self.send(request).await?;
            let (status, certificate_ends_at) = (response.status, response.certificate_ends_at);
            let headers = std::mem::take(&mut response.headers);
            Ok(Fetched { status, certificate_ends_at, headers, body: response.read().await? })
        };
        tokio::time::timeout(self.total_timeout, fetching).await.map_err(|_| OutgoingError::Timeout)?
    }

    /// Sends a request and reads the whole response with its headers, up to a limit of its own.
    ///
    /// # Errors
    /// There is no response in time, or it is too long.
    pub(crate) async fn fetch_up_to(
        &self,
        limit: usize,
        request: OutgoingRequest<'_>,
    ) -> Result<(StatusCode, HeaderMap, Bytes), OutgoingError> {
        let fetching = async {
            let mut response = self.send(request).await?;
            let (status, headers) = (response.status, std::mem::take(&mut response.headers));
            Ok((status, headers, response.read_up_to(limit).await?))
        };
        tokio::time::timeout(self.total_timeout, fetching).await.map_err(|_| OutgoingError::Timeout)?
    }

    /// Sends a request and reads the head of its response. The caller limits its time.
    ///
    /// # Errors
    /// There is no response.
    pub(super) async fn send(&self, request: OutgoingRequest<'_>) -> Result<OutgoingResponse, OutgoingError> {
        let OutgoingRequest { method, url, headers, body } = request;
        let host = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]).map_err(|_| OutgoingError::Unsupported)?;
        let mut sent = Request::new(Full::new(body));
        *sent.method_mut() = method;
        // Never the fragment: browsers don't send it either.
        *sent.uri_mut() = url[Position::BeforePath..Position::AfterQuery].parse().map_err(|_| OutgoingError::Unsupported)?;
        *sent.headers_mut() = headers;
        sent.headers_mut().insert(HOST, host);
        sent.headers_mut().insert(USER_AGENT, OWN_USER_AGENT);
        let Connection { mut sender, certificate_ends_at, driver } = connect(self, url).await?;
        let (head, body) = sender.send_request(sent).await?.into_parts();
        Ok(OutgoingResponse { status: head.status, headers: head.headers, certificate_ends_at, body, _driver: driver })
    }
}
