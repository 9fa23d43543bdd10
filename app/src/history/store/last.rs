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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fallbacks::{self, form::FallbackForm},
        history::Actor,
        instances::store,
        redirects::{Fallbacks, Flow, Instance, Settings},
    };

    async fn save(pool: &PgPool, who: &str, version: i64, values: &[(Flow, &str)]) {
        let actor = Actor { admin: None, name: who.to_owned(), address: None };
        let fallbacks: Fallbacks = values.iter().map(|(flow, value)| (*flow, (*value).to_owned())).collect();
        fallbacks::store::save(pool, &actor, "my-app", &FallbackForm::of(&fallbacks, version)).await.unwrap();
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn the_last_one_to_touch_a_field_is_named_also_where_they_cleared_it(pool: PgPool) {
        let settings = Settings { slug: "my-app".into(), name: "MyApp".into(), domain: "myapp.com".into(), ..Settings::default() };
        store::create(&pool, &Actor::server(), &Instance::parse(&settings, 0).unwrap(), "myapp.com").await.unwrap();
        save(&pool, "ana", 1, &[(Flow::SignIn, "/1"), (Flow::SignOut, "/1")]).await;
        save(&pool, "ben", 2, &[(Flow::SignOut, "/1"), (Flow::Logo, "/2")]).await;
        save(&pool, "cem", 3, &[(Flow::SignOut, "/1"), (Flow::Logo, "/3")]).await;
        let id = store::find(&pool, "my-app").await.unwrap().unwrap().id;
        let fields = ["name", "after_sign_in_url", "after_sign_out_url", "logo_link_url", "after_sign_up_url", "'; --"];
        let who = async |instance, version| {
            let found = last(&pool, instance, version, &fields).await.unwrap();
            let mut found: Vec<_> = found.into_iter().map(|(field, last)| format!("{field} {}", last.who)).collect();
            found.sort();
            found
        };
        assert_eq!(who(id, 4).await, ["after_sign_in_url ben", "after_sign_out_url ana", "logo_link_url cem", "name the server"]);
        assert_eq!(who(id, 3).await, ["after_sign_in_url ben", "after_sign_out_url ana", "logo_link_url ben", "name the server"]);
        assert_eq!(who(id + 1, 4).await, [""; 0]);
    }
}
