//! Where flows end, as the Overview tab says it: by the resolver, with what is skipped.

use super::{
    ends::{End, ends},
    skipped::skipped_settings,
};
use crate::{
    fixtures::{my_app, stored},
    instances::stored::StoredInstance,
    redirects::{Flow, Instance, Settings},
};

fn shown(end: &End) -> (String, &'static str, Option<String>) {
    let parts = &end.target;
    let skipped = end.skipped.as_ref().map(|(value, why)| format!("{value}: {}{}{}", why.before, why.host, why.after));
    (format!("{}{}{}", parts.before, parts.host, parts.after), end.reason, skipped)
}

#[test]
fn each_flow_ends_where_the_resolver_says_and_says_why() {
    let settings = Settings { allowed_origins: vec!["https://partner.example.org".into()], ..my_app() };
    let values = [
        (Flow::SignUp, "/welcome"),
        (Flow::SignIn, "https://partner.example.org/start"),
        (Flow::Waitlist, "https://launch.example.net/thanks"),
        (Flow::SignOut, "https://accounts.myapp.com/sign-out"),
    ];
    let ends = ends(&stored(settings, &values));
    assert_eq!(ends.iter().map(|end| end.flow).collect::<Vec<_>>(), Flow::ALL);
    let of = |flow| shown(ends.iter().find(|end| end.flow == flow).unwrap());
    assert_eq!(of(Flow::SignUp), ("https://myapp.com/welcome".into(), "Stored fallback", None));
    assert_eq!(of(Flow::SignIn), ("https://partner.example.org/start".into(), "Stored fallback, on an allowed origin", None));
    assert_eq!(of(Flow::Logo), ("https://myapp.com/".into(), "Home URL", None));
    let (target, reason, skipped) = of(Flow::Waitlist);
    assert_eq!((target.as_str(), reason), ("https://myapp.com/", "Home URL, since the stored fallback is skipped"));
    assert!(skipped.unwrap().starts_with("https://launch.example.net/thanks: launch.example.net is not on myapp.com."));
    assert!(of(Flow::SignOut).2.unwrap().starts_with("https://accounts.myapp.com/sign-out: "));
}

#[test]
fn a_stored_home_url_or_origin_that_breaks_a_rule_is_named_with_the_rule() {
    assert_eq!(skipped_settings(&stored(my_app(), &[])), []);
    let followed =
        Settings { home_url: "https://app.myapp.com/start".into(), allowed_origins: vec!["https://a.example".into()], ..my_app() };
    assert_eq!(skipped_settings(&stored(followed, &[])), []);
    let old = Settings {
        home_url: "https://accounts.myapp.com/sign-in".into(),
        allowed_origins: vec!["https://ok.example".into(), "http://insecure.example".into()],
        ..my_app()
    };
    let as_stored = StoredInstance { instance: Instance::restore(old.clone(), 1).unwrap(), settings: old, ..stored(my_app(), &[]) };
    let skipped = skipped_settings(&as_stored);
    let fields: Vec<_> = skipped.iter().map(|skipped| (skipped.field, skipped.value.as_str())).collect();
    assert_eq!(fields, [("home_url", "https://accounts.myapp.com/sign-in"), ("allowed_origins", "http://insecure.example")]);
    assert!(skipped[0].why.starts_with("People go to https://myapp.com/ instead. "), "{skipped:?}");
    assert!(skipped.iter().all(|skipped| skipped.why.ends_with('.')), "{skipped:?}");
}
