//! What became of a form that was sent to be saved: data, which the page shows with and without JavaScript.

use serde::{Deserialize, Serialize};

use crate::ui::form::FieldError;

/// What became of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaveOutcome {
    /// It is stored.
    Saved(Saved),
    /// Fields are wrong, so nothing is stored.
    Rejected {
        /// What is wrong, in the order of the form.
        errors: Vec<FieldError>,
        /// The merged form, urlencoded, if somebody else has saved in between: the page goes on with it.
        merged: Option<String>,
    },
    /// Somebody else has saved in between, and nothing is stored: both have changed the same field, or the form is from a version
    /// that is not stored any more.
    Conflict(Box<Conflict>),
}

impl SaveOutcome {
    /// Fields are wrong, and nobody else has saved in between.
    pub fn rejected(errors: Vec<FieldError>) -> Self {
        Self::Rejected { errors, merged: None }
    }

    /// Somebody else has saved since the page was made, and there is nothing to merge.
    pub fn stale() -> Self {
        Self::Conflict(Box::default())
    }
}

/// A form that is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The instance.
    pub slug: String,
    /// The version that the instance has now. It is the old one where nothing changed.
    pub version: i64,
    /// Whether somebody else's changes were merged with this form's.
    pub merged: bool,
    /// The form as it is stored now, urlencoded like a form that is posted: what the next save starts from.
    pub form: String,
    /// The form that undoes this save, urlencoded; empty where nothing changed.
    pub undo: String,
    /// What the save means for redirects, if that is worth a word. Only settings have an impact.
    #[serde(default)]
    pub impact: Option<Impact>,
    /// Fields of which something was left out, since the instance's rules refuse it. Only copying settings leaves anything out.
    pub left_out: Vec<String>,
}

/// What settings mean for redirects, and where to look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// A few words.
    pub text: String,
    /// The page to change it on.
    pub page: String,
}

/// What is to be said of the settings form as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsCheck {
    /// What is wrong, in the order of the form.
    pub errors: Vec<FieldError>,
    /// The fallback redirects that saving would cause to be skipped, if any.
    pub impact: Option<Impact>,
    /// The removed origins that stored fallback redirects need, each with a sentence as HTML.
    pub origins: Vec<(String, String)>,
}

/// What became of each field that somebody has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Whether the form is from a save that the instance has not had, as after a restore of the database.
    pub ahead: bool,
    /// Fields that both have changed, each to another value.
    pub both: Vec<Choice>,
    /// Fields that only somebody else has changed: the merged form has what is stored.
    pub theirs: Vec<String>,
    /// Fields that only this form changes.
    pub own: Vec<String>,
    /// The merged form, urlencoded: what was typed wherever it changes something, else what is stored. The page goes on with it.
    pub merged: String,
}

/// A field that both have changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The field's name in the form.
    pub field: String,
    /// What was typed.
    pub typed: String,
    /// What is stored now.
    pub stored: String,
    /// The same as a screen shows it: with invisible characters spelled out.
    pub shown: String,
    /// Who stored it and when, if the record says it.
    pub last: Option<LastChange>,
}

/// Who stored a field's value, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastChange {
    /// The name of the admin at that time.
    pub who: String,
    /// The moment, as ISO 8601 in UTC, to the second.
    pub at: String,
}

impl LastChange {
    /// The moment as people read it, to the minute.
    pub fn minute(&self) -> String {
        let minute = self.at.get(..16).unwrap_or(&self.at);
        format!("{} UTC", minute.replace('T', " "))
    }
}
