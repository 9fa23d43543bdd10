//! Who touched a field last, and when.

use sqlx::PgPool;
use time::OffsetDateTime;

/// Who made a change, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    /// What they were called then.
    pub who: String,
    /// When it was.
    pub at: OffsetDateTime,
}

/// The latest change of each of these fields of an instance, up to that version. Fields that no change has touched are left out.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn last(pool: &PgPool, instance: i64, version: i64, fields: &[&str]) -> sqlx::Result<Vec<(String, Last)>> {
    let fields: Vec<String> = fields.iter().map(|&field| field.to_owned()).collect();
    let rows = sqlx::query!(
        r#"
        select asked.field as "field!", c.who, c.at
        from unnest($3::text[]) as asked (field)
        cross join lateral (
            select who, at from changes
            where instance_id = $1 and version <= $2 and (after ? asked.field or before ? asked.field)
            order by version desc limit 1
        ) c
        "#,
        instance,
        version,
        &fields
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.field, Last { who: row.who, at: row.at })).collect())
}
