//! Two people at once: a form is merged with what somebody else has stored since it was filled. Each field is merged three ways:
//! what was there, what was typed, what is stored now.

use sqlx::PgPool;

use super::outcome::{Choice, Conflict, LastChange};
use crate::{
    database::{log_failure, timed},
    history::store::last::last_changes,
    insight::impact::measure::Proposed,
    instances::stored::{FilledFrom, StoredInstance},
    ui::text::{Escaped, timestamp},
};

/// A form that can be merged with what somebody else has stored in between.
pub trait Merge: Sized {
    /// The form as it shows what is stored.
    fn of_stored(stored: &StoredInstance) -> Self;

    /// The form as it should go on: it keeps what was typed, takes over what is stored elsewhere, and counts as filled with what is
    /// stored from now on.
    fn merge(self, stored: &StoredInstance) -> (Self, Conflict);

    /// The settings that the form proposes; `None` while something is wrong with it.
    fn proposed(&self, stored: &StoredInstance) -> Option<Proposed>;

    /// The fields that put a list back as it was before a change. `None` if the form can't.
    fn undo_list(name: &str, before: &[String], after: &[String]) -> Option<Vec<(String, String)>>;
}

impl Conflict {
    /// Of a form that was filled from one save, where another is stored.
    pub fn of(form: FilledFrom<'_>, stored: &StoredInstance) -> Self {
        Self { ahead: form.is_gone(stored), ..Self::default() }
    }

    /// Merges a field and answers what is in it from now on; `base` is `None` where nobody knows what was there.
    pub fn merge(&mut self, field: &str, base: Option<&str>, typed: &str, stored: &str) -> String {
        if typed == stored {
            return stored.to_owned();
        }
        if base == Some(typed) {
            self.theirs.push(field.to_owned());
            return stored.to_owned();
        }
        if base == Some(stored) {
            self.own.push(field.to_owned());
        } else {
            let shown = Escaped(stored).to_string();
            self.both.push(Choice { field: field.to_owned(), typed: typed.to_owned(), stored: stored.to_owned(), shown, last: None });
        }
        typed.to_owned()
    }

    /// Merges a field that is a set, which can always be done: what either has added is in it, and what either has removed is
    /// not. It keeps the order of what is stored. Where nobody knows what was there, nothing counts as removed.
    pub fn merge_set(&mut self, field: &str, base: Option<&[String]>, typed: &[String], stored: &[String]) -> Vec<String> {
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
            self.theirs.push(field.to_owned());
        }
        if !is_same_set(&merged, stored) {
            self.own.push(field.to_owned());
        }
        merged
    }
}

/// Looks up who stored what both have changed. Without an answer the choice is shown all the same, only without names.
pub(super) async fn look_up(conflict: &mut Conflict, pool: &PgPool, stored: &StoredInstance) {
    let fields: Vec<&str> = conflict.both.iter().map(|choice| choice.field.as_str()).collect();
    let mut found = last_changes(timed(pool), stored.id, stored.instance.version(), &fields).await.unwrap_or_else(|error| {
        log_failure(&error, "who saved in between could not be looked up");
        Vec::new()
    });
    for choice in &mut conflict.both {
        let last = found.iter().position(|(field, _)| *field == choice.field).map(|at| found.swap_remove(at).1);
        choice.last = last.map(|last| LastChange { who: last.who, at: timestamp(last.at) });
    }
}

fn is_same_set(left: &[String], right: &[String]) -> bool {
    left.iter().all(|value| right.contains(value)) && right.iter().all(|value| left.contains(value))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        fixtures::{my_app, stored},
        redirects::Instance,
    };

    fn merged(base: Option<&str>, typed: &str, stored: &str) -> (String, Conflict) {
        let mut conflict = Conflict::default();
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
        assert_eq!(merged(Some("a"), "a", "b"), ("b".into(), Conflict { theirs: vec!["name".to_owned()], ..Conflict::default() }));
        assert_eq!(merged(Some("a"), "b", "a"), ("b".into(), Conflict { own: vec!["name".to_owned()], ..Conflict::default() }));
    }

    #[test]
    fn what_both_changed_is_a_choice_and_stays_as_typed_until_it_is_made() {
        for (base, typed, stored) in
            [(Some("a"), "b", "c"), (Some("a"), "", "c"), (Some("a"), "b", ""), (None, "b", "c"), (None, "b", "c\u{200b}")]
        {
            let (value, conflict) = merged(base, typed, stored);
            let shown = stored.replace('\u{200b}', "\\u{200b}");
            let choice = Choice { field: "name".into(), typed: typed.into(), stored: stored.into(), shown, last: None };
            assert_eq!((value.as_str(), conflict), (typed, Conflict { both: vec![choice], ..Conflict::default() }));
        }
    }

    #[test]
    fn a_form_from_a_save_that_is_not_stored_any_more_is_ahead() {
        let stored = StoredInstance { instance: Instance::parse(&my_app(), 2).unwrap(), ..stored(my_app(), &[]) };
        let is_ahead = |version, save_id: &str| Conflict::of(FilledFrom { version, save_id }, &stored).ahead;
        assert_eq!([1, 2, 3, i64::MAX].map(|version| is_ahead(version, "")), [false, false, true, true]);
        let (this, other) = (stored.save_id.to_string(), Uuid::from_u128(7).to_string());
        assert_eq!([1, 2, 3].map(|version| is_ahead(version, &this)), [false, false, true]);
        assert_eq!([1, 2, 3].map(|version| is_ahead(version, &other)), [false, true, true], "the number is the same, and the save is not");
    }

    /// Sets of single letters.
    fn merged_set(base: Option<&str>, typed: &str, stored: &str) -> (String, Conflict) {
        let set = |letters: &str| letters.chars().map(String::from).collect::<Vec<_>>();
        let mut conflict = Conflict::default();
        let merged = conflict.merge_set("set", base.map(set).as_deref(), &set(typed), &set(stored));
        (merged.concat(), conflict)
    }

    #[test]
    fn of_two_sets_what_either_added_is_kept_and_what_either_removed_is_not() {
        let (theirs, own) = (vec!["set".to_owned()], vec!["set".to_owned()]);
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
