//! Insight: visits counted by the shape of their links, what was refused, and whom a change would affect.

pub mod impact;
pub mod store;
pub mod visit;
