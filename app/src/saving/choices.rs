//! The page of a form in conflict with another admin's save. It shows both values of each field that both have changed, to choose
//! from, and posts what the editor would.

use leptos::prelude::*;
use url::form_urlencoded;

use crate::{
    saving::outcome::{Choice, Conflict},
    ui::text::Escaped,
};

/// How a form's fields and their values are written for people.
#[derive(Clone, Copy, Debug)]
pub struct Wording {
    /// What a field is called.
    pub label: fn(&str) -> String,
    /// A field's value in words, where it is not best shown as it is.
    pub value: fn(&str, &str) -> Option<&'static str>,
}

/// The fields to choose for, and every other field of the merged form with them. `form` is as
/// [`crate::ui::form::write`] writes it, `page` where it came from.
pub fn choices(conflict: &Conflict, form: &str, wording: Wording, page: String) -> impl IntoView + use<> {
    let other =
        form_urlencoded::parse(form.as_bytes()).into_owned().filter(|(name, _)| conflict.both.iter().all(|choice| choice.field != *name));
    let other = other.map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view();
    let fields = conflict.both.iter().map(|choice| field(choice, wording)).collect_view();
    let listed = |lead: &'static str, fields: &[String]| {
        let names: Vec<String> = fields.iter().map(|field| (wording.label)(field)).collect();
        (!fields.is_empty()).then(|| view! { <p>{lead} <strong>{names.join(", ")}</strong>"."</p> })
    };
    view! {
        <section class="group" aria-labelledby="choices">
            <div>
                <h2 id="choices">"Choose for each field"</h2>
                <p>"What you don't choose is dropped when you save. History keeps what was stored."</p>
                {listed("Merged, since only somebody else changed it: ", &conflict.theirs)}
                {listed("Merged, since only you changed it: ", &conflict.own)}
            </div>
            <form method="post" class="card" autocomplete="off">
                {other}
                {fields}
                <div class="end">
                    <a class="button" href=page>"Discard mine"</a>
                    <button class="button primary">"Save"</button>
                </div>
            </form>
        </section>
    }
}

fn field(choice: &Choice, wording: Wording) -> impl IntoView + use<> {
    let Choice { field, typed, stored, last, .. } = choice.clone();
    let by = match last {
        Some(last) => {
            let minute = last.minute();
            view! { "Stored by " <strong>{last.who}</strong> ", " <time datetime=last.at>{minute}</time> }.into_any()
        }
        None => "Stored now".into_any(),
    };
    view! {
        <fieldset class="field">
            <legend>{(wording.label)(&field)}</legend>
            // Where the summary's link leads.
            {radio(Some(field.clone()), field.clone(), typed, "Yours".into_any(), wording)}
            {radio(None, field, stored, by, wording)}
        </fieldset>
    }
}

fn radio(id: Option<String>, field: String, value: String, whose: AnyView, wording: Wording) -> impl IntoView {
    let checked = id.is_some();
    let shown = match (wording.value)(&field, &value) {
        Some(words) => view! { <span>{words}</span> }.into_any(),
        None => view! { <code>{Escaped(&value).to_string()}</code> }.into_any(),
    };
    view! {
        <label class="choice">
            <input type="radio" id=id name=field value=value checked=checked />
            <span>{shown} <small>{whose}</small></span>
        </label>
    }
}
