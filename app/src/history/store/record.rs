//! Writes the history: one row for each change, in the transaction that makes the change.

use serde_json::{Map, Value};
use sqlx::PgConnection;

use crate::{
    history::{Actor, Kind},
    insight::impact::Figure,
};

/// The name of the figure among the new values: how many visits the change concerns.
pub const IMPACT: &str = "impact";

/// What is recorded of a change, besides who made it.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The instance's key; `None` for a change that concerns accounts only.
    pub instance: Option<i64>,
    /// The instance's version after the change; `None` where the change did not raise it.
    pub version: Option<i64>,
    /// The person, version or instance that the change is about.
    pub about: Option<String>,
    /// The earlier values of the fields that changed, by the names of form fields.
    pub before: Map<String, Value>,
    /// The new values of the same fields.
    pub after: Map<String, Value>,
}

impl Entry {
    /// An entry for an instance.
    pub fn of(instance: i64) -> Self {
        Self { instance: Some(instance), ..Self::default() }
    }

    /// Adds the instance's version after the change.
    #[must_use]
    pub fn at(self, version: i64) -> Self {
        Self { version: Some(version), ..self }
    }

    /// Adds the person, version or instance that the change is about.
    #[must_use]
    pub fn about(self, about: impl Into<String>) -> Self {
        Self { about: Some(about.into()), ..self }
    }

    /// Adds how many visits the change concerns, if that was measured.
    #[must_use]
    pub fn impact(mut self, figure: Option<Figure>) -> Self {
        if let Some(value) = figure.and_then(|figure| serde_json::to_value(figure).ok()) {
            self.after.insert(IMPACT.to_owned(), value);
        }
        self
    }

    /// Adds a field, if its value changed.
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

/// Records a change.
///
/// # Errors
/// The query fails.
pub async fn record(connection: &mut PgConnection, actor: &Actor, kind: Kind, entry: Entry) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into changes (kind, instance_id, version, admin_id, who, address, about, before, after, api_token)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        kind.name(),
        entry.instance,
        entry.version,
        actor.admin,
        actor.name,
        actor.address.map(|address| address.to_string()),
        entry.about,
        Value::Object(entry.before),
        Value::Object(entry.after),
        actor.token.as_ref().map(|token| &token.name)
    )
    .execute(connection)
    .await?;
    Ok(())
}
