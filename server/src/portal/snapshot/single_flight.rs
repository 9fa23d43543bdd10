//! Loads that are under way: who asks for what is being loaded waits for that load, so each name is asked for once at a time.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{FutureExt, Shared};
use tokio::sync::oneshot;
use tracing::Instrument;

use super::{Snapshot, Unreadable, host::Host};

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Name {
    Slug(Box<str>),
    Host(Host),
}

/// What came of it.
pub(super) type Found = Result<Option<Snapshot>, Unreadable>;

type Flight = Shared<oneshot::Receiver<Found>>;

/// The most loads under way at once. They wait for a few connections, so of more than these most would wait in vain.
const MOST: usize = 1024;

/// Loads that are under way, by what they are for.
#[derive(Clone, Debug, Default)]
pub(super) struct Flights(Arc<Mutex<HashMap<Name, Flight>>>);

impl Flights {
    /// Waits for the load of that name, which is begun where none is under way, unless `warm` finds it in memory by now. It goes on
    /// when whoever asked first has gone away.
    ///
    /// # Errors
    /// That of the load, or too many are under way.
    pub(super) async fn join<L>(&self, name: &Name, warm: impl FnOnce() -> Option<Snapshot>, load: impl FnOnce(Name) -> L) -> Found
    where
        L: Future<Output = Found> + Send + 'static,
    {
        let flight = {
            let mut flights = self.lock();
            match flights.get(name) {
                Some(flight) => flight.clone(),
                None if flights.len() >= MOST => return Err(Unreadable),
                None => {
                    // It may have landed between the look and the lock.
                    if let Some(snapshot) = warm() {
                        return Ok(Some(snapshot));
                    }
                    let (answer, flight) = oneshot::channel();
                    let (flight, landing) = (flight.shared(), Landing(self.clone(), name.clone()));
                    flights.insert(name.clone(), flight.clone());
                    let load = load(name.clone());
                    tokio::spawn(
                        async move {
                            let found = load.await;
                            drop(landing);
                            // Nobody may wait any more.
                            let _ = answer.send(found);
                        }
                        .in_current_span(),
                    );
                    flight
                }
            }
        };
        flight.await.unwrap_or(Err(Unreadable))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Name, Flight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a load off the list, however it ends.
struct Landing(Flights, Name);

impl Drop for Landing {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}
