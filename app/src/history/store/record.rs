//! Writing the record: one row a change, in the transaction that makes it.

use serde_json::{Map, Value};
use sqlx::PgConnection;

use crate::history::{Actor, Kind};

/// What there is to say of a change, besides who made it.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The instance, where it is one's.
    pub instance: Option<i64>,
    /// The version that the instance has since, where the change raised it.
    pub version: Option<i64>,
    /// The person, version or instance that it is about.
    pub about: Option<String>,
    /// What was there, by the names of form fields: only those that the change touched.
    pub before: Map<String, Value>,
    /// What is there now, by the same names.
    pub after: Map<String, Value>,
}

impl Entry {
    /// Of an instance.
    pub fn of(instance: i64) -> Self {
        Self { instance: Some(instance), ..Self::default() }
    }

    /// With the version that the instance has since.
    #[must_use]
    pub fn at(self, version: i64) -> Self {
        Self { version: Some(version), ..self }
    }

    /// With the person, version or instance that it is about.
    #[must_use]
    pub fn about(self, about: impl Into<String>) -> Self {
        Self { about: Some(about.into()), ..self }
    }

    /// With a field, if it has changed.
    #[must_use]
    pub fn field(mut self, name: &str, before: impl Into<Value>, after: impl Into<Value>) -> Self {
        let (before, after) = (before.into(), after.into());
        if before != after {
            self.before.insert(name.to_owned(), before);
            self.after.insert(name.to_owned(), after);
        }
        self
    }
}

/// Writes down a change.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn record(connection: &mut PgConnection, actor: &Actor, kind: Kind, entry: Entry) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into changes (kind, instance_id, version, admin_id, who, address, about, before, after)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        kind.name(),
        entry.instance,
        entry.version,
        actor.admin,
        actor.name,
        actor.address.map(|address| address.to_string()),
        entry.about,
        Value::Object(entry.before),
        Value::Object(entry.after)
    )
    .execute(connection)
    .await?;
    Ok(())
}
