//! Reads JSON into a tree of values. The parser says nothing of places, so each value is found in the text by its slice of it.

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{from_str, value::RawValue};

use super::{
    super::node::{Key, Node, NodeValue, Position},
    FileError, MAX_DEPTH, MAX_NODES, TOO_DEEP, TOO_MANY,
};

pub(super) fn read(text: &str) -> Result<Node, Box<FileError>> {
    let whole: &RawValue = from_str(text).map_err(|error| {
        let at = Position { line: error.line() as u64, column: error.column() as u64 };
        Box::new(invalid(at, &error))
    })?;
    Source { text, offset: 0, at: Position { line: 1, column: 1 }, nodes: 0 }.node(whole, 0)
}

/// The text, and how far it is read: values come in its order, so each place is counted from the one before.
struct Source<'t> {
    text: &'t str,
    /// The offset of the last value, in bytes.
    offset: usize,
    /// The place of the last value.
    at: Position,
    /// How many names and values there were.
    nodes: usize,
}

impl Source<'_> {
    fn node(&mut self, raw: &RawValue, depth: usize) -> Result<Node, Box<FileError>> {
        let text = raw.get();
        let at = self.find(text);
        self.count(at)?;
        if depth > MAX_DEPTH {
            return Err(Box::new(FileError::new(at, TOO_DEEP)));
        }
        let children = || from_str::<Children<'_>>(text).map_err(|error| Box::new(invalid(at, &error)));
        let value = match text.as_bytes().first() {
            Some(b'{') => {
                let mut values: Vec<(Key, Node)> = Vec::new();
                let mut names = HashSet::new();
                for (name, value) in children()?.0 {
                    self.count(at)?;
                    let value = self.node(value, depth + 1)?;
                    if !names.insert(name.clone()) {
                        return Err(Box::new(FileError::new(value.at, format!("{name} is here twice. Remove one of them."))));
                    }
                    values.push((Key { at: value.at, name }, value));
                }
                NodeValue::Map(values)
            }
            Some(b'[') => NodeValue::List(children()?.0.into_iter().map(|(_, item)| self.node(item, depth + 1)).collect::<Result<_, _>>()?),
            Some(b'"') => NodeValue::Text(from_str(text).map_err(|error| Box::new(invalid(at, &error)))?),
            Some(b't') => NodeValue::Bool(true),
            Some(b'f') => NodeValue::Bool(false),
            Some(b'n') => NodeValue::Null,
            _ => NodeValue::Number,
        };
        Ok(Node { at, value })
    }

    fn count(&mut self, at: Position) -> Result<(), Box<FileError>> {
        self.nodes += 1;
        if self.nodes > MAX_NODES { Err(Box::new(FileError::new(at, TOO_MANY))) } else { Ok(()) }
    }

    /// The place of the next value, which is a slice of the text.
    fn find(&mut self, value: &str) -> Position {
        let offset = (value.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let between = self.text.get(self.offset..offset).unwrap_or_default();
        let Position { line, column } = Position::after(between);
        self.at = if line == 1 {
            Position { column: self.at.column + column - 1, ..self.at }
        } else {
            Position { line: self.at.line + line - 1, column }
        };
        self.offset = offset;
        self.at
    }
}

/// An error of the parser, whose own words end with a place in what it was given.
fn invalid(at: Position, error: &serde_json::Error) -> FileError {
    let text = error.to_string();
    let plain = text.split(" at line ").next().unwrap_or_default();
    FileError::new(at, format!("This is not valid JSON: {plain}."))
}

/// The values of an object by name, or of a list without names, in the order of the text. More than a file may have are not kept.
struct Children<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Children<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChildrenVisitor)
    }
}

struct ChildrenVisitor;

impl<'de> Visitor<'de> for ChildrenVisitor {
    type Value = Children<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        let mut children = Vec::new();
        while let Some(child) = values.next_entry()? {
            if children.len() <= MAX_NODES {
                children.push(child);
            }
        }
        Ok(Children(children))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut children = Vec::new();
        while let Some(item) = items.next_element()? {
            if children.len() <= MAX_NODES {
                children.push((String::new(), item));
            }
        }
        Ok(Children(children))
    }
}
