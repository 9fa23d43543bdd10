//! The certificate authorities that outgoing requests trust.

use tokio_rustls::rustls::RootCertStore;

/// Those that browsers trust, and those that this machine trusts: companies add their own there. `SSL_CERT_FILE` and `SSL_CERT_DIR` name other
/// places for the latter.
pub(crate) fn trusted_authorities() -> RootCertStore {
    let mut trusted = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let found = rustls_native_certs::load_native_certs();
    for error in found.errors {
        tracing::warn!("certificate authorities of this machine can't be read: {error}");
    }
    // What is not a certificate is left out, as other programs do.
    trusted.add_parsable_certificates(found.certs);
    trusted
}
