//! Undoing the last save without JavaScript: a form with what was stored before, posted to the page's own address like every save.

use leptos::prelude::*;
use serde::Serialize;
use serde_json::Value;
use sqlx::PgPool;
use url::form_urlencoded;

use super::merge::Merge;
use crate::{history::store::change_at, instances::stored::StoredInstance, ui::form::write};

/// The button that undoes the save that the page has just told of. Nothing if there is nothing to undo.
pub fn undo_button(fields: Option<Vec<(String, String)>>) -> impl IntoView {
    fields.map(|fields| {
        let fields = fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view();
        view! { <form method="post" class="undo">{fields}<button class="button small">"Undo"</button></form> }
    })
}

/// The fields of a form that undoes the change that made the stored version; `None` if that change is not in this form.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn undo_fields<Form: Merge + Serialize>(pool: &PgPool, stored: &StoredInstance) -> sqlx::Result<Option<Vec<(String, String)>>> {
    let Some(before) = change_at(pool, stored.id, stored.instance.version()).await? else { return Ok(None) };
    let text = write(&Form::of_stored(stored));
    let mut fields: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    let mut undone = false;
    for (name, value) in before {
        // A list of values has a field for each; no other field is repeated.
        if let Value::Array(values) = &value {
            fields.retain(|(field, _)| *field != name);
            fields.extend(values.iter().filter_map(|value| Some((name.clone(), value.as_str()?.to_owned()))));
            undone = true;
        } else if let Some((_, field)) = fields.iter_mut().find(|(field, _)| *field == name) {
            value.as_str().unwrap_or_default().clone_into(field);
            undone = true;
        }
    }
    Ok(undone.then_some(fields))
}
