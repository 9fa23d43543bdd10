use std::collections::BTreeMap;

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    between::{Candidate, Ending, Impact, Others, Row, Rules, SHOWN, Shape, between},
    confirm::{Figure, Seen},
};
use crate::{
    fixtures::{fallbacks, instance, my_app},
    redirects::{Environment, Fallbacks, Flow, Instance, LinkParams, LinkShape, RequestingOrigin, Settings, Source, Visit, resolve},
};

const PARTNER: &str = "https://partner.example.org";

fn allowing(origins: &[&str]) -> Instance {
    instance(&Settings { allowed_origins: origins.iter().map(|origin| (*origin).to_owned()).collect(), ..my_app() })
}

fn rules<'s>(instance: &'s Instance, fallbacks: &'s Fallbacks) -> Rules<'s> {
    Rules { instance, fallbacks }
}

/// The shape of a link to `url`, as it is counted.
fn shape(instance: &Instance, flow: Flow, url: &str, visits: u64) -> Shape<'static> {
    let link = LinkParams { redirect_url: Some(url.to_owned().into()), ..LinkParams::default() };
    let visit = Visit { flow, link: &link, requesting: None, now: None };
    let fallbacks = Fallbacks::default();
    let link = LinkShape::of(instance, visit, &resolve(instance, &fallbacks, visit)).into_owned();
    Shape { flow, link, visits }
}

fn ending(url: &str, source: Source) -> Ending {
    Ending { url: url.to_owned(), source }
}

#[test]
fn a_changed_fallback_moves_the_visits_that_end_there_and_no_other() {
    let instance = instance(&my_app());
    let (before, after) = (fallbacks(&[(Flow::SignOut, "/bye")]), fallbacks(&[(Flow::SignOut, "/goodbye")]));
    let shapes = [
        shape(&instance, Flow::SignOut, "", 216),
        shape(&instance, Flow::SignOut, "https://app.myapp.com/x", 50),
        shape(&instance, Flow::SignOut, "https://evil.com/x", 4),
        shape(&instance, Flow::SignIn, "", 30),
    ];
    let impact = between(rules(&instance, &before), rules(&instance, &after), None, &shapes, &[]);
    let row = Row {
        flow: Flow::SignOut,
        from: ending("https://myapp.com/bye", Source::Fallback),
        to: ending("https://myapp.com/goodbye", Source::Fallback),
        visits: 220,
    };
    assert_eq!(impact, Impact { visits: 300, changed: 220, rows: vec![row], ..Impact::default() });
}

#[test]
fn an_allowed_origin_names_the_visits_that_it_lets_through() {
    let (before, after) = (allowing(&[]), allowing(&[PARTNER]));
    let none = Fallbacks::default();
    let shapes = [shape(&before, Flow::SignIn, &format!("{PARTNER}/a"), 60), shape(&before, Flow::SignIn, "https://evil.com/a", 9)];
    let there = between(rules(&before, &none), rules(&after, &none), None, &shapes, &[]);
    let candidate = || vec![Candidate { origin: PARTNER.to_owned(), visits: 60 }];
    assert_eq!((there.visits, there.changed, &there.newly_allowed, there.newly_refused.len()), (69, 60, &candidate(), 0));
    assert_eq!(there.rows[0].to, ending(PARTNER, Source::RedirectUrl));
    // And back.
    let back = between(rules(&after, &none), rules(&before, &none), None, &shapes, &[]);
    assert_eq!((back.changed, back.newly_allowed.len(), &back.newly_refused), (60, 0, &candidate()));
}

#[test]
fn of_many_rows_and_origins_the_first_have_the_most_visits_and_none_is_lost() {
    let (before, after) = (allowing(&[]), allowing(&["https://*.example.org"]));
    let none = Fallbacks::default();
    let count = 2 * u64::try_from(SHOWN).unwrap();
    // In no order, and each number of visits twice.
    let visits = |n: u64| 1 + n * 7 % SHOWN as u64;
    let shapes: Vec<_> = (0..count).map(|n| shape(&before, Flow::SignIn, &format!("https://{n:02}.example.org/"), visits(n))).collect();
    let impact = between(rules(&before, &none), rules(&after, &none), None, &shapes, &[]);
    let mut expected: Vec<_> = (0..count).map(|n| (u64::MAX - visits(n), format!("https://{n:02}.example.org"))).collect();
    expected.sort();
    let rows: Vec<_> = impact.rows.iter().map(|row| (u64::MAX - row.visits, row.to.url.clone())).collect();
    let candidates: Vec<_> = impact.newly_allowed.iter().map(|candidate| (u64::MAX - candidate.visits, candidate.origin.clone())).collect();
    for mut found in [rows, candidates] {
        assert_eq!(found[..SHOWN], expected[..SHOWN]);
        found.sort();
        assert_eq!(found, expected);
    }
}

