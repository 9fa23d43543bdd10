//! The sections of the Preview tab, by the ids of their elements. The page is made of them, and the browser replaces them while somebody
//! types.

use leptos::prelude::*;

use super::{
    fields::{advice, advised, fields},
    form::PreviewForm,
    generated_link::{generated_link, qr_code},
    steps::{StepsContext, outcome, steps},
    unsaved::what_if,
};
use crate::{
    instances::stored::StoredInstance,
    redirects::{Explanation, Fallbacks, Flow, Instance, LinkAdvice, NotALink, Timestamp, Visit, resolve},
    ui::{
        copy_button::plain_copy_button,
        icon::{WARNING, icon},
    },
};

/// A form, and the instance for which it is previewed.
#[derive(Clone, Debug)]
pub(super) struct Preview {
    stored: StoredInstance,
    /// The time for which it is previewed.
    now: Option<Timestamp>,
    form: PreviewForm,
    unsaved: Option<Fallbacks>,
    /// The instance with the origins that would be allowed together with the unsaved values.
    with_allowed: Instance,
    is_editor: bool,
    link: Result<LinkAdvice, NotALink>,
    filled: bool,
}

impl Preview {
    /// Fills the form from its link, and drops unsaved values that equal the stored ones. `is_editor` says whether the caller may change
    /// what refuses the link.
    pub(super) fn new(stored: StoredInstance, mut form: PreviewForm, is_editor: bool, now: Option<Timestamp>) -> Self {
        form.keep_changes(&stored.fallbacks);
        let had_link = form.has_new_link();
        let link = form.take_link(&stored.instance, now);
        let filled = had_link && link.is_ok();
        let with_allowed = form.with_allowed(&stored.instance);
        let unsaved = form.with_unsaved(&with_allowed, &stored.fallbacks);
        Self { stored, now, form, unsaved, with_allowed, is_editor, link, filled }
    }

    /// The form with its fields filled.
    pub(super) fn form(&self) -> &PreviewForm {
        &self.form
    }

    /// Whether the pasted link was refused.
    pub(super) fn is_link_refused(&self) -> bool {
        self.link.is_err()
    }

    /// The fallback redirects with the unsaved values; `None` if they would change nothing.
    pub(super) fn unsaved(&self) -> Option<&Fallbacks> {
        self.unsaved.as_ref()
    }

    /// The unsaved values that are compared, and links back. Nothing if there are no unsaved values.
    pub(super) fn what_if(&self) -> impl IntoView + use<> {
        (!self.form.unsaved.is_empty()).then(|| what_if(&self.with_allowed, &self.form))
    }

    /// The hidden field with the link that the fields were filled from.
    pub(super) fn filled_from(&self) -> impl IntoView + use<> {
        view! { <input type="hidden" name="filled_from" value=self.form.filled_from.clone() /> }
    }

    /// The note below the link: why it was refused or what looks like a mistake in it, and the link that was probably meant.
    pub(super) fn link_note(&self) -> impl IntoView + use<> {
        let warning = |text: &String| view! { <p class="verdict" data-kind="warning">{icon(WARNING)}<span>{text.clone()}</span></p> };
        match &self.link {
            Err(refused) => {
                let Explanation { before, host, after } = refused.explain(&self.stored.instance);
                let corrected = refused.corrected(&self.stored.instance, self.now, &self.form.link);
                view! {
                    <p class="verdict" data-kind="refused">{icon(WARNING)}<span>{before}<b>{host}</b>{after}</span></p>
                    {corrected.map(corrected_link)}
                }
                .into_any()
            }
            Ok(LinkAdvice { mistakes, notes, corrected }) => view! {
                {mistakes.iter().map(warning).collect_view()}
                {notes.iter().map(|note| view! { <p class="help">{note.clone()}</p> }).collect_view()}
                {corrected.clone().map(corrected_link)}
            }
            .into_any(),
        }
    }

    /// Every field except the link.
    pub(super) fn fields(&self) -> impl IntoView + use<> {
        fields(&self.form, &self.stored.instance, self.now)
    }

