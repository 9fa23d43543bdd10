//! What a runtime remembers of visitors' sessions.
//!
//! While it [hears](Hearing) of every session that ends, a visitor who was looked up counts as signed in for 30 s without another query.
//! For 10 minutes they count if the database does not answer: signed-in visitors still skip the sign-in page then. Answers about sessions
//! that are reused for applications are dropped here too.

mod ended_sessions;
mod hearing;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::{credentials::token::Token, portal::identity::Visitor};
use moka::sync::Cache;

use super::oidc::session_tokens::SessionTokens;
pub(in crate::portal) use ended_sessions::EndedSessions;
use hearing::{Hearing, Since};

/// How long a visitor is cached.
const MAX_AGE: Duration = Duration::from_mins(10);

/// For how long they count without another query.
const FRESH_FOR: Duration = Duration::from_secs(30);

/// How many sessions are cached.
const MAX_SESSIONS: u64 = 10_000;

/// An instance's key, and the hash of a session's token.
type Key = (i64, [u8; 32]);

/// The visitors of all instances, by their sessions. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct SessionCache {
    visitors: Cache<Key, Arc<Cached>>,
    tokens: SessionTokens,
    hearing: Hearing,
}

#[derive(Debug)]
struct Cached {
    visitor: Visitor,
    /// Until when they count without another query, if this runtime hears as it did then.
    fresh: Option<(Since, Instant)>,
}

/// The moment before the database is asked for a visitor.
#[derive(Clone, Copy, Debug)]
pub(in crate::portal) struct Asked {
    /// How many sessions had ended.
    ended: u64,
    hearing: Option<Since>,
    at: Instant,
}

impl SessionCache {
    pub(in crate::portal) fn new() -> Self {
        let visitors = Cache::builder().max_capacity(MAX_SESSIONS).time_to_live(MAX_AGE).build();
        Self { visitors, tokens: SessionTokens::new(), hearing: Hearing::default() }
    }

    /// The answers about sessions that are reused.
    pub(in crate::portal) fn tokens(&self) -> &SessionTokens {
        &self.tokens
    }

    /// From now on, this runtime hears of every session that ends.
    pub(in crate::portal) fn begin_hearing(&self) {
        self.hearing.begin();
    }

    /// From now on, sessions may end without its knowledge.
    pub(in crate::portal) fn end_hearing(&self) {
        self.hearing.end();
    }

    /// Whether this runtime hears of every session that ends, as it does of saves.
    pub(in crate::portal) fn hears(&self) -> bool {
        self.hearing.since().is_some()
    }

    /// What [`Self::update`] is told: to be called before the database is asked.
    pub(in crate::portal) fn ask(&self) -> Asked {
        Asked { ended: self.tokens.ended(), hearing: self.hearing.since(), at: Instant::now() }
    }

    /// Whether that session's visitor is known to be signed in.
    pub(in crate::portal) fn is_signed_in(&self, instance: i64, token: &Token) -> bool {
        let Some(hearing) = self.hearing.since() else { return false };
        let cached = self.visitors.get(&(instance, token.hash()));
        cached.and_then(|cached| cached.fresh).is_some_and(|(since, until)| since == hearing && Instant::now() < until)
    }

    /// The visitor whose session it was when it was last looked up: for when the database does not answer.
    pub(in crate::portal) fn find(&self, instance: i64, token: &Token) -> Option<Visitor> {
        self.visitors.get(&(instance, token.hash())).map(|cached| cached.visitor.clone())
    }

    /// Stores the database's answer. `None` is a session that has ended or never was.
    pub(in crate::portal) fn update(&self, instance: i64, token: &Token, visitor: Option<&Visitor>, asked: Asked) {
        let key = (instance, token.hash());
        let Some(visitor) = visitor.cloned() else {
            // Anybody can send a cookie that never was a session, so this must cost nothing more.
            return self.visitors.invalidate(&key);
        };
        // No session ends in between: this one may be it.
        self.tokens.while_none_ends(asked.ended, |none_ended| {
            let fresh = asked.hearing.filter(|_| none_ended).map(|since| (since, asked.at + FRESH_FOR));
            self.visitors.insert(key, Arc::new(Cached { visitor, fresh }));
        });
    }

    /// Removes a session that ends here.
    pub(in crate::portal) fn end(&self, instance: i64, token: &Token) {
        self.tokens.forget_token(instance, token);
        self.visitors.invalidate(&(instance, token.hash()));
    }

    /// Removes a visitor's sessions, except those for which `is_kept` is true.
    pub(in crate::portal) fn remove(&self, instance: i64, visitor: i64, is_kept: impl Fn(i64) -> bool) {
        self.tokens.forget_visitor(instance, visitor, &is_kept);
        self.remove_each(|key, cached| key.0 == instance && cached.id == visitor && !is_kept(cached.session));
    }

