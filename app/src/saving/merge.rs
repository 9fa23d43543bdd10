//! Two people at once: a form is put over what somebody else has stored since it was filled. Field by field, three ways become
//! one: what was there, what was typed, what is stored now.

use sqlx::PgPool;

use crate::{
    history::store::last::{LastChange, last_changes},
    instances::store::StoredInstance,
};

/// A form that can be put over what somebody else has stored in between.
pub trait Merge: Sized {
    /// The form as it should go on: what was typed stays, what was not takes what is stored, and from now on it counts as
    /// filled with what is stored.
    fn merge(self, stored: &StoredInstance) -> (Self, Conflict);
}

/// What became of each field that somebody has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conflict {
    /// Whether the form says a version that the instance has not had yet.
    pub ahead: bool,
    /// Fields that both have changed, each to another value. The form has what was typed.
    pub both: Vec<Choice>,
    /// Fields that only somebody else has changed: the form has what is stored.
    pub theirs: Vec<&'static str>,
    /// Fields that only this form changes.
    pub own: Vec<&'static str>,
}

/// A field that both have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The field's name in the form.
    pub field: &'static str,
    /// What was typed.
    pub typed: String,
    /// What is stored now.
    pub stored: String,
    /// Who stored it and when, where the record says it.
    pub last: Option<LastChange>,
}

impl Conflict {
    /// Of a form that was filled at one version, where another is stored.
    pub fn of(version: i64, stored: i64) -> Self {
        Self { ahead: version > stored, ..Self::default() }
    }

    /// Merges a field and answers what is in it from now on; `base` is `None` where nobody knows what was there.
    pub fn merge(&mut self, field: &'static str, base: Option<&str>, typed: &str, stored: &str) -> String {
        if typed == stored {
            return stored.to_owned();
        }
        if base == Some(typed) {
            self.theirs.push(field);
            return stored.to_owned();
        }
        if base == Some(stored) {
            self.own.push(field);
        } else {
            self.both.push(Choice { field, typed: typed.to_owned(), stored: stored.to_owned(), last: None });
        }
        typed.to_owned()
    }

    /// Merges a field that is a set, which can always be done: what either has added is in it, and what either has removed is
    /// not. It keeps the order of what is stored. Where nobody knows what was there, nothing counts as removed.
    pub fn merge_set(&mut self, field: &'static str, base: Option<&[String]>, typed: &[String], stored: &[String]) -> Vec<String> {
        let was = |value: &String| base.is_some_and(|base| base.contains(value));
        let kept = |value: &&String| typed.contains(value) || !was(value);
        let mut merged: Vec<String> = stored.iter().filter(kept).cloned().collect();
        for value in typed {
            if !was(value) && !merged.contains(value) {
                merged.push(value.clone());
            }
        }
        let base = base.unwrap_or_default();
        if !is_same_set(stored, base) && !is_same_set(&merged, typed) {
            self.theirs.push(field);
        }
        if !is_same_set(&merged, stored) {
            self.own.push(field);
        }
        merged
    }

    /// Looks up who stored what both have changed. Without an answer the choice is shown all the same, only without names.
    pub async fn look_up(&mut self, pool: &PgPool, stored: &StoredInstance) {
        let fields: Vec<&str> = self.both.iter().map(|choice| choice.field).collect();
        let mut found = last_changes(pool, stored.id, stored.instance.version(), &fields).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "who saved in between could not be looked up");
            Vec::new()
        });
        for choice in &mut self.both {
            choice.last = found.iter().position(|(field, _)| field == choice.field).map(|at| found.swap_remove(at).1);
        }
    }
}

fn is_same_set(left: &[String], right: &[String]) -> bool {
    left.iter().all(|value| right.contains(value)) && right.iter().all(|value| left.contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(base: Option<&str>, typed: &str, stored: &str) -> (String, Conflict) {
        let mut conflict = Conflict::of(1, 2);
        (conflict.merge("name", base, typed, stored), conflict)
    }

    #[test]
    fn what_nobody_or_both_changed_alike_needs_no_word() {
        for base in [Some("a"), Some("b"), Some(""), None] {
            assert_eq!(merged(base, "a", "a"), ("a".into(), Conflict::default()), "{base:?}");
        }
    }

    #[test]
    fn what_only_one_changed_is_taken_from_them() {
        assert_eq!(merged(Some("a"), "a", "b"), ("b".into(), Conflict { theirs: vec!["name"], ..Conflict::default() }));
        assert_eq!(merged(Some("a"), "b", "a"), ("b".into(), Conflict { own: vec!["name"], ..Conflict::default() }));
    }

    #[test]
    fn what_both_changed_is_a_choice_and_stays_as_typed_until_it_is_made() {
        for (base, typed, stored) in [(Some("a"), "b", "c"), (Some("a"), "", "c"), (Some("a"), "b", ""), (None, "b", "c")] {
            let (value, conflict) = merged(base, typed, stored);
            let choice = Choice { field: "name", typed: typed.into(), stored: stored.into(), last: None };
            assert_eq!((value.as_str(), conflict), (typed, Conflict { both: vec![choice], ..Conflict::default() }));
        }
    }

    #[test]
    fn a_form_from_a_version_that_was_never_there_is_ahead() {
        assert_eq!([1, 2, 3, i64::MAX].map(|version| Conflict::of(version, 2).ahead), [false, false, true, true]);
    }

    /// Sets of single letters.
    fn merged_set(base: Option<&str>, typed: &str, stored: &str) -> (String, Conflict) {
        let set = |letters: &str| letters.chars().map(String::from).collect::<Vec<_>>();
        let mut conflict = Conflict::of(1, 2);
        let merged = conflict.merge_set("set", base.map(set).as_deref(), &set(typed), &set(stored));
        (merged.concat(), conflict)
    }

    #[test]
    fn of_two_sets_what_either_added_is_kept_and_what_either_removed_is_not() {
        let (theirs, own) = (vec!["set"], vec!["set"]);
        for (base, typed, stored, merged, conflict) in [
            ("ab", "ab", "ab", "ab", Conflict::default()),
            ("abc", "cba", "abc", "abc", Conflict::default()),
            ("ab", "ab", "abt", "abt", Conflict { theirs: theirs.clone(), ..Conflict::default() }),
            ("ab", "ab", "b", "b", Conflict { theirs: theirs.clone(), ..Conflict::default() }),
            ("ab", "abo", "ab", "abo", Conflict { own: own.clone(), ..Conflict::default() }),
            ("ab", "a", "ab", "a", Conflict { own: own.clone(), ..Conflict::default() }),
            ("ab", "abo", "abt", "abto", Conflict { theirs: theirs.clone(), own: own.clone(), ..Conflict::default() }),
            ("ab", "ao", "bt", "to", Conflict { theirs: theirs.clone(), own: own.clone(), ..Conflict::default() }),
            ("ab", "", "abt", "t", Conflict { theirs: theirs.clone(), own: own.clone(), ..Conflict::default() }),
            ("ab", "abx", "abx", "abx", Conflict::default()),
            ("ab", "b", "b", "b", Conflict::default()),
            ("", "o", "t", "to", Conflict { theirs, own, ..Conflict::default() }),
        ] {
            assert_eq!(merged_set(Some(base), typed, stored), (merged.to_owned(), conflict), "{base}: {typed} over {stored}");
        }
    }

    #[test]
    fn of_two_sets_without_a_base_nothing_is_lost() {
        assert_eq!(merged_set(None, "bo", "abt").0, "abto");
        assert_eq!(merged_set(None, "", "ab").0, "ab");
    }
}
