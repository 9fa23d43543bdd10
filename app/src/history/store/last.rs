//! Who changed a field last, and when.

use crate::history::with_token;
use sqlx::PgExecutor;
use time::OffsetDateTime;

/// Who made the last change, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAuthor {
    /// The name that they had then, and the API token that their program made it with.
    pub who: String,
    /// When they made it.
    pub at: OffsetDateTime,
}

/// The last change to each of these fields of an instance, up to that version. Fields that never changed are left out.
///
/// # Errors
/// The query fails.
pub async fn last_changes<'e>(
    executor: impl PgExecutor<'e>,
    instance: i64,
    version: i64,
    fields: &[&str],
) -> sqlx::Result<Vec<(String, LastAuthor)>> {
    let fields: Vec<String> = fields.iter().map(|&field| field.to_owned()).collect();
    let rows = sqlx::query!(
        r#"
        select asked.field as "field!", c.who, c.api_token, c.at
        from unnest($3::text[]) as asked (field)
        cross join lateral (
            select who, api_token, at from changes
            where instance_id = $1 and version <= $2 and (after ? asked.field or before ? asked.field)
            order by version desc limit 1
        ) c
        "#,
        instance,
        version,
        &fields
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| (row.field, LastAuthor { who: with_token(&row.who, row.api_token.as_deref()), at: row.at })).collect())
}
