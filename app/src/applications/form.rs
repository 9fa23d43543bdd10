//! The forms of the Applications page, as they are posted.

use serde::Deserialize;

use super::{
    check_origins,
    client::{NewClient, check_redirect_uris},
};
use crate::{
    instances::stored::StoredInstance,
    redirects::{Applications, Invisible, trim_invisible},
    ui::form::FieldError,
};

/// The longest name of a client, in characters.
const MAX_NAME_CHARACTERS: usize = 100;

/// What is checked on the page, and one more origin as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationsForm {
    /// The origins that are checked.
    #[serde(default)]
    pub origin: Vec<String>,
    /// The origins that were stored when the page was opened.
    #[serde(default)]
    pub stored: Vec<String>,
    /// `on` if tokens had names and addresses when the page was opened.
    #[serde(default)]
    pub stored_names: String,
    /// Another origin, as typed.
    #[serde(default)]
    pub another: String,
    /// `on` if tokens have names and addresses.
    #[serde(default)]
    pub names_in_tokens: String,
}

impl ApplicationsForm {
    /// Checks the form against what is stored.
    ///
    /// # Errors
    /// What is wrong, beside the field that it belongs to.
    pub fn check(&self, stored: &StoredInstance) -> Result<Applications, Vec<FieldError>> {
        if self.stored != stored.applications.origins || (self.stored_names == "on") != stored.applications.names_in_tokens {
            let message = "Somebody has changed the applications since you opened this page. Check what is shown now, and save again.";
            return Err(vec![FieldError::new("another", message)]);
        }
        let another = trim_invisible(&self.another);
        let mut wanted = self.origin.clone();
        wanted.extend((!another.is_empty()).then(|| another.to_owned()));
        // A checked origin was offered by the page, so an error is mostly that of the typed one.
        let all_of = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.of("another")).collect::<Vec<_>>();
        let origins = check_origins(&stored.instance, &stored.applications.origins, &wanted).map_err(all_of)?;
        Ok(Applications { origins, names_in_tokens: self.names_in_tokens == "on" })
    }
}

/// The form of a new client, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientForm {
    /// What it is called.
    #[serde(default)]
    pub name: String,
    /// Where its visitors come back to: one or more URLs, separated by spaces.
    #[serde(default)]
    pub redirect_uris: String,
}

impl ClientForm {
    /// Checks every field.
    ///
    /// # Errors
    /// Everything that is wrong, one entry for each field, all at once.
    pub fn check(&self, stored: &StoredInstance) -> Result<NewClient, Vec<FieldError>> {
        let mut errors = Vec::new();
        let name = trim_invisible(&self.name).to_owned();
        if name.is_empty() {
            errors.push(FieldError::new("name", "Enter a name, like Support desk."));
        } else if name.chars().count() > MAX_NAME_CHARACTERS {
            errors.push(FieldError::new("name", format_args!("Use at most {MAX_NAME_CHARACTERS} characters.")));
        } else if let Some(invisible) = Invisible::first(&name) {
            errors.push(FieldError::new("name", invisible));
        }
        let redirect_uris = check_redirect_uris(&self.redirect_uris, stored.settings.environment)
            .map_err(|error| errors.push(FieldError::new("redirect_uris", error)))
            .unwrap_or_default();
        if errors.is_empty() { Ok(NewClient { name, redirect_uris }) } else { Err(errors) }
    }
}

/// The form that replaces a client's secret, or removes the client.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientKeyForm {
    /// The client's key.
    pub client: i64,
}
