//! Answers of `GET /v1/redirects` that are ready to send. They change with the instance's version only.

use std::sync::Arc;

use app::instances::stored::StoredInstance;
use axum::{body::Bytes, http::HeaderValue};
use moka::sync::Cache;
use uuid::Uuid;

use super::api;

/// How many bytes of them are kept.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// What an entry takes besides its body.
const OVERHEAD_BYTES: usize = 256;

/// One answer.
#[derive(Debug)]
pub(super) struct Prepared {
    save_id: Uuid,
    version: i64,
    pub(super) etag: HeaderValue,
    pub(super) body: Bytes,
}

/// The answers by the instance's key.
#[derive(Clone, Debug)]
pub(super) struct PreparedRedirects(Cache<i64, Arc<Prepared>>);

impl PreparedRedirects {
    pub(super) fn new() -> Self {
        let bytes = |_: &i64, prepared: &Arc<Prepared>| u32::try_from(prepared.body.len() + OVERHEAD_BYTES).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(MAX_BYTES).weigher(bytes).build())
    }

    /// The answer for what is served of an instance; `None` if it can't be made.
    pub(super) fn of(&self, served: &StoredInstance) -> Option<Arc<Prepared>> {
        let is_of = |prepared: &Arc<Prepared>| prepared.save_id == served.save_id && prepared.version == served.instance.version();
        if let Some(prepared) = self.0.get(&served.id).filter(is_of) {
            return Some(prepared);
        }
        let prepared = Arc::new(Prepared {
            save_id: served.save_id,
            version: served.instance.version(),
            etag: HeaderValue::try_from(served.etag()).ok()?,
            body: api::redirects_body(served).ok()?.into(),
        });
        self.0.insert(served.id, Arc::clone(&prepared));
        Some(prepared)
    }
}

#[cfg(test)]
mod tests {
    use app::{
        fixtures::{my_app, stored},
        redirects::Flow,
    };

    use super::*;

    #[test]
    fn an_answer_is_made_once_for_each_save() {
        let prepared = PreparedRedirects::new();
        let served = stored(my_app(), &[(Flow::SignIn, "/in")]);
        let first = prepared.of(&served).unwrap();
        assert!(Arc::ptr_eq(&first, &prepared.of(&served).unwrap()));
        // After a restore, the number of a version comes again with another save.
        let saved = StoredInstance { save_id: Uuid::from_u128(7), ..stored(my_app(), &[(Flow::SignIn, "/elsewhere")]) };
        assert_eq!(saved.instance.version(), served.instance.version());
        let second = prepared.of(&saved).unwrap();
        assert!(String::from_utf8_lossy(&second.body).contains("/elsewhere"));
        assert_ne!(first.etag, second.etag);
    }
}
