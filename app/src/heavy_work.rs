//! Work that keeps a core busy for milliseconds or takes much memory: passwords, lists of links, exports. It runs on threads of its
//! own, a few at a time, so a flood of it holds up nobody else's request.

use std::{sync::LazyLock, thread};

use tokio::{runtime::Handle, sync::Semaphore, task};
use tracing::Span;

/// The most work of one kind at a time, however many cores there are: each may take tens of MiB.
const MAX_AT_A_TIME: usize = 4;

/// Rating, hashing and verifying passwords.
pub static PASSWORDS: HeavyWork = HeavyWork::new();

/// Lists of links, exports and other long pages.
pub static LISTS: HeavyWork = HeavyWork::new();

/// Deciding counted visits again, to say what a change means.
pub static IMPACTS: HeavyWork = HeavyWork::new();

/// A kind of heavy work, and how much of it may run at a time. The rest waits, in order.
#[derive(Debug)]
pub struct HeavyWork(LazyLock<Semaphore>);

/// The work was not done: the server is stopping, or the work panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server is stopping")]
pub struct NotDone;

impl HeavyWork {
    const fn new() -> Self {
        Self(LazyLock::new(|| Semaphore::new(at_a_time())))
    }

    /// Does the work on a thread of its own, once there is room for it. Work is not started if its caller has given up.
    ///
    /// # Errors
    /// The work was not done.
    pub async fn run<T: Send + 'static>(&'static self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, NotDone> {
        let permit = self.0.acquire().await.map_err(|_| NotDone)?;
        let span = Span::current();
        let done = task::spawn_blocking(move || {
            let done = span.in_scope(work);
            drop(permit);
            done
        });
        done.await.map_err(|_| NotDone)
    }

    /// Does work that also waits for the database, such as rendering a long page.
    ///
    /// # Errors
    /// The work was not done.
    pub async fn run_async<T: Send + 'static>(&'static self, work: impl Future<Output = T> + Send + 'static) -> Result<T, NotDone> {
        self.run(move || Handle::current().block_on(work)).await
    }
}

/// How much work of one kind runs at a time: one core is left for everything else.
pub(crate) fn at_a_time() -> usize {
    thread::available_parallelism().map_or(1, usize::from).saturating_sub(1).clamp(1, MAX_AT_A_TIME)
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[tokio::test]
    async fn work_runs_on_another_thread_while_the_worker_goes_on() {
        static ROOM: HeavyWork = HeavyWork::new();
        // The work ends only after this thread has gone on: on the worker itself it would never end.
        let meeting = Arc::new(Barrier::new(2));
        let (there, worker) = (Arc::clone(&meeting), thread::current().id());
        let work = tokio::spawn(ROOM.run(move || {
            there.wait();
            thread::current().id()
        }));
        tokio::task::yield_now().await;
        meeting.wait();
        assert_ne!(work.await.unwrap(), Ok(worker));
    }

    #[tokio::test]
    async fn only_a_few_run_at_a_time_and_all_are_done() {
        static ROOM: HeavyWork = HeavyWork::new();
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let all: Vec<_> = (0..50)
            .map(|_| {
                let (running, most) = (Arc::clone(&running), Arc::clone(&most));
                tokio::spawn(ROOM.run(move || {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                }))
            })
            .collect();
        for work in all {
            assert_eq!(work.await.unwrap(), Ok(()));
        }
        assert!((1..=at_a_time()).contains(&most.load(Ordering::SeqCst)), "{most:?}");
    }

    #[tokio::test]
    async fn work_may_wait_for_something_that_the_worker_does() {
        static ROOM: HeavyWork = HeavyWork::new();
        let (send, receive) = tokio::sync::oneshot::channel();
        let work = tokio::spawn(ROOM.run_async(receive));
        tokio::task::yield_now().await;
        send.send(7).unwrap();
        assert_eq!(work.await.unwrap(), Ok(Ok(7)));
    }

    #[tokio::test]
    async fn a_panic_frees_its_place() {
        static ROOM: HeavyWork = HeavyWork::new();
        for _ in 0..=at_a_time() {
            assert_eq!(ROOM.run(|| assert!(thread::current().name().is_none(), "as the test wants")).await, Err(NotDone));
        }
        assert_eq!(ROOM.run(|| 1).await, Ok(1));
    }
}
