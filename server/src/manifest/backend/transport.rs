//! Requests to the management API: with the token from the environment, over TLS or on this machine.

use std::time::Duration;

use app::manifest::ManifestError;
use hyper::{
    HeaderMap, Method, StatusCode,
    body::Bytes,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

use crate::{
    manifest::failure::Failure,
    outgoing::{AddressPolicy, Client, OutgoingRequest},
};

/// The environment variable with the token. A flag would show it to everybody who lists processes.
pub(super) const TOKEN_VARIABLE: &str = "PORTAL_REDIRECTS_TOKEN";

/// The longest response that is read, in bytes.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// How often a request is sent again after the server asked to wait, and the longest wait.
const MAX_WAITS: usize = 20;
const MAX_WAIT: Duration = Duration::from_mins(1);

/// Sends requests to one server.
#[derive(Debug)]
pub(super) struct Transport {
    client: Client,
    base: Url,
    authorization: HeaderValue,
}

/// A response.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// `application/problem+json`
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    detail: String,
    errors: Vec<InputError>,
    changes: Vec<ChangedSince>,
}

#[derive(Deserialize)]
struct InputError {
    #[serde(default)]
    pointer: String,
    detail: String,
}

#[derive(Deserialize)]
struct ChangedSince {
    version: i64,
    who: String,
    at: String,
}

impl Transport {
    pub(super) fn open(server: &Url) -> Result<Self, Failure> {
        let token = std::env::var(TOKEN_VARIABLE).unwrap_or_default();
        let usage = |why: &str| Failure::Usage(format!("--server needs an API token in {TOKEN_VARIABLE}; {why}"));
        if token.trim().is_empty() {
            return Err(usage("it is empty"));
        }
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", token.trim())).map_err(|_| usage("its value is not a token"))?;
        authorization.set_sensitive(true);
        let base = server.join("/management/v1/").map_err(|_| Failure::Usage("--server is not a URL".to_owned()))?;
        let client = Client::new(AddressPolicy::Private).map_err(anyhow::Error::from)?;
        Ok(Self { client, base, authorization })
    }

    /// The URL of a resource.
    pub(super) fn url(&self, path: &str) -> Url {
        // A relative path without a colon always joins.
        self.base.join(path).unwrap_or_else(|_| self.base.clone())
    }

    /// Sends a request, and again where the server asks to wait, up to [`MAX_WAITS`] times.
    ///
    /// # Errors
    /// No answer came. The server may have done what was asked all the same.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let url = self.url(path);
        let mut sent = HeaderMap::new();
        sent.insert(AUTHORIZATION, self.authorization.clone());
        if body.is_some() {
            sent.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, value) in headers {
            sent.insert(name, HeaderValue::from_str(value).map_err(anyhow::Error::from)?);
        }
        let body = Bytes::from(body.map(Value::to_string).unwrap_or_default());
        for waits in 0.. {
            let request = OutgoingRequest { method: method.clone(), url: &url, headers: sent.clone(), body: body.clone() };
            let (status, headers, body) = self
                .client
                .fetch_up_to(MAX_BODY_BYTES, request)
                .await
                .map_err(|error| anyhow::Error::from(error).context(format!("the server {} can't be asked", self.base)))?;
            if status != StatusCode::TOO_MANY_REQUESTS || waits >= MAX_WAITS {
                return Ok(Answer { status, headers, body });
            }
            let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
            tokio::time::sleep(Duration::from_secs(seconds.unwrap_or(1)).min(MAX_WAIT)).await;
        }
        Err(Failure::Unreachable(anyhow::anyhow!("the server still takes no request of this token; try again later")))
    }
}

impl Answer {
    /// The answer, if the server has done what was asked.
    pub(super) fn success(self) -> Result<Self, Failure> {
        if self.status.is_success() {
            return Ok(self);
        }
        let status = self.status;
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(Failure::Unreachable(anyhow::anyhow!("the server's rate limit still refuses this token; try again later")));
        }
        let Problem { detail, errors, .. } = self.json().unwrap_or_default();
        let more: Vec<String> = errors.into_iter().map(|error| error.detail).collect();
        let detail = if detail.is_empty() { "is there a management API at this URL?".to_owned() } else { detail };
        Err(Failure::Unreachable(anyhow::anyhow!("the server answers {status}: {}", [&[detail][..], &more].concat().join(" "))))
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Failure::Unreachable(anyhow::Error::from(error).context("the server's answer can't be read")))
    }

    pub(super) fn header(&self, name: &HeaderName) -> Result<String, Failure> {
        let text = self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        text.ok_or_else(|| Failure::Unreachable(anyhow::anyhow!("the server's answer has no {name}")))
    }

    /// What the rules refuse of the settings that were sent; `None` if that is not what was answered.
    pub(super) fn refused(&self) -> Option<Vec<ManifestError>> {
        match self.status {
            StatusCode::UNPROCESSABLE_ENTITY => {
                let Problem { detail, errors, .. } = self.json().unwrap_or_default();
                if errors.is_empty() {
                    return Some(vec![ManifestError { pointer: String::new(), message: detail }]);
                }
                // A new instance is sent with its settings one step deeper.
                let pointer = |pointer: &str| match pointer.strip_prefix("/settings") {
                    Some(rest) => rest.to_owned(),
                    None => pointer.strip_prefix("/slug").unwrap_or(pointer).to_owned(),
                };
                Some(errors.into_iter().map(|error| ManifestError { pointer: pointer(&error.pointer), message: error.detail }).collect())
            }
            StatusCode::GONE => {
                let Problem { detail, .. } = self.json().unwrap_or_default();
                Some(vec![ManifestError { pointer: String::new(), message: detail }])
            }
            _ => None,
        }
    }

    /// Who has saved since the version that was sent.
    pub(super) fn who_saved(&self) -> String {
        let Problem { detail, changes, .. } = self.json().unwrap_or_default();
        match changes.first() {
            Some(ChangedSince { version, who, at }) => format!("Version {version} is from {who}, {at}."),
            None => detail,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &Value) -> Answer {
        Answer { status: StatusCode::from_u16(status).unwrap(), headers: HeaderMap::new(), body: Bytes::from(body.to_string()) }
    }

    #[test]
    fn errors_of_a_new_instance_are_those_of_its_settings() {
        let errors = json!([{ "pointer": "/settings/domain", "detail": "No." }, { "pointer": "/slug", "detail": "Taken." }]);
        let refused = answer(422, &json!({ "detail": "Some values are not valid.", "errors": errors })).refused().unwrap();
        assert_eq!(refused.iter().map(ToString::to_string).collect::<Vec<_>>(), ["/domain: No.", ": Taken."]);
        let other = answer(422, &json!({ "errors": [{ "pointer": "/portal_origin", "detail": "Taken." }] })).refused().unwrap();
        assert_eq!(other[0].pointer, "/portal_origin");
        assert!(answer(403, &json!({})).refused().is_none());
    }

    #[test]
    fn a_conflict_names_who_saved_last() {
        let changes =
            json!([{ "version": 3, "who": "ana@myapp.com", "at": "2026-11-27T12:00:00Z", "did": "changed settings", "fields": [] }]);
        let conflict = answer(412, &json!({ "detail": "Version 3 is stored already.", "changes": changes }));
        assert_eq!(conflict.who_saved(), "Version 3 is from ana@myapp.com, 2026-11-27T12:00:00Z.");
        assert_eq!(answer(412, &json!({ "detail": "No such version is stored." })).who_saved(), "No such version is stored.");
    }
}
