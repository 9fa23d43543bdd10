//! Loads in progress. A request for an instance that is being loaded waits for that load, so each is loaded once at a time.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{FutureExt, Shared};
use tokio::sync::oneshot;
use tracing::Instrument;

use super::{host::Host, memory::Snapshot};
use crate::portal::problem_details::ProblemDetails;

/// What an instance is looked up by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum LookupKey {
    Slug(Box<str>),
    Host(Host),
}

/// An instance is not in memory, and the database does not return it. The cause is logged where it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::portal) struct Unreadable;

impl From<Unreadable> for ProblemDetails {
    fn from(_: Unreadable) -> Self {
        Self::Unavailable
    }
}

/// The result of a lookup; `None` if there is no such instance.
pub(in crate::portal) type Lookup = Result<Option<Snapshot>, Unreadable>;

type Load = Shared<oneshot::Receiver<Lookup>>;

/// The most loads in progress. They share a few connections, so most of any more would wait in vain.
const MAX_LOADS: usize = 1024;

/// The loads in progress, by what they look up.
#[derive(Clone, Debug, Default)]
pub(super) struct SingleFlight(Arc<Mutex<HashMap<LookupKey, Load>>>);

impl SingleFlight {
    /// Waits for the load of `key`, and starts it if none is in progress and `in_memory` still finds nothing. A load goes on after the
    /// client that started it has disconnected.
    ///
    /// # Errors
    /// That of the load, or too many are in progress.
    pub(super) async fn join<L>(
        &self,
        key: &LookupKey,
        in_memory: impl FnOnce() -> Option<Snapshot>,
        load: impl FnOnce(LookupKey) -> L,
    ) -> Lookup
    where
        L: Future<Output = Lookup> + Send + 'static,
    {
        let load = {
            let mut loads = self.lock();
            match loads.get(key) {
                Some(load) => load.clone(),
                None if loads.len() >= MAX_LOADS => return Err(Unreadable),
                None => {
                    // A load may have ended between the look into memory and the lock.
                    if let Some(snapshot) = in_memory() {
                        return Ok(Some(snapshot));
                    }
                    let (sender, receiver) = oneshot::channel();
                    let (receiver, entry) = (receiver.shared(), Entry(self.clone(), key.clone()));
                    loads.insert(key.clone(), receiver.clone());
                    let load = load(key.clone());
                    tokio::spawn(
                        async move {
                            let found = load.await;
                            drop(entry);
                            // Perhaps no client waits any more.
                            let _ = sender.send(found);
                        }
                        .in_current_span(),
                    );
                    receiver
                }
            }
        };
        load.await.unwrap_or(Err(Unreadable))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LookupKey, Load>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes a load from the list when it ends, even by a panic.
struct Entry(SingleFlight, LookupKey);

impl Drop for Entry {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}
