//! Visits counted in memory, by instance, hour and shape. The memory is bounded: visits whose shape has no room are counted by their
//! decision alone, so the totals stay right.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::BuildHasher,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use app::insight::{
    store::{Count, MAX_SHAPES},
    visit::{CountedVisit, Decision},
};
use hashbrown::{DefaultHashBuilder, HashTable};
use time::OffsetDateTime;

/// All maps hash alike, so that a hash is computed once.
static HASHER: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);

/// The memory for shapes, in bytes.
#[derive(Debug)]
pub(super) struct Budget {
    used: AtomicU64,
    limit: u64,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Self {
        Self { used: AtomicU64::new(0), limit }
    }

    /// How much of it is used.
    #[cfg(test)]
    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Takes that much, if it is left.
    fn take(&self, bytes: u64) -> bool {
        let taken = |used: u64| Some(used + bytes).filter(|used| *used <= self.limit);
        self.used.try_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok()
    }

    /// Gives it back.
    pub(super) fn give_back(&self, bytes: u64) {
        let rest = |used: u64| used.saturating_sub(bytes);
        self.used.update(Ordering::Relaxed, Ordering::Relaxed, rest);
    }
}

/// How often, and from when to when, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) visits: u64,
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Tally {
    /// One visit.
    pub(super) fn one(seconds: i64) -> Self {
        Self { visits: 1, first: seconds, last: seconds }
    }

    fn add(&mut self, other: Self) {
        self.visits += other.visits;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// An hour of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct InstanceHour {
    instance: i64,
    /// Hours since 1970.
    hour: i64,
}

impl InstanceHour {
    /// The hour of that second.
    pub(super) fn of(instance: i64, seconds: i64) -> Self {
        Self { instance, hour: seconds.div_euclid(3600) }
    }
}

/// What was counted.
#[derive(Debug, Default)]
pub(super) struct Counts(HashMap<InstanceHour, HourCounts, DefaultHashBuilder>);

#[derive(Debug, Default)]
struct HourCounts {
    shapes: HashTable<Shape>,
    decisions: HashMap<Decision, Tally, DefaultHashBuilder>,
}

#[derive(Debug)]
struct Shape {
    hash: u64,
    visit: CountedVisit<'static>,
    tally: Tally,
}

/// About how much memory a shape takes. The table is never more than half empty.
pub(super) fn size_of_shape(visit: &CountedVisit<'_>) -> u64 {
    let hosts = visit.link.candidates().into_iter().filter_map(|(_, shape)| Some(shape?.host()?.len()));
    let texts = hosts.chain(visit.link.requesting.as_ref().map(|origin| origin.len())).sum::<usize>();
    (2 * size_of::<Shape>() + texts) as u64
}

impl Counts {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds visits of one shape. Returns whether the shape is kept.
    pub(super) fn add(&mut self, hour: InstanceHour, visit: CountedVisit<'_>, tally: Tally, budget: &Budget) -> bool {
        let hash = HASHER.hash_one(&visit);
        self.0.entry(hour).or_default().add(hash, visit, tally, budget)
    }

    /// Takes over what others have counted.
    pub(super) fn merge(&mut self, others: Self, budget: &Budget) {
        for (hour, counts) in others.0 {
            let own = match self.0.entry(hour) {
                Entry::Vacant(place) => {
                    place.insert(counts);
                    continue;
                }
                Entry::Occupied(place) => place.into_mut(),
            };
            for (decision, tally) in counts.decisions {
                own.add_decision(decision, tally);
            }
            for Shape { hash, visit, tally } in counts.shapes {
                budget.give_back(size_of_shape(&visit));
                own.add(hash, visit, tally, budget);
            }
        }
    }

    /// Takes about `most` counts out, as they are stored.
    pub(super) fn take(&mut self, most: usize) -> Vec<Count> {
        let mut taken = Vec::new();
        while taken.len() < most {
            let Some(hour) = self.0.keys().next().copied() else { break };
            let Some(counts) = self.0.remove(&hour) else { break };
            let time = |seconds: i64| OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
            let count = |decision, visit, tally: Tally| Count {
                instance: hour.instance,
                hour: time(hour.hour.saturating_mul(3600)),
                decision,
                visit,
                visits: tally.visits,
                first_seen: time(tally.first),
                last_seen: time(tally.last),
            };
            taken.extend(counts.decisions.into_iter().map(|(decision, tally)| count(decision, None, tally)));
            taken.extend(counts.shapes.into_iter().map(|shape| count(shape.visit.decision, Some(shape.visit), shape.tally)));
        }
        taken
    }
}

impl HourCounts {
    fn add(&mut self, hash: u64, visit: CountedVisit<'_>, tally: Tally, budget: &Budget) -> bool {
        if let Some(known) = self.shapes.find_mut(hash, |shape| shape.visit == visit) {
            known.tally.add(tally);
            return true;
        }
        if self.shapes.len() >= MAX_SHAPES as usize || !budget.take(size_of_shape(&visit)) {
            self.add_decision(visit.decision, tally);
            return false;
        }
        self.shapes.insert_unique(hash, Shape { hash, visit: visit.into_owned(), tally }, |shape| shape.hash);
        true
    }

    fn add_decision(&mut self, decision: Decision, tally: Tally) {
        self.decisions.entry(decision).and_modify(|known| known.add(tally)).or_insert(tally);
    }
}
