//! Describes a change: a sentence about what somebody did, and each field's value before and after.

use serde_json::Value;

use super::{
    Kind,
    fields::{fields, label},
    store::{Attempts, Change, record::IMPACT},
};
use crate::{
    insight::{activity::refused, impact::Figure},
    redirects::Flow,
    ui::text::{Grouped, counted},
};

/// One field of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The field's label.
    pub label: String,
    /// Its values before and after.
    pub values: ValueChange,
}

/// How a field's value changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueChange {
    /// One value replaced another.
    Single {
        /// The earlier value; `None` if the field was empty.
        before: Option<String>,
        /// The new value; `None` if the field is empty.
        after: Option<String>,
    },
    /// Items of a list were removed or added.
    List {
        /// The items that were removed.
        removed: Vec<String>,
        /// The items that were added.
        added: Vec<String>,
    },
}

/// The fields that a change affected, in the order of the screens. Fields that the screens don't have come last.
pub fn field_changes(change: &Change) -> Vec<FieldChange> {
    let mut names: Vec<&String> =
        change.before.keys().chain(change.after.keys().filter(|name| !change.before.contains_key(*name))).collect();
    // It is not a field.
    names.retain(|name| *name != IMPACT);
    // The sentence already names the role.
    names.retain(|name| *name != "role" || !matches!(change.kind, Kind::Joined | Kind::Invited));
    names.sort_by_key(|name| fields().position(|field| field == name.as_str()).unwrap_or(usize::MAX));
    let field_change = |name: &String| {
        let (before, after) = (change.before.get(name).unwrap_or(&Value::Null), change.after.get(name).unwrap_or(&Value::Null));
        let values = if before.is_array() || after.is_array() {
            let (before, after) = (items(before), items(after));
            let without = |these: &[String], those: &[String]| these.iter().filter(|item| !those.contains(item)).cloned().collect();
            ValueChange::List { removed: without(&before, &after), added: without(&after, &before) }
        } else {
            // A flow without a fallback redirect goes to the home URL.
            let nothing = || Flow::of_field(name).map(|_| "Home URL".to_owned());
            ValueChange::Single { before: text(before).or_else(nothing), after: text(after).or_else(nothing) }
        };
        FieldChange { label: label(name).to_owned(), values }
    };
    names.into_iter().map(field_change).collect()
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

/// How many visits a change concerns, as it was measured when it was made; `None` where it was not.
pub fn impact(change: &Change) -> Option<String> {
    let figure: Figure = serde_json::from_value(change.after.get(IMPACT)?.clone()).ok()?;
    let changed = if figure.changed == 0 { "None".to_owned() } else { Grouped(figure.changed).to_string() };
    let (visits, ends) = if figure.visits == 1 { ("visit", "ends") } else { ("visits", if figure.changed == 1 { "ends" } else { "end" }) };
    Some(format!("{changed} of {} {visits} a week {ends} elsewhere", Grouped(figure.visits)))
}

/// What somebody did, as a phrase that follows their name. Failed sign-ins are counted instead: the account's owner may not have made them.
pub fn describe(change: &Change) -> String {
    if let Some(Attempts { count, .. }) = change.attempts {
        let (one, many) = match change.kind {
            Kind::SecondFactorFailed => ("wrong code of the second factor", "wrong codes of the second factor"),
            _ => ("failed sign-in", "failed sign-ins"),
        };
        return counted(count, one, many);
    }
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
        Kind::Unarchived => "restored the instance from the archive".to_owned(),
        Kind::PortalEnabled => "switched the portal pages on".to_owned(),
        Kind::PortalDisabled => "switched the portal pages off".to_owned(),
        Kind::Invited => format!("invited {somebody}{as_role}"),
        Kind::InvitationWithdrawn => format!("withdrew the invitation for {somebody}"),
        Kind::Joined => format!("joined{as_role}"),
        Kind::Role => format!("changed the role of {somebody}"),
        Kind::Removed if about == Some(&change.who) => "left the instance".to_owned(),
        Kind::Removed => format!("removed {somebody}"),
        Kind::VisitorDeleted => format!("deleted the account of visitor {}", about.unwrap_or("unknown")),
        Kind::RefusalDismissed => format!("dismissed {} from Activity", refused::described(somebody)),
        Kind::RefusalShown => format!("showed {} in Activity again", refused::described(somebody)),
        Kind::PreviewOriginAdded if is_moved(change) => format!("moved the expiry of the preview origin {}", about.unwrap_or("unknown")),
        Kind::PreviewOriginAdded => format!("added the preview origin {}", about.unwrap_or("unknown")),
        Kind::PreviewOriginRemoved => format!("removed the preview origin {}", about.unwrap_or("unknown")),
        Kind::VisitsCounted => "turned the counting of visits on".to_owned(),
        Kind::VisitsNotCounted => "turned the counting of visits off".to_owned(),
        Kind::WaitlistEntryDeleted => "removed an email address from the waitlist".to_owned(),
        Kind::IdentityProvider => "changed the identity provider".to_owned(),
        Kind::IdentityProviderRemoved => "removed the identity provider".to_owned(),
        Kind::ApiTokenIssued => format!("issued the API token {}", about.unwrap_or("without a name")),
        Kind::ApiTokenRevoked => format!("revoked the API token {}", about.unwrap_or("without a name")),
        Kind::ClientAdded => format!("added the client {}", about.unwrap_or("without a name")),
        Kind::ClientRemoved => format!("removed the client {}", about.unwrap_or("without a name")),
        Kind::ClientSecretReplaced => format!("made a new secret for the client {}", about.unwrap_or("without a name")),
        Kind::SigningKeyRotated => "made a new signing key".to_owned(),
        Kind::AccountCreated => "created an account".to_owned(),
        Kind::AccountRemoved => about.map_or_else(|| "removed an account".to_owned(), |about| format!("removed the account of {about}")),
        Kind::SignedIn => "signed in".to_owned(),
        Kind::SignInFailed => "failed to sign in".to_owned(),
        Kind::SignedOut => "signed out".to_owned(),
        Kind::SessionEnded => "ended another session".to_owned(),
        Kind::ResetIssued => format!("created a password reset link for {somebody}"),
        Kind::PasswordReset => "chose a new password with a reset link".to_owned(),
        Kind::PasswordChanged => "changed the password".to_owned(),
        Kind::SecondFactorOn => "turned the second factor on".to_owned(),
        Kind::SecondFactorOff => "turned the second factor off".to_owned(),
        Kind::SecondFactorFailed => "entered a wrong code of the second factor".to_owned(),
        Kind::RecoveryCodeUsed => "used a recovery code".to_owned(),
        Kind::RecoveryCodesMade => "made new recovery codes".to_owned(),
    }
}

