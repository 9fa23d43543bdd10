//! What the policy says of a value in the Redirects tab, in the words and parts that the screen shows.

use serde::{Deserialize, Serialize};

/// A URL in three parts, so that the host can be set off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UrlParts {
    /// Up to the host: `https://`.
    pub before: String,
    /// The host, with its port.
    pub host: String,
    /// From the path on.
    pub after: String,
}

/// The verdict on one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing is typed: people go to the home URL.
    Empty(UrlParts),
    /// It is allowed; this is the absolute URL that it means.
    Allowed(UrlParts),
    /// It is refused.
    Refused(RefusedValue),
}

/// The verdict on a field, and what can be done about a refused value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedVerdict {
    /// The verdict. It counts the origin that is offered if it is ticked.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The origin that is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// What can be done about the value, as HTML: the button for its correction, or the offer to allow its origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<String>,
}

/// Why a value is refused, and what it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedValue {
    /// The sentence up to the host that it is about.
    pub before: String,
    /// The host; empty if the sentence is about none.
    pub host: String,
    /// The rest of the sentence.
    pub after: String,
    /// The value that was meant, where the mistake is a common one. Saving accepts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<String>,
}

impl RefusedValue {
    /// The sentence, so that its host can be set off.
    pub fn parts(self) -> UrlParts {
        UrlParts { before: self.before, host: self.host, after: self.after }
    }
}

#[cfg(feature = "ssr")]
mod of {
    use super::{RefusedValue, UrlParts, Verdict};
    use crate::redirects::{Explanation, Flow, Instance, correct_fallback, explain, parse_fallback, trim_invisible};

    impl From<&url::Url> for UrlParts {
        fn from(url: &url::Url) -> Self {
            use url::Position::{AfterPort, BeforeHost};
            Self { before: url[..BeforeHost].to_owned(), host: url[BeforeHost..AfterPort].to_owned(), after: url[AfterPort..].to_owned() }
        }
    }

    impl From<Explanation> for UrlParts {
        fn from(explanation: Explanation) -> Self {
            Self { before: explanation.before, host: explanation.host.unwrap_or_default(), after: explanation.after }
        }
    }

    impl Verdict {
        /// What the policy says of `value` as the fallback redirect of `flow`.
        pub fn of(instance: &Instance, flow: Flow, value: &str) -> Self {
            let value = trim_invisible(value);
            if value.is_empty() {
                return Self::Empty(instance.home_url().into());
            }
            match parse_fallback(instance, flow, value) {
                Ok(allowed) => Self::Allowed((&allowed.url).into()),
                Err(refused) => {
                    let correction = correct_fallback(instance, flow, value);
                    let named = correction.as_ref().map(|correction| correction.mistake).filter(|mistake| !mistake.is_empty());
                    let UrlParts { before, host, after } = named.map_or_else(
                        || explain(instance, value, &refused).into(),
                        |mistake| UrlParts { before: mistake.to_owned(), ..UrlParts::default() },
                    );
                    Self::Refused(RefusedValue { before, host, after, correction: correction.map(|correction| correction.value) })
                }
            }
        }
    }
}
