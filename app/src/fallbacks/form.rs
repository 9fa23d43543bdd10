//! What an admin types into the Redirects tab: one value for each flow, by the name of its JSON field.

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::redirects::Flow;

/// The form of the Redirects tab: every field as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct FallbackForm {
    /// The version that the form was filled from.
    #[validate(range(min = 1, message = "The form is out of date. Reload the page."))]
    pub version: i64,
    /// The id of the save that the form was filled from; empty on pages of an earlier server version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub save_id: String,
    /// What the form was filled with, written by [`crate::ui::form::write`]: tells what was typed from what was there.
    #[serde(default)]
    pub base: String,
    /// After sign-up.
    pub after_sign_up_url: String,
    /// After sign-in.
    pub after_sign_in_url: String,
    /// After sign-out.
    pub after_sign_out_url: String,
    /// After logo click.
    pub logo_link_url: String,
    /// After creating an organization.
    pub after_create_organization_url: String,
    /// After leaving an organization.
    pub after_leave_organization_url: String,
    /// After joining the waitlist.
    pub after_join_waitlist_url: String,
    /// The origins to allow together with the redirects that need them, as ticked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// The origins to take back, which the save to be undone has allowed. Only Undo sends them, and no form shows them again.
    #[serde(default, skip_serializing)]
    pub disallow: Vec<String>,
}

impl FallbackForm {
    /// What was typed for a flow.
    pub fn get(&self, flow: Flow) -> &str {
        match flow {
            Flow::SignUp => &self.after_sign_up_url,
            Flow::SignIn => &self.after_sign_in_url,
            Flow::SignOut => &self.after_sign_out_url,
            Flow::Logo => &self.logo_link_url,
            Flow::CreateOrganization => &self.after_create_organization_url,
            Flow::LeaveOrganization => &self.after_leave_organization_url,
            Flow::Waitlist => &self.after_join_waitlist_url,
        }
    }

    /// The same form with another value typed for a flow.
    #[must_use]
    pub fn with(mut self, flow: Flow, value: String) -> Self {
        match flow {
            Flow::SignUp => self.after_sign_up_url = value,
            Flow::SignIn => self.after_sign_in_url = value,
            Flow::SignOut => self.after_sign_out_url = value,
            Flow::Logo => self.logo_link_url = value,
            Flow::CreateOrganization => self.after_create_organization_url = value,
            Flow::LeaveOrganization => self.after_leave_organization_url = value,
            Flow::Waitlist => self.after_join_waitlist_url = value,
        }
        self
    }
}

#[cfg(feature = "ssr")]
mod on_server {
    use validator::Validate;

    use super::FallbackForm;
    use crate::{
        database::StoreError,
        fallbacks::{offer::explain_to_editor, origin_change::OriginChange, store},
        history::Kind,
        instances::stored::{FilledFrom, StoredInstance},
        redirects::{Fallbacks, Flow, Ground, correct_fallback, parse_fallback, trim_invisible},
        saving::{
            form_element::{ALLOW, DISALLOW},
            merge::Merge,
            outcome::Conflict,
            save::{Save, Saver, Written},
        },
        ui::form::{FieldError, field_errors, read, write},
    };

    impl FallbackForm {
        /// The form as it shows stored values of that version.
        pub fn of(fallbacks: &Fallbacks, version: i64) -> Self {
            Self::filled(fallbacks, FilledFrom { version, save_id: "" })
        }

        /// The form as it shows these values, to replace what is stored in that save.
        pub fn filled(fallbacks: &Fallbacks, from: FilledFrom<'_>) -> Self {
            let value = |flow| fallbacks.get(flow).unwrap_or_default().to_owned();
            let form = Self {
                version: from.version,
                save_id: from.save_id.to_owned(),
                base: String::new(),
                after_sign_up_url: value(Flow::SignUp),
                after_sign_in_url: value(Flow::SignIn),
                after_sign_out_url: value(Flow::SignOut),
                logo_link_url: value(Flow::Logo),
                after_create_organization_url: value(Flow::CreateOrganization),
                after_leave_organization_url: value(Flow::LeaveOrganization),
                after_join_waitlist_url: value(Flow::Waitlist),
                allow: Vec::new(),
                disallow: Vec::new(),
            };
            Self { base: write(&form), ..form }
        }

