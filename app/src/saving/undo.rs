//! Undoing the last save without JavaScript: a form with what was stored before, posted to the page's own address like every save.

use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use sqlx::PgPool;
use url::form_urlencoded;

use super::{form_element::CONFIRMED, merge::Merge};
use crate::{
    history::store::change_at,
    insight::impact::confirm::Seen,
    instances::stored::StoredInstance,
    ui::form::{read, write},
};

/// The button that undoes the save that the page has just told of. Nothing if there is nothing to undo.
pub fn undo_button(fields: Option<Vec<(String, String)>>) -> impl IntoView {
    fields.map(|fields| {
        let fields = fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view();
        view! { <form method="post" class="undo">{fields}<button class="button small">"Undo"</button></form> }
    })
}

/// The fields of a form that undoes the change that made the stored version; `None` if the form can't undo all of it.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn undo_fields<Form: Merge + Serialize + DeserializeOwned>(
    pool: &PgPool,
    stored: &StoredInstance,
) -> sqlx::Result<Option<Vec<(String, String)>>> {
    let version = stored.instance.version();
    let change = change_at(pool, stored.id, version).await?;
    let mut fields = change.and_then(|[before, after]| undone(&Form::of_stored(stored), &before, &after));
    if let Some(fields) = &mut fields
        && let Some(proposed) = read::<Form>(&write(fields)).and_then(|form| form.proposed(stored))
    {
        // Undo is never asked about.
        fields.push((CONFIRMED.to_owned(), Seen::undo(version, proposed.rules()).to_string()));
    }
    Ok(fields)
}

fn undone<Form: Merge + Serialize>(now: &Form, before: &Map<String, Value>, after: &Map<String, Value>) -> Option<Vec<(String, String)>> {
    let text = write(now);
    let mut fields: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    for (name, value) in before {
        // A list of values has a field for each; no other field is repeated.
        if value.is_array() {
            let items = |value: Option<&Value>| {
                let items = value.and_then(Value::as_array).into_iter().flatten();
                items.filter_map(|item| item.as_str().map(str::to_owned)).collect::<Vec<_>>()
            };
            let list = Form::undo_list(name, &items(Some(value)), &items(after.get(name)))?;
            fields.retain(|(field, _)| field != name);
            fields.extend(list);
        } else {
            let (_, field) = fields.iter_mut().find(|(field, _)| field == name)?;
            value.as_str().unwrap_or_default().clone_into(field);
        }
    }
    (!before.is_empty()).then_some(fields)
}
