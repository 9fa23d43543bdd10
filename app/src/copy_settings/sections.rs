//! The parts of the page that copies settings: each value with a box to check, and those that are refused with the reason.

use crate::{
    fallbacks::proposal::ProposalRow,
    insight::impact::view::OnPage,
    instances::stored::StoredInstance,
    paths,
    redirects::{Explanation, Flow},
    saving::{bar::status, in_place::SaveInPlace},
    ui::{
        icon::{WARNING, icon},
        text::Escaped,
    },
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde_json::json;

use super::{
    api::CopySettings,
    form::{CopyForm, REWRITE},
    plan::{OriginRow, Plan},
};

/// What can be copied, to choose from. Everything is checked, unless somebody has chosen already.
pub(super) fn differences(
    plan: &Plan,
    target: &StoredInstance,
    source: &StoredInstance,
    checked: Option<&CopyForm>,
    rewrites: bool,
    impact: OnPage,
) -> impl IntoView + use<> {
    let label = if impact.is_much { "Copy anyway" } else { "Copy what is checked" };
    let (to, from) = (target.settings.name.clone(), source.settings.name.clone());
    let origins = plan.origins().iter().filter(|row| row.refused.is_none()).map(|row| {
        let checked = checked.is_none_or(|form| form.has_origin(&row.text));
        check("origin", row.text.clone(), checked, view! { {value(&row.text)} }.into_any())
    });
    let redirects = plan.redirects().iter().filter(|row| row.refused.is_none()).map(|row| {
        let checked = checked.is_none_or(|form| form.has_flow(row.flow));
        check("flow", row.flow.name().to_owned(), checked, redirect(row, plan.needs(row)).into_any())
    });
    let group = |legend: &'static str, help: String, rows: Vec<AnyView>| {
        (!rows.is_empty()).then(|| view! { <fieldset class="field"><legend>{legend}</legend><p class="help">{help}</p>{rows}</fieldset> })
    };
    let body = if plan.changes_nothing() {
        view! { <p class="card field">{format!("There is nothing to copy: whatever {from} has and the rules of {to} allow, {to} has too.")}</p> }
            .into_any()
    } else {
        view! {
            <form
                method="post"
                class="card copy-settings"
                autocomplete="off"
                action=paths::instance(&target.settings.slug).copy_settings()
                data-function=CopySettings::PATH
                data-arguments=json!({ "slug": target.settings.slug }).to_string()
                data-page=format!("{}?copied", paths::instance(&target.settings.slug).redirects())
            >
                <input type="hidden" name="from" value=source.settings.slug.clone() />
                <input type="hidden" name="from_version" value=source.instance.version() />
                <input type="hidden" name="from_save_id" value=source.save_id.to_string() />
                <input type="hidden" name="version" value=target.instance.version() />
                <input type="hidden" name="save_id" value=target.save_id.to_string() />
                {rewrites.then(|| view! { <input type="hidden" name="rewrite" value=REWRITE /> })}
                {impact.confirmed}
                {group("Allowed origins", format!("They are added to those of {to}; none is removed."), origins.collect())}
                {group("Fallback redirects", format!("They take the place of those of {to}."), redirects.collect())}
                {impact.view}
                <div class="end">{status()} <SaveInPlace /><button class="button primary">{label}</button></div>
            </form>
        }
        .into_any()
    };
    view! {
        <section class="group" aria-labelledby="differences">
            <div>
                <h2 id="differences">"What changes"</h2>
                <p>{format!("From {from} to {to}.")}</p>
                {untouched("The same already: ", |flow| source.fallbacks.get(flow).is_some_and(|value| target.fallbacks.get(flow) == Some(value)))}
                {untouched("Empty there, so left alone: ", |flow| source.fallbacks.get(flow).is_none() && target.fallbacks.get(flow).is_some())}
            </div>
            {body}
        </section>
    }
}

/// What the target's rules refuse.
pub(super) fn left_out(plan: &Plan, target: &StoredInstance) -> impl IntoView + use<> {
    let origins = plan.origins().iter().filter_map(|OriginRow { text, refused }| {
        let why = refused.clone()?;
        Some(refusal("Allowed origin", text, view! { {why} }.into_any()).into_any())
    });
    let redirects = plan.redirects().iter().filter_map(|row| {
        let Explanation { before, host, after } = row.refused.clone()?;
        let why = view! { {before} <b>{host}</b> {after} }.into_any();
        Some(refusal(row.flow.label(), row.then.as_deref().unwrap_or_default(), why).into_any())
    });
    let rows: Vec<_> = origins.chain(redirects).collect();
    let to = target.settings.name.clone();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="group" aria-labelledby="left-out">
                <div>
                    <h2 id="left-out">"Left out"</h2>
                    <p>{format!("The rules of {to} refuse these.")}</p>
                </div>
                <ul class="card">{rows}</ul>
            </section>
        }
    })
}

fn check(name: &'static str, value: String, checked: bool, text: AnyView) -> AnyView {
    view! {
        <label class="choice">
            <input type="checkbox" name=name value=value checked=checked />
            <span>{text}</span>
        </label>
    }
    .into_any()
}

fn redirect(row: &ProposalRow, needs: Option<&str>) -> impl IntoView + use<> {
    let shown = |value: Option<&str>| match value {
        Some(text) => view! { {self::value(text)} }.into_any(),
        None => "home URL".into_any(),
    };
    let needs = needs.map(|origin| view! { <small>"Only together with the allowed origin " {value(origin)}</small> });
    view! {
        <strong>{row.flow.label()}</strong>
        <small>"Now: " {shown(row.now.as_deref())}</small>
        <small>"Then: " {shown(row.then.as_deref())}</small>
        {needs}
    }
}

fn refusal(label: &'static str, text: &str, why: AnyView) -> impl IntoView + use<> {
    view! {
        <li class="field">
            <h3>{label}</h3>
            <p class="help">{value(text)}</p>
            <p class="verdict" data-kind="refused">{icon(WARNING)}<span>{why}</span></p>
        </li>
    }
}

fn untouched(lead: &'static str, is: impl Fn(Flow) -> bool) -> Option<AnyView> {
    let flows: Vec<_> = Flow::ALL.into_iter().filter(|flow| is(*flow)).map(Flow::label).collect();
    (!flows.is_empty()).then(|| format!("{lead}{}.", flows.join(", "))).map(|text| view! { <p>{text}</p> }.into_any())
}

fn value(text: &str) -> impl IntoView + use<> {
    view! { <code>{Escaped(text).to_string()}</code> }
}
