//! What the memory guarantees, in whatever order versions arrive. Without a database.

use app::{
    fixtures::{self, other_app},
    instances::stored::StoredInstance,
    redirects::{Environment, Flow, Instance, Settings},
};

use super::{
    host::Host,
    memory::{Memory, Outdated},
    memory_size::memory_size,
};

const ROOM: u64 = 1 << 20;

/// An application with that slug and its portal at `accounts.<slug>.com`.
fn stored(id: i64, slug: &str, version: i64) -> StoredInstance {
    at(id, slug, version, &format!("https://accounts.{slug}.com"))
}

fn at(id: i64, slug: &str, version: i64, portal_origin: &str) -> StoredInstance {
    let environment = if portal_origin.starts_with("http:") { Environment::Development } else { Environment::Production };
    let settings = Settings { portal_origin: portal_origin.into(), environment, ..other_app(slug) };
    let instance = Instance::parse(&settings, version).unwrap();
    StoredInstance { id, instance, ..fixtures::stored(settings, &[]) }
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
fn of_simultaneous_puts_the_newest_stays() {
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
fn a_version_older_than_a_noted_one_is_not_stored() {
    let memory = Memory::new(ROOM);
    assert!(!memory.note_version(1, 3), "nothing older is in memory");
    assert_eq!(memory.put(stored(1, "app", 2)).unwrap_err(), Outdated);
    assert_eq!(served(&memory, "app"), None);
    assert_eq!(memory.put(stored(1, "app", 3)).unwrap().instance.version(), 3);
    assert!(!memory.note_version(1, 3) && !memory.note_version(1, 2), "nothing older is in memory");
    assert!(memory.note_version(1, 4), "version 3 is in memory");
    // It is served until the newer one is loaded.
    assert_eq!(memory.put(stored(1, "app", 3)).unwrap().instance.version(), 3);
    assert!(!memory.note_version(2, 1), "another instance is not affected");
}

#[test]
fn a_noted_version_that_the_database_does_not_have_is_corrected() {
    let memory = Memory::new(ROOM);
    memory.note_version(1, i64::MAX);
    assert_eq!(memory.put(stored(1, "app", 1)).unwrap_err(), Outdated);
    assert_eq!(memory.put_verified(stored(1, "app", 1)).instance.version(), 1);
    assert_eq!(served(&memory, "app"), Some(1));
    assert!(memory.note_version(1, 2), "later versions count again");
    assert_eq!(memory.put(stored(1, "app", 2)).unwrap().instance.version(), 2);
    assert_eq!(memory.put_verified(stored(1, "app", 1)).instance.version(), 2, "an older version replaces nothing");
}

/// One thread stores version 1 while another notes version 2: either the first is rejected, or the second finds version 1 in memory.
#[test]
fn a_put_and_a_noted_version_at_the_same_time_leave_no_old_version_unnoticed() {
    let memory = Memory::new(ROOM);
    for id in 1..=1000 {
        let (taken, stale) = std::thread::scope(|scope| {
            let load = scope.spawn(|| memory.put(stored(id, "app", 1)).is_ok());
            let stale = memory.note_version(id, 2);
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
    // A removed instance takes only its own index entries along.
    memory.remove(1);
    memory.settle();
    assert!(memory.by_slug("app").is_none() && memory.by_plain_host("new.app.com").is_none());
    assert_eq!(memory.by_plain_host("accounts.app.com").unwrap().id, 2);
}

#[test]
fn a_portal_without_tls_is_not_found_by_its_host_until_it_was_looked_up() {
    let memory = Memory::new(ROOM);
    memory.put(at(1, "app", 1, "http://accounts.app.com")).unwrap();
    assert!(memory.by_plain_host("accounts.app.com").is_none(), "a portal with TLS may have the host");
    memory.insert_host(&host("accounts.app.com"), 1);
    assert_eq!(memory.by_plain_host("accounts.app.com").unwrap().id, 1);
    memory.put(at(2, "other", 1, "https://accounts.app.com")).unwrap();
    assert_eq!(memory.by_plain_host("accounts.app.com").unwrap().id, 2);
}

#[test]
fn instances_and_index_stay_below_their_limits() {
    let room = 200 * u64::from(memory_size(&stored(1, "app-1", 1)));
    let memory = Memory::new(room);
    for id in 1..=5000 {
        memory.put(stored(id, &format!("app-{id}"), 1)).unwrap();
    }
    memory.settle();
    assert!(memory.bytes() <= room && memory.entries() > 100, "{} of {room} bytes, {} instances", memory.bytes(), memory.entries());
    assert!(memory.index_entries() <= 2 * memory.entries(), "{} index entries of {} instances", memory.index_entries(), memory.entries());
}

#[test]
fn a_popular_instance_stays_while_many_others_pass() {
    let memory = Memory::new(200 * u64::from(memory_size(&stored(1, "app-1", 1))));
    memory.put(stored(1, "app-1", 1)).unwrap();
    for id in 2..=5000 {
        assert!(memory.by_slug("app-1").is_some(), "after {id}");
        memory.put(stored(id, &format!("app-{id}"), 1)).unwrap();
        memory.settle();
    }
}

#[test]
fn the_size_of_an_instance_counts_its_data() {
    let plain = stored(1, "app", 1);
    let mut with_fallback = plain.clone();
    with_fallback.fallbacks.set(Flow::SignIn, &format!("/{}", "x".repeat(999)));
    assert_eq!(memory_size(&with_fallback) - memory_size(&plain), 1000);
    let origins: Vec<String> = (0..50).map(|n| format!("https://a{n}.example.com")).collect();
    let mut with_origins = plain.clone();
    with_origins.settings.allowed_origins.clone_from(&origins);
    with_origins.instance = Instance::parse(&with_origins.settings, 1).unwrap();
    let text: usize = origins.iter().map(String::len).sum();
    assert!(memory_size(&with_origins) - memory_size(&plain) >= 3 * u32::try_from(text).unwrap(), "each is stored three times");
}