        /// The save that the form was filled from.
        pub fn filled_from(&self) -> FilledFrom<'_> {
            FilledFrom { version: self.version, save_id: &self.save_id }
        }

        /// Checks every field that is not just what is stored: a stored value that is no longer allowed may stay. `change` are the
        /// origins that are allowed or taken back with it. None is taken back while something that stays stored needs it.
        ///
        /// # Errors
        /// Everything that is wrong, one entry for each field, all at once.
        pub fn check(&self, stored: &StoredInstance, change: &OriginChange) -> Result<Fallbacks, Vec<FieldError>> {
            let instance = change.apply(&stored.instance);
            let mut errors = field_errors(&self.validate());
            let mut fallbacks = Fallbacks::default();
            for flow in Flow::ALL {
                let value = trim_invisible(self.get(flow));
                fallbacks.set(flow, value);
                let Err(refused) = parse_fallback(&instance, flow, value) else { continue };
                let is_stored = value.is_empty() || stored.fallbacks.get(flow) == Some(value);
                if !value.is_empty() && parse_fallback(&stored.instance, flow, value).is_ok() {
                    errors.push(FieldError::new(flow.field(), NEEDED));
                } else if !is_stored {
                    let error = FieldError::new(flow.field(), explain_to_editor(&instance, flow, value, &refused));
                    errors.push(error.corrected(correct_fallback(&instance, flow, value)));
                }
            }
            if stored.instance.home_ground() == Ground::AllowedOrigin && !instance.is_home_allowed() {
                errors.push(FieldError::new("home_url", NEEDED));
            }
            if errors.is_empty() { Ok(fallbacks) } else { Err(errors) }
        }
    }

    /// Why an origin can't be taken back.
    const NEEDED: &str =
        "It needs the origin that Undo would take back, so nothing was undone. Change it first, then remove the origin under Settings.";

    impl Merge for FallbackForm {
        fn of_stored(stored: &StoredInstance) -> Self {
            let save_id = stored.save_id.to_string();
            Self::filled(&stored.fallbacks, FilledFrom { version: stored.instance.version(), save_id: &save_id })
        }

        fn merge(self, stored: &StoredInstance) -> (Self, Conflict) {
            let base: Option<Self> = read(&self.base);
            let now = Self::of_stored(stored);
            let mut conflict = Conflict::of(self.filled_from(), stored);
            let merged = Flow::ALL.into_iter().fold(now.clone(), |merged, flow| {
                let base = base.as_ref().map(|base| base.get(flow));
                merged.with(flow, conflict.merge(flow.field(), base, trim_invisible(self.get(flow)), now.get(flow)))
            });
            (Self { allow: self.allow, disallow: self.disallow, ..merged }, conflict)
        }

        /// The tab has no list of origins: it allows those that are missing, and takes back those that were added.
        fn undo_list(name: &str, before: &[String], after: &[String]) -> Option<Vec<(String, String)>> {
            let without = |field: &str, these: &[String], those: &[String]| -> Vec<_> {
                these.iter().filter(|origin| !those.contains(origin)).map(|origin| (field.to_owned(), origin.clone())).collect()
            };
            (name == "allowed_origins").then(|| [without(ALLOW, before, after), without(DISALLOW, after, before)].concat())
        }
    }

    impl Save for FallbackForm {
        async fn save(&self, saver: &Saver) -> Result<Written, StoreError> {
            store::write(&saver.pool, &saver.actor, &saver.slug, self, Kind::Redirects, None).await
        }
    }
}
