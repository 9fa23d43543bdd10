//! The allowed origins that saving the Redirects tab changes: those that are ticked, and those that Undo takes back.

use super::form::FallbackForm;
use crate::{
    instances::stored::StoredInstance,
    redirects::{AllowedOrigin, Flow, Instance, missing_origin_of_fallback, trim_invisible},
    saving::form_element::{ALLOW, DISALLOW},
};

/// The origins that saving a form allows, and those that it takes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginChange {
    /// Ticked in the form, and needed by one of its values.
    pub added: Vec<AllowedOrigin>,
    /// Stored, and taken back by Undo.
    pub removed: Vec<AllowedOrigin>,
}

impl OriginChange {
    /// What a form changes.
    pub fn of(form: &FallbackForm, stored: &StoredInstance) -> Self {
        if stored.unusable.is_some() {
            return Self::default();
        }
        let instance = &stored.instance;
        let parse = |text: &String| AllowedOrigin::parse(text, instance.environment()).ok();
        let removed = form.disallow.iter().filter_map(parse).filter(|origin| instance.allowed_origins().contains(origin)).collect();
        let without = Self { added: Vec::new(), removed };
        let values = Flow::ALL.map(|flow| (flow, trim_invisible(form.get(flow))));
        Self { added: ticked_origins(&without.apply(instance), values, &form.allow), ..without }
    }

    /// The instance with this change.
    pub fn apply(&self, instance: &Instance) -> Instance {
        instance.with_origins(&self.added, &self.removed)
    }

    /// What a form that undoes this change has in addition, urlencoded.
    pub fn undone(&self) -> String {
        let pair = |name: &str, origin: &AllowedOrigin| {
            let value: String = url::form_urlencoded::byte_serialize(origin.as_str().as_bytes()).collect();
            format!("&{name}={value}")
        };
        let (allow, disallow) =
            (self.removed.iter().map(|origin| pair(ALLOW, origin)), self.added.iter().map(|origin| pair(DISALLOW, origin)));
        allow.chain(disallow).collect()
    }

    /// What is stored of the allowed origins after this change. A stored origin that is skipped today stays.
    pub fn stored(&self, before: &[String]) -> Vec<String> {
        let is_removed = |text: &&String| self.removed.iter().any(|origin| origin.as_str() == **text);
        let added = self.added.iter().map(ToString::to_string);
        before.iter().filter(|text| !is_removed(text)).cloned().chain(added).collect()
    }
}

/// The ticked origins that these fallback redirects need, each once. One that no value needs is left out.
pub fn ticked_origins<'v>(instance: &Instance, values: impl IntoIterator<Item = (Flow, &'v str)>, ticked: &[String]) -> Vec<AllowedOrigin> {
    let mut added = Vec::new();
    for (flow, value) in values {
        let missing = missing_origin_of_fallback(&instance.with_origins(&added, &[]), flow, value);
        added.extend(missing.filter(|origin| ticked.iter().any(|ticked| ticked == origin.as_str())));
    }
    added
}
