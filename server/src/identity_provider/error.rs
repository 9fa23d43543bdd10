//! Why a sign-in at a provider failed. The texts are for logs and for the owners of an instance. They hold nothing about the person.

use url::Url;

use crate::outgoing::OutgoingError;

/// Why a sign-in at a provider failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    /// The server asks no providers.
    #[error("this server asks no identity providers: start it with --identity-providers public, or private for those in private networks")]
    Off,
    /// The client's secret can't be decrypted.
    #[error("the client secret can't be read: {0}")]
    Secret(String),
    /// An address that is no place to ask.
    #[error("{0} is not an https URL")]
    NotHttps(String),
    /// The provider does not answer.
    #[error("{url} does not answer as it should: {error}")]
    Outgoing {
        /// What was asked for.
        url: String,
        /// What went wrong.
        error: OutgoingError,
    },
    /// The provider answers with another status.
    #[error("{url} answers with the status {status} instead of 200{}", if matches!(status, 300..400) { ". Redirects are not followed" } else { "" })]
    Status {
        /// What was asked for.
        url: String,
        /// The status.
        status: u16,
    },
    /// The discovery document can't be read.
    #[error("the discovery document can't be read: {0}")]
    Discovery(String),
    /// The discovery document is another issuer's.
    #[error("the provider says that its issuer is {said}, not {expected}. Both must be equal to the letter, slashes included")]
    Issuer {
        /// What was configured.
        expected: String,
        /// What the document says.
        said: String,
    },
    /// The provider can't do what is needed.
    #[error("the provider does not support {0}")]
    Unsupported(&'static str),
    /// The keys can't be read.
    #[error("the provider's keys (JWKS) can't be read")]
    Keys,
    /// The response is another provider's (RFC 9207).
    #[error("the response comes from another provider than the one that was asked")]
    MixedUp,
    /// The provider's own error.
    #[error("the provider answers {0}")]
    Denied(String),
    /// The response has neither a code nor an error.
    #[error("the provider's response has no code")]
    NoCode,
    /// The code was not redeemed.
    #[error("the provider does not redeem the code: {0}")]
    Token(String),
    /// The ID token is not valid.
    #[error("the ID token is refused: {0}")]
    IdToken(String),
    /// The userinfo response is not valid.
    #[error("the userinfo response is refused: {0}")]
    UserInfo(&'static str),
}

impl ProviderError {
    pub(super) fn outgoing(url: &Url, error: OutgoingError) -> Self {
        // What was sent stays out of texts.
        let mut url = url.clone();
        url.set_query(None);
        Self::Outgoing { url: url.into(), error }
    }
}
