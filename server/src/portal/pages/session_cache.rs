//! Visitors who were recognised in the last minutes, for when the database does not answer: who is signed in still goes straight
//! on. Nobody is looked up here as long as it does.

use std::time::Duration;

use app::{admins::Token, portal::identity::Visitor};
use moka::sync::Cache;

/// How long somebody is remembered, and how many are.
const LASTS: Duration = Duration::from_mins(10);
const MOST: u64 = 10_000;

/// An instance's key, and the hash of a session's token.
type Key = (i64, [u8; 32]);

/// Visitors by their sessions, of all instances.
#[derive(Clone, Debug)]
pub(super) struct Remembered(Cache<Key, Visitor>);

impl Remembered {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_live(LASTS).build())
    }

    /// Whom the session belonged to when it was last looked up.
    pub(super) fn find(&self, instance: i64, token: &Token) -> Option<Visitor> {
        self.0.get(&(instance, token.hash()))
    }

    /// Takes down what the database has answered: a session that has ended is forgotten.
    pub(super) fn learn(&self, instance: i64, token: &Token, visitor: Option<&Visitor>) {
        match visitor {
            Some(visitor) => self.0.insert((instance, token.hash()), visitor.clone()),
            None => self.0.invalidate(&(instance, token.hash())),
        }
    }

    /// Forgets all of a visitor's sessions but those that `kept` says. There are few, and they end rarely.
    pub(super) fn forget(&self, instance: i64, visitor: i64, kept: impl Fn(i64) -> bool) {
        for (key, known) in &self.0 {
            if key.0 == instance && known.id == visitor && !kept(known.session) {
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
        Visitor { id, session, email_address: None, phone_number: None, username: Some("ana".into()), first_name, last_name }
    }

    #[test]
    fn a_visitor_is_remembered_in_their_instance_until_their_session_ends() {
        let (remembered, token) = (Remembered::new(), Token::new().unwrap());
        assert_eq!(remembered.find(1, &token), None);
        remembered.learn(1, &token, Some(&visitor(5, 50)));
        assert_eq!(remembered.find(1, &token), Some(visitor(5, 50)));
        assert_eq!(remembered.find(2, &token), None);
        remembered.learn(1, &token, None);
        assert_eq!(remembered.find(1, &token), None);
    }

    #[test]
    fn a_visitors_other_sessions_are_forgotten_and_nobody_elses() {
        let remembered = Remembered::new();
        let tokens: Vec<_> = (0..3).map(|_| Token::new().unwrap()).collect();
        for (token, known) in tokens.iter().zip([visitor(5, 50), visitor(5, 51), visitor(6, 60)]) {
            remembered.learn(1, token, Some(&known));
        }
        remembered.forget(1, 5, |session| session == 50);
        let left: Vec<_> = tokens.iter().map(|token| remembered.find(1, token).map(|visitor| visitor.session)).collect();
        assert_eq!(left, [Some(50), None, Some(60)]);
    }
}
