//! When a server's certificate ends.

use time::OffsetDateTime;
use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate};

/// When the first certificate of a chain ends, which is the server's own. `None` if that can't be read.
pub(super) fn end_of(chain: Option<&[CertificateDer<'_>]>) -> Option<OffsetDateTime> {
    let (_, certificate) = X509Certificate::from_der(chain?.first()?).ok()?;
    OffsetDateTime::from_unix_timestamp(certificate.validity().not_after.timestamp()).ok()
}
