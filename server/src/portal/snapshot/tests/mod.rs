//! What the memory guarantees, in whatever order versions arrive. Without a database.

mod index;
mod limits;
mod parsed;

use std::sync::Arc;

use app::{
    fixtures::{self, other_app},
    instances::stored::StoredInstance,
    redirects::{Environment, Instance, Settings},
};
use uuid::Uuid;

use super::{
    compact_instance::CompactInstance,
    host::Host,
    memory::{Memory, Moment, Outdated, Snapshot},
    slug_host_index::SlugHostIndex,
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
    StoredInstance { id, instance, save_id: Uuid::from_u128(version.unsigned_abs().into()), ..fixtures::stored(settings, &[]) }
}

fn compact(stored: &StoredInstance) -> Arc<CompactInstance> {
    Arc::new(CompactInstance::new(stored, Moment::BEFORE, SlugHostIndex::new().keys(stored)).unwrap())
}

fn host(text: &str) -> Host {
    Host::parse(text).unwrap()
}

fn served(memory: &Memory, slug: &str) -> Option<i64> {
    memory.by_slug(slug).map(|snapshot| snapshot.instance.version())
}

/// Stores an instance that was read just now.
fn put(memory: &Memory, stored: StoredInstance) -> Result<Snapshot, Outdated> {
    memory.put(stored, memory.now())
}

#[test]
fn what_was_read_later_replaces_what_was_read_earlier_whatever_the_numbers_say() {
    let memory = Memory::new(ROOM);
    // A restore brings version 1 back.
    for version in [2, 1, 3, 2] {
        assert_eq!(put(&memory, stored(1, "app", version)).unwrap().instance.version(), version);
        assert_eq!(served(&memory, "app"), Some(version));
    }
    let again = StoredInstance { save_id: Uuid::from_u128(99), ..stored(1, "app", 2) };
    put(&memory, again).unwrap();
    assert_eq!(memory.served(1).unwrap().save_id, Uuid::from_u128(99), "the number is the same, and the save is not");
}

#[test]
fn of_two_that_were_read_at_the_same_time_the_newer_version_stays() {
    let memory = Memory::new(ROOM);
    let began = memory.now();
    for (put, expected) in [(2, 2), (1, 2), (3, 3), (2, 3), (3, 3)] {
        assert_eq!(memory.put(stored(1, "app", put), began).unwrap().instance.version(), expected);
        assert_eq!(served(&memory, "app"), Some(expected));
    }
    assert_eq!(memory.put(stored(1, "app", 2), Moment::BEFORE).unwrap().instance.version(), 3, "a file is from before");
}

#[test]
fn of_simultaneous_puts_the_newest_stays() {
    let memory = Memory::new(ROOM);
    let began = memory.now();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let memory = memory.clone();
            scope.spawn(move || {
                for version in (1..=200).map(|version| (version * 7 + thread * 50) % 200 + 1) {
                    let served = memory.put(stored(1, "app", version), began).unwrap();
                    assert!(served.instance.version() >= version);
                }
            });
        }
    });
    assert_eq!(served(&memory, "app"), Some(200));
}

/// The save that `stored` gives a version.
fn save(version: u128) -> Uuid {
    Uuid::from_u128(version)
}

#[test]
fn a_load_that_began_before_a_save_was_noted_is_not_stored_unless_it_has_read_that_save() {
    let memory = Memory::new(ROOM);
    let began = memory.now();
    assert!(!memory.note(1, save(3)), "nothing else is in memory");
    assert_eq!(memory.put(stored(1, "app", 2), began).unwrap_err(), Outdated);
    assert_eq!(served(&memory, "app"), None);
    assert_eq!(memory.put(stored(1, "app", 3), began).unwrap().instance.version(), 3);
    assert!(!memory.note(1, save(3)), "that save is in memory");
    let began = memory.now();
    assert!(memory.note(1, save(2)), "another save is in memory, whatever its number");
    // It is served until the other one is loaded.
    assert_eq!(memory.put(stored(1, "app", 3), began).unwrap_err(), Outdated);
    assert_eq!(served(&memory, "app"), Some(3));
    assert_eq!(put(&memory, stored(1, "app", 2)).unwrap().instance.version(), 2, "this load began later");
    assert!(!memory.note(2, save(1)), "another instance is not affected");
}

#[test]
fn a_noted_save_that_the_database_does_not_have_holds_up_no_later_load() {
    let memory = Memory::new(ROOM);
    let began = memory.now();
    memory.note(1, save(u128::MAX));
    assert_eq!(memory.put(stored(1, "app", 1), began).unwrap_err(), Outdated);
    assert_eq!(memory.put_verified(stored(1, "app", 1), began).instance.version(), 1, "the database has returned it again and again");
    assert_eq!(served(&memory, "app"), Some(1));
    memory.note(1, save(u128::MAX - 1));
    assert_eq!(put(&memory, stored(1, "app", 2)).unwrap().instance.version(), 2);
}

/// One thread stores a save while another notes the next one: either the first is rejected, or the second finds the first save in memory.
#[test]
fn a_put_and_a_noted_save_at_the_same_time_leave_no_old_version_unnoticed() {
    let memory = Memory::new(ROOM);
    for id in 1..=1000 {
        let began = memory.now();
        let (taken, stale) = std::thread::scope(|scope| {
            let load = scope.spawn(|| memory.put(stored(id, "app", 1), began).is_ok());
            let stale = memory.note(id, save(2));
            (load.join().unwrap(), stale)
        });
        assert_eq!(taken, stale);
    }
}
