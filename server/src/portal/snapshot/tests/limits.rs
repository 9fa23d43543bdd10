//! The memory stays below its limit, which counts what an instance really takes.

use app::{
    fixtures::{self, other_app},
    redirects::{Environment, Flow, Instance, Settings},
};

use super::{Memory, compact, put, stored};
use crate::portal::snapshot::memory_size::{memory_size, parsed_size};

#[test]
fn instances_and_index_stay_below_their_limits() {
    let room = 200 * memory_size(&compact(&stored(1, "app-1", 1)));
    let memory = Memory::new(room);
    for id in 1..=5000 {
        put(&memory, stored(id, &format!("app-{id}"), 1)).unwrap();
    }
    assert!(memory.bytes() <= room && memory.entries() > 100, "{} of {room} bytes, {} instances", memory.bytes(), memory.entries());
    assert_eq!(memory.index_entries(), 2 * memory.entries());
    let found = (1..=5000).filter(|id| memory.by_slug(&format!("app-{id}")).is_some()).count();
    assert_eq!(found as u64, memory.entries(), "what is in memory is found");
    memory.all().iter().for_each(|compact| memory.remove(compact.save.instance));
    assert_eq!((memory.entries(), memory.index_entries(), memory.bytes()), (0, 0, 0));
}

#[test]
fn a_popular_instance_stays_while_many_others_pass() {
    let memory = Memory::new(200 * memory_size(&compact(&stored(1, "app-1", 1))));
    put(&memory, stored(1, "app-1", 1)).unwrap();
    for id in 2..=5000 {
        assert!(memory.by_slug("app-1").is_some(), "after {id}");
        put(&memory, stored(id, &format!("app-{id}"), 1)).unwrap();
    }
}

#[test]
fn larger_saves_of_the_same_instances_stay_below_the_limit_too() {
    let room = 200 * memory_size(&compact(&stored(1, "app-1", 1)));
    let memory = Memory::new(room);
    for id in 1..=150 {
        put(&memory, stored(id, &format!("app-{id}"), 1)).unwrap();
    }
    for id in 1..=150 {
        let mut larger = stored(id, &format!("app-{id}"), 2);
        larger.fallbacks.set(Flow::SignIn, &format!("/{}", "x".repeat(2000)));
        put(&memory, larger).unwrap();
        assert!(memory.bytes() <= room, "{} of {room} bytes", memory.bytes());
    }
    assert!(memory.entries() > 10 && memory.index_entries() == 2 * memory.entries());
}

#[test]
fn a_small_instance_takes_less_than_a_kilobyte() {
    let settings = Settings {
        name: "The Name of an Application".into(),
        environment: Environment::Production,
        portal_origin: "https://accounts.some-application.example.com".into(),
        home_url: "https://some-application.example.com/home".into(),
        allowed_origins: vec!["https://www.some-application.example.com".into(), "https://*.some-application.dev".into()],
        domain: "some-application.example.com".into(),
        ..other_app("some-application")
    };
    let fallbacks = [(Flow::SignIn, "/dashboard"), (Flow::SignUp, "/welcome?from=portal"), (Flow::SignOut, "/goodbye")];
    let size = memory_size(&compact(&fixtures::stored(settings, &fallbacks)));
    assert!(size < 900, "{size}");
}

#[test]
fn the_size_of_an_instance_counts_its_data() {
    let plain = stored(1, "app", 1);
    let mut with_fallback = plain.clone();
    with_fallback.fallbacks.set(Flow::SignIn, &format!("/{}", "x".repeat(999)));
    assert!((1000..1020).contains(&(memory_size(&compact(&with_fallback)) - memory_size(&compact(&plain)))));
    assert_eq!(parsed_size(&with_fallback) - parsed_size(&plain), 1000);
    let origins: Vec<String> = (0..50).map(|n| format!("https://a{n}.example.com")).collect();
    let mut with_origins = plain.clone();
    with_origins.settings.allowed_origins.clone_from(&origins);
    with_origins.instance = Instance::parse(&with_origins.settings, 1).unwrap();
    let text: usize = origins.iter().map(String::len).sum();
    assert!(memory_size(&compact(&with_origins)) - memory_size(&compact(&plain)) >= text as u64, "each is stored once");
    assert!(parsed_size(&with_origins) - parsed_size(&plain) >= 3 * u32::try_from(text).unwrap(), "each is stored three times");
}
