//! Tests of the record, each against a PostgreSQL database of its own: nobody can alter it, pages without gaps or repeats, each
//! filter, who sees what, and the redirects of earlier versions.

use sqlx::PgPool;

use super::{
    Actor, Kind,
    filter::{HistoryFilter, Wanted},
    record::{Entry, record},
    store::{Change, Scope, fallbacks_at, is_longer_than, page},
};
use crate::{
    fallbacks::{form::FallbackForm, proposal::Proposal, store::save},
    instances::store::{self, StoredInstance},
    members,
    redirects::{Environment, Fallbacks, Flow, Instance, Settings},
    session::{Role, store::accounts},
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

#[sqlx::test(migrations = "../migrations")]
async fn a_person_is_found_by_a_part_of_the_name_of_who_did_it_or_whom_it_is_about(pool: PgPool) {
    let id = create(&pool, "my-app").await.id;
    let ana = account(&pool, "ana@myapp.com").await;
    note(&pool, &ana, Kind::Invited, Entry::of(id).about("ben_1@myapp.com")).await;
    note(&pool, &ana, Kind::Removed, Entry::of(id).about("benx1@myapp.com")).await;
    let scope = Scope::Instance { id, role: Role::Editor };
    for (query, expected) in [
        ("person=ANA", of(&[(Kind::Removed, "benx1@myapp.com"), (Kind::Invited, "ben_1@myapp.com")])),
        ("person=ben_1", of(&[(Kind::Invited, "ben_1@myapp.com")])),
        ("person=%25", of(&[])),
        ("person='%22%5C", of(&[])),
        ("person=the+server", of(&[(Kind::Created, "the server")])),
    ] {
        assert_eq!(found(&pool, scope, query).await, expected, "{query}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_field_is_found_where_it_was_set_changed_or_cleared(pool: PgPool) {
    let id = create(&pool, "my-app").await.id;
    put(&pool, 1, &[(Flow::SignIn, "/in"), (Flow::Logo, "/")]).await;
    put(&pool, 2, &[(Flow::SignIn, "/in"), (Flow::Logo, "/logo")]).await;
    put(&pool, 3, &[(Flow::Logo, "/logo")]).await;
    let scope = Scope::Instance { id, role: Role::Viewer };
    for (field, expected) in [
        ("after_sign_in_url", vec![Some(4), Some(2)]),
        ("logo_link_url", vec![Some(3), Some(2)]),
        ("domain", vec![Some(1)]),
        ("role", vec![]),
    ] {
        let versions: Vec<_> = all(&pool, scope, &format!("field={field}")).await.into_iter().map(|change| change.version).collect();
        assert_eq!(versions, expected, "{field}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn days_begin_and_end_at_midnight_in_utc_and_filters_hold_together(pool: PgPool) {
    let id = create(&pool, "my-app").await.id;
    for at in ["2020-02-27 23:59:59.9Z", "2020-02-28 00:00Z", "2020-02-29 23:59:59.9Z", "2020-03-01 01:00+02"] {
        sqlx::query("insert into changes (kind, instance_id, who, about, at) values ('invited', $1, 'ana', $2, $2::timestamptz)")
            .bind(id)
            .bind(at)
            .execute(&pool)
            .await
            .unwrap();
    }
    let scope = Scope::Instance { id, role: Role::Viewer };
    let days = async |query: &str| all(&pool, scope, query).await.into_iter().filter_map(|change| change.about).collect::<Vec<_>>();
    assert_eq!(days("from=2020-02-28&to=2020-02-29").await, ["2020-03-01 01:00+02", "2020-02-29 23:59:59.9Z", "2020-02-28 00:00Z"]);
    assert_eq!(days("to=2020-02-27").await, ["2020-02-27 23:59:59.9Z"]);
    assert_eq!(days("from=2020-03-01").await, [""; 0]);
    assert_eq!(days("to=2020-02-29&person=ana&field=role").await, [""; 0]);
    assert_eq!(days("to=2020-02-28&person=ana").await.len(), 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn owners_see_what_members_did_with_their_accounts_and_from_where_and_others_do_not(pool: PgPool) {
    let id = create(&pool, "my-app").await.id;
    let ben = member(&pool, id, "ben@myapp.com", Role::Viewer).await;
    let stranger = account(&pool, "eve@myapp.com").await;
    for kind in [Kind::SignedIn, Kind::SignInFailed, Kind::AccountCreated, Kind::PasswordReset, Kind::PasswordChanged] {
        note(&pool, &ben, kind, Entry::default()).await;
        note(&pool, &stranger, kind, Entry::default()).await;
    }
    for about in ["ben@myapp.com", "eve@myapp.com"] {
        note(&pool, &Actor::command_line(), Kind::ResetIssued, Entry::default().about(about)).await;
    }
    let of_members = of(&[
        (Kind::ResetIssued, "ben@myapp.com"),
        (Kind::PasswordChanged, "ben@myapp.com"),
        (Kind::PasswordReset, "ben@myapp.com"),
        (Kind::SignInFailed, "ben@myapp.com"),
        (Kind::SignedIn, "ben@myapp.com"),
    ]);
    let of_instance = of(&[(Kind::Joined, "ben@myapp.com"), (Kind::Created, "the server")]);
    for role in [Role::Viewer, Role::Editor] {
        let scope = Scope::Instance { id, role };
        assert_eq!(found(&pool, scope, "").await, of_instance, "{role}");
        assert!(all(&pool, scope, "").await.iter().all(|change| change.address.is_none()), "{role}");
    }
    let owner = Scope::Instance { id, role: Role::Owner };
    assert_eq!(found(&pool, owner, "").await, [of_members, of_instance].concat());
    assert_eq!(all(&pool, owner, "field=role").await[0].address.as_deref(), Some("192.0.2.1"));

    let server = all(&pool, Scope::Server, "").await;
    assert_eq!(server.len(), 12);
    assert!(server.iter().all(|change| change.instance.is_none()));
    assert_eq!(server[11].address.as_deref(), Some("192.0.2.1"));
}

#[sqlx::test(migrations = "../migrations")]
async fn another_instances_changes_are_not_among_ones_own(pool: PgPool) {
    let (mine, other) = (create(&pool, "my-app").await, create(&pool, "other").await);
    put(&pool, 1, &[(Flow::SignIn, "/in")]).await;
    let slugs = async |id| {
        let changes = all(&pool, Scope::Instance { id, role: Role::Owner }, "").await;
        changes.into_iter().filter_map(|change| change.instance).collect::<Vec<_>>()
    };
    assert_eq!(slugs(mine.id).await, ["my-app", "my-app"]);
    assert_eq!(slugs(other.id).await, ["other"]);
    assert_eq!(all(&pool, Scope::Instance { id: other.id + 1, role: Role::Owner }, "").await.len(), 0);
}

/// What an instance had at each of its versions, by which a test asks for them again.
const VERSIONS: [&[(Flow, &str)]; 5] = [
    &[],
    &[(Flow::SignIn, "/a"), (Flow::SignUp, "/up")],
    &[(Flow::SignIn, "/b"), (Flow::SignUp, "/up"), (Flow::Logo, "/")],
    &[(Flow::SignUp, "/up")],
    &[(Flow::SignIn, "/b"), (Flow::SignUp, "/up"), (Flow::Waitlist, "/thanks")],
];

#[sqlx::test(migrations = "../migrations")]
async fn every_version_is_found_again_whatever_came_after_it(pool: PgPool) {
    create(&pool, "my-app").await;
    create(&pool, "other").await;
    for (before, values) in (1..).zip(&VERSIONS[1..]) {
        put(&pool, before, values).await;
    }
    // A change of settings is a version as well, and leaves the redirects as they are.
    let renamed = Instance::parse(&Settings { name: "Renamed".into(), ..settings("my-app") }, 5).unwrap();
    store::update(&pool, &Actor::server(), &renamed, "myapp.com").await.unwrap();
    let now = stored(&pool, "my-app").await;
    for (version, values) in (1..).zip(VERSIONS.iter().chain([&VERSIONS[4]])) {
        assert_eq!(fallbacks_at(&pool, &now, version).await.unwrap(), Some(fallbacks(values)), "{version}");
    }
    for never in [0, -1, 7, i64::MAX, i64::MIN] {
        assert_eq!(fallbacks_at(&pool, &now, never).await.unwrap(), None, "{never}");
    }
    assert_eq!(fallbacks_at(&pool, &stored(&pool, "other").await, 2).await.unwrap(), None);

    // What was restored can be undone like anything else.
    let restored = Proposal::new(&now, &fallbacks(VERSIONS[2])).result();
    save(&pool, &Actor::server(), "my-app", &FallbackForm::of(&restored, 6)).await.unwrap();
    let later = stored(&pool, "my-app").await;
    assert_eq!(later.fallbacks, fallbacks(VERSIONS[2]));
    for (version, values) in [(2, VERSIONS[1]), (4, VERSIONS[3]), (6, VERSIONS[4]), (7, VERSIONS[2])] {
        assert_eq!(fallbacks_at(&pool, &later, version).await.unwrap(), Some(fallbacks(values)), "{version}");
    }
    // An instance that was read before somebody saved is held against what it had itself.
    assert_eq!(fallbacks_at(&pool, &now, 6).await.unwrap(), Some(fallbacks(VERSIONS[4])));
    assert_eq!(fallbacks_at(&pool, &now, 7).await.unwrap(), None);
}
