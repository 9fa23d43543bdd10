//! The form of the Redirects tab: it shows verdicts while the admin types, and saves in place. Without JavaScript it is a plain form.
#![expect(missing_docs, reason = "the struct that #[island] makes of a function has its documentation on the function")]

use leptos::{html::Input, prelude::*, server_fn::ServerFn, wasm_bindgen::JsValue};
use serde::{Deserialize, Serialize};

use super::{
    api::CheckFallback,
    verdict::{RefusedValue, UrlParts, Verdict},
};
use crate::{
    error::AppError,
    redirects::{Flow, Group},
    saving::{
        api_call::{call, get, object, text},
        correction,
        form_element::{FORM, Fields, base, element},
        in_place::{CHECKED, STORED, tell},
        live_check::{Asked, LiveCheck, why_unchecked},
    },
    ui::{
        correction::enter_saves,
        icon::{ARROW, DASH, TICK, WARNING, icon},
    },
};

/// What one field begins with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FieldStart {
    /// The flow that it is the fallback redirect of.
    pub flow: Flow,
    /// What is stored.
    pub stored: String,
    /// What is in the input: what is stored, or what was typed and not saved.
    pub typed: String,
    /// The verdict on what is in the input.
    pub verdict: Verdict,
}

/// What the form begins with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EditorStart {
    /// The instance.
    pub slug: String,
    /// The version that saving replaces.
    pub version: i64,
    /// What the form was filled with, to tell what was typed from what was there.
    pub base: String,
    /// Whether the caller may not save: then nothing counts as unsaved.
    pub read_only: bool,
    /// Every field, in the order of [`Flow::ALL`].
    pub fields: Vec<FieldStart>,
}

/// A field while it is edited.
#[derive(Clone, Copy)]
struct Field {
    flow: Flow,
    stored: RwSignal<String>,
    typed: StoredValue<String>,
    value: RwSignal<String>,
    verdict: RwSignal<Checked>,
    checks: LiveCheck,
    read_only: bool,
}

/// How far the check of a value has come.
#[derive(Clone)]
enum Checked {
    Pending,
    Known(Verdict),
    Failed(AppError),
}

impl Field {
    /// Whether saving would change it.
    fn is_changed(self) -> bool {
        self.value.with(|value| self.stored.with(|stored| value.trim() != stored))
    }

    fn show(self, checked: Checked) {
        let name = self.flow.field();
        if let Some(place) = element(&[name, "-correction"].concat()) {
            correction::offer(&place, name, &correction_of(&checked));
        }
        self.verdict.set(checked);
        request_animation_frame(|| tell(CHECKED));
    }

    /// Whether saving would refuse it.
    fn is_refused(self) -> bool {
        self.verdict.with(|verdict| matches!(verdict, Checked::Known(Verdict::Refused(_))))
    }
}

/// The form, its groups and its bar.
#[island]
pub fn RedirectsEditor(start: EditorStart) -> impl IntoView {
    let has_correction =
        start.fields.iter().any(|field| matches!(&field.verdict, Verdict::Refused(refused) if refused.correction.is_some()));
    let fields: Vec<Field> = start
        .fields
        .into_iter()
        .map(|field| Field {
            flow: field.flow,
            stored: RwSignal::new(field.stored),
            typed: StoredValue::new(field.typed.clone()),
            value: RwSignal::new(field.typed),
            verdict: RwSignal::new(Checked::Known(field.verdict)),
            checks: LiveCheck::default(),
            read_only: start.read_only,
        })
        .collect();
    let slug = StoredValue::new(start.slug);
    let live = RwSignal::new(false);
    Effect::new({
        let fields = fields.clone();
        move |_| {
            live.set(true);
            let fields = fields.clone();
            // Something else is stored now: this form's values, or somebody else's.
            let listener = window_event_listener_untyped(STORED, move |_| {
                let Some(stored) = Fields::read(&base()) else { return };
                for field in &fields {
                    field.stored.set(stored.get(field.flow.field()));
                }
            });
            on_cleanup(move || listener.remove());
        }
    });
    let groups = Group::ALL
        .map(|group| {
            let fields =
                fields.iter().filter(|field| field.flow.group() == group).map(|&field| field_view(field, slug, live)).collect_view();
            view! {
                <section class="group" aria-labelledby=group.id()>
                    <div>
                        <h2 id=group.id()>{group.title()}</h2>
                        <p>{group.help()}</p>
                    </div>
                    <div class="card">{fields}</div>
                </section>
            }
        })
        .collect_view();
    view! {
        <form method="post" id=FORM class="redirects" autocomplete="off">
            {has_correction.then(enter_saves)}
            <input type="hidden" name="version" value=start.version />
            <input type="hidden" name="base" value=start.base />
            {groups}
        </form>
    }
}

