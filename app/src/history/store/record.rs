//! Writes the history: one row for each change, in the transaction that makes the change.

use serde_json::Value;
use sqlx::PgConnection;

use crate::history::{Actor, Kind, record::Entry};

/// Records a change.
///
/// # Errors
/// The query fails.
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
