//! Turns: what takes memory or files gets in a few at a time, per person or address and together. The turn of a request lasts until
//! its answer is written, so answers that nobody reads take the turns of whoever asked for them, and no more.

use std::{
    collections::HashMap,
    hash::Hash,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, Weak},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Error,
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use hyper::body::{Frame, SizeHint};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// How long a request waits for its turn. Its answer must still start before the request's own time is over.
const TURN_TIMEOUT: Duration = Duration::from_secs(15);

/// No turn came in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoTurn;

/// Gives turns, in order.
#[derive(Debug)]
pub(crate) struct Turns<Key> {
    each: usize,
    all: Arc<Semaphore>,
    wait: Duration,
    keys: Mutex<Keys<Key>>,
}

/// The turns of each key that has or wants one.
#[derive(Debug)]
struct Keys<Key> {
    turns: HashMap<Key, Weak<Semaphore>>,
    /// At this many keys, keys without turns are dropped.
    tidy_at: usize,
}

/// How many keys are held before keys without turns are dropped for the first time.
const MIN_KEYS: usize = 64;

/// One of the turns of a key. It is a turn once there is room.
#[derive(Debug)]
pub(crate) struct OwnTurn(OwnedSemaphorePermit);

/// Room for one more, of whatever key.
#[derive(Debug)]
pub(crate) struct Room(OwnedSemaphorePermit);

/// A turn. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _own: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl<Key: Eq + Hash> Turns<Key> {
    /// Each key gets `each` turns at a time, and all keys together get `all`.
    pub(crate) fn new(each: usize, all: usize) -> Self {
        Self {
            each,
            all: Arc::new(Semaphore::new(all)),
            wait: TURN_TIMEOUT,
            keys: Mutex::new(Keys { turns: HashMap::new(), tidy_at: MIN_KEYS }),
        }
    }

    /// Waits until there is room for one more, however long it takes.
    pub(crate) async fn room(&self) -> Option<Room> {
        Arc::clone(&self.all).acquire_owned().await.ok().map(Room)
    }

    /// One of the turns of that key; `None` if it has them all.
    pub(crate) fn own(&self, key: Key) -> Option<OwnTurn> {
        self.of(key).try_acquire_owned().ok().map(OwnTurn)
    }

    /// Takes a turn of that key without waiting. Returns `None` if none is free.
    pub(crate) fn try_take(&self, key: Key) -> Option<Turn> {
        let room = Room(Arc::clone(&self.all).try_acquire_owned().ok()?);
        Some(self.own(key)?.within(room))
    }

    /// Waits for a turn of that key. A key that has all its turns waits without taking one of the others' turns.
    ///
    /// # Errors
    /// None came in time.
    pub(crate) async fn take(&self, key: Key) -> Result<Turn, NoTurn> {
        let (own, all) = (self.of(key), Arc::clone(&self.all));
        let both = async { Some(Turn { _own: own.acquire_owned().await.ok()?, _all: all.acquire_owned().await.ok()? }) };
        timeout(self.wait, both).await.ok().flatten().ok_or(NoTurn)
    }

    fn of(&self, key: Key) -> Arc<Semaphore> {
        // No panic can leave it half changed.
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.turns.len() >= keys.tidy_at {
            keys.turns.retain(|_, turns| turns.strong_count() > 0);
            keys.tidy_at = (2 * keys.turns.len()).max(MIN_KEYS);
        }
        if let Some(turns) = keys.turns.get(&key).and_then(Weak::upgrade) {
            return turns;
        }
        let turns = Arc::new(Semaphore::new(self.each));
        keys.turns.insert(key, Arc::downgrade(&turns));
        turns
    }
}

impl OwnTurn {
    /// The turn in this room.
    pub(crate) fn within(self, Room(all): Room) -> Turn {
        Turn { _own: self.0, _all: all }
    }
}

impl Turn {
    /// Lets the turn last until the answer is written, or is given up.
    pub(crate) fn until_written(self, response: Response) -> Response {
        response.map(|body| Body::new(Held { body, _turn: self }))
    }
}

/// A body that holds a turn.
struct Held {
    body: Body,
    _turn: Turn,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn each_key_has_its_own_turns_and_gets_them_back() {
        let turns = Turns::new(2, 100);
        let first = turns.take("a").await.unwrap();
        let _second = turns.take("a").await.unwrap();
        let mut third = Box::pin(turns.take("a"));
        assert!((&mut third).now_or_never().is_none());
        assert!(turns.take("b").now_or_never().is_some());
        drop(first);
        assert!(third.await.is_ok());
    }

    #[tokio::test]
    async fn all_keys_together_have_a_limit_too() {
        let turns = Turns::new(2, 3);
        let (a, _b, _c) = (turns.take("a").await, turns.take("b").await, turns.take("c").await);
        let mut fourth = Box::pin(turns.take("d"));
        assert!((&mut fourth).now_or_never().is_none());
        drop(a);
        assert!(fourth.await.is_ok());
    }

    #[tokio::test]
    async fn waiting_for_an_own_turn_takes_no_turn_of_other_keys() {
        let turns = Turns::new(1, 2);
        let _first = turns.take("a").await;
        let mut waiting: Vec<_> = (0..10).map(|_| Box::pin(turns.take("a"))).collect();
        assert!(waiting.iter_mut().all(|wait| wait.now_or_never().is_none()));
        assert!(turns.take("b").now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_turn_lasts_until_the_answer_is_dropped() {
        let turns = Turns::new(1, 1);
        let answer = turns.take("a").await.unwrap().until_written(Response::new(Body::from("x")));
        assert!(turns.take("a").now_or_never().is_none());
        drop(answer);
        drop(turns.take("b").await.unwrap());
        assert!(turns.take("c").now_or_never().is_some());
    }

    #[tokio::test]
    async fn keys_without_turns_are_forgotten() {
        let turns = Turns::new(1, 10_000);
        let _kept: Vec<_> = (0..100).map(|key| turns.try_take(key).unwrap()).collect();
        (100..10_000).for_each(|key| drop(turns.try_take(key)));
        assert!(turns.keys.lock().unwrap().turns.len() <= 200);
        assert!(turns.try_take(5).is_none(), "a key with a turn is not forgotten");
    }

    #[tokio::test]
    async fn try_take_needs_room_and_a_free_turn_of_the_key() {
        let turns = Turns::new(1, 2);
        let a = turns.try_take("a").unwrap();
        assert!(turns.try_take("a").is_none());
        let b = turns.try_take("b").unwrap();
        assert!(turns.try_take("c").is_none() && turns.room().now_or_never().is_none());
        drop((a, b));
        let room = turns.room().await.unwrap();
        assert!(turns.own("c").map(|own| own.within(room)).is_some());
    }

    #[tokio::test]
    async fn a_request_that_waits_too_long_gets_an_error() {
        let turns = Turns { wait: Duration::ZERO, ..Turns::new(1, 1) };
        let _turn = turns.take("a").await.unwrap();
        assert_eq!(turns.take("a").await.unwrap_err(), NoTurn);
    }
}
