//! The instances that a request has saved, so that its process serves them anew before it responds.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::request::Parts;
use leptos::prelude::use_context;

/// The instances that a request has saved, by slug. The server puts it into the request's extensions; clones share it.
#[derive(Clone, Debug, Default)]
pub struct SavedInstances(Arc<Mutex<BTreeSet<String>>>);

impl SavedInstances {
    /// Those of a request. What is marked in a request without any has no effect.
    pub fn of(parts: &Parts) -> Self {
        parts.extensions.get().cloned().unwrap_or_default()
    }

    /// Those of the request that a server function is called by.
    pub fn in_context() -> Self {
        use_context::<Parts>().map(|parts| Self::of(&parts)).unwrap_or_default()
    }

    /// Marks an instance as saved.
    pub fn mark(&self, slug: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(slug.to_owned());
    }

    /// Takes out the marked slugs.
    pub fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
