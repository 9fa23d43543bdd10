//! When PostgreSQL could not be reached, and when its connections were cut.

use std::{
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

/// How long after PostgreSQL takes connections again a server may still have found it gone: it had asked before.
const AFTERGLOW: Duration = Duration::from_secs(5);

/// All of them so far.
#[derive(Debug, Default)]
pub(crate) struct Outages(Mutex<Vec<Outage>>);

#[derive(Clone, Copy, Debug)]
struct Outage {
    from: Instant,
    /// `None` as long as it lasts.
    to: Option<Instant>,
    /// Only the connections were cut: new ones could be made at once.
    cut: bool,
}

impl Outages {
    /// PostgreSQL is about to be killed.
    pub(crate) fn begin(&self) {
        self.all().push(Outage { from: Instant::now(), to: None, cut: false });
    }

    /// PostgreSQL takes connections again.
    pub(crate) fn end(&self) {
        if let Some(last) = self.all().last_mut() {
            last.to = Some(Instant::now());
        }
    }

    /// Every connection is about to be cut.
    pub(crate) fn cut(&self) {
        let now = Instant::now();
        self.all().push(Outage { from: now, to: Some(now), cut: true });
    }

    /// Whether a request that was sent and answered then may have found PostgreSQL gone.
    pub(crate) fn met(&self, sent: Instant, answered: Instant) -> bool {
        self.all().iter().any(|outage| outage.from <= answered && outage.to.is_none_or(|to| to + AFTERGLOW >= sent))
    }

    /// Since when PostgreSQL could be reached at that moment without a break, if an outage came before; an error where it could not.
    pub(crate) fn reachable_since(&self, at: Instant) -> Result<Option<Instant>, ()> {
        let outages = self.all();
        let last = outages.iter().rev().find(|outage| !outage.cut && outage.from <= at);
        match last {
            None => Ok(None),
            Some(Outage { to: Some(to), .. }) if *to <= at => Ok(Some(*to)),
            Some(_) => Err(()),
        }
    }

    fn all(&self) -> MutexGuard<'_, Vec<Outage>> {
        self.0.lock().unwrap()
    }
}
