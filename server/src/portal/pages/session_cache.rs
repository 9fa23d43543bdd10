//! Visitors who were signed in during the last minutes, for when the database does not answer: signed-in visitors still skip the
//! sign-in page. While the database answers, nobody is looked up here. Whatever ends a session comes here, so the answers about sessions
//! that are reused for applications are dropped here too.

use std::time::Duration;

use app::{credentials::token::Token, portal::identity::Visitor};
use moka::sync::Cache;

use crate::portal::oidc::session_tokens::SessionTokens;

/// How long a visitor is cached.
const MAX_AGE: Duration = Duration::from_mins(10);

/// How many sessions are cached.
const MAX_SESSIONS: u64 = 10_000;

/// An instance's key, and the hash of a session's token.
type Key = (i64, [u8; 32]);

/// The visitors of all instances, by their sessions.
#[derive(Clone, Debug)]
pub(super) struct SessionCache(Cache<Key, Visitor>, SessionTokens);

impl SessionCache {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(MAX_SESSIONS).time_to_live(MAX_AGE).build(), SessionTokens::new())
    }

    /// The answers about sessions that are reused.
    pub(super) fn tokens(&self) -> &SessionTokens {
        &self.1
    }

    /// The visitor whose session it was when it was last looked up.
    pub(super) fn find(&self, instance: i64, token: &Token) -> Option<Visitor> {
        self.0.get(&(instance, token.hash()))
    }

    /// Stores the database's answer. `None` is a session that has ended or never was.
    pub(super) fn update(&self, instance: i64, token: &Token, visitor: Option<&Visitor>) {
        let key = (instance, token.hash());
        match visitor {
            Some(visitor) => self.0.insert(key, visitor.clone()),
            // Anybody can send a cookie that never was a session, so this must cost nothing more.
            None => self.0.invalidate(&key),
        }
    }

    /// Removes a session that ends here.
    pub(super) fn end(&self, instance: i64, token: &Token) {
        self.0.invalidate(&(instance, token.hash()));
        self.1.forget_token(instance, token);
    }

    /// Removes a visitor's sessions, except those for which `is_kept` is true. It looks at every entry: there are few, and sessions
    /// rarely end.
    pub(super) fn remove(&self, instance: i64, visitor: i64, is_kept: impl Fn(i64) -> bool) {
        self.1.forget_visitor(instance, visitor, &is_kept);
        for (key, cached) in &self.0 {
            if key.0 == instance && cached.id == visitor && !is_kept(cached.session) {
                self.0.invalidate(&*key);
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
        cache.update(1, &token, Some(&visitor(5, 50)));
        assert_eq!(cache.find(1, &token), Some(visitor(5, 50)));
        assert_eq!(cache.find(2, &token), None);
        cache.update(1, &token, None);
        assert_eq!(cache.find(1, &token), None);
    }

    #[test]
    fn a_visitors_other_sessions_are_removed_and_nobody_elses() {
        let cache = SessionCache::new();
        let tokens: Vec<_> = (0..3).map(|_| Token::new().unwrap()).collect();
        for (token, cached) in tokens.iter().zip([visitor(5, 50), visitor(5, 51), visitor(6, 60)]) {
            cache.update(1, token, Some(&cached));
        }
        cache.remove(1, 5, |session| session == 50);
        let left: Vec<_> = tokens.iter().map(|token| cache.find(1, token).map(|visitor| visitor.session)).collect();
        assert_eq!(left, [Some(50), None, Some(60)]);
    }
}
