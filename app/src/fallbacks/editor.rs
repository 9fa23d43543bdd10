//! The form of the Redirects tab: it shows verdicts while the admin types, and saves in place. Without JavaScript it is a plain form.

use leptos::{html::Input, prelude::*, server_fn::ServerFn};

use super::{api::CheckFallback, checked::Checked, start::read_start, verdict::Verdict};
use crate::{
    error::AppError,
    paths::instance,
    redirects::{Flow, Group},
    saving::{
        api_call::{call, object, text},
        form_element::{ALLOW, FORM, Fields, base},
        in_place::{CHECKED, STORED, tell},
        live_check::{Asked, LiveCheck},
        offer,
    },
    target_checks::{CHECK_FORM, CHECK_SAID},
    ui::{
        correction::enter_saves,
        icon::{DASH, icon},
    },
};

/// A field while it is edited.
#[derive(Clone, Copy)]
struct Field {
    flow: Flow,
    stored: RwSignal<String>,
    typed: StoredValue<String>,
    value: RwSignal<String>,
    verdict: RwSignal<Checked>,
    /// What was stored when the page was made, and how many visits ended there.
    counted: StoredValue<(String, [String; 2])>,
    /// What can be done about the value, as the server has rendered it with the page.
    offer: StoredValue<String>,
    /// What the stored value leads to, rendered in the same way.
    health: StoredValue<String>,
    slug: StoredValue<String>,
    checks: LiveCheck,
    read_only: bool,
}

impl Field {
    /// Whether saving would change it.
    fn is_changed(self) -> bool {
        self.value.with(|value| self.stored.with(|stored| value.trim() != stored))
    }

    fn show(self, checked: Checked) {
        self.verdict.set(checked);
        request_animation_frame(|| tell(CHECKED));
    }

    /// Asks the server about the value, with the origins that are ticked.
    fn ask(self) {
        let ask = move || -> Asked {
            let allow = Fields::typed().map(|typed| typed.get_all(ALLOW).join(" ")).unwrap_or_default();
            let (slug, value) = (self.slug.get_value(), self.value.get_untracked());
            let asked = object(&[("slug", &slug), ("flow", self.flow.name()), ("value", &value), (ALLOW, &allow)]);
            Box::pin(async move {
                let answer = call(CheckFallback::PATH.to_owned(), asked).await?;
                let checked = Checked::read(&answer).ok_or(AppError::Unreachable)?;
                Ok(Box::new(move || {
                    offer::show(self.flow.field(), Some(text(&answer, "origin")), &text(&answer, "offer"));
                    self.show(checked);
                }) as Box<dyn FnOnce()>)
            })
        };
        self.checks.ask(ask, move |error| self.show(Checked::Failed(error)));
    }

    /// How many visits ended at what was stored.
    fn ended(self) -> String {
        self.counted.with_value(|(stored, ended)| {
            let is_changed = self.value.with(|value| value.trim() != stored);
            ended[usize::from(is_changed)].clone()
        })
    }

    /// Whether saving would refuse it.
    fn is_refused(self) -> bool {
        self.verdict.with(|verdict| matches!(verdict, Checked::Known(Verdict::Refused(_))))
    }
}

/// The form, its groups and its bar.
#[island]
pub fn RedirectsEditor() -> impl IntoView {
    let start = read_start();
    let has_correction = start.has_correction();
    let slug = StoredValue::new(start.slug);
    let fields: Vec<Field> = Flow::ALL
        .into_iter()
        .zip(start.fields)
        .map(|(flow, field)| Field {
            flow,
            counted: StoredValue::new((field.stored.clone(), field.ended)),
            stored: RwSignal::new(field.stored),
            typed: StoredValue::new(field.typed.clone()),
            value: RwSignal::new(field.typed),
            verdict: RwSignal::new(Checked::Known(field.verdict)),
            offer: StoredValue::new(field.offer),
            health: StoredValue::new(field.health),
            slug,
            checks: LiveCheck::default(),
            read_only: start.read_only,
        })
        .collect();
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
                    // Other origins may be allowed now. Only a whole URL can depend on them.
                    if field.value.with_untracked(|value| value.contains("://")) {
                        field.ask();
                    }
                }
            });
            on_cleanup(move || listener.remove());
        }
    });
    let groups = Group::ALL
        .map(|group| {
            let fields = fields.iter().filter(|field| field.flow.group() == group);
            let fields = fields.map(|&field| field_view(field, live, start.checks_targets)).collect_view();
            view! {
                <section class="group" aria-labelledby=group.id()>
                    <div>
                        <h2 id=group.id()>{group.title()}</h2>
                        <p>{group.help()}</p>
                        {(group == Group::User && start.checks_targets).then(|| check_now(start.read_only))}
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
            <input type="hidden" name="save_id" value=start.save_id />
            <input type="hidden" name="base" value=start.base />
            {groups}
        </form>
    }
}

fn field_view(field: Field, live: RwSignal<bool>, checks_targets: bool) -> impl IntoView {
    let name = field.flow.field();
    let mut help = field.flow.help().splitn(3, '`');
    let (before, code, after) = (help.next(), help.next(), help.next());
    let input = NodeRef::<Input>::new();
    let check = move |value: String| {
        field.value.set(value);
        // The old verdict is not one on the new value.
        field.show(Checked::Pending);
        offer::show(name, None, "");
        field.ask();
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
            <div class="field-head">
                <span>
                    <label for=name>{field.flow.label()}</label>
                    <span class="badge" data-kind="unsaved" hidden=move || field.read_only || !field.is_changed()>"Unsaved"</span>
                </span>
                <a class="ended" href=field.slug.with_value(|slug| instance(slug).activity()) hidden=move || field.ended().is_empty()>
                    {move || field.ended()}
                </a>
            </div>
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
                    aria-describedby=format!("{name}-help {name}-verdict {name}-health {name}-offer")
                    aria-invalid=move || field.is_refused().then_some("true")
                    on:input=move |event| check(event_target_value(&event))
                />
                <button type="button" hidden=move || !live.get() || field.value.with(String::is_empty) on:click=clear>
                    "Clear" <span class="unseen">" " {field.flow.label()}</span>
                </button>
            </div>
            <div class="answers">
                <div id=format!("{name}-verdict") aria-live="polite">
                    {move || field.verdict.get().view(!field.is_changed())}
                </div>
                {checks_targets.then(|| health_view(field))}
            </div>
            <div id=format!("{name}-offer") aria-live="polite" inner_html=rendered(field.offer)></div>
        </div>
    }
}

/// What the stored value leads to. A value that is not saved is not checked.
fn health_view(field: Field) -> impl IntoView {
    view! {
        <div class="health-of" id=format!("{}-health", field.flow.field()) hidden=move || field.is_changed() inner_html=rendered(field.health)></div>
        <p class="verdict health" hidden=move || field.read_only || !field.is_changed() || field.is_refused()>
            {icon(DASH)}
            <span>"Checked once it is saved"</span>
        </p>
    }
}

/// Says how often the server checks what the values lead to, and lets editors ask for it. The form of the button is beside this one.
fn check_now(read_only: bool) -> impl IntoView {
    let button = (!read_only).then(|| view! { <button class="link" form=CHECK_FORM name="page" value="redirects">"Check now"</button> });
    view! { <p>"The server checks every hour what they lead to. "{button}" "<span id=CHECK_SAID role="status"></span></p> }
}

/// HTML that the server has rendered. The browser leaves it in the page, and later puts in others.
fn rendered(html: StoredValue<String>) -> String {
    if cfg!(feature = "ssr") { html.get_value() } else { String::new() }
}