#[test]
fn an_allowed_origin_also_moves_those_whose_stored_fallback_was_skipped_without_it() {
    let (before, after) = (allowing(&[]), allowing(&[PARTNER]));
    let fallbacks = fallbacks(&[(Flow::SignOut, "https://partner.example.org/bye")]);
    let shapes = [
        shape(&before, Flow::SignIn, &format!("{PARTNER}/a"), 60),
        shape(&before, Flow::SignIn, "//partner.example.org/b", 5),
        shape(&before, Flow::SignIn, "https://partner.example.org:444/", 11),
        shape(&before, Flow::SignOut, "", 13),
    ];
    let impact = between(rules(&before, &fallbacks), rules(&after, &fallbacks), None, &shapes, &[]);
    assert_eq!((impact.visits, impact.changed), (89, 60 + 5 + 13));
}

#[test]
fn a_fallback_that_says_the_home_url_changes_nothing() {
    let instance = instance(&my_app());
    let (none, home) = (Fallbacks::default(), fallbacks(&[(Flow::SignIn, "/")]));
    let impact = between(rules(&instance, &none), rules(&instance, &home), None, &[shape(&instance, Flow::SignIn, "", 7)], &[]);
    assert_eq!((impact.visits, impact.changed), (7, 0));
}

#[test]
fn visits_whose_shapes_are_not_kept_are_decided_where_their_flow_is_enough_and_else_said() {
    let (instance, other) = (allowing(&[]), allowing(&[PARTNER]));
    let (none, start) = (Fallbacks::default(), fallbacks(&[(Flow::SignIn, "/start")]));
    let others = |source, refused: &[&str], visits| Others {
        flow: Flow::SignIn,
        source,
        refused: refused.iter().map(|reason| (*reason).to_owned()).collect(),
        visits,
    };
    let others = [
        others(Source::RedirectUrl, &[], 1),
        others(Source::HomeUrl, &[], 10),
        others(Source::HomeUrl, &["foreign"], 100),
        others(Source::HomeUrl, &["scheme", "not_a_url"], 1000),
    ];
    let redirects = between(rules(&instance, &none), rules(&instance, &start), None, &[], &others);
    assert_eq!((redirects.visits, redirects.changed, redirects.inexact_by), (1111, 1110, 0), "the policy is the same");
    let settings = between(rules(&instance, &none), rules(&other, &start), None, &[], &others);
    assert_eq!((settings.visits, settings.changed, settings.inexact_by), (1111, 1010, 101));
}

#[test]
fn saving_asks_first_above_five_percent_of_a_production_instance() {
    let asks = |changed, visits| Figure { visits, changed }.needs_confirmation(Environment::Production);
    assert_eq!([asks(0, 0), asks(0, 100), asks(5, 100), asks(500, 10_000)], [false; 4]);
    assert_eq!([asks(6, 100), asks(501, 10_000), asks(20, 20)], [true; 3]);
    assert!(!asks(19, 19), "too few to say anything");
    assert!(!Figure { visits: 100, changed: 100 }.needs_confirmation(Environment::Development));
}

#[test]
fn what_was_seen_holds_for_the_same_settings_over_the_same_version_and_a_like_share() {
    let (instance, other) = (allowing(&[]), allowing(&[PARTNER]));
    let (none, start) = (Fallbacks::default(), fallbacks(&[(Flow::SignIn, "/start")]));
    let seen = |version, instance, fallbacks, changed| Seen::new(version, rules(instance, fallbacks), Figure { visits: 1000, changed });
    let text = seen(3, &instance, &start, 80).to_string();
    assert!(seen(3, &instance, &start, 80).is_confirmed_by(&text));
    assert!(seen(3, &instance, &start, 130).is_confirmed_by(&text), "a few more visits");
    assert!(!seen(3, &instance, &start, 131).is_confirmed_by(&text), "many more visits");
    assert!(!seen(4, &instance, &start, 80).is_confirmed_by(&text), "another version");
    assert!(!seen(3, &instance, &none, 80).is_confirmed_by(&text), "another fallback");
    assert!(!seen(3, &other, &start, 80).is_confirmed_by(&text), "another origin");
    for other in ["", "show", "3", "3-", "3-80", "3-x-y"] {
        assert!(!seen(3, &instance, &start, 80).is_confirmed_by(other), "{other}");
    }
    assert!(seen(4, &instance, &start, 1000).is_confirmed_by(&Seen::undo(4, rules(&instance, &start)).to_string()));
}

