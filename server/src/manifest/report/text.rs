//! A plan as text: an instance in each block, a setting in each line. It has colors on a terminal only.

use std::io::{self, IsTerminal, Write};

use app::{
    manifest::{Action, FieldDiff},
    ui::text::{Escaped, Grouped},
};
use serde_json::Value;

use crate::manifest::{backend::Planned, planned::Plan};

/// Writes plans as text.
#[derive(Debug)]
pub(in crate::manifest) struct TextReport<W> {
    output: W,
    has_colors: bool,
}

const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const RED: &str = "\x1b[31m";

impl TextReport<io::StdoutLock<'static>> {
    /// On standard output. `NO_COLOR` turns colors off.
    pub(in crate::manifest) fn new(output: io::StdoutLock<'static>) -> Self {
        let has_colors = output.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { output, has_colors }
    }
}

impl<W: Write> TextReport<W> {
    /// Writes everything that would change, and how much that is.
    pub(in crate::manifest) fn plan(mut self, plan: &Plan) -> io::Result<()> {
        for planned in plan.changes() {
            self.instance(planned)?;
        }
        let count = |action| plan.planned.iter().filter(|planned| planned.action == action).count();
        let parts = [(Action::Create, "to create"), (Action::Update, "to update"), (Action::Archive, "to archive")];
        let parts: Vec<String> = parts
            .into_iter()
            .map(|(action, what)| (count(action), what))
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let unchanged = plan.unchanged();
        if parts.is_empty() {
            writeln!(
                self.output,
                "Nothing to change: {unchanged} {} the same.",
                if unchanged == 1 { "instance is" } else { "instances are" }
            )
        } else {
            writeln!(self.output, "{}, {unchanged} unchanged.", parts.join(", "))
        }
    }

    /// Writes that an instance was changed.
    pub(in crate::manifest) fn applied(mut self, planned: &Planned, version: Option<i64>) -> io::Result<()> {
        let done = match planned.action {
            Action::Create => "created",
            Action::Update => "updated",
            Action::Archive => "archived",
            Action::Same => "unchanged",
        };
        let version = version.map(|version| format!(": version {version}")).unwrap_or_default();
        writeln!(self.output, "{} {done}{version}", Escaped(&planned.slug))?;
        self.output.flush()
    }

    fn colored(&mut self, color: &str, text: &str) -> io::Result<()> {
        let text = Escaped(text);
        if self.has_colors { writeln!(self.output, "{color}{text}\x1b[0m") } else { writeln!(self.output, "{text}") }
    }

    fn instance(&mut self, planned: &Planned) -> io::Result<()> {
        let (color, sign, what) = match planned.action {
            Action::Create => (GREEN, '+', "create"),
            Action::Update => (YELLOW, '~', "update"),
            Action::Archive => (RED, '-', "archive"),
            Action::Same => return Ok(()),
        };
        self.colored(color, &format!("{sign} {} ({what})", planned.slug))?;
        for field in &planned.fields {
            self.field(field, planned.action)?;
        }
        for skipped in &planned.skipped {
            self.colored(YELLOW, &format!("    {} is kept, but visits skip it: {}", path(&skipped.pointer), skipped.message))?;
        }
        if let Some(impact) = planned.impact {
            let (visits, changed) = (Grouped(impact.visits), Grouped(impact.changed));
            writeln!(self.output, "    Impact: {changed} of {visits} visits of the last 7 days would end elsewhere.")?;
            if impact.inexact_by > 0 {
                writeln!(self.output, "    For {} more visits the effect is not known.", Grouped(impact.inexact_by))?;
            }
        }
        Ok(())
    }

    fn field(&mut self, FieldDiff { pointer, before, after }: &FieldDiff, action: Action) -> io::Result<()> {
        let name = path(pointer);
        if let (Value::Array(_) | Value::Null, Value::Array(after)) = (before, after) {
            let none = Vec::new();
            let before = before.as_array().unwrap_or(&none);
            writeln!(self.output, "    {name}:")?;
            for removed in before.iter().filter(|item| !after.contains(item)) {
                self.colored(RED, &format!("      - {}", shown(removed, pointer)))?;
            }
            for added in after.iter().filter(|item| !before.contains(item)) {
                self.colored(GREEN, &format!("      + {}", shown(added, pointer)))?;
            }
            return Ok(());
        }
        if action == Action::Create {
            return self.colored(GREEN, &format!("    {name}: {}", shown(after, pointer)));
        }
        writeln!(self.output, "    {name}:")?;
        self.colored(RED, &format!("      - {}", shown(before, pointer)))?;
        self.colored(GREEN, &format!("      + {}", shown(after, pointer)))
    }
}

/// The path of a setting, as errors write it.
fn path(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

fn shown(value: &Value, pointer: &str) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null if pointer.starts_with("/redirects/") => "(the home URL)".to_owned(),
        Value::Null => "(nothing)".to_owned(),
        other => other.to_string(),
    }
}
