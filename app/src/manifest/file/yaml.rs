//! Reads YAML strictly: no anchors, no merge keys, no duplicate keys, one document. So a reviewer sees every value in the file.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{
    Error, Location, Options, Spanned, from_str_with_options,
    options::{DuplicateKeyPolicy, MergeKeyPolicy},
};

use super::{
    super::node::{Key, Node, NodeValue, Position},
    FileError, MAX_DEPTH, MAX_NODES, TOO_DEEP, TOO_MANY,
};

pub(super) fn read(text: &str) -> Result<Node, Box<FileError>> {
    let Spanned { value: Tree(value), referenced, .. } =
        from_str_with_options::<Spanned<Tree>>(text, options()).map_err(|error| Box::new(explain(text, &error)))?;
    Ok(Node { at: position(referenced), value })
}

fn options() -> Options {
    serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_anchors: 0,
            max_aliases: 0,
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_documents: 1,
            max_nodes: MAX_NODES,
            max_events: 2 * MAX_NODES,
        },
    }
}

fn position(location: Location) -> Position {
    Position { line: location.line(), column: location.column() }
}

/// What is wrong, in words that name the fix.
fn explain(text: &str, error: &Error) -> FileError {
    let error = error.without_snippet();
    let at = error.location().map(position).unwrap_or_default();
    let message = match error {
        Error::DuplicateMappingKey { key, .. } => {
            let name = key.as_deref().map_or_else(|| "This key".to_owned(), ToString::to_string);
            format!("{name} is here twice. Remove one of them.")
        }
        Error::MergeKeyNotAllowed { .. } => "Merge keys (<<) are not read. Write the settings of each instance out.".to_owned(),
        Error::Budget { breach, .. } => match breach {
            serde_saphyr::budget::BudgetBreach::Anchors { .. } | serde_saphyr::budget::BudgetBreach::Aliases { .. } => ANCHORS.to_owned(),
            serde_saphyr::budget::BudgetBreach::Depth { .. } => TOO_DEEP.to_owned(),
            _ => TOO_MANY.to_owned(),
        },
        Error::UnknownAnchor { .. } => ANCHORS.to_owned(),
        Error::MultipleDocuments { .. } => "The file has several documents. Keep one, without a line of ---.".to_owned(),
        Error::UnsupportedTag { .. } => "Tags (!) are not read. Write plain values.".to_owned(),
        other => {
            let all = other.to_string();
            if let Some(tab) = all.contains("tab").then(|| tab_after(text, at)).flatten() {
                return FileError::new(tab, "A tab is here. Indent YAML with spaces.");
            }
            let first = all.lines().next().unwrap_or_default();
            let plain = first.split(" at line ").next().unwrap_or(first);
            format!("This is not valid YAML: {plain}. A text with a special character needs quotes.")
        }
    };
    FileError::new(at, message)
}

/// The first tab in the indentation of that line or of the next one. The parser says the end of the value before it.
fn tab_after(text: &str, at: Position) -> Option<Position> {
    let first = at.line.max(1);
    let lines = text.lines().skip(usize::try_from(first - 1).ok()?).take(2);
    (first..).zip(lines).find_map(|(line, text)| {
        let tab = text.find(|c: char| c != ' ').filter(|index| text[*index..].starts_with('\t'))?;
        Some(Position { line, column: tab as u64 + 1 })
    })
}

const ANCHORS: &str =
    "Anchors (&) and aliases (*) are not read. Write the values out, or put a text that begins with one of these in quotes.";

/// A value with the places of all values in it.
struct Tree(NodeValue);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor).map(Self)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = NodeValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<NodeValue, E> {
        Ok(NodeValue::Null)
    }

    fn visit_none<E>(self) -> Result<NodeValue, E> {
        Ok(NodeValue::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<NodeValue, E> {
        Ok(NodeValue::Bool(yes))
    }

    fn visit_i64<E>(self, _: i64) -> Result<NodeValue, E> {
        Ok(NodeValue::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<NodeValue, E> {
        Ok(NodeValue::Number)
    }

    fn visit_i128<E>(self, _: i128) -> Result<NodeValue, E> {
        Ok(NodeValue::Number)
    }

    fn visit_u128<E>(self, _: u128) -> Result<NodeValue, E> {
        Ok(NodeValue::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<NodeValue, E> {
        Ok(NodeValue::Number)
    }

    fn visit_str<E>(self, text: &str) -> Result<NodeValue, E> {
        Ok(NodeValue::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<NodeValue, E> {
        Ok(NodeValue::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<NodeValue, A::Error> {
        let mut list = Vec::new();
        while let Some(Spanned { value: Tree(value), referenced, .. }) = items.next_element()? {
            list.push(Node { at: position(referenced), value });
        }
        Ok(NodeValue::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<NodeValue, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = values.next_key::<Spanned<String>>()? {
            let Spanned { value: Tree(value), referenced, .. } = values.next_value()?;
            let key = Key { at: position(key.referenced), name: key.value };
            map.push((key, Node { at: position(referenced), value }));
        }
        Ok(NodeValue::Map(map))
    }
}
