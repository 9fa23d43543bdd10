//! Tests of the history, each with its own database: nobody can alter it, and its pages have no gaps and no repeats.

mod failed_sign_ins;
mod filters;
mod last;
mod versions;

use sqlx::{PgConnection, PgPool};

use super::{Change, MAX_PAGE_SIZE, Scope, page::read, read_page, with_keys};
use crate::{
    admins::Role,
    fallbacks::{form::FallbackForm, store::save},
    fixtures::{self, fallbacks, find, join, my_app},
    history::{
        Actor, Kind,
        filter::{Criteria, HistoryFilter},
        record::{Entry, record},
    },
    instances::{store, stored::StoredInstance},
    redirects::{Flow, Instance, Settings},
};

fn settings(slug: &str) -> Settings {
    Settings { slug: slug.into(), portal_origin: format!("https://{slug}.myapp.com"), ..my_app() }
}

/// Creates an instance without fallback redirects, at version 1.
async fn create(pool: &PgPool, slug: &str) -> StoredInstance {
    fixtures::create(pool, &settings(slug)).await
}

/// An account that is a member of an instance in that role.
async fn member(pool: &PgPool, slug: &str, email: &str, role: Role) -> Actor {
    let actor = account(pool, email).await;
    join(pool, &actor, slug, role).await;
    actor
}

/// An account, as somebody acts with it from a known address.
async fn account(pool: &PgPool, email: &str) -> Actor {
    Actor { address: Some([192, 0, 2, 1].into()), ..fixtures::account(pool, email, false).await }
}

async fn note(pool: &PgPool, actor: &Actor, kind: Kind, entry: Entry) {
    record(&mut pool.acquire().await.unwrap(), actor, kind, entry).await.unwrap();
}

async fn put(pool: &PgPool, version: i64, values: &[(Flow, &str)]) {
    save(pool, &Actor::server(), "my-app", &FallbackForm::of(&fallbacks(values), version)).await.unwrap();
}

async fn all(pool: &PgPool, scope: Scope, query: &str) -> Vec<Change> {
    read_page(pool, scope, &HistoryFilter::read(query).check().unwrap(), MAX_PAGE_SIZE).await.unwrap().changes
}

/// Each change's kind, and whom it is about: enough to tell the changes of a test apart.
async fn found(pool: &PgPool, scope: Scope, query: &str) -> Vec<(Kind, String)> {
    let name = |change: Change| (change.kind, change.about.unwrap_or(change.who));
    all(pool, scope, query).await.into_iter().map(name).collect()
}

fn of(kinds: &[(Kind, &str)]) -> Vec<(Kind, String)> {
    kinds.iter().map(|(kind, name)| (*kind, (*name).to_owned())).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_recorded_change_can_neither_be_altered_nor_deleted(pool: PgPool) {
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
        let page = read_page(&pool, scope, &Criteria { before, ..Criteria::default() }, 3).await.unwrap();
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
async fn a_page_that_is_exactly_full_is_the_last_one(pool: PgPool) {
    let scope = Scope::Instance { id: create(&pool, "my-app").await.id, role: Role::Viewer };
    let criteria = Criteria::default();
    assert_eq!(read_page(&pool, scope, &criteria, 1).await.unwrap().older, None);
    put(&pool, 1, &[(Flow::SignIn, "/in")]).await;
    assert!(read_page(&pool, scope, &criteria, 1).await.unwrap().older.is_some());
}

/// How many changes a connection has read. What it did before a transaction may still count.
async fn rows_read(connection: &mut PgConnection) -> i64 {
    let counted = "select coalesce(seq_tup_read + idx_tup_fetch, 0) from pg_stat_xact_user_tables where relname = 'changes'";
    sqlx::query_scalar(counted).fetch_one(connection).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_of_a_long_history_reads_about_as_many_rows_as_it_shows(pool: PgPool) {
    let id = create(&pool, "my-app").await.id;
    let ana = member(&pool, "my-app", "ana@myapp.com", Role::Owner).await;
    member(&pool, "my-app", "ben@myapp.com", Role::Viewer).await;
    // Changes of the instance, of a member's account, and of somebody else's.
    sqlx::query(
        "insert into changes (at, kind, instance_id, admin_id, who, about)
        select now() - (30000 - n) * interval '1 hour', case when n % 3 = 0 then 'invited' else 'signed_in' end,
            case when n % 3 = 0 then $1 end, case n % 3 when 1 then $2 end, 'ana@myapp.com', 'new@myapp.com'
        from generate_series(1, 30000) n",
    )
    .bind(id)
    .bind(ana.admin)
    .execute(&pool)
    .await
    .unwrap();
    sqlx::raw_sql("analyze").execute(&pool).await.unwrap();
    for scope in [Scope::Instance { id, role: Role::Owner }, Scope::Instance { id, role: Role::Viewer }, Scope::Server] {
        for query in ["", "before=15000", "from=2026-01-05&to=2026-01-06"] {
            let criteria = with_keys(&pool, scope, HistoryFilter::read(query).check().unwrap()).await.unwrap();
            let mut transaction = pool.begin().await.unwrap();
            let before = rows_read(&mut transaction).await;
            let changes = read(&mut transaction, scope, criteria, 10).await.unwrap();
            assert_eq!(changes.len(), 10, "{scope:?} {query}");
            let rows = rows_read(&mut transaction).await - before;
            // Several sources read the 48 rows of two days.
            assert!(rows <= 500, "{rows} rows were read for {scope:?} {query}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn with_more_members_than_a_page_has_changes_it_shows_the_newest_ones(pool: PgPool) {
    let id = create(&pool, "my-app").await.id;
    let mut members = Vec::new();
    for number in 0..5 {
        members.push(member(&pool, "my-app", &format!("{number}@myapp.com"), Role::Viewer).await);
    }
    for turn in 0..3 {
        for (number, member) in members.iter().enumerate() {
            note(&pool, member, Kind::SignedIn, Entry::default()).await;
            // Asked for by a member, for a member: it is one change.
            note(&pool, member, Kind::ResetIssued, Entry::default().about(format!("{}@myapp.com", (number + turn) % 5))).await;
            note(&pool, &Actor::command_line(), Kind::ResetIssued, Entry::default().about(format!("{number}@myapp.com"))).await;
            note(&pool, member, Kind::Invited, Entry::of(id).about("new@myapp.com")).await;
        }
    }
    let scope = Scope::Instance { id, role: Role::Owner };
    let whole: Vec<_> = all(&pool, scope, "").await.into_iter().map(|change| change.id).collect();
    // The instance was created, and five have joined it.
    assert_eq!(whole.len(), 60 + 1 + 5);
    for limit in [1, 2, 3, 7, 40] {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = read_page(&pool, scope, &Criteria { before, ..Criteria::default() }, limit).await.unwrap();
            seen.extend(page.changes.into_iter().map(|change| change.id));
            before = page.older;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, whole, "{limit} at a time");
    }
}
