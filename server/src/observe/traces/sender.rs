//! Sends spans over HTTP. The SDK calls it from a thread without a Tokio runtime, so each request is spawned on the server's runtime.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::Handle;
use tokio_rustls::rustls::{self, ClientConfig};

use crate::outgoing::trusted_authorities;

/// How long one attempt to send may take.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// The maximum length of a response, in bytes.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// An HTTP client for the collector. It accepts https certificates from the authorities that browsers and this machine trust.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    runtime: Handle,
    /// Whether the last attempt failed. A lasting failure is logged once.
    failing: Arc<AtomicBool>,
}

impl Sender {
    /// # Errors
    /// The TLS library supports no protocol version.
    pub(super) fn new(runtime: Handle) -> Result<Self, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = config.with_root_certificates(trusted_authorities()).with_no_client_auth();
        let connector = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), runtime, failing: Arc::default() })
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = self.client.request(request.map(Full::new)).await?.into_parts();
        let body = Limited::new(body, MAX_RESPONSE_BYTES).collect().await?.to_bytes();
        Ok(Response::from_parts(parts, body))
    }

    async fn send(self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let response = match tokio::time::timeout(EXPORT_TIMEOUT, self.exchange(request)).await {
            Ok(response) => response,
            Err(elapsed) => Err(elapsed.into()),
        };
        let error = match &response {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(response.status().to_string()),
            Err(error) => Some(error.to_string()),
        };
        let failing = self.failing.swap(error.is_some(), Ordering::Relaxed);
        if let Some(error) = error {
            metrics::counter!("traces_failed_total").increment(1);
            if !failing {
                tracing::warn!(%error, "the trace collector does not accept spans");
            }
        } else if failing {
            tracing::info!("the trace collector accepts spans again");
        }
        response
    }
}

impl HttpClient for Sender {
    fn send_bytes<'sender, 'sent>(
        &'sender self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'sent>>
    where
        'sender: 'sent,
        Self: 'sent,
    {
        let sent = self.runtime.spawn(self.clone().send(request));
        Box::pin(async move { sent.await? })
    }
}
