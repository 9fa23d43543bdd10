//! Reads the settings of an instance from a tree of values: everything that has the wrong type or name is an error, all at once. Whether
//! the values are allowed is not decided here.

use std::fmt;

use super::{
    InstanceSettings, ManifestError, Redirects,
    error::step,
    node::{Node, NodeValue},
};
use crate::redirects::{Environment, Fallbacks, Flow, is_close};

/// The names of the settings, in the order of the file.
pub(super) const NAMES: [&str; 12] = [
    "name",
    "environment",
    "domain",
    "portal_origin",
    "home_url",
    "allowed_origins",
    "redirects",
    "portal_enabled",
    "visits_counted",
    "application_origins",
    "names_in_tokens",
    "requires_confirmed_email",
];

impl InstanceSettings {
    /// Reads the settings from JSON.
    ///
    /// # Errors
    /// Everything that is missing, unknown or of the wrong type, by JSON pointer.
    pub fn read(value: &serde_json::Value) -> Result<Self, Vec<ManifestError>> {
        Self::read_node(&Node::of(value))
    }

    pub(super) fn read_node(node: &Node) -> Result<Self, Vec<ManifestError>> {
        let mut reader = Reader::default();
        let mut found = Self { portal_enabled: true, visits_counted: true, ..Self::default() };
        let mut missing = vec!["name", "environment", "domain"];
        for (pointer, name, value) in reader.fields(node, "", &NAMES, "setting") {
            missing.retain(|missing| *missing != name);
            match name {
                "name" => found.name = reader.text(&pointer, value),
                "environment" => found.environment = reader.environment(&pointer, value),
                "domain" => found.domain = reader.text(&pointer, value),
                "portal_origin" => found.portal_origin = reader.optional_text(&pointer, value),
                "home_url" => found.home_url = reader.optional_text(&pointer, value),
                "allowed_origins" => found.allowed_origins = reader.texts(&pointer, value),
                "redirects" => found.redirects = reader.redirects(&pointer, value),
                "portal_enabled" => found.portal_enabled = reader.boolean(&pointer, value, true),
                "visits_counted" => found.visits_counted = reader.boolean(&pointer, value, true),
                "application_origins" => found.application_origins = reader.texts(&pointer, value),
                "names_in_tokens" => found.names_in_tokens = reader.boolean(&pointer, value, false),
                "requires_confirmed_email" => found.requires_confirmed_email = reader.boolean(&pointer, value, false),
                _ => {}
            }
        }
        if matches!(node.value, NodeValue::Map(_)) {
            for name in missing {
                reader.note("", format_args!("{name} is missing. Every instance needs a name, an environment and a domain."));
            }
        }
        if reader.errors.is_empty() { Ok(found) } else { Err(reader.errors) }
    }
}

/// Reads values of known types, and notes what is something else.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) errors: Vec<ManifestError>,
}

impl Reader {
    pub(super) fn note(&mut self, pointer: &str, message: impl fmt::Display) {
        self.errors.push(ManifestError::new(pointer, message));
    }

