//! The list in PostgreSQL. An admin's memberships are read first where they are few. Where they are many, the instances are read in the
//! order of the list, and each is looked up among the memberships: so no query has to sort or join all of them.

use std::fmt;

use sqlx::PgPool;
use time::OffsetDateTime;

use super::{ListFilter, Shown};
use crate::{database::timed, redirects::Environment, ui::text::Grouped};

/// How many instances a page shows.
pub const PAGE_SIZE: i64 = 50;

/// How many instances are counted and can be paged through. To find others, admins search.
pub const MAX_COUNTED: i64 = 5_000;

/// An instance on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedInstance {
    /// The row's key.
    pub id: i64,
    /// The name in URLs.
    pub slug: String,
    /// The name on screens.
    pub name: String,
    /// `development` or `production`.
    pub environment: String,
    /// The domain as typed.
    pub domain: String,
    /// The name of the admin's role.
    pub role: String,
    /// The version that the last change made.
    pub version: i64,
    /// When it was changed last.
    pub changed_at: OffsetDateTime,
    /// Who changed it last.
    pub changed_by: Option<String>,
    /// The API token that their program changed it with.
    pub changed_with: Option<String>,
}

impl ListedInstance {
    /// Development or production.
    pub fn environment(&self) -> Environment {
        self.environment.parse().unwrap_or_default()
    }
}

/// How many instances match, up to [`MAX_COUNTED`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those of production.
    pub production: i64,
    /// Those of development.
    pub development: i64,
}

impl Counts {
    /// All that are not archived.
    pub fn all(self) -> i64 {
        self.production + self.development
    }

    /// Whether there are more than were counted.
    pub fn is_capped(self) -> bool {
        self.all() > MAX_COUNTED
    }

    /// How many a filter shows, up to [`MAX_COUNTED`]; `archived` is how many are archived.
    pub fn of(self, shown: Shown, archived: i64) -> Count {
        match shown {
            Shown::All => Count::new(self.all(), self.is_capped()),
            Shown::Of(Environment::Production) => Count::new(self.production, self.is_capped()),
            Shown::Of(Environment::Development) => Count::new(self.development, self.is_capped()),
            Shown::Archived => Count::new(archived, archived > MAX_COUNTED),
        }
    }
}

/// A count on the screen: `5,000+` where not all were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many were counted, up to [`MAX_COUNTED`].
    pub count: i64,
    /// Whether there may be more.
    pub is_capped: bool,
}

impl Count {
    fn new(count: i64, is_capped: bool) -> Self {
        Self { count: count.min(MAX_COUNTED), is_capped }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Grouped(self.count), if self.is_capped { "+" } else { "" })
    }
}

/// Whether an admin has so many memberships that they are not read first.
async fn has_many(pool: &PgPool, admin: i64) -> sqlx::Result<bool> {
    let counted = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (select from members where admin_id = $1 limit $2::bigint + 1) as counted"#,
        admin,
        MAX_COUNTED
    );
    Ok(counted.fetch_one(timed(pool)).await? > MAX_COUNTED)
}

/// The page of instances that an admin is a member of and that match, the last change first. Archived ones are left out.
///
/// # Errors
/// The query fails.
pub async fn read_page(pool: &PgPool, admin: i64, filter: &ListFilter) -> sqlx::Result<Vec<ListedInstance>> {
    let (search, environment) = (filter.search.to_lowercase(), filter.shown.environment().map(Environment::name));
    if has_many(pool, admin).await? {
        return sqlx::query_as!(
            ListedInstance,
            r#"
            select l.id as "id!", l.slug as "slug!", l.name as "name!", l.environment as "environment!", l.domain_typed as "domain!",
                l.role as "role!", l.version as "version!", l.updated_at as "changed_at!", c.who as "changed_by?", c.api_token as "changed_with?"
            from (
                select i.id, i.slug, i.name, i.environment, i.domain_typed, m.role, i.version, i.updated_at
                from instances i
                cross join lateral (select m.role from members m where m.instance_id = i.id and m.admin_id = $1 limit 1) m
                where i.archived_at is null and ($2::text is null or i.environment = $2)
                    and ($3 = '' or strpos(lower(i.name), $3) > 0 or strpos(i.name, $4) > 0 or strpos(lower(i.domain_typed), $3) > 0
                        or strpos(i.domain, $3) > 0 or strpos(i.slug, $3) > 0)
                order by i.updated_at desc, i.id desc
                limit $5 offset $6
            ) l
            left join changes c on c.instance_id = l.id and c.version = l.version
            order by l.updated_at desc, l.id desc
            "#,
            admin,
            environment,
            search,
            filter.search,
            PAGE_SIZE,
            filter.offset()
        )
        .fetch_all(timed(pool))
        .await;
    }
    sqlx::query_as!(
        ListedInstance,
        r#"
        with mine as materialized (select instance_id, role from members where admin_id = $1)
        select l.id as "id!", l.slug as "slug!", l.name as "name!", l.environment as "environment!", l.domain_typed as "domain!",
            l.role as "role!", l.version as "version!", l.updated_at as "changed_at!", c.who as "changed_by?", c.api_token as "changed_with?"
        from (
            select i.id, i.slug, i.name, i.environment, i.domain_typed, m.role, i.version, i.updated_at
            from mine m join instances i on i.id = m.instance_id
            where i.archived_at is null and ($2::text is null or i.environment = $2)
                and ($3 = '' or strpos(lower(i.name), $3) > 0 or strpos(i.name, $4) > 0 or strpos(lower(i.domain_typed), $3) > 0
                        or strpos(i.domain, $3) > 0 or strpos(i.slug, $3) > 0)
            order by i.updated_at desc, i.id desc
            limit $5 offset $6
        ) l
        left join changes c on c.instance_id = l.id and c.version = l.version
        order by l.updated_at desc, l.id desc
        "#,
        admin,
        environment,
        search,
        filter.search,
        PAGE_SIZE,
        filter.offset()
    )
    .fetch_all(timed(pool))
    .await
}

