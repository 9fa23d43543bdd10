//! The rules that PostgreSQL keeps by itself, whoever writes: a row that breaks one is refused by the constraint of that name.

use std::collections::BTreeSet;

use sqlx::PgPool;

/// A row that breaks no rule; a case changes one column.
#[derive(Clone)]
struct Row {
    slug: String,
    name: String,
    environment: String,
    domain: String,
    domain_typed: String,
    portal_origin: String,
    home_url: String,
    allowed_origins: Vec<Option<String>>,
    version: i64,
    identity: String,
    application_origins: Vec<Option<String>>,
}

fn valid() -> Row {
    Row {
        slug: "my-app".into(),
        name: "MyApp".into(),
        environment: "production".into(),
        domain: "myapp.com".into(),
        domain_typed: "MyApp.com".into(),
        portal_origin: "https://accounts.myapp.com".into(),
        home_url: "https://myapp.com/".into(),
        allowed_origins: vec![Some("https://app.example.com".into())],
        version: 1,
        identity: "accounts".into(),
        application_origins: Vec::new(),
    }
}

/// The constraint that refuses the row; `None` where it is stored.
async fn refused_by(pool: &PgPool, row: Row) -> Option<String> {
    let inserted = sqlx::query(
        "insert into instances (slug, name, environment, domain, domain_typed, portal_origin, home_url, allowed_origins, version,
            identity, application_origins)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(row.slug)
    .bind(row.name)
    .bind(row.environment)
    .bind(row.domain)
    .bind(row.domain_typed)
    .bind(row.portal_origin)
    .bind(row.home_url)
    .bind(row.allowed_origins)
    .bind(row.version)
    .bind(row.identity)
    .bind(row.application_origins)
    .execute(pool)
    .await;
    let error = inserted.err()?;
    Some(error.as_database_error().and_then(|error| error.constraint()).unwrap_or_else(|| panic!("{error}")).to_owned())
}

/// Rows that break one rule each, with the name of the constraint that keeps it.
fn broken() -> Vec<(Row, &'static str)> {
    let mut rows = Vec::new();
    for slug in ["", "My-App", "my_app", "my app", "-my", "my-", "my--app", "my/app", "new", &"a".repeat(64)] {
        rows.push((Row { slug: slug.into(), ..valid() }, "instances_slug_check"));
    }
    for name in ["", " MyApp", "MyApp ", &"ü".repeat(101)] {
        rows.push((Row { name: name.into(), ..valid() }, "instances_name_check"));
    }
    for environment in ["", "Production", "staging"] {
        rows.push((Row { environment: environment.into(), ..valid() }, "instances_environment_check"));
    }
    for domain in ["", "MyApp.com", "my app.com", "münchen.de", &"a".repeat(254)] {
        rows.push((Row { domain: domain.into(), ..valid() }, "instances_domain_check"));
    }
    for domain_typed in ["", &"ü".repeat(1025)] {
        rows.push((Row { domain_typed: domain_typed.into(), ..valid() }, "instances_domain_typed_check"));
    }
    for portal in
        ["", "accounts.myapp.com", "https://", "https://accounts.myapp.com/", "https://a.com/x", &format!("https://{}", "a".repeat(505))]
    {
        // In production the rule on http would speak first.
        rows.push((Row { portal_origin: portal.into(), environment: "development".into(), ..valid() }, "instances_portal_origin_check"));
    }
    for home in
        ["", "/", "//myapp.com/", "javascript:alert(1)", "https:///", "https://myapp.com", &format!("https://a/{}", "ü".repeat(1020))]
    {
        rows.push((Row { home_url: home.into(), ..valid() }, "instances_home_url_check"));
    }
    rows.push((Row { portal_origin: "http://accounts.myapp.com".into(), ..valid() }, "instances_http_check"));
    rows.push((Row { home_url: "http://myapp.com/".into(), ..valid() }, "instances_http_check"));
    for allowed_origins in [vec![None], vec![Some("https://a.com".into()); 51]] {
        rows.push((Row { allowed_origins, ..valid() }, "instances_allowed_origins_check"));
    }
    for application_origins in [vec![None], vec![Some("https://a.com".into()); 21]] {
        rows.push((Row { application_origins, ..valid() }, "instances_application_origins_check"));
    }
    for version in [0, -1] {
        rows.push((Row { version, ..valid() }, "instances_version_check"));
    }
    rows.push((Row { identity: "guesses".into(), ..valid() }, "instances_identity_check"));
    rows
}

#[sqlx::test(migrations = "../migrations")]
async fn a_row_that_breaks_a_rule_is_refused_by_the_constraint_of_that_name(pool: PgPool) {
    for (number, (row, constraint)) in broken().into_iter().enumerate() {
        assert_eq!(refused_by(&pool, row).await.as_deref(), Some(constraint), "row {number}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_check_of_the_table_has_a_row_that_breaks_it(pool: PgPool) {
    let checks: Vec<String> =
        sqlx::query_scalar("select conname::text from pg_constraint where conrelid = 'instances'::regclass and contype = 'c'")
            .fetch_all(&pool)
            .await
            .unwrap();
    let tried: BTreeSet<&str> = broken().into_iter().map(|(_, constraint)| constraint).collect();
    assert_eq!(checks.iter().map(String::as_str).collect::<BTreeSet<_>>(), tried);
}

#[sqlx::test(migrations = "../migrations")]
async fn slug_and_portal_origin_are_unique_and_the_longest_values_fit(pool: PgPool) {
    let longest = Row {
        slug: "a".repeat(63),
        name: "ü".repeat(100),
        domain: "a".repeat(253),
        domain_typed: "ü".repeat(1024),
        portal_origin: format!("https://{}", "a".repeat(504)),
        home_url: format!("https://a/{}", "b".repeat(2038)),
        allowed_origins: vec![Some("https://a.com".into()); 50],
        ..valid()
    };
    assert_eq!(refused_by(&pool, longest).await, None);
    assert_eq!(refused_by(&pool, valid()).await, None);
    let other_portal = Row { portal_origin: "https://accounts.other.com".into(), ..valid() };
    assert_eq!(refused_by(&pool, other_portal).await.as_deref(), Some("instances_slug_key"));
    let other_slug = Row { slug: "other".into(), ..valid() };
    assert_eq!(refused_by(&pool, other_slug).await.as_deref(), Some("instances_portal_origin_key"));
}

#[sqlx::test(migrations = "../migrations")]
async fn http_is_stored_in_development(pool: PgPool) {
    let (portal_origin, home_url) = ("http://accounts.localhost:3000".into(), "http://localhost:3000/".into());
    assert_eq!(refused_by(&pool, Row { environment: "development".into(), portal_origin, home_url, ..valid() }).await, None);
}
