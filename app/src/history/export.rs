//! A history as a file: CSV for a spreadsheet, or JSON. Written piece by piece, so that a long one need not be held whole.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{difference::deed, store::Change};
use crate::ui::{spreadsheet, text::timestamp};

/// The most changes in one file. Who needs more asks for shorter times.
pub const MOST_EXPORTED: i64 = 100_000;

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One line a change; before and after are JSON in a cell.
    Csv,
    /// An array with one object a change.
    Json,
}

impl Format {
    /// The format whose name a file's name ends with.
    pub fn of_file(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1 {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// How a file's name ends.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// What HTTP calls it.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }

    /// What comes before the first change.
    pub fn begin(self) -> Vec<u8> {
        match self {
            Self::Csv => spreadsheet::head(&COLUMNS),
            Self::Json => b"[".to_vec(),
        }
    }

    /// Changes; `first` where none has been written yet.
    pub fn write(self, changes: &[Change], first: bool) -> Vec<u8> {
        if self == Self::Csv {
            return spreadsheet::rows(changes.iter().map(cells));
        }
        let mut file = Vec::new();
        for (at, change) in changes.iter().enumerate() {
            file.extend_from_slice(if first && at == 0 { b"\n" } else { b",\n" });
            // Writing to memory does not fail.
            let _ = serde_json::to_writer(&mut file, &Exported::of(change));
        }
        file
    }

    /// What comes after the last change.
    pub fn end(self) -> Vec<u8> {
        match self {
            Self::Csv => Vec::new(),
            Self::Json => b"\n]\n".to_vec(),
        }
    }
}

/// The columns of the CSV: those of the JSON, and what was done, in words.
const COLUMNS: [&str; 11] = ["id", "at", "who", "did", "kind", "instance", "version", "about", "address", "before", "after"];

fn cells(change: &Change) -> [String; COLUMNS.len()] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let values = |values: &Map<String, Value>| serde_json::to_string(values).unwrap_or_default();
    [
        change.id.to_string(),
        timestamp(change.at),
        change.who.clone(),
        deed(change),
        change.kind.name().to_owned(),
        text(&change.instance),
        change.version.map(|version| version.to_string()).unwrap_or_default(),
        text(&change.about),
        text(&change.address),
        values(&change.before),
        values(&change.after),
    ]
}

/// A change as JSON.
#[derive(Serialize)]
struct Exported<'a> {
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
}

impl<'a> Exported<'a> {
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
        }
    }
}