fn field_view(field: Field, slug: StoredValue<String>, live: RwSignal<bool>) -> impl IntoView {
    let name = field.flow.field();
    let mut help = field.flow.help().splitn(3, '`');
    let (before, code, after) = (help.next(), help.next(), help.next());
    let input = NodeRef::<Input>::new();
    let check = move |value: String| {
        field.value.set(value.clone());
        // The old verdict is not one on the new value.
        field.show(Checked::Pending);
        let ask = move || -> Asked {
            let asked = object(&[("slug", &slug.get_value()), ("flow", field.flow.name()), ("value", &value)]);
            Box::pin(async move {
                let verdict = verdict_of(&call(CheckFallback::PATH.to_owned(), asked).await?).ok_or(AppError::Unreachable)?;
                Ok(Box::new(move || field.show(Checked::Known(verdict))) as Box<dyn FnOnce()>)
            })
        };
        field.checks.ask(ask, move |error| field.show(Checked::Failed(error)));
    };
    // What was typed before this came alive counts too.
    Effect::new(move |_| {
        if let Some(input) = input.get()
            && field.value.with_untracked(|value| *value != input.value())
        {
            check(input.value());
        }
    });
    let clear = move |_| {
        if let Some(input) = input.get() {
            input.set_value("");
            let _ = input.focus();
            check(String::new());
        }
    };
    view! {
        <div class="field">
            <label for=name>{field.flow.label()}</label>
            <span class="badge" data-kind="unsaved" hidden=move || field.read_only || !field.is_changed()>"Unsaved"</span>
            <p class="help" id=format!("{name}-help")>{before}<code>{code}</code>{after}</p>
            <div class="input" data-kind=move || if field.is_refused() { "refused" } else { "" }>
                <input
                    node_ref=input
                    type="text"
                    inputmode="url"
                    dir="ltr"
                    data-1p-ignore
                    id=name
                    name=name
                    value=field.typed.get_value()
                    placeholder="Home URL"
                    spellcheck="false"
                    autocapitalize="none"
                    aria-describedby=format!("{name}-help {name}-verdict")
                    aria-invalid=move || field.is_refused().then_some("true")
                    on:input=move |event| check(event_target_value(&event))
                />
                <button type="button" hidden=move || !live.get() || field.value.with(String::is_empty) on:click=clear>
                    "Clear" <span class="unseen">" " {field.flow.label()}</span>
                </button>
            </div>
            <div id=format!("{name}-verdict") aria-live="polite">
                {move || verdict_view(field.verdict.get(), !field.is_changed())}
                <span id=format!("{name}-correction") inner_html=correction_html(field)></span>
            </div>
        </div>
    }
}

/// The verdict that the server has answered, read field by field like the outcomes of saving.
fn verdict_of(answer: &JsValue) -> Option<Verdict> {
    let part = |kind: &str, name: &str| text(&get(answer, kind), name);
    let parts = |kind: &str| UrlParts { before: part(kind, "before"), host: part(kind, "host"), after: part(kind, "after") };
    let is = |kind: &str| get(answer, kind).is_object();
    if is("empty") {
        Some(Verdict::Empty(parts("empty")))
    } else if is("allowed") {
        Some(Verdict::Allowed(parts("allowed")))
    } else if is("refused") {
        let UrlParts { before, host, after } = parts("refused");
        let correction = get(&get(answer, "refused"), "correction").as_string();
        Some(Verdict::Refused(RefusedValue { before, host, after, correction }))
    } else {
        None
    }
}

/// The correction of a refused value; empty if there is none.
fn correction_of(verdict: &Checked) -> String {
    match verdict {
        Checked::Known(Verdict::Refused(refused)) => refused.correction.clone().unwrap_or_default(),
        _ => String::new(),
    }
}

/// The button for the value that was meant, as the server renders it. The browser leaves it in the page, and later puts in others itself.
fn correction_html(field: Field) -> String {
    #[cfg(feature = "ssr")]
    {
        let to = field.verdict.with_untracked(correction_of);
        if !to.is_empty() {
            return field.value.with_untracked(|from| crate::ui::correction::correction_button(field.flow.field(), from, &to).to_html());
        }
    }
    let _ = field;
    String::new()
}

/// The absolute URL that a value means, or why it is refused.
fn verdict_view(checked: Checked, stored: bool) -> impl IntoView {
    let text = |before: String| UrlParts { before, ..UrlParts::default() };
    // A screen reader hears the verdict, not that there will be one.
    let is_unheard = matches!(checked, Checked::Pending).then_some("true");
    // A tick is not heard.
    let unseen = if matches!(checked, Checked::Known(Verdict::Allowed(_))) { "Goes to " } else { "" };
    let (kind, path, lead, parts) = match checked {
        Checked::Known(Verdict::Empty(parts)) => ("empty", ARROW, "Home URL, ", parts),
        Checked::Known(Verdict::Allowed(parts)) => ("allowed", TICK, "", parts),
        Checked::Known(Verdict::Refused(refused)) if stored => {
            ("refused", WARNING, "No longer allowed, so it is skipped. ", refused.parts())
        }
        Checked::Known(Verdict::Refused(refused)) => ("refused", WARNING, "", refused.parts()),
        Checked::Pending => ("checking", DASH, "", text("Checking…".to_owned())),
        Checked::Failed(error) => ("warning", WARNING, "", text(why_unchecked(error))),
    };
    view! {
        <p class="verdict" data-kind=kind aria-hidden=is_unheard>
            {icon(path)}
            <span><span class="unseen">{unseen}</span>{lead}{parts.before}<b>{parts.host}</b>{parts.after}</span>
        </p>
    }
}
