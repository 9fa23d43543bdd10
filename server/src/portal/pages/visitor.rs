//! The visitor who requests a page, and how long the page waits to read or change something of theirs.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use app::portal::{
    self,
    address::AfterSignIn,
    identity::{Identity, IdentityError, Visitor},
    view::Notice,
};
use axum::response::Response;

use super::page_request::PageRequest;
use crate::observe::sampled::Sampled;

/// How long a page waits for what it shows, before it does without.
const READ_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a change may take. Hashing passwords takes a while when many visitors want that at the same time.
const WRITE_TIMEOUT: Duration = Duration::from_secs(8);

/// Pages that waited for longer.
static LATE: Sampled = Sampled::new();

impl PageRequest {
    /// How the instance signs its visitors in.
    pub(super) fn identity(&self) -> Arc<dyn Identity> {
        portal::identity(self.snapshot.identity, &self.context.pool, self.snapshot.id)
    }

    /// The visitor; `None` if nobody is signed in. While the database does not answer, the session cache does.
    pub(super) async fn visitor(&self) -> Result<Option<Visitor>, IdentityError> {
        let Some(token) = &self.client.session else { return Ok(None) };
        let (sessions, instance) = (&self.context.sessions, self.snapshot.id);
        let asked = sessions.ask();
        match with_timeout(READ_TIMEOUT, self.identity().visitor(token)).await {
            Ok(visitor) => {
                sessions.update(instance, token, visitor.as_ref(), asked);
                Ok(visitor)
            }
            Err(error) => {
                let cached = sessions.find(instance, token);
                self.is_from_cache.store(cached.is_some(), Ordering::Relaxed);
                cached.map(Some).ok_or(error)
            }
        }
    }

    /// The visitor of a page that needs one, or the redirect to the sign-in page, which leads back to `page`.
    pub(super) async fn require_visitor(&self, page: AfterSignIn) -> Result<Visitor, Response> {
        match self.visitor().await {
            Ok(Some(visitor)) => Ok(visitor),
            Ok(None) => Err(self.redirect(&self.address().sign_in_first(page))),
            Err(_) => Err(self.notice(Notice::Unavailable)),
        }
    }

    /// Changes something, if the database answers; that is known soon. A visitor from the session cache can't change anything: their
    /// session may have ended meanwhile.
    pub(super) async fn write<T>(&self, change: impl Future<Output = Result<T, IdentityError>>) -> Result<T, IdentityError> {
        let ping = async { app::instances::store::ping(&self.context.pool).await.map_err(|_| IdentityError::Unavailable) };
        with_timeout(READ_TIMEOUT, ping).await?;
        if self.is_from_cache.load(Ordering::Relaxed) {
            return Err(IdentityError::Unavailable);
        }
        with_timeout(WRITE_TIMEOUT, change).await
    }

    /// Reads something that a page shows.
    pub(super) async fn read<T>(&self, query: impl Future<Output = Result<T, IdentityError>>) -> Result<T, IdentityError> {
        with_timeout(READ_TIMEOUT, query).await
    }

    /// Removes a visitor's ended sessions from the session cache: all for which `is_kept` is false.
    pub(super) fn forget_sessions(&self, visitor: &Visitor, is_kept: impl Fn(i64) -> bool) {
        self.context.sessions.remove(self.snapshot.id, visitor.id, is_kept);
    }

    /// Removes the browser's session from the session cache.
    pub(super) fn forget_own_session(&self) {
        if let Some(token) = &self.client.session {
            self.context.sessions.end(self.snapshot.id, token);
        }
    }
}

async fn with_timeout<T>(timeout: Duration, future: impl Future<Output = Result<T, IdentityError>>) -> Result<T, IdentityError> {
    tokio::time::timeout(timeout, future).await.unwrap_or_else(|_| {
        LATE.note(|times| {
            tracing::warn!(times, "a hosted page has waited {} s for the database and goes on without it", timeout.as_secs());
        });
        Err(IdentityError::Unavailable)
    })
}
