//! Insight: visits counted by the shape of their links, what was refused, and whom a change would affect.

pub mod activity;
pub mod impact;
pub mod range;
pub mod store;
pub mod visit;

/// Whether this server counts visits, and how long it keeps the counts. The server puts it into the context of every page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisitsKept {
    /// Whether it counts visits.
    pub is_on: bool,
    /// For how many days counts are kept.
    pub days: u32,
}

impl Default for VisitsKept {
    fn default() -> Self {
        Self { is_on: true, days: 90 }
    }
}
