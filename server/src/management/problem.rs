//! The errors of the management API, as `application/problem+json` (RFC 9457).

use app::{database::StoreError, error::AppError, manifest::ManifestError};
use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request is refused. It is boxed, because results carry it through every function.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<ProblemBody>);

/// Why a request is refused.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Always `about:blank`: the status says what kind of problem it is.
    r#type: &'static str,
    /// What the status means.
    title: &'static str,
    /// The HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// What is wrong, and how to fix it.
    detail: String,
    /// What is wrong with each part of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<InputError>,
    /// Who has changed what since the version of `If-Match`, the last change first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    changes: Vec<ChangedSince>,
    #[serde(skip)]
    headers: Vec<(HeaderName, String)>,
}

/// What is wrong with one part of a request.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct InputError {
    /// Where the value is in the body, as a JSON pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pointer: Option<String>,
    /// The query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parameter: Option<String>,
    /// What is wrong, and how to fix it.
    pub(super) detail: String,
}

/// A change that was made since the version of `If-Match`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ChangedSince {
    /// The version that it made.
    pub(super) version: i64,
    /// Who made it.
    pub(super) who: String,
    /// When, in UTC.
    #[schema(format = DateTime)]
    pub(super) at: String,
    /// What it did.
    pub(super) did: String,
    /// The fields that it changed.
    pub(super) fields: Vec<String>,
}

/// The JSON pointer of a name at the top of a body.
pub(super) fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

impl InputError {
    /// What is wrong with a value of the body.
    pub(super) fn at(pointer: impl Into<String>, detail: impl ToString) -> Self {
        Self { pointer: Some(pointer.into()), parameter: None, detail: detail.to_string() }
    }

    /// What is wrong with a query parameter.
    pub(super) fn of(parameter: &str, detail: impl ToString) -> Self {
        Self { pointer: None, parameter: Some(parameter.to_owned()), detail: detail.to_string() }
    }
}

impl Problem {
    /// A problem with that status.
    pub(super) fn new(status: StatusCode, detail: impl ToString) -> Self {
        Self(Box::new(ProblemBody {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.to_string(),
            errors: Vec::new(),
            changes: Vec::new(),
            headers: Vec::new(),
        }))
    }

    /// The same problem with what is wrong with each part.
    #[must_use]
    fn with_errors(mut self, errors: Vec<InputError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// The request can't be read.
    pub(super) fn bad_request(detail: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// Query parameters are wrong.
    pub(super) fn parameters(errors: Vec<InputError>) -> Self {
        Self::bad_request("The query is not valid. See errors for each parameter.").with_errors(errors)
    }

    /// Values of the body are wrong.
    pub(super) fn values(errors: Vec<InputError>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Some values are not valid, so nothing was changed. See errors for each value.")
            .with_errors(errors)
    }

    /// The request carries no valid token.
    pub(super) fn unauthorized(detail: impl ToString) -> Self {
        // RFC 6750, section 3.
        Self::new(StatusCode::UNAUTHORIZED, detail).with(header::WWW_AUTHENTICATE, "Bearer")
    }

    /// The token or its maker may not.
    pub(super) fn forbidden(detail: impl ToString) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// There is no such thing, or the token may not know of it.
    pub(super) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "There is no such instance for this token. Its maker must be a member, and a token of one instance reaches no other.",
        )
    }

    /// The database does not answer.
    pub(super) fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "The database does not answer right now. A change may have been stored anyway: read it first, then try again.",
        )
        .with(header::RETRY_AFTER, "5")
    }

    /// The same problem with one more header.
    #[must_use]
    pub(super) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    /// The same problem with each value at another place: what is checked is not always the whole body.
    #[must_use]
    pub(super) fn moved(mut self, place: impl Fn(&str) -> String) -> Self {
        for error in &mut self.0.errors {
            error.pointer = error.pointer.as_deref().map(&place);
        }
        self
    }

    /// The same problem of a query parameter, where the value that is refused is that parameter.
    #[must_use]
    pub(super) fn of_parameter(self, name: &str) -> Self {
        if self.0.errors.is_empty() {
            return self;
        }
        Self::parameters(self.0.errors.into_iter().map(|error| InputError::of(name, error.detail)).collect())
    }

    /// The same problem with who has changed what.
    #[must_use]
    pub(super) fn since(mut self, changes: Vec<ChangedSince>) -> Self {
        self.0.changes = changes;
        self
    }
}

impl From<Vec<ManifestError>> for Problem {
    fn from(errors: Vec<ManifestError>) -> Self {
        Self::values(errors.into_iter().map(|error| InputError::at(error.pointer, error.message)).collect())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Fields(errors) => errors.into_iter().map(ManifestError::of_field).collect::<Vec<_>>().into(),
            // Whoever can name what has changed in between does so before it comes here.
            StoreError::Conflict(_) => {
                Self::new(StatusCode::PRECONDITION_FAILED, "Somebody has saved in between. Read it again, then send your change.")
            }
            other => other.into_app_error().into(),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NotFound => Self::not_found(),
            AppError::Archived => Self::new(StatusCode::GONE, "The instance is archived. An owner can restore it on the dashboard."),
            AppError::Unavailable => Self::unavailable(),
            AppError::Invalid => Self::new(
                StatusCode::CONFLICT,
                "The stored settings break a rule that was added later. Correct them on the dashboard, under Settings.",
            ),
            AppError::Forbidden => Self::forbidden("The maker of this token may not do that any more, or the token has ended."),
            other => Self::bad_request(other),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.0.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

#[cfg(test)]
impl Problem {
    /// The body as JSON.
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::to_value(&self.0).unwrap()
    }

    /// The HTTP status.
    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap()
    }
}
