//! Answers of `/v1/session` that are reused for a while: signing one takes longer than everything else. A session that ends on this runtime
//! is forgotten at once. One that ends elsewhere is forgotten when a notification says so, and without notifications after the time for which
//! answers are reused.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use app::credentials::token::Token;
use axum::body::Bytes;
use moka::sync::Cache;

/// How long an answer is reused.
const MAX_AGE: Duration = Duration::from_secs(30);

/// How much memory answers take at most, in bytes.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// What an answer takes besides its text, in bytes.
const OVERHEAD_BYTES: usize = 400;

/// An instance's key, the hash of a session's token, and the origin that asked.
type Key = (i64, [u8; 32], String);

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct SessionAnswer {
    /// The body.
    pub(super) body: Bytes,
    /// The version of the instance that it was made with.
    pub(super) version: i64,
    /// The visitor's key.
    pub(super) visitor: i64,
    /// The session's key.
    pub(super) session: i64,
}

/// The answers of one runtime. Clones share them.
#[derive(Clone, Debug)]
pub(in crate::portal) struct SessionTokens(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    answers: Cache<Key, SessionAnswer>,
    /// How often sessions have ended. An answer that was begun before is not stored: its session may be one of them.
    ended: RwLock<u64>,
}

impl SessionTokens {
    pub(in crate::portal) fn new() -> Self {
        let weigh = |key: &Key, answer: &SessionAnswer| u32::try_from(key.2.len() + answer.body.len() + OVERHEAD_BYTES).unwrap_or(u32::MAX);
        let answers = Cache::builder().max_capacity(MAX_BYTES).weigher(weigh).time_to_live(MAX_AGE).build();
        Self(Arc::new(Inner { answers, ended: RwLock::new(0) }))
    }

    /// The answer for a session and an origin, if there is one of that version.
    pub(super) fn find(&self, instance: i64, token: &Token, origin: &str, version: i64) -> Option<SessionAnswer> {
        self.0.answers.get(&(instance, token.hash(), origin.to_owned())).filter(|answer| answer.version == version)
    }

    /// What [`Self::insert`] is told: to be asked before the database is.
    pub(in crate::portal) fn ended(&self) -> u64 {
        *self.0.ended.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores an answer, unless a session has ended since.
    pub(super) fn insert(&self, instance: i64, token: &Token, origin: &str, answer: SessionAnswer, since: u64) {
        self.while_none_ends(since, |none_ended| {
            if none_ended {
                self.0.answers.insert((instance, token.hash(), origin.to_owned()), answer);
            }
        });
    }

    /// Stores something while no session ends. `store` learns whether none has ended since then.
    pub(in crate::portal) fn while_none_ends(&self, since: u64, store: impl FnOnce(bool)) {
        let ended = self.0.ended.read().unwrap_or_else(PoisonError::into_inner);
        store(*ended == since);
    }

    /// Forgets the session with that token.
    pub(in crate::portal) fn forget_token(&self, instance: i64, token: &Token) {
        let hash = token.hash();
        self.forget(|key, _| key.0 == instance && key.1 == hash);
    }

    /// Forgets a visitor's sessions, except those for which `is_kept` is true.
    pub(in crate::portal) fn forget_visitor(&self, instance: i64, visitor: i64, is_kept: impl Fn(i64) -> bool) {
        self.forget(|key, answer| key.0 == instance && answer.visitor == visitor && !is_kept(answer.session));
    }

    /// Forgets the sessions with these keys.
    pub(in crate::portal) fn forget_sessions(&self, sessions: &BTreeSet<i64>) {
        self.forget(|_, answer| sessions.contains(&answer.session));
    }

    /// Forgets everything.
    pub(in crate::portal) fn forget_all(&self) {
        self.forget(|_, _| true);
    }

    /// It looks at every answer: sessions rarely end.
    fn forget(&self, is_ended: impl Fn(&Key, &SessionAnswer) -> bool) {
        let mut ended = self.0.ended.write().unwrap_or_else(PoisonError::into_inner);
        *ended += 1;
        for (key, answer) in &self.0.answers {
            if is_ended(&key, &answer) {
                self.0.answers.invalidate(&*key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(visitor: i64, session: i64) -> SessionAnswer {
        SessionAnswer { body: Bytes::from_static(b"{}"), version: 1, visitor, session }
    }

    #[test]
    fn an_answer_is_reused_for_its_session_origin_and_version_only() {
        let (tokens, token) = (SessionTokens::new(), Token::new().unwrap());
        tokens.insert(1, &token, "https://a.com", answer(5, 50), tokens.ended());
        assert!(tokens.find(1, &token, "https://a.com", 1).is_some());
        assert!(tokens.find(2, &token, "https://a.com", 1).is_none());
        assert!(tokens.find(1, &token, "https://b.com", 1).is_none());
        assert!(tokens.find(1, &token, "https://a.com", 2).is_none());
        assert!(tokens.find(1, &Token::new().unwrap(), "https://a.com", 1).is_none());
    }

    #[test]
    fn an_ended_session_is_forgotten_at_once_and_an_answer_that_was_being_made_is_not_stored() {
        let (tokens, token, other) = (SessionTokens::new(), Token::new().unwrap(), Token::new().unwrap());
        for origin in ["https://a.com", "https://b.com"] {
            tokens.insert(1, &token, origin, answer(5, 50), tokens.ended());
        }
        tokens.insert(1, &other, "https://a.com", answer(5, 51), tokens.ended());
        let before = tokens.ended();
        tokens.forget_token(1, &token);
        tokens.insert(1, &token, "https://a.com", answer(5, 50), before);
        assert!(tokens.find(1, &token, "https://a.com", 1).is_none() && tokens.find(1, &token, "https://b.com", 1).is_none());
        assert!(tokens.find(1, &other, "https://a.com", 1).is_some());
        tokens.forget_visitor(1, 5, |session| session == 51);
        assert!(tokens.find(1, &other, "https://a.com", 1).is_some());
        tokens.forget_visitor(1, 5, |_| false);
        assert!(tokens.find(1, &other, "https://a.com", 1).is_none());
    }
}
