//! The format of the snapshot file: JSON, with instances as the database stores them. They are parsed anew when they are read.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize, Serializer};

use crate::portal::snapshot::Row;

/// The format that is written.
pub(super) const FORMAT: u32 = 5;

/// The formats that are read. The first one has no ids of saves, the first two don't say whether visits are counted, the first three have
/// no preview origins, and the first four have neither applications nor identity providers.
pub(super) const READABLE: RangeInclusive<u32> = 1..=FORMAT;

/// The format of a file, whatever else is in it.
#[derive(Debug, Deserialize)]
pub(super) struct Head {
    /// One of [`READABLE`], or the format of a later version of this program.
    pub(super) format: u32,
}

/// A whole file.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document<Rows> {
    /// One of [`READABLE`].
    pub(super) format: u32,
    /// When PostgreSQL was last heard from, in seconds since 1970.
    pub(super) as_of: i64,
    /// All instances that were in memory.
    pub(super) instances: Rows,
}

/// Instances that are made one after the other while they are written: the memory does not hold all of them twice.
pub(super) struct Rows<I>(pub(super) I);

impl<I: Iterator<Item = Row> + Clone> Serialize for Rows<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}
