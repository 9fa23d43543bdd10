//! Exports a history as CSV or JSON. It is written in parts, so a long history never fills the memory.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{difference::describe, store::Change};
use crate::ui::{spreadsheet, text::timestamp};

/// The file formats of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// One row for each change; the values before and after are JSON.
    Csv,
    /// An array with one object for each change.
    Json,
}

impl ExportFormat {
    /// The format that a file name's extension stands for; `None` for any other extension.
    pub fn of_file(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1 {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The file name's extension.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// The media type for `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }

    /// The bytes before the first change.
    pub fn begin(self) -> Vec<u8> {
        match self {
            Self::Csv => spreadsheet::head(&COLUMNS),
            Self::Json => b"[".to_vec(),
        }
    }

    /// The bytes of these changes; `first` if no change has been written yet.
    pub fn write(self, changes: &[Change], first: bool) -> Vec<u8> {
        if self == Self::Csv {
            return spreadsheet::rows(changes.iter().map(cells));
        }
        let mut file = Vec::new();
        for (at, change) in changes.iter().enumerate() {
            file.extend_from_slice(if first && at == 0 { b"\n" } else { b",\n" });
            // Writing to memory does not fail.
            let _ = serde_json::to_writer(&mut file, &JsonChange::of(change));
        }
        file
    }

    /// The bytes after the last change.
    pub fn end(self) -> Vec<u8> {
        match self {
            Self::Csv => Vec::new(),
            Self::Json => b"\n]\n".to_vec(),
        }
    }
}

/// The columns of the CSV: the JSON fields, and `did`, a description of the change. `attempts` and `last_at` are of failed sign-ins only.
const COLUMNS: [&str; 14] =
    ["id", "at", "who", "did", "kind", "instance", "version", "about", "address", "before", "after", "attempts", "last_at", "api_token"];

fn cells(change: &Change) -> [String; COLUMNS.len()] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let values = |values: &Map<String, Value>| serde_json::to_string(values).unwrap_or_default();
    [
        change.id.to_string(),
        timestamp(change.at),
        change.who.clone(),
        describe(change),
        change.kind.name().to_owned(),
        text(&change.instance),
        change.version.map(|version| version.to_string()).unwrap_or_default(),
        text(&change.about),
        text(&change.address),
        values(&change.before),
        values(&change.after),
        change.attempts.map(|attempts| attempts.count.to_string()).unwrap_or_default(),
        change.attempts.map(|attempts| timestamp(attempts.last_at)).unwrap_or_default(),
        text(&change.api_token),
    ]
}

/// A change as JSON.
#[derive(Serialize)]
struct JsonChange<'a> {
    id: i64,
    at: String,
    who: &'a str,
    kind: &'static str,
    instance: Option<&'a str>,
    version: Option<i64>,
    about: Option<&'a str>,
    address: Option<&'a str>,
    before: &'a Map<String, Value>,
    after: &'a Map<String, Value>,
    attempts: Option<i64>,
    last_at: Option<String>,
    api_token: Option<&'a str>,
}

impl<'a> JsonChange<'a> {
    fn of(change: &'a Change) -> Self {
        Self {
            id: change.id,
            at: timestamp(change.at),
            who: &change.who,
            kind: change.kind.name(),
            instance: change.instance.as_deref(),
            version: change.version,
            about: change.about.as_deref(),
            address: change.address.as_deref(),
            before: &change.before,
            after: &change.after,
            attempts: change.attempts.map(|attempts| attempts.count),
            last_at: change.attempts.map(|attempts| timestamp(attempts.last_at)),
            api_token: change.api_token.as_deref(),
        }
    }
}
