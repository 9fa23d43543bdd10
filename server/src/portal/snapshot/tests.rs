//! What the memory promises whatever order things come in, without a database.

use app::{
    instances::store::StoredInstance,
    portal::identity::IdentityKind,
    redirects::{Environment, Fallbacks, Flow, Instance, Settings},
};

use super::{
    host::Host,
    memory::{Memory, Outdated},
    memory_size::weight,
};

const ROOM: u64 = 1 << 20;

/// An application of that slug, with its portal at `accounts.<slug>.com`.
fn stored(id: i64, slug: &str, version: i64) -> StoredInstance {
    at(id, slug, version, &format!("https://accounts.{slug}.com"))
}

fn at(id: i64, slug: &str, version: i64, portal_origin: &str) -> StoredInstance {
    let settings = Settings {
        slug: slug.into(),
        name: slug.into(),
        domain: format!("{slug}.com"),
        portal_origin: portal_origin.into(),
        environment: if portal_origin.starts_with("http:") { Environment::Development } else { Environment::Production },
        ..Settings::default()
    };
    StoredInstance {
        id,
        domain_typed: settings.domain.clone(),
        instance: Instance::parse(&settings, version).unwrap(),
        settings,
        fallbacks: Fallbacks::default(),
        archived_at: None,
        portal_enabled: true,
        identity: IdentityKind::default(),
    }
}

fn host(text: &str) -> Host {
    Host::parse(text).unwrap()
}

fn served(memory: &Memory, slug: &str) -> Option<i64> {
    memory.by_slug(slug).map(|snapshot| snapshot.instance.version())
}

#[test]
fn a_newer_version_is_never_replaced_by_an_older_one() {
    let memory = Memory::new(ROOM);
    for (put, expected) in [(2, 2), (1, 2), (3, 3), (2, 3), (3, 3)] {
        assert_eq!(memory.put(stored(1, "app", put)).unwrap().instance.version(), expected);
        assert_eq!(served(&memory, "app"), Some(expected));
    }
}

#[test]
fn of_many_who_put_at_once_the_newest_stays() {
    let memory = Memory::new(ROOM);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let memory = memory.clone();
            scope.spawn(move || {
                for version in (1..=200).map(|version| (version * 7 + thread * 50) % 200 + 1) {
                    let served = memory.put(stored(1, "app", version)).unwrap();
                    assert!(served.instance.version() >= version);
                }
            });
        }
    });
    assert_eq!(served(&memory, "app"), Some(200));
}

#[test]
fn what_is_older_than_a_version_that_was_heard_of_is_not_taken() {
    let memory = Memory::new(ROOM);
    assert!(!memory.hear(1, 3), "nothing older is here");
    assert_eq!(memory.put(stored(1, "app", 2)).unwrap_err(), Outdated);
    assert_eq!(served(&memory, "app"), None);
    assert_eq!(memory.put(stored(1, "app", 3)).unwrap().instance.version(), 3);
    assert!(!memory.hear(1, 3) && !memory.hear(1, 2), "nothing older is here");
    assert!(memory.hear(1, 4), "version 3 is");
    // It is served on until the newer one has been loaded.
    assert_eq!(memory.put(stored(1, "app", 3)).unwrap().instance.version(), 3);
    assert!(!memory.hear(2, 1), "another instance is not concerned");
}

#[test]
fn a_version_that_the_database_does_not_have_can_be_disbelieved() {
    let memory = Memory::new(ROOM);
    memory.hear(1, i64::MAX);
    assert_eq!(memory.put(stored(1, "app", 1)).unwrap_err(), Outdated);
    assert_eq!(memory.believe(stored(1, "app", 1)).instance.version(), 1);
    assert_eq!(served(&memory, "app"), Some(1));
    assert!(memory.hear(1, 2), "what comes next counts again");
    assert_eq!(memory.put(stored(1, "app", 2)).unwrap().instance.version(), 2);
    assert_eq!(memory.believe(stored(1, "app", 1)).instance.version(), 2, "what is here is not replaced by an older one");
}

/// One thread loads what another one raises meanwhile: either the load comes too late, or the one who heard sees that it is old.
#[test]
fn between_a_load_and_what_is_heard_no_old_version_stays_unnoticed() {
    let memory = Memory::new(ROOM);
    for id in 1..=1000 {
        let (taken, stale) = std::thread::scope(|scope| {
            let load = scope.spawn(|| memory.put(stored(id, "app", 1)).is_ok());
            let stale = memory.hear(id, 2);
            (load.join().unwrap(), stale)
        });
        assert_eq!(taken, stale);
    }
}

