//! The settings file: YAML for people, JSON for programs. `yaml.rs` and `json.rs` read a file into a tree of values with their places,
//! and `write.rs` writes one, an instance at a time.

mod json;
#[cfg(test)]
mod tests;
mod write;
mod yaml;

use std::{collections::BTreeMap, fmt};

use super::{
    InstanceSettings, ManifestError,
    error::step,
    node::{Node, NodeValue, Position},
    read::Reader,
};
use crate::redirects::is_slug;

pub use write::{Format, Writer};

/// The largest file that is read, in bytes: 10,000 instances with many origins each.
pub const MAX_FILE_BYTES: usize = 32 * 1024 * 1024;

/// The deepest nesting of values. A settings file has four levels.
const MAX_DEPTH: usize = 16;

/// The most names and values of a file: 10,000 instances, each with as many origins as it can have.
const MAX_NODES: usize = 1_000_000;

const TOO_DEEP: &str = "The values are nested too deeply for a settings file.";
const TOO_MANY: &str = "The file has too many values for a settings file.";

/// A settings file that was read.
#[derive(Clone, Debug)]
pub struct Manifest {
    instances: BTreeMap<String, InstanceSettings>,
    tree: Node,
}

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// The line, from 1.
    pub line: u64,
    /// The column, in characters from 1.
    pub column: u64,
    /// The value, as a JSON pointer. Empty for the whole file.
    pub pointer: String,
    /// What is wrong and how to fix it.
    pub message: String,
}

impl FileError {
    fn new(at: Position, message: impl ToString) -> Self {
        Self { line: at.line.max(1), column: at.column.max(1), pointer: String::new(), message: message.to_string() }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.pointer.is_empty() {
            let path = self.pointer.strip_prefix('/').unwrap_or(&self.pointer);
            write!(f, "{}: ", path.replace('/', ".").replace("~1", "/").replace("~0", "~"))?;
        }
        f.write_str(&self.message)
    }
}

impl Manifest {
    /// Reads a file. Without a format, a file that begins with `{` is JSON.
    ///
    /// # Errors
    /// Everything that is wrong with it. An error of the syntax is the only one.
    pub fn parse(file: &[u8], format: Option<Format>) -> Result<Self, Vec<FileError>> {
        let tree = tree(file, format).map_err(|error| vec![*error])?;
        let mut reader = Reader::default();
        let mut instances = BTreeMap::new();
        let mut is_there = false;
        for (pointer, name, value) in reader.fields(&tree, "", &["$schema", "instances"], "key") {
            match (name, &value.value) {
                ("instances", NodeValue::Map(values)) => {
                    is_there = true;
                    for (key, value) in values {
                        let pointer = step(&pointer, &key.name);
                        if !is_slug(&key.name) {
                            reader.note(
                                &pointer,
                                "The name of an instance here is its slug: lower-case letters, digits and single hyphens, like my-app.",
                            );
                        }
                        match InstanceSettings::read_node(value) {
                            Ok(settings) => drop(instances.insert(key.name.clone(), settings)),
                            Err(errors) => reader.errors.extend(errors.into_iter().map(|error| error.below(&pointer))),
                        }
                    }
                }
                ("instances", NodeValue::Null) => {
                    is_there = true;
                    reader.note(&pointer, "instances is empty. Write {} if there are none.");
                }
                ("instances", other) => {
                    is_there = true;
                    reader.note(&pointer, format_args!("Expected a map of instances by slug here, and found {}.", other.kind()));
                }
                (_, NodeValue::Text(_)) => {}
                (_, other) => reader.note(&pointer, format_args!("Expected the URL of the schema here, and found {}.", other.kind())),
            }
        }
        if !is_there && reader.errors.is_empty() {
            reader.note("", "instances is missing. It is a map of settings by the slug of the instance.");
        }
        let manifest = Self { instances, tree };
        let errors = reader.errors;
        if errors.is_empty() { Ok(manifest) } else { Err(errors.into_iter().map(|error| manifest.locate(error)).collect()) }
    }

    /// The instances by slug.
    pub fn instances(&self) -> &BTreeMap<String, InstanceSettings> {
        &self.instances
    }

    /// An error of one instance, with its place in the file.
    pub fn error_of(&self, slug: &str, error: ManifestError) -> FileError {
        self.locate(error.below(&step("/instances", slug)))
    }

    fn locate(&self, ManifestError { pointer, message }: ManifestError) -> FileError {
        FileError { pointer: pointer.clone(), ..FileError::new(self.tree.find(&pointer), message) }
    }
}

fn tree(file: &[u8], format: Option<Format>) -> Result<Node, Box<FileError>> {
    let whole = |message: String| Box::new(FileError::new(Position::default(), message));
    if file.len() > MAX_FILE_BYTES {
        return Err(whole(format!("The file is larger than {} MB. Split it into several files.", MAX_FILE_BYTES / 1024 / 1024)));
    }
    let text = std::str::from_utf8(file).map_err(|error| {
        let valid = String::from_utf8_lossy(&file[..error.valid_up_to()]);
        Box::new(FileError::new(Position::after(&valid), "This is not UTF-8. Save the file as UTF-8."))
    })?;
    // Some editors of Windows put it there.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Err(whole("The file has no settings. `portal-redirects export` writes one to begin with.".to_owned()));
    }
    let format = format.unwrap_or_else(|| if text.trim_start().starts_with('{') { Format::Json } else { Format::Yaml });
    match format {
        Format::Json => json::read(text),
        Format::Yaml => yaml::read(text),
    }
}
