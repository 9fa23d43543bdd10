//! How far the check of a typed fallback redirect has come, and how that is shown beside its field.

use leptos::{prelude::*, wasm_bindgen::JsValue};

use super::verdict::{RefusedValue, UrlParts, Verdict};
use crate::{
    error::AppError,
    saving::{
        api_call::{get, text},
        live_check::why_unchecked,
    },
    ui::icon::{ARROW, DASH, TICK, WARNING, icon},
};

/// How far the check of a value has come.
#[derive(Clone)]
pub(super) enum Checked {
    /// The server is being asked.
    Pending,
    /// The server's verdict.
    Known(Verdict),
    /// There is no answer yet.
    Failed(AppError),
}

impl Checked {
    /// The verdict that the server has answered, read field by field like the outcomes of saving. `None` if it is not a verdict.
    pub(super) fn read(answer: &JsValue) -> Option<Self> {
        let part = |kind: &str, name: &str| text(&get(answer, kind), name);
        let parts = |kind: &str| UrlParts { before: part(kind, "before"), host: part(kind, "host"), after: part(kind, "after") };
        let is = |kind: &str| get(answer, kind).is_object();
        if is("empty") {
            Some(Self::Known(Verdict::Empty(parts("empty"))))
        } else if is("allowed") {
            Some(Self::Known(Verdict::Allowed(parts("allowed"))))
        } else if is("refused") {
            let UrlParts { before, host, after } = parts("refused");
            let correction = get(&get(answer, "refused"), "correction").as_string();
            Some(Self::Known(Verdict::Refused(RefusedValue { before, host, after, correction })))
        } else {
            None
        }
    }

    /// The absolute URL that the value means, or why it is refused. `stored` says whether it is the stored value.
    pub(super) fn view(self, stored: bool) -> impl IntoView {
        let text = |before: String| UrlParts { before, ..UrlParts::default() };
        // A screen reader hears the verdict, not that there will be one.
        let is_unheard = matches!(self, Self::Pending).then_some("true");
        // A tick is not heard.
        let unseen = if matches!(self, Self::Known(Verdict::Allowed(_))) { "Goes to " } else { "" };
        let (kind, path, lead, parts) = match self {
            Self::Known(Verdict::Empty(parts)) => ("empty", ARROW, "Home URL, ", parts),
            Self::Known(Verdict::Allowed(parts)) => ("allowed", TICK, "", parts),
            Self::Known(Verdict::Refused(refused)) if stored => {
                ("refused", WARNING, "No longer allowed, so it is skipped. ", refused.parts())
            }
            Self::Known(Verdict::Refused(refused)) => ("refused", WARNING, "", refused.parts()),
            Self::Pending => ("checking", DASH, "", text("Checking…".to_owned())),
            Self::Failed(error) => ("warning", WARNING, "", text(why_unchecked(error))),
        };
        view! {
            <p class="verdict" data-kind=kind aria-hidden=is_unheard>
                {icon(path)}
                <span><span class="unseen">{unseen}</span>{lead}{parts.before}<b>{parts.host}</b>{parts.after}</span>
            </p>
        }
    }
}
