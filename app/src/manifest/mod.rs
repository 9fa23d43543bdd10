//! Settings in a file: everything that admins set of instances, as YAML or JSON that can be kept under version control.
//!
//! `settings.rs` is the settings of one instance, `read.rs` reads them from a tree of values (`node.rs`), and `check.rs` holds them
//! against the rules that the forms of the dashboard have.

mod check;
mod error;
mod node;
mod read;
mod redirects;
mod schema;
mod settings;
#[cfg(test)]
mod tests;

pub use check::Checked;
pub use error::ManifestError;
pub use node::Position;
pub use redirects::Redirects;
pub use schema::json_schema;
pub use settings::InstanceSettings;
