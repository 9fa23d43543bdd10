//! What the form of the Redirects tab begins with. The page carries it as JSON for the browser, which reads it field by field like the
//! answers of the server: code that is generated for its types would be a tenth of what the browser loads.

use serde::Serialize;

use super::verdict::Verdict;

/// The id of the element that has it, in the attribute `data-start`.
pub const START: &str = "redirects-start";

/// What one field begins with.
#[derive(Clone, Debug, Serialize)]
pub struct FieldStart {
    /// What is stored.
    pub stored: String,
    /// What is in the input: what is stored, or what was typed and not saved.
    pub typed: String,
    /// The verdict on what is in the input.
    pub verdict: Verdict,
    /// How many visits ended at the stored value: while the input has it, and with another one. Both are empty where none were counted.
    pub ended: [String; 2],
    /// What can be done about it, as HTML: its correction, or the offer to allow its origin. Empty if there is none. The JSON
    /// leaves it out, like every skipped field: the page shows it already.
    #[serde(skip)]
    pub offer: String,
    /// What the stored value leads to, as HTML. Empty if nothing is to be said.
    #[serde(skip)]
    pub health: String,
}

/// What the form begins with.
#[derive(Clone, Debug, Serialize)]
pub struct EditorStart {
    /// The instance.
    pub slug: String,
    /// The version that saving replaces.
    #[serde(skip)]
    pub version: i64,
    /// The id of the save that it replaces.
    #[serde(skip)]
    pub save_id: String,
    /// What the form was filled with, to tell what was typed from what was there.
    #[serde(skip)]
    pub base: String,
    /// Whether the caller may not save: then nothing counts as unsaved.
    pub read_only: bool,
    /// Whether the server checks what the values lead to.
    pub checks_targets: bool,
    /// Every field, in the order of [`crate::redirects::Flow::ALL`].
    pub fields: Vec<FieldStart>,
}

impl EditorStart {
    /// Whether a value has a correction.
    pub(super) fn has_correction(&self) -> bool {
        self.fields.iter().any(|field| matches!(&field.verdict, Verdict::Refused(refused) if refused.correction.is_some()))
    }
}

/// What the page was given.
#[cfg(feature = "ssr")]
pub(super) fn read_start() -> EditorStart {
    leptos::prelude::expect_context()
}

#[cfg(not(feature = "ssr"))]
pub(super) use browser::read_start;

#[cfg(not(feature = "ssr"))]
mod browser {
    use leptos::wasm_bindgen::JsValue;
    use web_sys::js_sys::JSON;

    use super::{EditorStart, FieldStart, START};
    use crate::{
        fallbacks::{
            checked::Checked,
            verdict::{UrlParts, Verdict},
        },
        saving::{
            api_call::{get, list, text},
            form_element::element,
        },
    };

    /// What the page carries.
    pub(in crate::fallbacks) fn read_start() -> EditorStart {
        let json = element(START).and_then(|start| start.get_attribute("data-start")).unwrap_or_default();
        let start = JSON::parse(&json).unwrap_or_default();
        EditorStart {
            slug: text(&start, "slug"),
            version: 0,
            save_id: String::new(),
            base: String::new(),
            read_only: get(&start, "read_only").is_truthy(),
            checks_targets: get(&start, "checks_targets").is_truthy(),
            fields: list(&start, "fields").iter().map(|field| read_field(&field)).collect(),
        }
    }

    fn read_field(field: &JsValue) -> FieldStart {
        let ended = list(field, "ended");
        FieldStart {
            stored: text(field, "stored"),
            typed: text(field, "typed"),
            verdict: match Checked::read(&get(field, "verdict")) {
                Some(Checked::Known(verdict)) => verdict,
                _ => Verdict::Empty(UrlParts::default()),
            },
            ended: [0, 1].map(|at| ended.get(at).as_string().unwrap_or_default()),
            offer: String::new(),
            health: String::new(),
        }
    }
}
