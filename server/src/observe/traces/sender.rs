//! Sends spans over HTTP. The SDK does it from a thread of its own, where no runtime is: each request is handed to the server's.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response, hyper::HyperClient};
use tokio::runtime::Handle;

/// How long one try to send may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The way to a collector, by http or by https under a name that a public authority has signed.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    client: HyperClient<HttpsConnector<HttpConnector>>,
    runtime: Handle,
    /// Whether the last try failed: what lasts is said once.
    failing: Arc<AtomicBool>,
}

impl Sender {
    pub(super) fn new(runtime: Handle) -> Self {
        let connector = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
        Self { client: HyperClient::new(connector, PATIENCE, None), runtime, failing: Arc::default() }
    }

    async fn send(self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.client.send_bytes(request).await;
        let why = match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(answer.status().to_string()),
            Err(error) => Some(error.to_string()),
        };
        let failing = self.failing.swap(why.is_some(), Ordering::Relaxed);
        if let Some(why) = why {
            metrics::counter!("traces_failed_total").increment(1);
            if !failing {
                tracing::warn!(%why, "the collector does not take traces");
            }
        } else if failing {
            tracing::info!("the collector takes traces again");
        }
        answer
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
