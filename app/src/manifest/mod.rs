//! Settings in a file: the settings of instances, as YAML or JSON that can be kept under version control.
//!
//! `settings.rs` is the settings of one instance, `read.rs` reads them from a tree of values (`node.rs`), and `check.rs` holds them
//! against the rules that the forms of the dashboard have. `plan.rs` says what they would change, and `store.rs` changes it.

mod check;
mod error;
pub mod file;
pub mod mapping;
mod node;
pub mod plan;
mod read;
mod redirects;
mod schema;
mod settings;
mod store;
#[cfg(test)]
mod store_tests;
#[cfg(test)]
mod tests;

pub use check::Checked;
pub use error::ManifestError;
pub use file::{FileError, Format, Manifest, Writer};
pub use mapping::{OriginMap, map_origins};
pub use node::Position;
pub use plan::{Action, Change, FieldDiff, SkippedRedirect, plan_one};
pub use redirects::Redirects;
pub use schema::{SCHEMA_PATH, json_schema};
pub use settings::InstanceSettings;
pub use store::{apply, create};
