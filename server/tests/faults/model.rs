//! What may be served: every save that was tried, and which of them the server said it has stored.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

use crate::outages::Outages;

/// What the instances are saved as, by what was tried and what was answered.
#[derive(Debug)]
pub(crate) struct Model(Mutex<Vec<Stored>>);

#[derive(Clone, Debug, Default)]
struct Stored {
    /// What was tried to be saved as a version: the numbers of the attempts.
    tried: BTreeMap<i64, BTreeSet<usize>>,
    /// Which attempt a version is: once known, the same for everybody.
    known: BTreeMap<i64, usize>,
    /// When a version was said to be saved.
    acknowledged: BTreeMap<i64, Instant>,
    attempts: usize,
}

/// The path that an attempt puts into every field of a version.
pub(crate) fn tag(version: i64, attempt: usize) -> String {
    format!("/v{version}/{attempt}")
}

impl Model {
    /// So many instances, each at version 1.
    pub(crate) fn new(instances: usize) -> Self {
        Self(Mutex::new(vec![Stored::default(); instances]))
    }

    /// A save is about to be tried; answers its number.
    pub(crate) fn try_save(&self, instance: usize, version: i64) -> usize {
        let stored = &mut self.all()[instance];
        stored.attempts += 1;
        stored.tried.entry(version).or_default().insert(stored.attempts);
        stored.attempts
    }

    /// The server has said that it is stored.
    pub(crate) fn acknowledge(&self, instance: usize, version: i64, attempt: usize) -> Result<(), String> {
        let stored = &mut self.all()[instance];
        stored.acknowledged.insert(version, Instant::now());
        stored.is(version, attempt)
    }

    /// A version is served or stored with that path in a field: whether it can be, as far as anybody knows.
    pub(crate) fn see(&self, instance: usize, version: i64, path: &str) -> Result<(), String> {
        if version == 1 {
            return if path == "/" { Ok(()) } else { Err(format!("version 1 has no fallback redirects, and leads to {path}")) };
        }
        let stored = &mut self.all()[instance];
        let attempts = stored.tried.get(&version).ok_or_else(|| format!("nobody has tried to save a version {version}"))?;
        let attempt = attempts.iter().copied().find(|attempt| tag(version, *attempt) == path);
        let attempt = attempt.ok_or_else(|| format!("version {version} leads to {path}, which nobody has saved as that"))?;
        stored.is(version, attempt)
    }

    /// For how long a newer version could have been served where this one is, at that moment: since it was acknowledged, PostgreSQL
    /// could be reached, and the server was there. Nothing where it is the newest, or PostgreSQL can't be reached.
    pub(crate) fn behind(&self, instance: usize, version: i64, at: Instant, started: Instant, outages: &Outages) -> Duration {
        let Ok(reachable) = outages.reachable_since(at) else { return Duration::ZERO };
        let stored = &self.all()[instance];
        let newer = stored.acknowledged.range(version + 1..).map(|(_, acknowledged)| *acknowledged).min();
        newer.map_or(Duration::ZERO, |newer| at.saturating_duration_since(newer.max(started).max(reachable.unwrap_or(newer))))
    }

    /// What is recorded of each version holds everything that was acknowledged, and is what was served. Answers how many saves
    /// were stored without anybody being told.
    pub(crate) fn compare(&self, instance: usize, recorded: &BTreeMap<i64, String>) -> Result<usize, String> {
        for (version, path) in recorded {
            self.see(instance, *version, path)?;
        }
        let stored = &self.all()[instance];
        if let Some(lost) = stored.known.keys().find(|version| !recorded.contains_key(version)) {
            return Err(format!("version {lost} was acknowledged or served, and is not recorded"));
        }
        // The first version is nobody's save.
        Ok(recorded.keys().filter(|version| **version > 1 && !stored.acknowledged.contains_key(version)).count())
    }

    /// How many saves were acknowledged.
    pub(crate) fn acknowledged(&self) -> usize {
        self.all().iter().map(|stored| stored.acknowledged.len()).sum()
    }

    fn all(&self) -> MutexGuard<'_, Vec<Stored>> {
        self.0.lock().unwrap()
    }
}

impl Stored {
    fn is(&mut self, version: i64, attempt: usize) -> Result<(), String> {
        let known = *self.known.entry(version).or_insert(attempt);
        if known == attempt { Ok(()) } else { Err(format!("version {version} is both attempt {known} and attempt {attempt}")) }
    }
}
