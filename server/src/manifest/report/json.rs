//! A plan as one JSON object: what changes, and what was applied of it.

use std::io::{self, Write};

use app::manifest::Action;
use serde::Serialize;

use crate::manifest::{backend::Planned, planned::Plan};

/// An instance that was changed.
#[derive(Debug, Serialize)]
pub(in crate::manifest) struct Applied {
    /// The slug.
    pub(in crate::manifest) slug: String,
    /// The version that it has since, where that is known.
    pub(in crate::manifest) version: Option<i64>,
    #[serde(skip)]
    pub(in crate::manifest) action: Action,
}

#[derive(Serialize)]
struct Report<'p> {
    /// Whether nothing would change.
    same: bool,
    changes: Vec<&'p Planned>,
    unchanged: usize,
    applied: &'p [Applied],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'p str>,
}

/// Writes a plan and what was applied of it.
///
/// # Errors
/// Writing fails.
pub(in crate::manifest) fn write(mut output: impl Write, plan: &Plan, applied: &[Applied], error: Option<&str>) -> io::Result<()> {
    let changes: Vec<_> = plan.changes().collect();
    let report = Report { same: changes.is_empty(), unchanged: plan.unchanged(), changes, applied, error };
    serde_json::to_writer_pretty(&mut output, &report)?;
    writeln!(output)
}
