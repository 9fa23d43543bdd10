//! Tests of how instances are stored, each against a PostgreSQL database of its own.

mod archive;
mod constraints;
mod names;

use sqlx::PgPool;

use super::store::{InstanceSummary, create, ever_had_one, find, find_by_portal_origin, list, update};
use crate::{
    database::StoreError,
    error::AppError,
    fixtures::{self, create as created, find as found},
    history::Actor,
    redirects::{Environment, Fallbacks, Instance, Settings},
    ui::form::FieldError,
};

/// `my-app`, with every setting written out, so that a new one is named here and below by the compiler.
fn my_app() -> Settings {
    Settings {
        slug: "my-app".into(),
        name: "MyApp".into(),
        environment: Environment::Production,
        domain: "myapp.com".into(),
        portal_origin: "https://accounts.myapp.com".into(),
        home_url: "https://myapp.com/".into(),
        allowed_origins: vec!["https://*.preview.myapp.dev".into()],
    }
}

/// Another application, which shares neither its names nor its hosts with [`my_app`].
fn other_app() -> Settings {
    let (portal_origin, home_url) = ("https://accounts.other.com".into(), "https://other.com/".into());
    Settings { slug: "other-app".into(), name: "another app".into(), domain: "other.com".into(), portal_origin, home_url, ..my_app() }
}

fn parsed(settings: &Settings, version: i64) -> Instance {
    Instance::parse(settings, version).unwrap()
}

/// An admin who may create instances.
async fn admin(pool: &PgPool, email: &str) -> Actor {
    fixtures::account(pool, email, true).await
}