#[test]
fn a_portal_is_found_by_slug_and_by_every_spelling_of_its_host() {
    let memory = Memory::new(ROOM);
    memory.put(stored(1, "app", 1)).unwrap();
    assert!(memory.by_slug("app").is_some() && memory.by_slug("other").is_none());
    assert!(memory.by_plain_host("accounts.app.com").is_some());
    assert!(memory.by_host(&host("Accounts.APP.com")).is_some());
    assert!(memory.by_plain_host("accounts.other.com").is_none() && memory.by_host(&host("accounts.app.com:8443")).is_none());
}

#[test]
fn a_host_leads_to_the_instance_that_has_it_now() {
    let memory = Memory::new(ROOM);
    memory.put(stored(1, "app", 1)).unwrap();
    memory.put(at(1, "app", 2, "https://new.app.com")).unwrap();
    assert!(memory.by_plain_host("accounts.app.com").is_none() && memory.by_host(&host("accounts.app.com")).is_none());
    assert_eq!(memory.by_plain_host("new.app.com").unwrap().id, 1);
    memory.put(at(2, "other", 1, "https://accounts.app.com")).unwrap();
    assert_eq!(memory.by_plain_host("accounts.app.com").unwrap().id, 2);
    // What is let go of takes only its own names along.
    memory.forget(1);
    memory.settle();
    assert!(memory.by_slug("app").is_none() && memory.by_plain_host("new.app.com").is_none());
    assert_eq!(memory.by_plain_host("accounts.app.com").unwrap().id, 2);
}

#[test]
fn a_portal_without_tls_is_not_found_by_its_host_until_that_was_asked_for() {
    let memory = Memory::new(ROOM);
    memory.put(at(1, "app", 1, "http://accounts.app.com")).unwrap();
    assert!(memory.by_plain_host("accounts.app.com").is_none(), "there may be one with TLS");
    memory.name_host(&host("accounts.app.com"), 1);
    assert_eq!(memory.by_plain_host("accounts.app.com").unwrap().id, 1);
    memory.put(at(2, "other", 1, "https://accounts.app.com")).unwrap();
    assert_eq!(memory.by_plain_host("accounts.app.com").unwrap().id, 2);
}

#[test]
fn it_takes_no_more_memory_than_it_may_and_neither_do_names() {
    let room = 200 * u64::from(weight(&stored(1, "app-1", 1)));
    let memory = Memory::new(room);
    for id in 1..=5000 {
        memory.put(stored(id, &format!("app-{id}"), 1)).unwrap();
    }
    memory.settle();
    assert!(memory.bytes() <= room && memory.entries() > 100, "{} of {room} bytes, {} instances", memory.bytes(), memory.entries());
    assert!(memory.names() <= 2 * memory.entries(), "{} names of {} instances", memory.names(), memory.entries());
}

#[test]
fn what_is_asked_for_often_stays_when_many_others_come_by() {
    let memory = Memory::new(200 * u64::from(weight(&stored(1, "app-1", 1))));
    memory.put(stored(1, "app-1", 1)).unwrap();
    for id in 2..=5000 {
        assert!(memory.by_slug("app-1").is_some(), "after {id}");
        memory.put(stored(id, &format!("app-{id}"), 1)).unwrap();
        memory.settle();
    }
}

#[test]
fn an_instance_weighs_what_it_holds() {
    let plain = stored(1, "app", 1);
    let mut with_fallback = plain.clone();
    with_fallback.fallbacks.set(Flow::SignIn, &format!("/{}", "x".repeat(999)));
    assert_eq!(weight(&with_fallback) - weight(&plain), 1000);
    let origins: Vec<String> = (0..50).map(|n| format!("https://a{n}.example.com")).collect();
    let mut with_origins = plain.clone();
    with_origins.settings.allowed_origins.clone_from(&origins);
    with_origins.instance = Instance::parse(&with_origins.settings, 1).unwrap();
    let text: usize = origins.iter().map(String::len).sum();
    assert!(weight(&with_origins) - weight(&plain) >= 3 * u32::try_from(text).unwrap(), "each is kept three times");
}
