//! Saving a form over what is stored: where somebody else has saved in between, both are merged, unless both have changed a field.

use std::future::Future;

use serde::Serialize;
use sqlx::PgPool;

use super::{
    form_element::CONFIRMED,
    merge::{Merge, look_up},
    outcome::{Confirmation, SaveOutcome, Saved},
    saved_instances::SavedInstances,
};
use crate::{
    database::{StoreError, timed},
    error::AppError,
    history::Actor,
    insight::impact::{
        Figure,
        confirm::{SHOW, Seen},
        measure::{LATELY, Proposed, measure},
        view::question,
    },
    instances::{
        store,
        stored::{FilledFrom, StoredInstance},
    },
    layout::loading,
    members::role::Role,
    ui::form::write,
};

/// How often a form is merged with what others save at the same moment, before its page asks.
const MAX_MERGES: usize = 3;

/// Who saves, and to which instance.
#[derive(Clone, Debug)]
pub struct Saver {
    /// The database.
    pub pool: PgPool,
    /// Who saves.
    pub actor: Actor,
    /// The slug of the instance.
    pub slug: String,
}

impl Saver {
    /// The caller of a server function, if they may edit that instance.
    ///
    /// # Errors
    /// Nobody is signed in, they may not, or the database does not answer.
    pub async fn editor(slug: String) -> Result<Self, AppError> {
        loading::admit(&slug, Role::Editor).await?;
        Ok(Self { pool: loading::pool()?, actor: loading::caller()?.actor, slug })
    }

    /// The instance as it is stored.
    ///
    /// # Errors
    /// There is none, or the database does not answer.
    pub async fn stored(&self) -> Result<StoredInstance, StoreError> {
        store::find_any(timed(&self.pool), &self.slug).await?.ok_or(StoreError::NotFound)
    }

    /// Saves a form and merges it with what somebody else has saved in between.
    ///
    /// # Errors
    /// The instance is not there or archived, the caller may not, or the database does not answer.
    pub async fn save<Form: Save>(&self, mut form: Form) -> Result<SaveOutcome, AppError> {
        let mut merges = 0;
        let mut merged_form = None;
        loop {
            let weighed = self.weigh(&form).await;
            let (written, before) = match weighed {
                Weighed::Ask(html) => return Ok(SaveOutcome::Confirm(Box::new(Confirmation { html, merged: merged_form }))),
                Weighed::Stale(stored) => (Err(StoreError::Conflict(stored)), None),
                Weighed::Go { figure, before } => (form.save(self, figure).await, before),
            };
            let stored = match written {
                Ok(written) => {
                    self.mark_saved();
                    return self.saved::<Form>(written, before, merges > 0).await;
                }
                Err(StoreError::Fields(errors)) => return Ok(SaveOutcome::Rejected { errors, merged: merged_form }),
                Err(StoreError::Conflict(stored)) => stored,
                Err(error) => return Err(error.into_app_error()),
            };
            let (next, mut conflict) = form.merge(&stored);
            if conflict.ahead || !conflict.both.is_empty() || merges == MAX_MERGES {
                look_up(&mut conflict, &self.pool, &stored).await;
                conflict.merged = write(&next);
                return Ok(SaveOutcome::Conflict(Box::new(conflict)));
            }
            merged_form = Some(write(&next));
            form = next;
            merges += 1;
        }
    }

    /// Marks the instance as saved, so that this process serves it anew before it responds.
    pub fn mark_saved(&self) {
        SavedInstances::in_context().mark(&self.slug);
    }

    /// How many visits a form concerns, and whether its sender is asked first. What can't be measured is saved without a word.
    async fn weigh<Form: Save>(&self, form: &Form) -> Weighed {
        let Ok(stored) = self.stored().await else { return Weighed::Go { figure: None, before: None } };
        let shows_only = form.confirmed() == SHOW;
        if !form.filled_from().is_stored(&stored) {
            let stored = Box::new(stored);
            return if shows_only { Weighed::Stale(stored) } else { Weighed::Go { figure: None, before: None } };
        }
        let Some(proposed) = form.proposed(&stored) else { return Weighed::Go { figure: None, before: None } };
        match self.weigh_change(&stored, &proposed, form.confirmed(), "Save").await {
            Ok(figure) => Weighed::Go { figure, before: Some(Box::new(Proposed::stored(&stored))) },
            Err(html) => Weighed::Ask(html),
        }
    }

    /// The figure to record with a change of what is stored, if it is known. `confirmed` says what its sender has seen.
    ///
    /// # Errors
    /// The question to ask first, as HTML. `verb` is what the button does.
    pub async fn weigh_change(
        &self,
        stored: &StoredInstance,
        proposed: &Proposed,
        confirmed: &str,
        verb: &'static str,
    ) -> Result<Option<Figure>, String> {
        let measured = measure(&self.pool, stored, proposed, LATELY).await;
        let environment = stored.settings.environment;
        let figure = measured.figure();
        let seen = Seen::new(stored.instance.version(), proposed.rules(), figure.unwrap_or_default());
        let asks = figure.is_some_and(|figure| figure.needs_confirmation(environment)) && !seen.is_confirmed_by(confirmed);
        if asks || confirmed == SHOW { Err(question(&measured, &seen, environment, verb)) } else { Ok(figure) }
    }

    async fn saved<Form: Save>(
        &self,
        Written { version, mut undo }: Written,
        before: Option<Box<Proposed>>,
        merged: bool,
    ) -> Result<SaveOutcome, AppError> {
        let stored = self.stored().await.map_err(StoreError::into_app_error)?;
        // Undo is never asked about.
        if let Some(before) = before.filter(|_| !undo.is_empty()) {
            undo.extend(["&", CONFIRMED, "=", &Seen::undo(version, before.rules()).to_string()]);
        }
        let form = write(&Form::of_stored(&stored));
        Ok(SaveOutcome::Saved(Saved { slug: self.slug.clone(), version, merged, form, undo, impact: None, left_out: Vec::new() }))
    }
}

/// What is known before a form is stored.
enum Weighed {
    /// Its sender is asked first, with this HTML.
    Ask(String),
    /// Somebody has saved in between.
    Stale(Box<StoredInstance>),
    /// It is stored, and the figure recorded with it. `before` is what it replaces, where that is known.
    Go {
        /// How many visits it concerns, if that is known.
        figure: Option<Figure>,
        /// What it replaces, if that is known.
        before: Option<Box<Proposed>>,
    },
}

/// A form that is stored over what is there.
pub trait Save: Merge + Serialize + Send + Sync {
    /// What the form was filled from.
    fn filled_from(&self) -> FilledFrom<'_>;

    /// What its sender has seen of its impact: [`Seen`] as text, or nothing.
    fn confirmed(&self) -> &str;

    /// Stores it, if the instance still has the version that the form was filled from. The figure is recorded with it.
    ///
    /// # Errors
    /// Fields are wrong, somebody else has saved in between, or why nothing can be stored.
    fn save(&self, saver: &Saver, figure: Option<Figure>) -> impl Future<Output = Result<Written, StoreError>> + Send;
}

/// A form that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The version that the instance has now. It is the old one where nothing changed.
    pub version: i64,
    /// The form that undoes it, urlencoded; empty where nothing changed.
    pub undo: String,
}
