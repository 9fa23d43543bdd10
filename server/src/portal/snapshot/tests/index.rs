//! An instance is found by its slug and its host, and never taken for another.

use super::{Memory, ROOM, at, host, put, served, stored};

#[test]
fn a_portal_is_found_by_slug_and_by_every_spelling_of_its_host() {
    let memory = Memory::new(ROOM);
    put(&memory, stored(1, "app", 1)).unwrap();
    assert!(memory.by_slug("app").is_some() && memory.by_slug("other").is_none());
    assert!(memory.by_plain_host("accounts.app.com").is_some());
    assert!(memory.by_host(&host("Accounts.APP.com")).is_some());
    assert!(memory.by_plain_host("accounts.other.com").is_none() && memory.by_host(&host("accounts.app.com:8443")).is_none());
}

#[test]
fn a_host_leads_to_the_instance_that_has_it_now() {
    let memory = Memory::new(ROOM);
    put(&memory, stored(1, "app", 1)).unwrap();
    put(&memory, at(1, "app", 2, "https://new.app.com")).unwrap();
    assert!(memory.by_plain_host("accounts.app.com").is_none() && memory.by_host(&host("accounts.app.com")).is_none());
    assert_eq!(memory.by_plain_host("new.app.com").unwrap().id, 1);
    put(&memory, at(2, "other", 1, "https://accounts.app.com")).unwrap();
    assert_eq!(memory.by_plain_host("accounts.app.com").unwrap().id, 2);
    // A removed instance takes only its own index entries along.
    memory.remove(1);
    assert!(memory.by_slug("app").is_none() && memory.by_plain_host("new.app.com").is_none());
    assert_eq!(memory.by_plain_host("accounts.app.com").unwrap().id, 2);
}

#[test]
fn a_portal_without_tls_is_not_found_by_its_host_until_it_was_looked_up() {
    let memory = Memory::new(ROOM);
    put(&memory, at(1, "app", 1, "http://accounts.app.com")).unwrap();
    assert!(memory.by_plain_host("accounts.app.com").is_none(), "a portal with TLS may have the host");
    memory.insert_host("accounts.app.com", 1);
    assert_eq!(memory.by_plain_host("accounts.app.com").unwrap().id, 1);
    put(&memory, at(2, "other", 1, "https://accounts.app.com")).unwrap();
    assert_eq!(memory.by_plain_host("accounts.app.com").unwrap().id, 2);
}

#[test]
fn the_index_forgets_the_slug_and_the_host_that_an_instance_had_before() {
    let memory = Memory::new(ROOM);
    for (version, slug) in (1..).zip(["app", "other", "app", "third"]) {
        put(&memory, stored(1, slug, version)).unwrap();
        memory.insert_host(&format!("accounts.{slug}.com:443"), 1);
        assert!(memory.by_slug(slug).is_some() && memory.by_plain_host(&format!("accounts.{slug}.com")).is_some());
        assert!(memory.by_host(&host(&format!("accounts.{slug}.com:443"))).is_some());
        assert_eq!(memory.index_entries(), 3);
    }
    assert!(memory.by_slug("app").is_none() && memory.by_plain_host("accounts.app.com").is_none());
    // A host that the instance does not have is not taken.
    memory.insert_host("accounts.app.com", 1);
    memory.insert_host("accounts.app.com", 2);
    assert_eq!(memory.index_entries(), 3);
    memory.remove(1);
    assert_eq!(memory.index_entries(), 0);
}

#[test]
fn an_instance_whose_slug_or_host_has_the_same_hash_is_never_taken_for_another() {
    let memory = Memory::new(ROOM);
    put(&memory, stored(1, "app", 1)).unwrap();
    put(&memory, stored(2, "other", 1)).unwrap();
    memory.index().mix_up("app", 2);
    memory.index().mix_up("accounts.app.com", 2);
    assert!(memory.by_slug("app").is_none() && memory.by_plain_host("accounts.app.com").is_none());
    assert!(memory.by_host(&host("accounts.app.com")).is_none());
    assert_eq!(served(&memory, "other"), Some(1));
    // The database is asked, and its answer is found again.
    put(&memory, stored(1, "app", 1)).unwrap();
    assert!(memory.by_slug("app").is_some_and(|app| app.id == 1) && memory.by_plain_host("accounts.app.com").is_some());
}
