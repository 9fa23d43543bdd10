//! What somebody types to make a token, and what is wrong with it.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

use super::Scope;
use crate::{
    preview_origins::HostPattern,
    redirects::{Invisible, trim_invisible},
    ui::form::FieldError,
};

/// How many days a token lasts, unless its maker chooses otherwise.
pub const DEFAULT_DAYS: i32 = 90;

/// The most days that a token lasts.
pub const MAX_DAYS: i32 = 365;

/// The longest name, in characters.
const MAX_NAME_CHARACTERS: usize = 100;

/// The form of a new token: every field as typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiTokenForm {
    /// What its maker calls it.
    #[serde(default)]
    pub name: String,
    /// The name of a [`Scope`].
    #[serde(default)]
    pub scope: String,
    /// The hosts of preview origins; empty for every other scope.
    #[serde(default)]
    pub host_pattern: String,
    /// After how many days it ends.
    #[serde(default)]
    pub days: String,
}

impl Default for ApiTokenForm {
    fn default() -> Self {
        Self { name: String::new(), scope: Scope::Read.name().to_owned(), host_pattern: String::new(), days: DEFAULT_DAYS.to_string() }
    }
}

/// The form that revokes a token.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeForm {
    /// The token's key.
    pub token: i64,
}

/// A token that can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// What its maker calls it.
    pub name: String,
    /// What it is for.
    pub scope: Scope,
    /// The hosts of preview origins; `None` for every other scope.
    pub host_pattern: Option<HostPattern>,
    /// After how many days it ends.
    pub days: i32,
}

impl ApiTokenForm {
    /// Checks every field.
    ///
    /// # Errors
    /// Everything that is wrong, one entry for each field, all at once.
    pub fn check(&self) -> Result<NewToken, Vec<FieldError>> {
        let mut errors = Vec::new();
        let name = trim_invisible(&self.name).to_owned();
        if name.is_empty() {
            errors.push(FieldError::new("name", "Enter a name that says who uses the token, like deploy pipeline."));
        } else if name.chars().count() > MAX_NAME_CHARACTERS {
            errors.push(FieldError::new("name", format_args!("Use at most {MAX_NAME_CHARACTERS} characters.")));
        } else if let Some(invisible) = Invisible::first(&name) {
            errors.push(FieldError::new("name", invisible));
        }
        let scope = self.scope.parse::<Scope>().ok();
        if scope.is_none() {
            let names: Vec<&str> = Scope::VARIANTS.iter().map(|scope| scope.name()).collect();
            errors.push(FieldError::new("scope", format_args!("Choose one of {}.", names.join(", "))));
        }
        let typed = trim_invisible(&self.host_pattern);
        let host_pattern = match scope {
            Some(Scope::PreviewOrigins) if typed.is_empty() => {
                errors.push(FieldError::new("host_pattern", "Enter the hosts, like my-app-*-my-team.vercel.app."));
                None
            }
            Some(Scope::PreviewOrigins) => {
                HostPattern::parse(typed).map_err(|error| errors.push(FieldError::new("host_pattern", error))).ok()
            }
            Some(_) if !typed.is_empty() => {
                let message = "Only tokens for preview origins have hosts. Leave this empty, or choose the scope preview-origins.";
                errors.push(FieldError::new("host_pattern", message));
                None
            }
            _ => None,
        };
        let days = self.days.trim().parse::<i32>().ok().filter(|days| (1..=MAX_DAYS).contains(days));
        if days.is_none() {
            errors.push(FieldError::new("days", format_args!("Enter a number of days from 1 to {MAX_DAYS}.")));
        }
        match (scope, days) {
            (Some(scope), Some(days)) if errors.is_empty() => Ok(NewToken { name, scope, host_pattern, days }),
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(name: &str, scope: &str, host_pattern: &str, days: &str) -> ApiTokenForm {
        ApiTokenForm { name: name.into(), scope: scope.into(), host_pattern: host_pattern.into(), days: days.into() }
    }

    fn wrong(form: &ApiTokenForm) -> Vec<String> {
        form.check().unwrap_err().into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn a_name_is_all_that_the_form_still_needs() {
        let filled = ApiTokenForm { name: " CI ".into(), ..ApiTokenForm::default() };
        assert_eq!(filled.check(), Ok(NewToken { name: "CI".into(), scope: Scope::Read, host_pattern: None, days: 90 }));
        assert_eq!(wrong(&ApiTokenForm::default()), ["name"]);
    }

    #[test]
    fn each_wrong_field_has_an_error() {
        assert_eq!(wrong(&form("", "admin", "x.vercel.app", "x")), ["name", "scope", "days"]);
        assert_eq!(wrong(&form("a\u{200b}b", "Read", "", "0")), ["name", "scope", "days"]);
        for days in ["", "-1", "366", "1.5", "90 days"] {
            assert_eq!(wrong(&form("CI", "read", "", days)), ["days"], "{days}");
        }
        assert_eq!(wrong(&form(&"x".repeat(101), "read", "", "365")), ["name"]);
    }

    #[test]
    fn a_host_pattern_belongs_to_preview_origins_and_to_nothing_else() {
        let pattern = "my-app-*-my-team.vercel.app";
        assert!(form("CI", "preview-origins", pattern, "90").check().is_ok());
        for (scope, pattern) in [("preview-origins", ""), ("preview-origins", "*"), ("read", pattern), ("settings", pattern)] {
            assert_eq!(wrong(&form("CI", scope, pattern, "90")), ["host_pattern"], "{scope} {pattern}");
        }
    }
}
