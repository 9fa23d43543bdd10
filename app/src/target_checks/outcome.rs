//! What came of a check.

use strum::{EnumString, IntoStaticStr, VariantArray};
use time::{Duration, OffsetDateTime};

/// What a target does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum TargetState {
    /// It answers with a page.
    Ok,
    /// It answers, but only to those who sign in: checks carry no cookies.
    SignIn,
    /// It leads to another site, which answers with a page.
    OtherSite,
    /// Its address is one that is not checked.
    PrivateAddress,
    /// It answers with an error.
    ErrorStatus,
    /// It does not answer in time.
    Timeout,
    /// DNS has no address for its host.
    NoAddress,
    /// Nobody accepts the connection.
    Unreachable,
    /// Its certificate has ended.
    CertificateEnded,
    /// Its certificate is one that browsers refuse.
    CertificateInvalid,
    /// There is no TLS that both can use.
    NoTls,
    /// What it answers is not HTTP.
    NotHttp,
    /// It redirects too often.
    TooManyRedirects,
    /// It redirects to what is no URL, or to another scheme.
    BadRedirect,
    /// It redirects to an address that is not checked.
    RedirectsToPrivateAddress,
    /// The portal's host does not lead to this deployment.
    NotThisPortal,
}

/// How much a state matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// All is well.
    Good,
    /// To be known; it may well be meant so.
    Information,
    /// It will be a problem.
    Warning,
    /// Visitors don't arrive.
    Problem,
}

impl TargetState {
    /// The name in the database and in metrics.
    pub fn name(self) -> &'static str {
        self.into()
    }

    fn severity(self) -> Severity {
        match self {
            Self::Ok => Severity::Good,
            Self::SignIn | Self::OtherSite | Self::PrivateAddress => Severity::Information,
            _ => Severity::Problem,
        }
    }
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckOutcome {
    /// What the target does.
    pub state: TargetState,
    /// The status of the last response, if there was one.
    pub status: Option<u16>,
    /// How long it took, in milliseconds, if there was a response.
    pub milliseconds: Option<u32>,
    /// When the first certificate on the way ends.
    pub certificate_ends_at: Option<OffsetDateTime>,
    /// The host of another site that it leads to.
    pub redirects_to: Option<String>,
}

/// How long before its end a certificate is warned of. Most are renewed a month before.
const CERTIFICATE_WARNING: Duration = Duration::days(14);

impl CheckOutcome {
    /// An outcome without a response.
    pub fn of(state: TargetState) -> Self {
        Self { state, status: None, milliseconds: None, certificate_ends_at: None, redirects_to: None }
    }

    /// How much it matters at that time.
    pub fn severity(&self, now: OffsetDateTime) -> Severity {
        let warning = if self.certificate_ends_in(now).is_some() { Severity::Warning } else { Severity::Good };
        self.state.severity().max(warning)
    }

    /// How long the certificate still lasts, where that is worth a warning.
    pub fn certificate_ends_in(&self, now: OffsetDateTime) -> Option<Duration> {
        self.certificate_ends_at.map(|ends_at| ends_at - now).filter(|left| *left < CERTIFICATE_WARNING)
    }
}
