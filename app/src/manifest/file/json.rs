//! Reads JSON into a tree of values. The parser says nothing of places, so each value is found in the text by its slice of it.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{from_str, value::RawValue};

use super::{
    super::node::{Key, Node, NodeValue, Position},
    FileError, MAX_DEPTH,
};

pub(super) fn read(text: &str) -> Result<Node, Box<FileError>> {
    let source = Source { text, lines: text.match_indices('\n').map(|(at, _)| at + 1).collect() };
    let whole: &RawValue = from_str(text).map_err(|error| Box::new(source.invalid(0, &error)))?;
    source.node(whole, 0)
}

struct Source<'t> {
    text: &'t str,
    /// Where each line after the first begins.
    lines: Vec<usize>,
}

impl Source<'_> {
    fn node(&self, raw: &RawValue, depth: usize) -> Result<Node, Box<FileError>> {
        let text = raw.get();
        // A raw value is a slice of the text that it was read from.
        let offset = (text.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let at = self.position(offset);
        if depth > MAX_DEPTH {
            return Err(Box::new(FileError::new(at, "The values are nested too deeply for a settings file.")));
        }
        let invalid = |error: serde_json::Error| Box::new(self.invalid(offset, &error));
        let value = match text.as_bytes().first() {
            Some(b'{') => {
                let mut values: Vec<(Key, Node)> = Vec::new();
                let mut names = std::collections::HashSet::new();
                for (name, value) in from_str::<Pairs<'_>>(text).map_err(invalid)?.0 {
                    let value = self.node(value, depth + 1)?;
                    if !names.insert(name.clone()) {
                        return Err(Box::new(FileError::new(value.at, format!("{name} is here twice. Remove one of them."))));
                    }
                    values.push((Key { at: value.at, name }, value));
                }
                NodeValue::Map(values)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = from_str(text).map_err(invalid)?;
                NodeValue::List(items.into_iter().map(|item| self.node(item, depth + 1)).collect::<Result<_, _>>()?)
            }
            Some(b'"') => NodeValue::Text(from_str(text).map_err(invalid)?),
            Some(b't') => NodeValue::Bool(true),
            Some(b'f') => NodeValue::Bool(false),
            Some(b'n') => NodeValue::Null,
            _ => NodeValue::Number,
        };
        Ok(Node { at, value })
    }

    fn position(&self, offset: usize) -> Position {
        let line = self.lines.partition_point(|begin| *begin <= offset);
        let begin = line.checked_sub(1).map_or(0, |before| self.lines[before]);
        let column = self.text.get(begin..offset).map_or(0, |text| text.chars().count());
        Position { line: line as u64 + 1, column: column as u64 + 1 }
    }

    /// An error of the parser, which counts lines and bytes from the beginning of what it was given.
    fn invalid(&self, offset: usize, error: &serde_json::Error) -> FileError {
        let at = if offset == 0 { Position { line: error.line() as u64, column: error.column() as u64 } } else { self.position(offset) };
        let text = error.to_string();
        let plain = text.split(" at line ").next().unwrap_or_default();
        FileError::new(at, format!("This is not valid JSON: {plain}."))
    }
}

/// The values of an object, in the order of the text.
struct Pairs<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;

        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = values.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor)
    }
}
