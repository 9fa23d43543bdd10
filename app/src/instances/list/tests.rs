//! The list: what it finds, counts and pages through, and for whom.

use sqlx::PgPool;

use super::{Counts, ListFilter, Shown, read_counts, read_page, recent};
use crate::{
    admins::Role,
    fixtures::{account, create_owned, join, member, other_app, owner},
    redirects::{Environment, Settings},
};

async fn store_instances(pool: &PgPool) {
    let me = owner(pool).await;
    for (slug, name, environment) in [
        ("atlas", "Atlas", Environment::Production),
        ("billing", "Billing 100%", Environment::Production),
        ("shop", "Shop", Environment::Development),
    ] {
        create_owned(pool, &me, &Settings { name: name.into(), environment, ..other_app(slug) }).await;
    }
}

async fn found(pool: &PgPool, admin: i64, query: &str) -> Vec<String> {
    read_page(pool, admin, &ListFilter::read(query)).await.unwrap().into_iter().map(|found| found.slug).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn instances_are_found_by_name_domain_and_slug_and_the_last_change_is_first(pool: PgPool) {
    store_instances(&pool).await;
    let me = owner(&pool).await.admin.unwrap();
    assert_eq!(found(&pool, me, "").await, ["shop", "billing", "atlas"]);
    sqlx::query("update instances set updated_at = clock_timestamp() where slug = 'atlas'").execute(&pool).await.unwrap();
    assert_eq!(found(&pool, me, "").await, ["atlas", "shop", "billing"]);
    assert_eq!(found(&pool, me, "q=ATL").await, ["atlas"]);
    assert_eq!(found(&pool, me, "q=shop.com").await, ["shop"]);
    assert_eq!(found(&pool, me, "q=100%25").await, ["billing"], "a percent sign is itself");
    assert_eq!(found(&pool, me, "q=%25").await, ["billing"]);
    assert_eq!(found(&pool, me, "q=nothing%00").await, Vec::<String>::new());
    assert_eq!(found(&pool, me, "show=production").await, ["atlas", "billing"]);
    assert_eq!(found(&pool, me, "page=2").await, Vec::<String>::new());
    let counts = read_counts(&pool, me, &ListFilter::read("q=l&show=development")).await.unwrap();
    assert_eq!(counts, Counts { production: 2, development: 0 }, "the filters are counted for the search");
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_finds_an_instance_that_they_are_no_member_of(pool: PgPool) {
    store_instances(&pool).await;
    let viewer = member(&pool, "viewer@myapp.com", "shop", Role::Viewer).await.admin.unwrap();
    let nobody = account(&pool, "nobody@myapp.com", true).await.admin.unwrap();
    assert_eq!(found(&pool, viewer, "").await, ["shop"]);
    assert_eq!(found(&pool, viewer, "q=atlas").await, Vec::<String>::new());
    assert_eq!(found(&pool, nobody, "").await, Vec::<String>::new());
    let slugs = ["atlas".to_owned(), "shop".to_owned()];
    let names = |found: Vec<super::store::Recent>| found.into_iter().map(|found| found.slug).collect::<Vec<_>>();
    assert_eq!(names(recent(&pool, viewer, &slugs).await.unwrap()), ["shop"]);
    assert_eq!(names(recent(&pool, owner(&pool).await.admin.unwrap(), &slugs).await.unwrap()), ["atlas", "shop"], "in their order");
}

/// With more memberships than are read first, the list is the same.
#[sqlx::test(migrations = "../migrations")]
async fn a_member_of_thousands_of_instances_finds_and_counts_them_too(pool: PgPool) {
    store_instances(&pool).await;
    let me = owner(&pool).await;
    let many = "insert into instances (slug, name, environment, domain, domain_typed, portal_origin, home_url, updated_at)
        select 'many-' || n, 'Many ' || n, 'development', 'm' || n || '.com', 'm' || n || '.com', 'https://accounts.m' || n || '.com',
            'https://m' || n || '.com/', now() - interval '1 hour' - n * interval '1 second' from generate_series(1, 5100) n";
    // A trigger sets the time of every row to the present.
    sqlx::query("alter table instances disable trigger user").execute(&pool).await.unwrap();
    sqlx::query(many).execute(&pool).await.unwrap();
    sqlx::query("insert into members (instance_id, admin_id, role) select id, $1, 'viewer' from instances where slug like 'many-%'")
        .bind(me.admin.unwrap())
        .execute(&pool)
        .await
        .unwrap();
    let me = me.admin.unwrap();
    assert_eq!(found(&pool, me, "").await[..4], ["shop", "billing", "atlas", "many-1"]);
    assert_eq!(found(&pool, me, "page=2").await[0], "many-48");
    assert_eq!(found(&pool, me, "q=many+5099").await, ["many-5099"]);
    assert!(read_counts(&pool, me, &ListFilter::read("")).await.unwrap().is_capped());
    assert_eq!(read_counts(&pool, me, &ListFilter::read("q=shop")).await.unwrap(), Counts { production: 0, development: 1 });
    join(&pool, &account(&pool, "few@myapp.com", false).await, "atlas", Role::Viewer).await;
}

#[test]
fn the_address_is_the_state() {
    for address in ["/instances", "/instances?q=a+b%26c", "/instances?show=archived", "/instances?q=x&show=production&page=3"] {
        let query = address.split_once('?').map_or("", |(_, query)| query);
        assert_eq!(ListFilter::read(query).address(), address);
    }
    let odd = ListFilter::read("q=%20a%00b%20&show=nothing&page=-7&other=1");
    assert_eq!(odd, ListFilter { search: "ab".into(), shown: Shown::All, page: 1 });
    assert_eq!(ListFilter::read("page=999999999").page, 100);
}
