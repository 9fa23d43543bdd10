//! `ETag` and `If-Match` (RFC 9110): a write that replaces something names the version that it replaces.

use app::{
    admins::Role,
    history::{
        difference::{describe, field_changes},
        filter::Criteria,
        store::{Scope, newest_change, read_page},
        with_token,
    },
    instances::stored::{FilledFrom, StoredInstance},
    ui::text::timestamp,
};
use axum::http::{HeaderMap, StatusCode, header};
use sqlx::PgPool;
use uuid::Uuid;

use super::problem::{ChangedSince, Problem};

/// How many changes a problem names.
const MAX_NAMED: i64 = 20;

/// The version that a request replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IfMatch {
    instance: i64,
    version: i64,
    save_id: String,
}

impl IfMatch {
    /// Reads the header.
    ///
    /// # Errors
    /// It is missing, or it is not exactly one strong tag of this API.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut values = headers.get_all(header::IF_MATCH).iter();
        let Some(value) = values.next() else {
            let detail = "This replaces something, so say which version you have seen: send If-Match with the ETag that you have read.";
            return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, detail));
        };
        if values.next().is_some() {
            return Err(Problem::bad_request("Send one If-Match header with one ETag."));
        }
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            let detail = "If-Match: * would replace whatever is stored. Send the ETag that you have read.";
            return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, detail));
        }
        if text.starts_with("W/") {
            return Err(Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "If-Match compares strong tags only. Send the ETag without W/, as it was read.",
            ));
        }
        Self::read(text).ok_or_else(|| {
            let detail = "If-Match is not an ETag of this API. Send the ETag header exactly as it was read, with its quotes, and only one.";
            Problem::bad_request(detail)
        })
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix('"')?.strip_suffix('"')?.split('-');
        let (instance, version, save_id) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
        let save_id = Uuid::try_parse(save_id).ok()?.to_string();
        parts.next().is_none().then_some(Self { instance, version, save_id })
    }

    /// What a store compares with what is stored.
    pub(super) fn filled_from(&self) -> FilledFrom<'_> {
        FilledFrom { version: self.version, save_id: &self.save_id }
    }

    /// Checks that this is the stored version.
    ///
    /// # Errors
    /// It is not: who has changed what since.
    pub(super) async fn check(&self, pool: &PgPool, stored: &StoredInstance) -> Result<(), Problem> {
        if self.instance == stored.id && self.filled_from().is_stored(stored) { Ok(()) } else { Err(self.stale(pool, stored).await) }
    }

    /// Why this is not the stored version.
    pub(super) async fn stale(&self, pool: &PgPool, stored: &StoredInstance) -> Problem {
        let now = stored.instance.version();
        let problem = |detail: &str| Problem::new(StatusCode::PRECONDITION_FAILED, detail).with(header::ETAG, stored.etag());
        if self.instance != stored.id || self.filled_from().is_gone(stored) {
            return problem(
                "No such version is stored: the ETag is of another instance, or the database was restored since. Read it again.",
            );
        }
        let criteria = Criteria::default();
        let page = read_page(pool, Scope::Instance { id: stored.id, role: Role::Viewer }, &criteria, MAX_NAMED).await;
        let Ok(page) = page else { return problem("Somebody has saved since. Read it again, then send your change.") };
        let changes: Vec<_> = page
            .changes
            .into_iter()
            .filter_map(|change| {
                let version = change.version.filter(|version| *version > self.version)?;
                Some(ChangedSince {
                    version,
                    who: with_token(&change.who, change.api_token.as_deref()),
                    at: timestamp(change.at),
                    did: describe(&change),
                    fields: field_changes(&change).into_iter().map(|field| field.label).collect(),
                })
            })
            .collect();
        let detail = match changes.first() {
            Some(ChangedSince { who, at, did, .. }) => {
                format!("Version {now} is stored already: {who} {did} at {at}. Read it again, then send your change.")
            }
            None => format!("Version {now} is stored already. Read it again, then send your change."),
        };
        let detail = match newest_change(pool, stored.id, self.version).await {
            Ok(None) => {
                format!("Only preview origins have changed since, and version {now} is stored. Read it again, then send your change.")
            }
            _ => detail,
        };
        problem(&detail).since(changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<IfMatch, StatusCode> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, value.parse().unwrap());
        }
        IfMatch::of(&headers).map_err(|problem| problem.status())
    }

    const SAVE: &str = "00000000000040008000000000000001";

    #[test]
    fn a_tag_is_read_as_it_was_written() {
        let tag = read(&[&format!("\"7-3-{SAVE}\"")]).unwrap();
        assert_eq!((tag.instance, tag.version, &*tag.save_id), (7, 3, "00000000-0000-4000-8000-000000000001"));
    }

    #[test]
    fn what_names_no_version_is_refused() {
        assert_eq!(read(&[]), Err(StatusCode::PRECONDITION_REQUIRED));
        assert_eq!(read(&["*"]), Err(StatusCode::PRECONDITION_REQUIRED));
        assert_eq!(read(&[&format!("\"7-3-{SAVE}\""), "\"x\""]), Err(StatusCode::BAD_REQUEST), "two are not one");
        assert_eq!(read(&[&format!("W/\"7-3-{SAVE}\"")]), Err(StatusCode::PRECONDITION_FAILED));
        for text in ["", "x", "\"\"", "\"7-3\"", &format!("7-3-{SAVE}"), &format!("\"7-3-{SAVE}-1\""), &format!("\"7-3-{SAVE}\", \"x\"")] {
            assert_eq!(read(&[text]), Err(StatusCode::BAD_REQUEST), "{text}");
        }
    }
}
