//! Which connections are idle: nothing is asked on them, and everything that was asked is answered and written. When a client waits for
//! room, those that have been idle for longest are closed, as nginx does it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// How many connections are closed at a time: this part of those that are idle, and at most so many.
const PART: usize = 8;
const MAX_CLOSED: usize = 32;

/// A request is being answered.
const IN_USE: u64 = 0;

/// The answer is made, but not written.
const ANSWERED: u64 = 1;

/// All connections of one listener, and which of them are idle.
#[derive(Debug)]
pub(super) struct IdleConnections {
    start: Instant,
    open: Mutex<Open>,
    /// A client waits for room.
    is_full: AtomicBool,
    /// How many were told to close and have not done it.
    closing: AtomicUsize,
    /// While a client waits: a connection became idle, or was not closed as it is in use again.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Open {
    last: u64,
    uses: HashMap<u64, Arc<State>>,
}

#[derive(Debug)]
struct State {
    /// [`IN_USE`], [`ANSWERED`], or since when it is idle: a time after both.
    since: AtomicU64,
    is_closing: AtomicBool,
    close: Notify,
}

/// The use of one connection. Clones are of the same one.
#[derive(Clone, Debug)]
pub(super) struct ConnectionUse {
    all: Arc<IdleConnections>,
    state: Arc<State>,
}

/// One connection is open until this is dropped.
#[derive(Debug)]
pub(super) struct OpenConnection {
    key: u64,
    pub(super) connection_use: ConnectionUse,
}

/// A request is in use until this is dropped, with its answer.
#[derive(Debug)]
pub(super) struct InUse(ConnectionUse);

/// A client waits for room until this is dropped.
#[derive(Debug)]
pub(super) struct Waiting<'a>(&'a IdleConnections);

impl IdleConnections {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            open: Mutex::default(),
            is_full: AtomicBool::new(false),
            closing: AtomicUsize::new(0),
            changed: Notify::new(),
        })
    }

    /// A connection was accepted. Until its client asks something, it is idle.
    pub(super) fn opened(self: &Arc<Self>) -> OpenConnection {
        let state = State { since: AtomicU64::new(self.now()), is_closing: AtomicBool::new(false), close: Notify::new() };
        let connection_use = ConnectionUse { all: Arc::clone(self), state: Arc::new(state) };
        let mut open = self.lock();
        open.last += 1;
        let key = open.last;
        open.uses.insert(key, Arc::clone(&connection_use.state));
        OpenConnection { key, connection_use }
    }

    /// From now on, a client waits for room.
    pub(super) fn wait(&self) -> Waiting<'_> {
        self.is_full.store(true, Ordering::SeqCst);
        Waiting(self)
    }

    /// Microseconds, and never as few as what stands for something else.
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX).saturating_add(ANSWERED + 1)
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // No panic can leave it half changed.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting<'_> {
    /// Closes some of the connections that have been idle for longest, unless some are being closed already.
    pub(super) fn close_idle(&self) {
        if self.0.closing.load(Ordering::SeqCst) > 0 {
            return;
        }
        let open = self.0.lock();
        let since = |state: &Arc<State>| state.since.load(Ordering::SeqCst);
        let mut idle: Vec<(u64, &Arc<State>)> =
            open.uses.values().map(|state| (since(state), state)).filter(|(since, _)| *since > ANSWERED).collect();
        let count = (idle.len() / PART).clamp(1, MAX_CLOSED);
        if idle.len() > count {
            idle.select_nth_unstable_by_key(count, |(since, _)| *since);
        }
        for (_, state) in idle.into_iter().take(count) {
            if !state.is_closing.swap(true, Ordering::SeqCst) {
                self.0.closing.fetch_add(1, Ordering::SeqCst);
                state.close.notify_one();
            }
        }
    }

    /// Waits until it makes sense to close more.
    pub(super) async fn changed(&self) {
        self.0.changed.notified().await;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.is_full.store(false, Ordering::SeqCst);
    }
}

impl ConnectionUse {
    /// A request has arrived.
    pub(super) fn begin(&self) -> InUse {
        self.state.since.store(IN_USE, Ordering::SeqCst);
        InUse(self.clone())
    }

    /// Everything that there was for the client is written.
    pub(super) fn written(&self) {
        let state = &self.state.since;
        if state.compare_exchange(ANSWERED, self.all.now(), Ordering::SeqCst, Ordering::SeqCst).is_ok()
            && self.all.is_full.load(Ordering::SeqCst)
        {
            self.all.changed.notify_one();
        }
    }

    /// For how long it has been idle.
    pub(super) fn idle_for(&self) -> Duration {
        let since = self.state.since.load(Ordering::SeqCst);
        if since > ANSWERED { Duration::from_micros(self.all.now().saturating_sub(since)) } else { Duration::ZERO }
    }

    /// Waits until the connection must be closed. It is idle then, and stays so until it is polled again.
    pub(super) async fn closed(&self) {
        loop {
            self.state.close.notified().await;
            if self.state.since.load(Ordering::SeqCst) > ANSWERED {
                return;
            }
            // A request came first.
            self.no_longer_closing();
        }
    }

    fn no_longer_closing(&self) {
        if self.state.is_closing.swap(false, Ordering::SeqCst) {
            self.all.closing.fetch_sub(1, Ordering::SeqCst);
            self.all.changed.notify_one();
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.connection_use.all.lock().uses.remove(&self.key);
        self.connection_use.no_longer_closing();
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.0.state.since.store(ANSWERED, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn is_closed(connection: &OpenConnection) -> bool {
        connection.connection_use.closed().now_or_never().is_some()
    }

    #[test]
    fn the_one_that_is_idle_for_longest_is_closed_and_none_that_is_in_use_or_unwritten() {
        let all = IdleConnections::new();
        let connections: Vec<_> = (0..4).map(|_| all.opened()).collect();
        for (at, since) in [(0, 50), (1, 40), (2, 30), (3, 20)] {
            connections[at].connection_use.state.since.store(since, Ordering::SeqCst);
        }
        let in_use = connections[3].connection_use.begin();
        drop(connections[2].connection_use.begin());
        let waiting = all.wait();
        waiting.close_idle();
        assert_eq!(connections.iter().map(is_closed).collect::<Vec<_>>(), [false, true, false, false]);
        waiting.close_idle();
        assert!(!is_closed(&connections[0]), "one is being closed");
        drop(in_use);
        drop(connections);
        assert_eq!((all.closing.load(Ordering::SeqCst), all.lock().uses.len()), (0, 0));
    }

    #[test]
    fn one_that_is_asked_again_is_not_closed_and_another_one_is() {
        let all = IdleConnections::new();
        let (first, second) = (all.opened(), all.opened());
        second.connection_use.state.since.store(u64::MAX, Ordering::SeqCst);
        let waiting = all.wait();
        waiting.close_idle();
        let in_use = first.connection_use.begin();
        assert!(!is_closed(&first));
        assert!(waiting.changed().now_or_never().is_some(), "there is a reason to look again");
        waiting.close_idle();
        assert!(!is_closed(&first) && is_closed(&second));
        drop(second);
        drop(in_use);
        assert!(waiting.changed().now_or_never().is_some());
        first.connection_use.written();
        assert!(waiting.changed().now_or_never().is_some(), "it is idle now");
        waiting.close_idle();
        assert!(is_closed(&first));
    }
}
