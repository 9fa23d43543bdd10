//! What a request says, read strictly: an unknown name is an error, so that a misspelled `dry_run` can't write.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, header, request::Parts},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use serde_path_to_error::Segment;
use utoipa::IntoParams;

use super::{
    json::StrictValue,
    problem::{InputError, Problem, pointer},
};

/// The query, of which every parameter is known and comes once.
#[derive(Clone, Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Reads a query string.
///
/// # Errors
/// A parameter is unknown, repeated, missing or not valid.
pub(super) fn read_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let reader = serde_html_form::Deserializer::from_bytes(query.as_bytes());
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let (path, detail) = (error.path().to_string(), error.inner().to_string());
        // Of an unknown or missing parameter, only the message says the name, between backquotes.
        let name = if matches!(path.as_str(), "." | "?") { detail.split('`').nth(1).unwrap_or_default().to_owned() } else { path };
        Problem::parameters(vec![InputError {
            parameter: Some(name).filter(|name| !name.is_empty()),
            pointer: None,
            detail: plain(&detail, "parameter"),
        }])
    })
}

/// A step of a path as a JSON pointer has it.
fn step(segment: &Segment) -> String {
    match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => pointer(key),
        Segment::Enum { variant } => pointer(variant),
        Segment::Unknown => String::new(),
    }
}

/// What serde says, in plain English.
fn plain(message: &str, what: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let first = names.next().unwrap_or_default();
    if message.starts_with("missing field") {
        return format!("Add the {what} {first}.");
    }
    if message.starts_with("duplicate field") {
        return format!("{first} is here twice. Send it once.");
    }
    if message.starts_with("unknown field") {
        let known: Vec<&str> = names.collect();
        let known = if known.is_empty() { format!("No {what} is known here.") } else { format!("Known: {}.", known.join(", ")) };
        return format!("There is no {what} {first}. {known}");
    }
    format!("It can't be read: {message}.")
}

/// No parameter at all.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoParams {}

/// The parameter of every write.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WriteParams {
    /// `true` changes nothing: the answer says what would change, what the policy refuses, and how many counted visits it concerns.
    #[serde(default)]
    pub(super) dry_run: bool,
}

/// A body that says it is JSON.
#[derive(Clone, Debug)]
pub(super) struct RawJson(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for RawJson {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind != "application/json" && kind != "application/merge-patch+json" {
            let detail = "Send the body as JSON, with Content-Type: application/json.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            let status = rejection.status();
            let detail = if status == StatusCode::PAYLOAD_TOO_LARGE { "The body is too large." } else { "The body is incomplete." };
            Problem::new(status, detail)
        })?;
        Ok(Self(bytes))
    }
}

impl RawJson {
    /// Reads the body as a value of a known type.
    ///
    /// # Errors
    /// It is not JSON, a name is unknown, repeated or missing, or a value has the wrong type.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let mut reader = serde_json::Deserializer::from_slice(&self.0);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            if !error.inner().is_data() {
                return not_json(error.inner());
            }
            let message = error.inner().to_string();
            // serde_json says where in the text it is; the pointer says it better.
            let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
            Problem::values(vec![InputError::at(error.path().iter().map(step).collect::<String>(), plain(message, "field"))])
        })
    }
}

fn not_json(error: &serde_json::Error) -> Problem {
    Problem::bad_request(format_args!("The body is not valid JSON: {error}."))
}

/// A JSON body.
#[derive(Clone, Debug)]
pub(super) struct JsonBody(pub(super) Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let RawJson(bytes) = RawJson::from_request(request, state).await?;
        let StrictValue(value) = serde_json::from_slice(&bytes).map_err(|error| not_json(&error))?;
        Ok(Self(value))
    }
}

impl JsonBody {
    /// Reads the body as a value of a known type.
    ///
    /// # Errors
    /// A name is unknown or missing, or a value has the wrong type.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_path_to_error::deserialize(&self.0).map_err(|error| {
            Problem::values(vec![InputError::at(
                error.path().iter().map(step).collect::<String>(),
                plain(&error.inner().to_string(), "field"),
            )])
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrong(query: &str) -> Value {
        read_query::<WriteParams>(query).unwrap_err().json()["errors"][0].clone()
    }

    #[test]
    fn a_misspelled_dry_run_is_refused() {
        assert!(read_query::<WriteParams>("dry_run=true").unwrap().dry_run);
        assert!(!read_query::<WriteParams>("").unwrap().dry_run);
        for (query, name) in
            [("dryrun=true", "dryrun"), ("dry-run=true", "dry-run"), ("Dry_run=true", "Dry_run"), ("dry_run=true&dry_run=true", "dry_run")]
        {
            assert_eq!(wrong(query)["parameter"], name, "{query}");
        }
        for query in ["dry_run=yes", "dry_run=1", "dry_run=", "dry_run", "dry_run=TRUE"] {
            assert!(read_query::<WriteParams>(query).is_err(), "{query}");
        }
    }

    #[test]
    fn an_unknown_field_is_refused_where_it_is() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Outer {
            #[expect(dead_code, reason = "only reading counts")]
            inner: Vec<Inner>,
        }
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Inner {}
        let problem = JsonBody(json!({"inner": [{}, {"a/b": 1}]})).read::<Outer>().unwrap_err();
        assert_eq!(problem.json()["errors"][0]["pointer"], "/inner/1/a~1b");
    }
}