    /// The values of a map by name. A name that is not one of `known`, or comes again, is an error.
    pub(super) fn fields<'n, 'k>(
        &mut self,
        node: &'n Node,
        pointer: &str,
        known: &[&'k str],
        what: &str,
    ) -> Vec<(String, &'k str, &'n Node)> {
        let NodeValue::Map(values) = &node.value else {
            self.note(pointer, format_args!("Expected a map of {what}s here, and found {}.", node.value.kind()));
            return Vec::new();
        };
        let mut found: Vec<(String, &str, &Node)> = Vec::with_capacity(values.len());
        for (key, value) in values {
            let pointer = step(pointer, &key.name);
            match known.iter().find(|known| **known == key.name) {
                Some(name) if found.iter().any(|(_, other, _)| other == name) => {
                    self.note(&pointer, format_args!("{name} is here twice. Remove one of them."));
                }
                Some(name) => found.push((pointer, name, value)),
                None => self.note(&pointer, unknown(&key.name, known, what)),
            }
        }
        found
    }

    fn wrong_type(&mut self, pointer: &str, expected: &str, found: &Node) {
        let message = match &found.value {
            NodeValue::Map(values) if values.iter().any(|(key, _)| key.name == "from_env") => {
                "Only secrets can use `from_env`, and this setting is not a secret. Write the value itself.".to_owned()
            }
            NodeValue::Number | NodeValue::Bool(_) if expected.starts_with("a text") => {
                format!("Expected {expected} here, and found {}. Put it in quotes.", found.value.kind())
            }
            NodeValue::Text(text) if expected.starts_with("true") && is_yes_or_no(text) => {
                format!("Write true or false here, without quotes, not {text}.")
            }
            value => format!("Expected {expected} here, and found {}.", value.kind()),
        };
        self.note(pointer, message);
    }

    fn text(&mut self, pointer: &str, node: &Node) -> String {
        if let NodeValue::Text(text) = &node.value {
            return text.clone();
        }
        self.wrong_type(pointer, "a text", node);
        String::new()
    }

    fn optional_text(&mut self, pointer: &str, node: &Node) -> Option<String> {
        match &node.value {
            NodeValue::Null => None,
            // An empty field of the form is the default as well.
            _ => Some(self.text(pointer, node)).filter(|text| !text.trim().is_empty()),
        }
    }

    fn texts(&mut self, pointer: &str, node: &Node) -> Vec<String> {
        match &node.value {
            NodeValue::Null => Vec::new(),
            NodeValue::List(items) => {
                items.iter().enumerate().map(|(index, item)| self.text(&step(pointer, &index.to_string()), item)).collect()
            }
            _ => {
                self.wrong_type(pointer, "a list", node);
                Vec::new()
            }
        }
    }

    fn boolean(&mut self, pointer: &str, node: &Node, default: bool) -> bool {
        match node.value {
            NodeValue::Null => default,
            NodeValue::Bool(yes) => yes,
            _ => {
                self.wrong_type(pointer, "true or false", node);
                default
            }
        }
    }

    fn environment(&mut self, pointer: &str, node: &Node) -> Environment {
        let text = self.text(pointer, node);
        text.parse().unwrap_or_else(|error: crate::redirects::InstanceError| {
            if matches!(node.value, NodeValue::Text(_)) {
                self.note(pointer, error.message);
            }
            Environment::default()
        })
    }

    fn redirects(&mut self, pointer: &str, node: &Node) -> Redirects {
        let mut redirects = Fallbacks::default();
        if matches!(node.value, NodeValue::Null) {
            return Redirects(redirects);
        }
        for (pointer, name, value) in self.fields(node, pointer, &Flow::ALL.map(Flow::field), "redirect") {
            let value = self.optional_text(&pointer, value);
            if let (Some(flow), Some(value)) = (Flow::of_field(name), value) {
                redirects.set(flow, &value);
            }
        }
        Redirects(redirects)
    }
}

/// What YAML 1.1 read as true or false, and people still write.
fn is_yes_or_no(text: &str) -> bool {
    ["yes", "no", "on", "off", "true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// What is said of a name that nobody knows.
fn unknown(name: &str, known: &[&str], what: &str) -> String {
    if name == "from_env" {
        return "Only secrets can use `from_env`, and no setting is a secret. Write the value itself.".to_owned();
    }
    if what == "setting" && ["slug", "version", "preview_origins", "members"].contains(&name) {
        return format!("{name} is not part of an instance's settings. Remove it.");
    }
    let limit = if name.len() < 10 { 1 } else { 2 };
    let plain = name.replace('-', "_");
    let flow = name.parse::<Flow>().ok().map(Flow::field).filter(|field| known.contains(field));
    let meant = flow.or_else(|| known.iter().copied().find(|known| name.len() <= 60 && is_close(known, &plain, limit)));
    match meant {
        Some(meant) => format!("There is no {what} of that name. Write {meant}."),
        None => format!("There is no {what} of that name. Use {}.", known.join(", ")),
    }
}
