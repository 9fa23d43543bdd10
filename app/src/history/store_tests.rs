//! Tests of the record, each against a PostgreSQL database of its own: nobody can alter it, and its pages have no gaps or repeats.

mod filters;
mod versions;

use sqlx::PgPool;

use super::{
    Actor, Kind,
    filter::{HistoryFilter, Wanted},
    record::{Entry, record},
    store::{Change, Scope, is_longer_than, page},
};
use crate::{
    admins::{Role, store::accounts},
    fallbacks::{form::FallbackForm, store::save},
    instances::{store, stored::StoredInstance},
    members,
    redirects::{Environment, Fallbacks, Flow, Instance, Settings},
};

fn settings(slug: &str) -> Settings {
    Settings {
        slug: slug.into(),
        name: "MyApp".into(),
        environment: Environment::Production,
        domain: "myapp.com".into(),
        portal_origin: format!("https://{slug}.myapp.com"),
        ..Settings::default()
    }
}

/// Stores an instance that has no fallback redirects, at version 1.
async fn create(pool: &PgPool, slug: &str) -> StoredInstance {
    store::create(pool, &Actor::server(), &Instance::parse(&settings(slug), 0).unwrap(), "myapp.com").await.unwrap();
    stored(pool, slug).await
}

async fn stored(pool: &PgPool, slug: &str) -> StoredInstance {
    store::find(pool, slug).await.unwrap().unwrap()
}

/// An account that is a member of an instance in that role.
async fn member(pool: &PgPool, instance: i64, email: &str, role: Role) -> Actor {
    let actor = account(pool, email).await;
    members::store::join(&mut pool.acquire().await.unwrap(), &actor, instance, role).await.unwrap();
    actor
}

async fn account(pool: &PgPool, email: &str) -> Actor {
    let mut connection = pool.acquire().await.unwrap();
    let id = accounts::create(&mut connection, &email.parse().unwrap(), "$argon2id$none", false).await.unwrap();
    Actor { admin: id, name: email.into(), address: Some([192, 0, 2, 1].into()) }
}

async fn note(pool: &PgPool, actor: &Actor, kind: Kind, entry: Entry) {
    record(&mut pool.acquire().await.unwrap(), actor, kind, entry).await.unwrap();
}

fn fallbacks(values: &[(Flow, &str)]) -> Fallbacks {
    values.iter().map(|(flow, value)| (*flow, (*value).to_owned())).collect()
}

async fn put(pool: &PgPool, version: i64, values: &[(Flow, &str)]) {
    save(pool, &Actor::server(), "my-app", &FallbackForm::of(&fallbacks(values), version)).await.unwrap();
}

async fn all(pool: &PgPool, scope: Scope, query: &str) -> Vec<Change> {
    page(pool, scope, &HistoryFilter::read(query).check().unwrap(), 1_000).await.unwrap().changes
}

/// What is about whom, and what it is: enough to tell the changes of a test apart.
async fn found(pool: &PgPool, scope: Scope, query: &str) -> Vec<(Kind, String)> {
    let name = |change: Change| (change.kind, change.about.unwrap_or(change.who));
    all(pool, scope, query).await.into_iter().map(name).collect()
}

fn of(kinds: &[(Kind, &str)]) -> Vec<(Kind, String)> {
    kinds.iter().map(|(kind, name)| (*kind, (*name).to_owned())).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_recorded_can_neither_be_changed_nor_taken_away(pool: PgPool) {
    create(&pool, "my-app").await;
    for statement in [
        "update changes set who = 'somebody else'",
        "update changes set who = who where false",
        "delete from changes",
        "delete from changes where false",
        "truncate changes",
        "truncate instances cascade",
    ] {
        let error = sqlx::raw_sql(statement).execute(&pool).await.expect_err(statement);
        assert_eq!(
            error.as_database_error().map(|error| error.message().to_owned()).as_deref(),
            Some("changes are append-only"),
            "{statement}"
        );
    }
    let left: i64 = sqlx::query_scalar("select count(*) from changes where who = 'the server'").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_have_no_gaps_and_no_repeats_while_new_changes_arrive(pool: PgPool) {
    let id = create(&pool, "my-app").await.id;
    let other = create(&pool, "other").await.id;
    let invited = |number: usize| Entry::of(id).about(format!("{number}@myapp.com"));
    for number in 1..=7 {
        note(&pool, &Actor::server(), Kind::Invited, invited(number)).await;
        note(&pool, &Actor::server(), Kind::Invited, Entry::of(other).about("elsewhere@myapp.com")).await;
    }
    let scope = Scope::Instance { id, role: Role::Owner };
    let (mut seen, mut before, mut sizes) = (Vec::new(), None, Vec::new());
    loop {
        let page = page(&pool, scope, &Wanted { before, ..Wanted::default() }, 3).await.unwrap();
        sizes.push(page.changes.len());
        seen.extend(page.changes.into_iter().map(|change| change.about));
        note(&pool, &Actor::server(), Kind::Invited, invited(100 + sizes.len())).await;
        let Some(older) = page.older else { break };
        before = Some(older);
    }
    let expected: Vec<_> = (1..=7).rev().map(|number| Some(format!("{number}@myapp.com"))).chain([None]).collect();
    assert_eq!((seen, sizes), (expected, vec![3, 3, 2]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_that_is_just_full_has_none_after_it(pool: PgPool) {
    let scope = Scope::Instance { id: create(&pool, "my-app").await.id, role: Role::Viewer };
    let wanted = Wanted::default();
    assert_eq!(page(&pool, scope, &wanted, 1).await.unwrap().older, None);
    assert!(!is_longer_than(&pool, scope, &wanted, 1).await.unwrap());
    put(&pool, 1, &[(Flow::SignIn, "/in")]).await;
    assert!(page(&pool, scope, &wanted, 1).await.unwrap().older.is_some());
    assert!(is_longer_than(&pool, scope, &wanted, 1).await.unwrap());
    assert!(!is_longer_than(&pool, scope, &wanted, 2).await.unwrap());
}
