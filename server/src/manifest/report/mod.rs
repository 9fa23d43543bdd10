//! Shows a plan: as text for people, or as JSON for programs.

pub(super) mod json;
pub(super) mod text;
