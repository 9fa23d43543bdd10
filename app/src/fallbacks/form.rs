//! What an admin types into the Redirects tab: one value for each flow, by the name of its JSON field.

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{
    redirects::{Fallbacks, Flow, Instance, correct_fallback, explain, parse_fallback, trim_invisible},
    ui::form::{FieldError, field_errors},
};

/// The form of the Redirects tab: every field as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct FallbackForm {
    /// The version that the form was filled from.
    #[validate(range(min = 1, message = "The form is out of date. Reload the page."))]
    pub version: i64,
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

    /// Checks every field that is not just what is stored: a stored value that is no longer allowed may stay.
    ///
    /// # Errors
    /// Everything that is wrong, one entry for each field, all at once.
    pub fn check(&self, instance: &Instance, stored: &Fallbacks) -> Result<Fallbacks, Vec<FieldError>> {
        let mut errors = field_errors(&self.validate());
        let mut fallbacks = Fallbacks::default();
        for flow in Flow::ALL {
            let value = trim_invisible(self.get(flow));
            if !value.is_empty()
                && stored.get(flow) != Some(value)
                && let Err(refused) = parse_fallback(instance, flow, value)
            {
                let error = FieldError::new(flow.field(), explain(instance, value, &refused));
                errors.push(error.corrected(correct_fallback(instance, flow, value)));
            }
            fallbacks.set(flow, value);
        }
        if errors.is_empty() { Ok(fallbacks) } else { Err(errors) }
    }
}

#[cfg(feature = "ssr")]
mod on_server {
    use super::FallbackForm;
    use crate::{
        database::StoreError,
        fallbacks::store,
        instances::stored::StoredInstance,
        redirects::{Fallbacks, Flow, trim_invisible},
        saving::{
            merge::Merge,
            outcome::Conflict,
            save::{Save, Saver},
        },
        ui::form::{read, write},
    };

    impl FallbackForm {
        /// The form as it shows stored values.
        pub fn of(fallbacks: &Fallbacks, version: i64) -> Self {
            let value = |flow| fallbacks.get(flow).unwrap_or_default().to_owned();
            let form = Self {
                version,
                base: String::new(),
                after_sign_up_url: value(Flow::SignUp),
                after_sign_in_url: value(Flow::SignIn),
                after_sign_out_url: value(Flow::SignOut),
                logo_link_url: value(Flow::Logo),
                after_create_organization_url: value(Flow::CreateOrganization),
                after_leave_organization_url: value(Flow::LeaveOrganization),
                after_join_waitlist_url: value(Flow::Waitlist),
            };
            Self { base: write(&form), ..form }
        }
    }

    impl Merge for FallbackForm {
        fn of_stored(stored: &StoredInstance) -> Self {
            Self::of(&stored.fallbacks, stored.instance.version())
        }

        fn merge(self, stored: &StoredInstance) -> (Self, Conflict) {
            let base: Option<Self> = read(&self.base);
            let now = Self::of_stored(stored);
            let mut conflict = Conflict::of(self.version, now.version);
            let merged = Flow::ALL.into_iter().fold(now.clone(), |merged, flow| {
                let base = base.as_ref().map(|base| base.get(flow));
                merged.with(flow, conflict.merge(flow.field(), base, trim_invisible(self.get(flow)), now.get(flow)))
            });
            (merged, conflict)
        }
    }

    impl Save for FallbackForm {
        fn version(&self) -> i64 {
            self.version
        }

        fn before(&self) -> String {
            self.base.clone()
        }

        async fn save(&self, saver: &Saver) -> Result<i64, StoreError> {
            store::save(&saver.pool, &saver.actor, &saver.slug, self).await
        }
    }
}