/// Whether a preview origin that was there already got another expiry.
pub(super) fn is_moved(change: &Change) -> bool {
    change.kind == Kind::PreviewOriginAdded && change.before.get("expires_at").is_some_and(|before| !before.is_null())
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
            api_token: None,
            address: None,
            about: about.map(str::to_owned),
            before: object(before),
            after: object(after),
            attempts: None,
        }
    }

    fn one(label: &str, before: Option<&str>, after: Option<&str>) -> FieldChange {
        FieldChange {
            label: label.into(),
            values: ValueChange::Single { before: before.map(str::to_owned), after: after.map(str::to_owned) },
        }
    }

    #[test]
    fn each_kind_has_a_description_of_its_own() {
        let descriptions: Vec<String> = Kind::ALL
            .into_iter()
            .map(|kind| describe(&change(kind, Some("ben@myapp.com"), json!({"role": "owner"}), json!({"role": "viewer"}))))
            .collect();
        assert!(descriptions.iter().enumerate().all(|(at, text)| !descriptions[..at].contains(text)), "{descriptions:?}");
        for expected in ["changed redirects", "invited ben@myapp.com as viewer", "signed in", "joined as viewer", "removed ben@myapp.com"] {
            assert!(descriptions.iter().any(|text| text == expected), "{expected}");
        }
        assert_eq!(describe(&change(Kind::Restored, Some("3"), json!({}), json!({}))), "restored the redirects of version 3");
        assert_eq!(describe(&change(Kind::Removed, Some("ana@myapp.com"), json!({}), json!({}))), "left the instance");
        assert_eq!(describe(&change(Kind::Invited, None, json!({}), json!({}))), "invited somebody");
        let expiry = |before: Value| {
            let after = json!({"expires_at": "2026-12-04T12:00:00Z"});
            describe(&change(Kind::PreviewOriginAdded, Some("https://a.example"), json!({"expires_at": before}), after))
        };
        assert_eq!(expiry(Value::Null), "added the preview origin https://a.example");
        assert_eq!(expiry(json!("2026-12-03T12:00:00Z")), "moved the expiry of the preview origin https://a.example");
    }

    #[test]
    fn failed_sign_ins_are_counted() {
        let attempts = |kind, count| {
            let last_at = datetime!(2026-11-23 19:00 UTC);
            describe(&Change { attempts: Some(Attempts { count, last_at }), ..change(kind, None, json!({}), json!({})) })
        };
        assert_eq!(attempts(Kind::SignInFailed, 1), "1 failed sign-in");
        assert_eq!(attempts(Kind::SignInFailed, 1_200), "1,200 failed sign-ins");
        assert_eq!(attempts(Kind::SecondFactorFailed, 2), "2 wrong codes of the second factor");
        assert_eq!(describe(&change(Kind::SignInFailed, None, json!({}), json!({}))), "failed to sign in");
    }

    #[test]
    fn fields_have_the_labels_and_the_order_of_their_screens() {
        let before = json!({"name": "MyApp", "after_sign_in_url": null, "after_sign_up_url": "/welcome", "home_url": "https://myapp.com/"});
        let after = json!({"name": "Shop", "after_sign_in_url": "/in", "after_sign_up_url": null, "home_url": "https://myapp.com/x"});
        let expected = [
            one("After sign-up", Some("/welcome"), Some("Home URL")),
            one("After sign-in", Some("Home URL"), Some("/in")),
            one("Name", Some("MyApp"), Some("Shop")),
            one("Home URL", Some("https://myapp.com/"), Some("https://myapp.com/x")),
        ];
        assert_eq!(field_changes(&change(Kind::Settings, None, before, after)), expected);
        for flow in Flow::ALL {
            assert_eq!(label(flow.field()), flow.label());
        }
        assert!(fields().all(|field| label(field) != field), "each field has a label");
    }

    #[test]
    fn a_list_shows_only_the_items_that_were_removed_or_added() {
        let before = json!({"allowed_origins": ["https://a.com", "https://b.com"]});
        let after = json!({"allowed_origins": ["https://b.com", "https://c.com", "https://d.com"]});
        let [FieldChange { label, values }] = &field_changes(&change(Kind::Settings, None, before, after))[..] else { panic!() };
        assert_eq!(label, "Allowed origins");
        let expected =
            ValueChange::List { removed: vec!["https://a.com".into()], added: vec!["https://c.com".into(), "https://d.com".into()] };
        assert_eq!(*values, expected);
    }

    #[test]
    fn fields_that_were_added_or_have_no_label_are_shown_too() {
        let both = change(Kind::Role, None, json!({"later": 3}), json!({"role": "owner", "server_admin": true}));
        let expected = [one("Role", None, Some("owner")), one("later", Some("3"), None), one("May create instances", None, Some("Yes"))];
        assert_eq!(field_changes(&both), expected);
        assert_eq!(field_changes(&change(Kind::SignedIn, None, json!({}), json!({}))), []);
        assert_eq!(field_changes(&change(Kind::Joined, None, json!({"role": null}), json!({"role": "owner"}))), []);
    }
}