#[track_caller]
fn field_errors(result: Result<impl std::fmt::Debug, StoreError>) -> Vec<FieldError> {
    match result {
        Err(StoreError::Fields(errors)) => errors,
        other => panic!("no field is wrong: {other:?}"),
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_is_found_as_it_was_created_at_version_1(pool: PgPool) {
    let settings = Settings { domain: "xn--mnchen-3ya.de".into(), home_url: "https://xn--mnchen-3ya.de/start".into(), ..my_app() };
    create(&pool, &Actor::server(), &parsed(&settings, 0), " München.DE ").await.unwrap();
    let stored = found(&pool, "my-app").await;
    assert_eq!(stored.settings, settings);
    assert_eq!(stored.domain_typed, "München.DE");
    assert_eq!(stored.fallbacks, Fallbacks::default());
    assert_eq!(stored.instance.version(), 1);
    assert_eq!(stored.instance.home_url().as_str(), settings.home_url);
    assert!(find(&pool, "none").await.unwrap().is_none());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_admins_own_instances_are_listed_by_name_whatever_their_case(pool: PgPool) {
    let (ana, ben) = (admin(&pool, "ana@myapp.com").await, admin(&pool, "ben@myapp.com").await);
    assert_eq!(list(&pool, ana.admin.unwrap()).await.unwrap(), []);
    create(&pool, &ana, &parsed(&my_app(), 0), "myapp.com").await.unwrap();
    let other = Settings { environment: Environment::Development, ..other_app() };
    create(&pool, &ana, &parsed(&other, 0), "other.com").await.unwrap();
    let summary = |slug: &str, name: &str, environment, domain: &str| InstanceSummary {
        slug: slug.into(),
        name: name.into(),
        environment,
        domain: domain.into(),
    };
    let expected = [
        summary("other-app", "another app", Environment::Development, "other.com"),
        summary("my-app", "MyApp", Environment::Production, "myapp.com"),
    ];
    assert_eq!(list(&pool, ana.admin.unwrap()).await.unwrap(), expected);
    assert_eq!(list(&pool, ben.admin.unwrap()).await.unwrap(), []);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_update_stores_every_field_and_raises_the_version_by_one(pool: PgPool) {
    created(&pool, &my_app()).await;
    let changed = Settings {
        slug: my_app().slug,
        name: "Renamed".into(),
        environment: Environment::Development,
        portal_origin: "http://accounts.localhost:3000".into(),
        home_url: "http://localhost:5173/".into(),
        domain: "localhost".into(),
        allowed_origins: vec![],
    };
    assert_eq!(update(&pool, &Actor::server(), &parsed(&changed, 1), "LocalHost", "").await.unwrap(), 2);
    let stored = found(&pool, "my-app").await;
    assert_eq!((stored.settings, stored.domain_typed.as_str()), (changed, "LocalHost"));
    assert_eq!(stored.instance.version(), 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_update_that_changes_nothing_raises_nothing(pool: PgPool) {
    created(&pool, &my_app()).await;
    assert_eq!(update(&pool, &Actor::server(), &parsed(&my_app(), 1), "myapp.com", "").await.unwrap(), 1);
    assert_eq!(found(&pool, "my-app").await.instance.version(), 1);
    assert_eq!(
        update(&pool, &Actor::server(), &parsed(&my_app(), 1), "MyApp.com", "").await.unwrap(),
        2,
        "a domain in another spelling is a change"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn an_update_leaves_other_instances_alone(pool: PgPool) {
    created(&pool, &my_app()).await;
    created(&pool, &other_app()).await;
    update(&pool, &Actor::server(), &parsed(&Settings { name: "Renamed".into(), ..my_app() }, 1), "myapp.com", "").await.unwrap();
    let other = found(&pool, "other-app").await;
    assert_eq!((other.settings, other.instance.version()), (other_app(), 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_update_from_an_old_version_is_a_conflict_and_stores_nothing(pool: PgPool) {
    created(&pool, &my_app()).await;
    let first = Settings { name: "First".into(), ..my_app() };
    update(&pool, &Actor::server(), &parsed(&first, 1), "myapp.com", "").await.unwrap();
    let late = update(&pool, &Actor::server(), &parsed(&Settings { name: "Late".into(), ..my_app() }, 1), "myapp.com", "").await;
    let Err(StoreError::Conflict(now)) = late else { panic!("{late:?}") };
    assert_eq!((now.settings, now.instance.version()), (first.clone(), 2));
    assert_eq!(found(&pool, "my-app").await.settings, first);
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_updates_at_once_exactly_one_wins(pool: PgPool) {
    created(&pool, &my_app()).await;
    for version in 1..=10 {
        let [left, right] = ["left", "right"].map(|name| parsed(&Settings { name: format!("{name} {version}"), ..my_app() }, version));
        let actor = Actor::server();
        let answers = tokio::join!(update(&pool, &actor, &left, "myapp.com", ""), update(&pool, &actor, &right, "myapp.com", ""));
        let winner = match answers {
            (Ok(now), Err(StoreError::Conflict(_))) if now == version + 1 => left,
            (Err(StoreError::Conflict(_)), Ok(now)) if now == version + 1 => right,
            other => panic!("{other:?}"),
        };
        assert_eq!(found(&pool, "my-app").await.settings.name, winner.name());
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_slug_cannot_be_updated(pool: PgPool) {
    let unknown = update(&pool, &Actor::server(), &parsed(&my_app(), 1), "myapp.com", "").await;
    assert!(matches!(unknown, Err(StoreError::NotFound)), "{unknown:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_slug_that_another_instance_has_is_an_error_of_the_field(pool: PgPool) {
    created(&pool, &my_app()).await;
    let taken = create(&pool, &Actor::server(), &parsed(&Settings { slug: "my-app".into(), ..other_app() }, 0), "other.com").await;
    assert_eq!(field_errors(taken), [FieldError::new("slug", "Another instance has this slug. Choose another.")]);
    assert_eq!(found(&pool, "my-app").await.settings, my_app());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_portal_origin_that_another_instance_has_is_an_error_of_the_field(pool: PgPool) {
    let expected = FieldError::new("portal_origin", "Another instance has this portal origin. Each portal needs its own host name.");
    created(&pool, &my_app()).await;
    let taken = Settings { portal_origin: my_app().portal_origin, ..other_app() };
    assert_eq!(field_errors(create(&pool, &Actor::server(), &parsed(&taken, 0), "other.com").await), std::slice::from_ref(&expected));
    created(&pool, &other_app()).await;
    assert_eq!(field_errors(update(&pool, &Actor::server(), &parsed(&taken, 1), "other.com", "").await), [expected]);
    assert_eq!(found(&pool, "other-app").await.settings, other_app());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_portal_is_found_by_its_whole_origin(pool: PgPool) {
    created(&pool, &my_app()).await;
    let (https, http) = ("https://accounts.myapp.com", "http://accounts.myapp.com");
    for (origins, slug) in [
        (&[https][..], Some("my-app")),
        (&[http], None),
        (&[http, https], Some("my-app")),
        (&["https://accounts.myapp.com:8443", "https://accounts.myapp.co", "%"], None),
        (&[], None),
    ] {
        let origins: Vec<String> = origins.iter().map(ToString::to_string).collect();
        let found = find_by_portal_origin(&pool, &origins).await.unwrap();
        assert_eq!(found.as_ref().map(|stored| stored.instance.slug()), slug, "{origins:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_takes_a_portals_host_with_another_scheme(pool: PgPool) {
    created(&pool, &my_app()).await;
    let plain = Settings { portal_origin: "http://accounts.myapp.com".into(), environment: Environment::Development, ..other_app() };
    let expected = FieldError::new("portal_origin", "Another instance has this portal origin. Each portal needs its own host name.");
    assert_eq!(field_errors(create(&pool, &Actor::server(), &parsed(&plain, 0), "other.com").await), [expected]);
    // Another port is another server's.
    let port = Settings { portal_origin: "http://accounts.myapp.com:8080".into(), ..plain };
    created(&pool, &port).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_longer_allowed_is_kept_as_stored_and_left_out_of_what_it_means(pool: PgPool) {
    created(&pool, &my_app()).await;
    sqlx::query(
        "update instances set allowed_origins = '{https://*.vercel.app,https://ok.example.com}', home_url = 'https://elsewhere.com/'",
    )
    .execute(&pool)
    .await
    .unwrap();
    let stored = found(&pool, "my-app").await;
    assert_eq!(stored.settings.allowed_origins, ["https://*.vercel.app", "https://ok.example.com"]);
    assert_eq!(stored.settings.home_url, "https://elsewhere.com/");
    let meant: Vec<&str> = stored.instance.allowed_origins().iter().map(crate::redirects::AllowedOrigin::as_str).collect();
    assert_eq!(meant, ["https://ok.example.com"]);
    assert_eq!(stored.instance.home_url().as_str(), "https://myapp.com/");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stored_instance_without_a_valid_domain_is_an_error_that_says_so(pool: PgPool) {
    created(&pool, &my_app()).await;
    sqlx::query("update instances set domain = 'co.uk'").execute(&pool).await.unwrap();
    let error = find(&pool, "my-app").await.unwrap_err();
    assert!(matches!(&error, StoreError::Invalid { slug, .. } if slug == "my-app"), "{error:?}");
    assert_eq!(error.into_app_error(), AppError::Invalid);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_emptied_list_is_told_from_a_first_start(pool: PgPool) {
    assert!(!ever_had_one(&pool).await.unwrap());
    created(&pool, &my_app()).await;
    assert!(ever_had_one(&pool).await.unwrap());
    // Nothing deletes a change, so only the owner of the table can empty it.
    sqlx::raw_sql("alter table changes disable trigger changes_append_only; delete from changes; delete from instances")
        .execute(&pool)
        .await
        .unwrap();
    assert!(ever_had_one(&pool).await.unwrap());
}
