//! The instances of an admin in the order of their slugs, for programs that read all of them: what is saved meanwhile keeps its place.

use sqlx::PgPool;

use super::ListedInstance;
use crate::{database::timed, redirects::Environment};

/// Which instances are listed.
#[derive(Clone, Debug, Default)]
pub struct BySlug {
    /// Part of a name, a domain or a slug. Empty for all.
    pub search: String,
    /// Those of one environment.
    pub environment: Option<Environment>,
    /// The one instance of that slug and no other.
    pub only: Option<String>,
    /// Those whose slugs come later. Empty for the first ones.
    pub after: String,
}

/// The next instances that an admin is a member of and that match, at most `limit`. Archived ones are left out.
///
/// # Errors
/// The query fails.
pub async fn read_by_slug(pool: &PgPool, admin: i64, list: &BySlug, limit: i64) -> sqlx::Result<Vec<ListedInstance>> {
    sqlx::query_as!(
        ListedInstance,
        r#"
        select i.id, i.slug, i.name, i.environment, i.domain_typed as domain, m.role, i.version, i.updated_at as changed_at,
            null::text as changed_by, null::text as changed_with
        from members m join instances i on i.id = m.instance_id
        where m.admin_id = $1 and i.archived_at is null and i.slug collate "C" > $2
            and ($3::text is null or i.environment = $3) and ($4::text is null or i.slug = $4)
            and ($5 = '' or strpos(lower(i.name), $5) > 0 or strpos(i.name, $6) > 0 or strpos(lower(i.domain_typed), $5) > 0
                or strpos(i.domain, $5) > 0 or strpos(i.slug, $5) > 0)
        order by i.slug collate "C" limit $7
        "#,
        admin,
        list.after,
        list.environment.map(Environment::name),
        list.only,
        list.search.to_lowercase(),
        list.search,
        limit
    )
    .fetch_all(timed(pool))
    .await
}