    /// Removes sessions that have ended on any server.
    pub(in crate::portal) fn remove_ended(&self, ended: &EndedSessions) {
        match ended {
            EndedSessions::All => self.ask_again(),
            EndedSessions::Some(sessions) if sessions.is_empty() => {}
            EndedSessions::Some(sessions) => {
                self.tokens.forget_sessions(sessions);
                self.remove_each(|_, visitor| sessions.contains(&visitor.session));
            }
        }
    }

    /// Lets no visitor count any more without another query.
    pub(in crate::portal) fn ask_again(&self) {
        self.hearing.begin_again();
        self.tokens.forget_all();
    }

    /// It looks at every entry: there are few, and sessions rarely end.
    fn remove_each(&self, is_ended: impl Fn(&Key, &Visitor) -> bool) {
        for (key, cached) in &self.visitors {
            if is_ended(&key, &cached.visitor) {
                self.visitors.invalidate(&*key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(id: i64, session: i64) -> Visitor {
        let (first_name, last_name) = (String::new(), String::new());
        Visitor {
            id,
            session,
            email_address: None,
            phone_number: None,
            username: Some("ana".into()),
            first_name,
            last_name,
            has_password: true,
            has_identity: false,
            by_provider: false,
        }
    }

    #[test]
    fn a_visitor_is_cached_in_their_instance_until_their_session_ends() {
        let (cache, token) = (SessionCache::new(), Token::new().unwrap());
        assert_eq!(cache.find(1, &token), None);
        cache.update(1, &token, Some(&visitor(5, 50)), cache.ask());
        assert_eq!(cache.find(1, &token), Some(visitor(5, 50)));
        assert_eq!(cache.find(2, &token), None);
        cache.update(1, &token, None, cache.ask());
        assert_eq!(cache.find(1, &token), None);
    }

    #[test]
    fn a_visitors_other_sessions_are_removed_and_nobody_elses() {
        let cache = SessionCache::new();
        let tokens: Vec<_> = (0..3).map(|_| Token::new().unwrap()).collect();
        for (token, cached) in tokens.iter().zip([visitor(5, 50), visitor(5, 51), visitor(6, 60)]) {
            cache.update(1, token, Some(&cached), cache.ask());
        }
        cache.remove(1, 5, |session| session == 50);
        let left: Vec<_> = tokens.iter().map(|token| cache.find(1, token).map(|visitor| visitor.session)).collect();
        assert_eq!(left, [Some(50), None, Some(60)]);
    }

    #[test]
    fn a_visitor_counts_without_another_query_only_while_every_end_is_heard_of() {
        let (cache, token) = (SessionCache::new(), Token::new().unwrap());
        let look_up = || cache.update(1, &token, Some(&visitor(5, 50)), cache.ask());
        look_up();
        assert!(!cache.is_signed_in(1, &token), "nothing is heard");
        cache.begin_hearing();
        assert!(!cache.is_signed_in(1, &token), "it may have ended before");
        look_up();
        assert!(cache.is_signed_in(1, &token) && !cache.is_signed_in(2, &token) && !cache.is_signed_in(1, &Token::new().unwrap()));
        cache.end_hearing();
        assert!(!cache.is_signed_in(1, &token));
        cache.begin_hearing();
        assert!(!cache.is_signed_in(1, &token), "its end may have been missed");
        look_up();
        cache.ask_again();
        assert!(!cache.is_signed_in(1, &token));
        assert!(cache.find(1, &token).is_some(), "for when the database does not answer");
    }

    #[test]
    fn a_session_that_ends_while_the_database_is_asked_does_not_count() {
        let (cache, token) = (SessionCache::new(), Token::new().unwrap());
        cache.begin_hearing();
        let asked = cache.ask();
        cache.remove_ended(&EndedSessions::Some([50].into()));
        cache.update(1, &token, Some(&visitor(5, 50)), asked);
        assert!(!cache.is_signed_in(1, &token));
        cache.update(1, &token, Some(&visitor(5, 50)), cache.ask());
        assert!(cache.is_signed_in(1, &token));
        cache.remove_ended(&EndedSessions::Some([51].into()));
        assert!(cache.is_signed_in(1, &token));
        for ended in [EndedSessions::Some([51, 50].into()), EndedSessions::All] {
            cache.update(1, &token, Some(&visitor(5, 50)), cache.ask());
            assert!(cache.is_signed_in(1, &token));
            cache.remove_ended(&ended);
            assert!(!cache.is_signed_in(1, &token), "{ended:?}");
        }
    }
}