/// How many instances an admin is a member of and match the search, by environment. Stops counting after [`MAX_COUNTED`].
///
/// # Errors
/// The query fails.
pub async fn read_counts(pool: &PgPool, admin: i64, filter: &ListFilter) -> sqlx::Result<Counts> {
    let search = filter.search.to_lowercase();
    if has_many(pool, admin).await? {
        return sqlx::query_as!(
            Counts,
            r#"
            select count(*) filter (where environment = 'production') as "production!",
                count(*) filter (where environment = 'development') as "development!"
            from (
                select i.environment from instances i
                cross join lateral (select from members m where m.instance_id = i.id and m.admin_id = $1 limit 1) m
                where i.archived_at is null
                    and ($2 = '' or strpos(lower(i.name), $2) > 0 or strpos(i.name, $3) > 0 or strpos(lower(i.domain_typed), $2) > 0
                        or strpos(i.domain, $2) > 0 or strpos(i.slug, $2) > 0)
                limit $4::bigint + 1
            ) counted
            "#,
            admin,
            search,
            filter.search,
            MAX_COUNTED
        )
        .fetch_one(timed(pool))
        .await;
    }
    sqlx::query_as!(
        Counts,
        r#"
        with mine as materialized (select instance_id from members where admin_id = $1)
        select count(*) filter (where environment = 'production') as "production!",
            count(*) filter (where environment = 'development') as "development!"
        from mine m join instances i on i.id = m.instance_id
        where i.archived_at is null
            and ($2 = '' or strpos(lower(i.name), $2) > 0 or strpos(i.name, $3) > 0 or strpos(lower(i.domain_typed), $2) > 0
                        or strpos(i.domain, $2) > 0 or strpos(i.slug, $2) > 0)
        "#,
        admin,
        search,
        filter.search
    )
    .fetch_one(timed(pool))
    .await
}

/// An instance in the switcher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// The name in URLs.
    pub slug: String,
    /// The name on screens.
    pub name: String,
    /// `development` or `production`.
    pub environment: String,
    /// The domain as typed.
    pub domain: String,
}

/// The instances of these slugs that an admin is a member of, in the order of the slugs. Archived ones are left out.
///
/// # Errors
/// The query fails.
pub async fn recent(pool: &PgPool, admin: i64, slugs: &[String]) -> sqlx::Result<Vec<Recent>> {
    sqlx::query_as!(
        Recent,
        "select i.slug, i.name, i.environment, i.domain_typed as domain
        from instances i join members m on m.instance_id = i.id and m.admin_id = $1
        where i.slug = any($2) and i.archived_at is null
        order by array_position($2, i.slug)",
        admin,
        slugs
    )
    .fetch_all(timed(pool))
    .await
}

/// The first instances that match a search, for the switcher.
///
/// # Errors
/// The query fails.
pub async fn find_listed(pool: &PgPool, admin: i64, search: &str, most: usize) -> sqlx::Result<Vec<Recent>> {
    let filter = ListFilter { search: search.to_owned(), shown: Shown::All, page: 1 };
    let found = read_page(pool, admin, &filter).await?.into_iter().take(most);
    Ok(found.map(|found| Recent { slug: found.slug, name: found.name, environment: found.environment, domain: found.domain }).collect())
}
