//! Why a request to another server has no response.

use std::io;

use tokio_rustls::rustls::{self, CertificateError};

/// Why a request to another server has no response.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutgoingError {
    /// The URL can't be asked: another scheme than http and https, no host, or a user name or password.
    #[error("the URL can't be asked")]
    Unsupported,
    /// DNS has no address for the host, or does not answer.
    #[error("the host name has no address")]
    NoAddress,
    /// The policy refuses every address of the host.
    #[error("the address is refused")]
    AddressRefused,
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// Nobody accepts the connection.
    #[error("no connection: {0}")]
    Connect(io::Error),
    /// The certificate has ended.
    #[error("the certificate has ended")]
    CertificateEnded,
    /// The certificate is not valid for that host, or not from an authority that browsers trust.
    #[error("the certificate is not valid: {0}")]
    CertificateInvalid(CertificateError),
    /// There is no TLS that both can use.
    #[error("no TLS: {0}")]
    Tls(io::Error),
    /// The response is not HTTP, or ends too early.
    #[error("no HTTP response: {0}")]
    Http(#[from] hyper::Error),
    /// The response's body is too long.
    #[error("the response is too long")]
    TooLong,
    /// The response redirects to something that is no URL.
    #[error("the response redirects to something that is no URL")]
    BadRedirect,
    /// There are too many redirects.
    #[error("too many redirects")]
    TooManyRedirects,
}

impl OutgoingError {
    /// Why the TLS handshake has failed.
    pub(super) fn of_handshake(error: io::Error) -> Self {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
        match cause {
            Some(rustls::Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. })) => {
                Self::CertificateEnded
            }
            Some(rustls::Error::InvalidCertificate(why)) => Self::CertificateInvalid(why.clone()),
            _ => Self::Tls(error),
        }
    }
}
