use serde_json::{Value, json};

use super::*;
use crate::{
    fixtures::{my_app, stored},
    instances::save::DashboardHost,
    redirects::Flow,
};

fn wrong(value: &Value) -> Vec<String> {
    InstanceSettings::read(value).unwrap_err().iter().map(ToString::to_string).collect()
}

fn base() -> Value {
    json!({"name": "MyApp", "environment": "production", "domain": "myapp.com"})
}

fn with(name: &str, value: Value) -> Value {
    let mut all = base();
    all[name] = value;
    all
}

#[test]
fn what_is_stored_is_read_back_as_it_was() {
    let stored = stored(my_app(), &[(Flow::SignIn, "/in"), (Flow::Logo, "https://myapp.com/")]);
    let settings = InstanceSettings::of(&stored);
    let written = serde_json::to_value(&settings).unwrap();
    assert_eq!(InstanceSettings::read(&written).unwrap(), settings);
    let checked = settings.check("my-app", None, &DashboardHost::default()).unwrap();
    assert_eq!(checked.instance.portal_origin().as_str(), "https://accounts.myapp.com");
    assert_eq!(checked.fallbacks, stored.fallbacks);
}

#[test]
fn everything_of_the_wrong_type_or_name_is_said_at_once() {
    let value = json!({
        "name": 7, "environment": "staging", "home_ur": "https://myapp.com/", "allowed_origins": ["https://a.org", null],
        "redirects": {"after_signin_url": "/in", "sign-out": "/bye", "later": 1}, "portal_enabled": "yes", "portal_origin": {"from_env": "X"}
    });
    let mut found = wrong(&value);
    found.sort();
    assert_eq!(
        found,
        [
            "/allowed_origins/1: Expected a text here, and found an empty value.",
            "/environment: Choose development or production.",
            "/home_ur: There is no setting of that name. Write home_url.",
            "/name: Expected a text here, and found a number. Put it in quotes.",
            "/portal_enabled: Write true or false here, without quotes, not yes.",
            "/portal_origin: Only secrets can use `from_env`, and this setting is not a secret. Write the value itself.",
            "/redirects/after_signin_url: There is no redirect of that name. Write after_sign_in_url.",
            "/redirects/later: There is no redirect of that name. Use after_sign_up_url, after_sign_in_url, after_sign_out_url, logo_link_url, after_create_organization_url, after_leave_organization_url, after_join_waitlist_url.",
            "/redirects/sign-out: There is no redirect of that name. Write after_sign_out_url.",
            ": domain is missing. Every instance needs a name, an environment and a domain.",
        ]
    );
}

#[test]
fn nothing_is_the_default() {
    let mut value = base();
    for name in ["portal_origin", "home_url", "allowed_origins", "redirects", "portal_enabled", "visits_counted"] {
        value[name] = Value::Null;
    }
    let settings = InstanceSettings::read(&value).unwrap();
    assert_eq!(settings, InstanceSettings::read(&base()).unwrap());
    assert!(settings.portal_enabled && settings.visits_counted);
}

#[test]
fn the_rules_refuse_by_pointer() {
    let refused = |name: &str, value: Value| {
        let settings = InstanceSettings::read(&with(name, value)).unwrap();
        let dashboard = DashboardHost(Some("dashboard.myapp.com".into()));
        settings.check("my-app", None, &dashboard).unwrap_err().into_iter().map(|error| error.pointer).collect::<Vec<_>>()
    };
    assert_eq!(refused("allowed_origins", json!(["https://fine.org", "https://*.vercel.app"])), ["/allowed_origins/1"]);
    assert_eq!(refused("allowed_origins", json!(["nonsense"])), ["/allowed_origins/0"]);
    assert_eq!(refused("domain", json!("co.uk")), ["/domain"]);
    assert_eq!(refused("portal_origin", json!("https://dashboard.myapp.com")), ["/portal_origin"]);
    assert_eq!(refused("redirects", json!({"after_sign_in_url": "https://evil.com/"})), ["/redirects/after_sign_in_url"]);
    let slug = InstanceSettings::read(&base()).unwrap().check("My App", None, &DashboardHost::default()).unwrap_err();
    assert_eq!(slug[0].pointer, "");
}

#[test]
fn a_stored_redirect_that_is_refused_today_may_stay() {
    let stored = stored(my_app(), &[(Flow::SignIn, "https://gone.example/")]);
    let settings = InstanceSettings::of(&stored);
    assert!(settings.check("my-app", Some(&stored), &DashboardHost::default()).is_ok());
    assert_eq!(settings.check("my-app", None, &DashboardHost::default()).unwrap_err()[0].pointer, "/redirects/after_sign_in_url");
}

#[test]
fn the_schema_names_every_setting_and_no_other() {
    let schema = json_schema();
    let mut names: Vec<&str> = schema["$defs"]["InstanceSettings"]["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    let mut known = read::NAMES.to_vec();
    names.sort_unstable();
    known.sort_unstable();
    assert_eq!(names, known);
    assert_eq!(schema["$defs"]["InstanceSettings"]["additionalProperties"], false);
    assert_eq!(schema["$defs"]["InstanceSettings"]["required"], json!(["name", "environment", "domain"]));
    for flow in Flow::ALL {
        assert!(schema["$defs"]["Redirects"]["properties"].get(flow.field()).is_some(), "{flow}");
    }
}