/// A link whose path is nobody else's: two links have the same target only if they are the same candidate.
#[derive(Clone, Debug)]
struct Link {
    flow: Flow,
    candidates: [Option<String>; 3],
    requesting: Option<&'static str>,
    visits: u64,
}

fn any_link() -> impl Strategy<Value = Link> {
    let hosts = &[
        "/",
        "//other.org/",
        "https://myapp.com/",
        "https://app.myapp.com/",
        "http://app.myapp.com/",
        "https://other.org/",
        "https://partner.example.org/",
        "https://user@myapp.com/",
        "https://accounts.myapp.com/",
        "myapp:",
    ][..];
    let candidate = || option::of((select(hosts), "[a-z]{12}").prop_map(|(host, path)| format!("{host}{path}")));
    let requesting = option::of(select(&["https://other.org", "http://localhost:5173"][..]));
    (select(&Flow::ALL[..]), [candidate(), candidate(), candidate()], requesting, 1..9_u64)
        .prop_map(|(flow, candidates, requesting, visits)| Link { flow, candidates, requesting, visits })
}

fn any_settings() -> impl Strategy<Value = Instance> {
    let origins = vec(select(&["https://other.org", PARTNER, "https://*.partner.example.org"][..]), 0..3);
    let home = select(&["", "https://app.myapp.com/home", "https://myapp.com/start"][..]);
    let domain = select(&["myapp.com", "other.org"][..]);
    (select(&Environment::ALL[..]), domain, home, origins).prop_filter_map("valid", |(environment, domain, home, origins)| {
        let allowed_origins = origins.into_iter().map(str::to_owned).collect();
        Instance::parse(&Settings { environment, domain: domain.into(), home_url: home.into(), allowed_origins, ..my_app() }, 1).ok()
    })
}

fn any_fallbacks() -> impl Strategy<Value = Fallbacks> {
    let value = || option::of(select(&["/", "/start", "https://other.org/in", "https://partner.example.org/x", "https://gone.dev/"][..]));
    vec(value(), Flow::ALL.len())
        .prop_map(|values| Flow::ALL.into_iter().zip(values).filter_map(|(flow, value)| Some((flow, value?.to_owned()))).collect())
}

fn target(instance: &Instance, fallbacks: &Fallbacks, link: &Link, use_visit: impl FnOnce(Visit<'_>)) -> String {
    let value = |at: usize| link.candidates[at].as_deref().map(Into::into);
    let params = LinkParams {
        redirect_url: value(0),
        sign_in_force: value(1),
        sign_up_force: value(1),
        sign_in_fallback: value(2),
        sign_up_fallback: value(2),
        ..LinkParams::default()
    };
    let requesting = link.requesting.and_then(RequestingOrigin::parse);
    let visit = Visit { flow: link.flow, link: &params, requesting: requesting.as_ref(), now: None };
    use_visit(visit);
    resolve(instance, fallbacks, visit).target.to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_shapes_change_as_the_real_links_do(
        links in vec(any_link(), 0..20),
        (before, after) in (any_settings(), any_settings()),
        (old, new) in (any_fallbacks(), any_fallbacks()),
    ) {
        let mut shapes = Vec::new();
        let mut moved: BTreeMap<&str, u64> = BTreeMap::new();
        for link in &links {
            let now = target(&before, &old, link, |visit| {
                let link = LinkShape::of(&before, visit, &resolve(&before, &old, visit)).into_owned();
                shapes.push(Shape { flow: visit.flow, link, visits: 0 });
            });
            shapes.last_mut().unwrap().visits = link.visits;
            if now != target(&after, &new, link, |_| ()) {
                *moved.entry(link.flow.name()).or_default() += link.visits;
            }
        }
        let impact = between(rules(&before, &old), rules(&after, &new), None, &shapes, &[]);
        prop_assert_eq!(impact.visits, links.iter().map(|link| link.visits).sum::<u64>());
        prop_assert_eq!(impact.changed, moved.values().sum::<u64>());
        let mut rows: BTreeMap<&str, u64> = BTreeMap::new();
        for row in &impact.rows {
            *rows.entry(row.flow.name()).or_default() += row.visits;
        }
        prop_assert_eq!(rows, moved);
        prop_assert!(impact.rows.is_sorted_by_key(|row| u64::MAX - row.visits));
        // Without a change nothing moves.
        let same = between(rules(&before, &old), rules(&before, &old), None, &shapes, &[]);
        prop_assert_eq!((same.changed, same.rows.len(), same.newly_allowed.len(), same.newly_refused.len()), (0, 0, 0, 0));
    }
}
