//! The form that has targets checked, and the pages that have it.

use serde::Deserialize;

use crate::paths;

/// The form that has targets checked.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct CheckTargetsForm {
    /// The page to come back to.
    #[serde(default)]
    page: String,
}

impl CheckTargetsForm {
    /// The address of the page to come back to. Only pages of the instance.
    pub fn page(&self, slug: &str) -> String {
        let at = paths::instance(slug);
        match self.page.as_str() {
            "redirects" => at.redirects(),
            "settings" => at.settings(),
            "activity" => format!("{}#targets", at.activity()),
            _ => at.overview(),
        }
    }
}
