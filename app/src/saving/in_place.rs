//! Saving a form in place: its island calls a server function, and the page stays where it is. The state that its bar, its summary
//! and its fields show.

use std::future::Future;

use leptos::prelude::*;
use web_sys::SubmitEvent;

use super::{
    form_element::{Fields, fill},
    outcome::{Choice, Conflict, SaveOutcome, Saved},
};
use crate::{error::AppError, ui::form::FieldError};

/// How far saving is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The form is edited, or has just come from the server.
    Editing,
    /// The server function is called.
    Saving,
    /// The form is stored, as this version. `merged` says that somebody else's changes are in it.
    Saved {
        /// The version that the instance has now.
        version: i64,
        /// Whether somebody else's changes were merged.
        merged: bool,
    },
    /// The server could not save it. What was typed is still in the form.
    Failed(AppError),
}

/// A form while it is edited and saved in place.
#[derive(Clone, Copy)]
pub struct InPlace {
    /// How far saving is.
    pub phase: RwSignal<Phase>,
    /// What is stored, urlencoded: what the form was filled with, and what the next save starts from.
    pub base: RwSignal<String>,
    /// What was sent with the last save, urlencoded.
    sent: RwSignal<String>,
    /// How many fields differ from what is stored.
    pub changed: RwSignal<usize>,
    /// What is wrong with fields.
    pub errors: RwSignal<Vec<FieldError>>,
    /// Fields that somebody else has changed too.
    pub choices: RwSignal<Vec<Choice>>,
    /// Whether the form comes from a version that is not stored any more.
    pub ahead: RwSignal<bool>,
    /// The form that undoes the last save, urlencoded; empty where there is nothing to undo.
    pub undo: RwSignal<String>,
    /// Whether the browser's half runs.
    pub live: RwSignal<bool>,
}

impl InPlace {
    /// A form that was filled with `base` and has these errors.
    pub fn new(base: String, errors: Vec<FieldError>) -> Self {
        let live = RwSignal::new(false);
        Effect::new(move |_| live.set(true));
        Self {
            phase: RwSignal::new(Phase::Editing),
            base: RwSignal::new(base),
            sent: RwSignal::new(String::new()),
            changed: RwSignal::new(0),
            errors: RwSignal::new(errors),
            choices: RwSignal::new(Vec::new()),
            ahead: RwSignal::new(false),
            undo: RwSignal::new(String::new()),
            live,
        }
    }

    /// What is wrong with a field.
    pub fn error(self, field: &str) -> Option<String> {
        self.errors.with(|errors| errors.iter().find(|error| error.field == field).map(|error| error.message.clone()))
    }

    /// What somebody else has stored in a field that is changed here too.
    pub fn choice(self, field: &str) -> Option<Choice> {
        self.choices.with(|choices| choices.iter().find(|choice| choice.field == field).cloned())
    }

    /// Calls the server function, unless it is being called, and takes its outcome.
    pub fn save(self, call: impl Future<Output = Result<SaveOutcome, AppError>> + 'static, done: impl FnOnce(&Saved) + 'static) {
        if self.phase.get_untracked() == Phase::Saving {
            return;
        }
        self.phase.set(Phase::Saving);
        self.sent.set(Fields::typed().map(|typed| typed.write()).unwrap_or_default());
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(SaveOutcome::Saved(saved)) => {
                    self.errors.set(Vec::new());
                    self.choices.set(Vec::new());
                    self.undo.set(saved.undo.clone());
                    self.refill(&saved.form, saved.form.clone());
                    self.phase.set(Phase::Saved { version: saved.version, merged: saved.merged });
                    done(&saved);
                }
                Ok(SaveOutcome::Rejected { errors }) => {
                    self.phase.set(Phase::Editing);
                    self.errors.set(errors);
                }
                Ok(SaveOutcome::Conflict(conflict)) => self.take(*conflict),
                Err(error) => self.phase.set(Phase::Failed(error)),
            }
        });
    }

    /// Takes over what somebody else has stored. Fields that both have changed keep what was typed, and ask.
    fn take(self, conflict: Conflict) {
        self.errors.set(Vec::new());
        self.ahead.set(conflict.ahead);
        self.refill(&conflict.form, conflict.base);
        self.choices.set(conflict.both);
        self.phase.set(Phase::Editing);
    }

    /// Puts `form` into the inputs, which takes over what somebody else has stored. The next save starts from `base`.
    fn refill(self, form: &str, base: String) {
        self.sent.with_untracked(|sent| fill(form, sent, true));
        self.base.set(base);
    }

    /// Puts what was stored before the last save into the inputs. Fields that were edited since keep what was typed.
    pub fn type_undo(self) {
        self.undo.with_untracked(|undo| self.base.with_untracked(|base| fill(undo, base, false)));
    }
}

/// Whether the button that submits a form sends it to another address than its own, as "Preview with these values" does.
pub fn is_for_another_address(event: &SubmitEvent) -> bool {
    event.submitter().is_some_and(|button| button.has_attribute("formaction"))
}
