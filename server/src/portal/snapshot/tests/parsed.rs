//! What is parsed from an instance in memory is that instance, at the save that is there now.

use std::sync::Arc;

use app::{
    fixtures::{self, other_app},
    identity_provider::ProviderButton,
    instances::stored::StoredInstance,
    redirects::{Applications, Environment, Flow, Instance, Settings},
};
use time::macros::datetime;
use uuid::Uuid;

use super::{Memory, at, compact, put, served, stored};
use crate::portal::snapshot::{
    memory_size::{memory_size, parsed_size},
    parsed_instances::ParsedInstances,
};

#[test]
fn what_was_parsed_is_kept_until_there_is_no_room_and_never_for_another_save() {
    let one = stored(1, "app-1", 1);
    let room = 20 * u64::from(parsed_size(&one));
    let parsed = ParsedInstances::new(room);
    let (first, second) = (compact(&one), compact(&stored(1, "app-1", 2)));
    let kept = parsed.of(&first).unwrap();
    assert!(Arc::ptr_eq(&kept, &parsed.of(&first).unwrap()));
    // Who has parsed an earlier save, and says so late, changes nothing.
    parsed.keep(&first, &kept);
    assert_eq!(parsed.of(&second).unwrap().instance.version(), 2);
    let others: Vec<_> = (2..=1000).map(|id| compact(&stored(id, &format!("app-{id}"), 1))).collect();
    for other in &others {
        assert!(Arc::ptr_eq(&kept, &parsed.of(&first).unwrap()), "it is requested again and again");
        parsed.of(other).unwrap();
        assert!(parsed.bytes() <= room);
    }
    let count = others.iter().filter(|other| other.parsed().is_some()).count();
    assert!((10..=19).contains(&count), "{count}");
    drop(others);
    parsed.of(&compact(&one)).unwrap();
    assert!(parsed.bytes() <= room);
}

#[test]
fn parsed_instances_stay_below_their_limit_and_the_others_are_parsed_again() {
    let room = 1 << 22;
    let memory = Memory::new(room);
    for id in 1..=500 {
        put(&memory, stored(id, &format!("app-{id}"), 1)).unwrap();
    }
    assert_eq!(memory.entries(), 500);
    for version in [1, 2] {
        for id in 1..=500 {
            assert_eq!(served(&memory, &format!("app-{id}")), Some(version));
            put(&memory, stored(id, &format!("app-{id}"), 2)).unwrap();
        }
    }
    assert!((1..=room / 32).contains(&memory.parsed_bytes()), "{} of {room}", memory.parsed_bytes());
}

/// Saves and lookups at the same time: who looks up never gets an earlier save than one that was stored before.
#[test]
fn no_lookup_finds_an_earlier_save_than_the_one_that_was_stored_before() {
    let room = 40 * memory_size(&compact(&stored(1, "app-1", 1)));
    let memory = Memory::new(room);
    std::thread::scope(|scope| {
        for id in 1..=3 {
            let memory = memory.clone();
            scope.spawn(move || {
                let slug = format!("app-{id}");
                for version in 1..=300 {
                    put(&memory, stored(id, &slug, version)).unwrap();
                    // The others push what was parsed out of the memory again and again.
                    put(&memory, stored(100 * id + version % 20, &format!("other-{id}-{}", version % 20), 1)).unwrap();
                    for _ in 0..3 {
                        assert!(served(&memory, &slug).is_none_or(|served| served == version));
                    }
                }
            });
        }
    });
    assert_eq!(memory.index_entries(), 2 * memory.entries());
}

/// An instance with a value in every field.
fn complete() -> StoredInstance {
    let settings = Settings {
        slug: "my-app".into(),
        name: "My App \u{1F511}".into(),
        environment: Environment::Production,
        domain: "xn--mnchen-3ya.de".into(),
        portal_origin: "https://accounts.xn--mnchen-3ya.de:8443".into(),
        home_url: "https://app.example.org/start?a=1".into(),
        allowed_origins: vec!["https://app.example.org".into(), "https://*.preview.example.org".into(), "not allowed".into()],
    };
    let expiring = [("https://b.example".to_owned(), datetime!(2026-11-23 18:45:07 UTC).into())];
    let flows = Flow::ALL.map(|flow| (flow, format!("/{}?x=%20", flow.name())));
    StoredInstance {
        id: i64::MAX,
        save_id: Uuid::from_u128(u128::MAX - 7),
        instance: Instance::restore(settings.clone(), i64::MAX - 1).unwrap().with_stored_expiring(expiring),
        settings,
        domain_typed: "München.de".into(),
        unusable: None,
        fallbacks: flows.into_iter().collect(),
        archived_at: Some(datetime!(1969-07-20 20:17:40 UTC)),
        portal_enabled: false,
        visits_counted: false,
        requires_confirmed_email: true,
        identity: fixtures::stored(other_app("a"), &[]).identity,
        applications: Applications { origins: vec!["https://app.example.org".into()], names_in_tokens: true },
        provider: Some(ProviderButton { text: "Sign in".into(), replaces_accounts: true, manages_names: true }),
    }
}

#[test]
fn every_value_of_an_instance_is_read_again() {
    let plain = StoredInstance { id: -1, provider: None, archived_at: None, ..stored(1, "app", 0) };
    for stored in [complete(), plain, at(3, "dev", 7, "http://localhost:3000")] {
        let compact = compact(&stored);
        assert_eq!(format!("{:?}", compact.parse().unwrap()), format!("{stored:?}"));
        assert_eq!((compact.save.instance, compact.save.version), (stored.id, stored.instance.version()));
        assert_eq!(compact.save.save_id, stored.save_id);
    }
    assert!(!complete().instance.skipped().is_empty(), "what breaks a rule is among them");
}
