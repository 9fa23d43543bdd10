//! A change in words: what somebody did, and each field's value before and after.

use serde_json::Value;

use super::{Kind, store::Change};
use crate::redirects::{Flow, InstanceField};

/// The fields that a change can touch, by their names in forms, in the order of the screens. An instance keeps its slug.
pub fn fields() -> impl Iterator<Item = &'static str> {
    let settings = InstanceField::ALL.into_iter().filter(|field| *field != InstanceField::Slug).map(InstanceField::name);
    Flow::ALL.into_iter().map(Flow::field).chain(settings).chain(["role"])
}

/// What the screens call a field.
pub fn label(field: &str) -> &str {
    match field {
        "role" => "Role",
        "server_admin" => "May create instances",
        "owner_of_all" => "Owner of every instance",
        other => InstanceField::named(other).map(InstanceField::label).or_else(|| Flow::of_field(other).map(Flow::label)).unwrap_or(other),
    }
}

/// One field of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What the field is called.
    pub label: String,
    /// What became of it.
    pub values: Values,
}

/// What became of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    /// One value took the place of another.
    One {
        /// What was there; `None` where nothing was.
        before: Option<String>,
        /// What is there since; `None` where nothing is.
        after: Option<String>,
    },
    /// A list lost some values and got others.
    Many {
        /// What was taken out.
        removed: Vec<String>,
        /// What was put in.
        added: Vec<String>,
    },
}

/// The fields that a change touched, in the order of the screens; others that are recorded come last.
pub fn lines(change: &Change) -> Vec<Line> {
    let mut names: Vec<&String> =
        change.before.keys().chain(change.after.keys().filter(|name| !change.before.contains_key(*name))).collect();
    // What is said in the sentence already.
    names.retain(|name| *name != "role" || !matches!(change.kind, Kind::Joined | Kind::Invited));
    names.sort_by_key(|name| fields().position(|field| field == name.as_str()).unwrap_or(usize::MAX));
    let line = |name: &String| {
        let (before, after) = (change.before.get(name).unwrap_or(&Value::Null), change.after.get(name).unwrap_or(&Value::Null));
        let values = if before.is_array() || after.is_array() {
            let (before, after) = (items(before), items(after));
            let without = |these: &[String], those: &[String]| these.iter().filter(|item| !those.contains(item)).cloned().collect();
            Values::Many { removed: without(&before, &after), added: without(&after, &before) }
        } else {
            // A flow without a fallback redirect goes to the home URL.
            let nothing = || Flow::of_field(name).map(|_| "Home URL".to_owned());
            Values::One { before: text(before).or_else(nothing), after: text(after).or_else(nothing) }
        };
        Line { label: label(name).to_owned(), values }
    };
    names.into_iter().map(line).collect()
}

