//! A tree of values as a file or a request has them, each with its place: what is wrong is said of the value where it is.

use serde_json::Value;

/// A line and a column, both from 1. Both are 0 where the place is not known, as in a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The column, in characters.
    pub column: u64,
}

impl Position {
    /// The place after a text.
    pub(super) fn after(text: &str) -> Self {
        let last = text.rsplit('\n').next().unwrap_or_default();
        Self { line: text.matches('\n').count() as u64 + 1, column: last.chars().count() as u64 + 1 }
    }
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: Position,
    pub(super) value: NodeValue,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) enum NodeValue {
    Null,
    Bool(bool),
    Number,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// The name of a value in a map, and its place.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) at: Position,
    pub(super) name: String,
}

impl NodeValue {
    /// What it is called in errors.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "an empty value",
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
            Self::Number => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl Node {
    /// A value whose place is not known.
    pub(super) fn of(value: &Value) -> Self {
        let value = match value {
            Value::Null => NodeValue::Null,
            Value::Bool(yes) => NodeValue::Bool(*yes),
            Value::Number(_) => NodeValue::Number,
            Value::String(text) => NodeValue::Text(text.clone()),
            Value::Array(items) => NodeValue::List(items.iter().map(Self::of).collect()),
            Value::Object(values) => NodeValue::Map(
                values.iter().map(|(name, value)| (Key { at: Position::default(), name: name.clone() }, Self::of(value))).collect(),
            ),
        };
        Self { at: Position::default(), value }
    }

    /// The place of what a JSON pointer names: of the value, or of the nearest one around it that is there.
    pub(super) fn find(&self, pointer: &str) -> Position {
        let mut node = self;
        let mut at = self.at;
        for step in pointer.split('/').skip(1) {
            let name = step.replace("~1", "/").replace("~0", "~");
            let next = match &node.value {
                NodeValue::List(items) => name.parse::<usize>().ok().and_then(|index| items.get(index)).map(|item| (item.at, item)),
                // The name of a map or a list says more than its first value does.
                NodeValue::Map(values) => values.iter().find(|(key, _)| key.name == name).map(|(key, value)| {
                    let is_whole = matches!(value.value, NodeValue::Map(_) | NodeValue::List(_) | NodeValue::Null);
                    (if is_whole { key.at } else { value.at }, value)
                }),
                _ => None,
            };
            let Some((next_at, next)) = next else { break };
            (at, node) = (next_at, next);
        }
        at
    }
}
