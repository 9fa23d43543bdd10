//! Saving a form over what is stored: where somebody else has saved in between, both are merged, unless both have changed a field.

use std::future::Future;

use serde::Serialize;
use sqlx::PgPool;

use super::{
    merge::{Merge, look_up},
    outcome::{SaveOutcome, Saved},
    saved_instances::SavedInstances,
};
use crate::{
    database::{StoreError, timed},
    error::AppError,
    history::Actor,
    instances::{store, stored::StoredInstance},
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
            let stored = match form.save(self).await {
                Ok(written) => {
                    self.mark_saved();
                    return self.saved::<Form>(written, merges > 0).await;
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

    async fn saved<Form: Save>(&self, Written { version, undo }: Written, merged: bool) -> Result<SaveOutcome, AppError> {
        let stored = self.stored().await.map_err(StoreError::into_app_error)?;
        let form = write(&Form::of_stored(&stored));
        Ok(SaveOutcome::Saved(Saved { slug: self.slug.clone(), version, merged, form, undo, impact: None, left_out: Vec::new() }))
    }
}

/// A form that is stored over what is there.
pub trait Save: Merge + Serialize + Send + Sync {
    /// Stores it, if the instance still has the version that the form was filled from.
    ///
    /// # Errors
    /// Fields are wrong, somebody else has saved in between, or why nothing can be stored.
    fn save(&self, saver: &Saver) -> impl Future<Output = Result<Written, StoreError>> + Send;
}

/// A form that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The version that the instance has now. It is the old one where nothing changed.
    pub version: i64,
    /// The form that undoes it, urlencoded; empty where nothing changed.
    pub undo: String,
}