fn items(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        one => text(one).into_iter().collect(),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(yes) => Some(if *yes { "Yes" } else { "No" }.to_owned()),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// What somebody did, to be read after their name.
pub fn deed(change: &Change) -> String {
    let about = change.about.as_deref();
    let somebody = about.unwrap_or("somebody");
    let role = |values: &serde_json::Map<String, Value>| values.get("role").and_then(text);
    let as_role = role(&change.after).map(|role| format!(" as {role}")).unwrap_or_default();
    match change.kind {
        Kind::Created => "created the instance".to_owned(),
        Kind::Settings => "changed settings".to_owned(),
        Kind::Redirects => "changed redirects".to_owned(),
        Kind::Restored => format!("restored the redirects of version {}", about.unwrap_or("unknown")),
        Kind::Copied => format!("copied settings from {}", about.unwrap_or("another instance")),
        Kind::Archived => "archived the instance".to_owned(),
        Kind::Unarchived => "brought the instance back from the archive".to_owned(),
        Kind::PortalEnabled => "switched the portal pages on".to_owned(),
        Kind::PortalDisabled => "switched the portal pages off".to_owned(),
        Kind::Invited => format!("invited {somebody}{as_role}"),
        Kind::InvitationWithdrawn => format!("withdrew the invitation of {somebody}"),
        Kind::Joined => format!("joined{as_role}"),
        Kind::Role => format!("changed the role of {somebody}"),
        Kind::Removed if about == Some(&change.who) => "left the instance".to_owned(),
        Kind::Removed => format!("removed {somebody}"),
        Kind::AccountCreated => "created an account".to_owned(),
        Kind::AccountRemoved => about.map_or_else(|| "removed an account".to_owned(), |about| format!("removed the account of {about}")),
        Kind::SignedIn => "signed in".to_owned(),
        Kind::SignInFailed => "failed to sign in".to_owned(),
        Kind::SignedOut => "signed out".to_owned(),
        Kind::SessionEnded => "ended another session".to_owned(),
        Kind::ResetIssued => format!("made a link for {somebody} to choose a new password"),
        Kind::PasswordReset => "chose a new password by a link".to_owned(),
        Kind::PasswordChanged => "changed the password".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    fn change(kind: Kind, about: Option<&str>, before: Value, after: Value) -> Change {
        let object = |value| if let Value::Object(values) = value { values } else { panic!("{value}") };
        Change {
            id: 1,
            at: datetime!(2026-11-23 18:45:07 UTC),
            kind,
            instance: None,
            version: None,
            who: "ana@myapp.com".into(),
            address: None,
            about: about.map(str::to_owned),
            before: object(before),
            after: object(after),
        }
    }

    fn one(label: &str, before: Option<&str>, after: Option<&str>) -> Line {
        Line { label: label.into(), values: Values::One { before: before.map(str::to_owned), after: after.map(str::to_owned) } }
    }

    #[test]
    fn each_kind_is_said_in_words_of_its_own() {
        let said: Vec<String> = Kind::ALL
            .into_iter()
            .map(|kind| deed(&change(kind, Some("ben@myapp.com"), json!({"role": "owner"}), json!({"role": "viewer"}))))
            .collect();
        assert!(said.iter().enumerate().all(|(at, deed)| !said[..at].contains(deed)), "{said:?}");
        for deed in ["changed redirects", "invited ben@myapp.com as viewer", "signed in", "joined as viewer", "removed ben@myapp.com"] {
            assert!(said.iter().any(|said| said == deed), "{deed}");
        }
        assert_eq!(deed(&change(Kind::Restored, Some("3"), json!({}), json!({}))), "restored the redirects of version 3");
        assert_eq!(deed(&change(Kind::Removed, Some("ana@myapp.com"), json!({}), json!({}))), "left the instance");
        assert_eq!(deed(&change(Kind::Invited, None, json!({}), json!({}))), "invited somebody");
    }

    #[test]
    fn fields_are_named_as_on_their_screens_and_come_in_that_order() {
        let before = json!({"name": "MyApp", "after_sign_in_url": null, "after_sign_up_url": "/welcome", "home_url": "https://myapp.com/"});
        let after = json!({"name": "Shop", "after_sign_in_url": "/in", "after_sign_up_url": null, "home_url": "https://myapp.com/x"});
        let expected = [
            one("After sign-up", Some("/welcome"), Some("Home URL")),
            one("After sign-in", Some("Home URL"), Some("/in")),
            one("Name", Some("MyApp"), Some("Shop")),
            one("Home URL", Some("https://myapp.com/"), Some("https://myapp.com/x")),
        ];
        assert_eq!(lines(&change(Kind::Settings, None, before, after)), expected);
        for flow in Flow::ALL {
            assert_eq!(label(flow.field()), flow.label());
        }
        assert!(fields().all(|field| label(field) != field), "each field has a label");
    }

    #[test]
    fn of_a_list_only_what_was_taken_out_and_put_in_is_named() {
        let before = json!({"allowed_origins": ["https://a.com", "https://b.com"]});
        let after = json!({"allowed_origins": ["https://b.com", "https://c.com", "https://d.com"]});
        let [Line { label, values }] = &lines(&change(Kind::Settings, None, before, after))[..] else { panic!() };
        assert_eq!(label, "Allowed origins");
        let expected = Values::Many { removed: vec!["https://a.com".into()], added: vec!["https://c.com".into(), "https://d.com".into()] };
        assert_eq!(*values, expected);
    }

    #[test]
    fn what_is_on_one_side_only_or_has_another_name_is_shown_as_well() {
        let both = change(Kind::Role, None, json!({"later": 3}), json!({"role": "owner", "server_admin": true}));
        let expected = [one("Role", None, Some("owner")), one("later", Some("3"), None), one("May create instances", None, Some("Yes"))];
        assert_eq!(lines(&both), expected);
        assert_eq!(lines(&change(Kind::SignedIn, None, json!({}), json!({}))), []);
        assert_eq!(lines(&change(Kind::Joined, None, json!({"role": null}), json!({"role": "owner"}))), []);
    }
}