    /// The target and the steps that lead to it, with the stored fallback redirects or with these unsaved ones.
    /// Beside a link that can't be read there are none.
    pub(super) fn outcome(&self, unsaved: Option<&Fallbacks>) -> (AnyView, AnyView) {
        if self.is_link_refused() {
            let none = view! {
                <h2>"No result"</h2>
                <p class="help">"The pasted link can't be read. Correct or remove it to see where people end up."</p>
            };
            return (none.into_any(), ().into_any());
        }
        let instance = if unsaved.is_some() { &self.with_allowed } else { &self.stored.instance };
        let requesting = self.form.requesting_origin(instance);
        let visit = Visit { flow: self.form.flow(), link: &self.form.params, requesting: requesting.as_ref(), now: self.now };
        let resolution = resolve(instance, unsaved.unwrap_or(&self.stored.fallbacks), visit);
        let (title, id) = match (unsaved, &self.unsaved) {
            (None, None) => ("People end up at", "target"),
            (None, Some(_)) => ("With the stored values, people end up at", "target"),
            (Some(_), _) => ("With the unsaved values, people end up at", "target-unsaved"),
        };
        let steps = steps(instance, visit, &resolution, StepsContext { unsaved: unsaved.is_some(), is_editor: self.is_editor }).into_any();
        let first_time = (self.stored.provider.is_some() && visit.flow == Flow::SignIn).then(first_sign_in_note);
        let confirmed =
            (self.stored.requires_confirmed_email && matches!(visit.flow, Flow::SignIn | Flow::SignUp)).then(confirmed_email_note);
        (view! { {outcome(&resolution, title, id)} {first_time} {confirmed} }.into_any(), steps)
    }

    /// The generated link and its QR code. Beside a link that can't be read there are none.
    pub(super) fn generated_link(&self) -> (AnyView, AnyView) {
        if self.is_link_refused() {
            return (().into_any(), ().into_any());
        }
        (generated_link(&self.form, &self.stored.instance).into_any(), qr_code(&self.form, &self.stored.instance).into_any())
    }

    /// Every section that typing can change: the id of its element and its HTML, or `id@attribute` and a value.
    pub(super) fn render(&self) -> Vec<(String, String)> {
        let mut parts: Vec<(String, String)> =
            advised().map(|name| (format!("{name}-note"), advice(&self.form, &self.stored.instance, self.now, name).to_html())).collect();
        let mut put = |id: &str, view: AnyView| parts.push((id.to_owned(), view.to_html()));
        if self.filled {
            put("fields", self.fields().into_any());
        }
        put("filled-from", self.filled_from().into_any());
        put("link-note", self.link_note().into_any());
        put("what-if", self.what_if().into_any());
        let (outcome, steps) = self.outcome(None);
        put("outcome", outcome);
        put("steps", steps);
        if let Some(unsaved) = &self.unsaved {
            let (outcome, steps) = self.outcome(Some(unsaved));
            put("outcome-unsaved", outcome);
            put("steps-unsaved", steps);
        }
        let (link, qr) = self.generated_link();
        put("generated-link", link);
        put("qr", qr);
        for id in ["link@aria-invalid", "preview-results@data-refused"] {
            parts.push((id.to_owned(), self.is_link_refused().to_string()));
        }
        parts
    }
}

/// Says that the first sign-in at an identity provider ends another flow.
fn first_sign_in_note() -> impl IntoView {
    view! { <p class="help">"This instance has an identity provider. A first sign-in there is a sign-up, so the sign-up redirects count."</p> }
}

/// Says that the flow is interrupted by a mail.
fn confirmed_email_note() -> impl IntoView {
    view! { <p class="help">"This instance requires a confirmed email address. Before they get there, visitors may have to enter a code from a mail."</p> }
}

/// The link that was probably meant.
fn corrected_link(link: String) -> impl IntoView {
    view! { <p class="corrected">"Corrected link: " <code>{link}</code> " " {plain_copy_button("the corrected link")}</p> }
}
