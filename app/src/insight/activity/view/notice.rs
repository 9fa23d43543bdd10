//! Says what has just been done on the page, as long as it is still so, and undoes it.

use leptos::prelude::*;

use super::Context;
use crate::{
    insight::activity::{
        form::{Action, Done},
        refused::described,
    },
    paths,
    ui::{
        icon::{TICK, icon},
        text::Escaped,
    },
};

pub(super) fn notice(context: Context<'_>) -> Option<impl IntoView + use<>> {
    let Context { stored, slug, form, is_editor, .. } = context;
    let Done { what, about } = form.done.clone()?;
    let is_allowed = stored.settings.allowed_origins.contains(&about);
    let shown = Escaped(&about).to_string();
    let refused = Escaped(&described(&about)).to_string();
    let page = paths::instance(slug);
    let (text, action, change) = match what {
        Action::Allowed if is_allowed => {
            (format!("{shown} is an allowed origin. Links follow it from now on."), page.allow_origin(), ("origin", "change", "take-back"))
        }
        Action::TakenBack if !is_allowed => {
            (format!("{shown} is not an allowed origin any more."), page.allow_origin(), ("origin", "change", "allow"))
        }
        Action::Dismissed if !about.is_empty() => {
            (format!("{refused} is dismissed."), page.dismiss_refused(), ("refused", "change", "show"))
        }
        Action::Shown if !about.is_empty() => {
            (format!("{refused} is shown again."), page.dismiss_refused(), ("refused", "change", "dismiss"))
        }
        Action::Counted if stored.visits_counted => {
            ("Visits of this instance are counted from now on.".to_owned(), page.counting(), ("", "visits", "off"))
        }
        Action::NotCounted if !stored.visits_counted => {
            ("Visits of this instance are not counted any more.".to_owned(), page.counting(), ("", "visits", "on"))
        }
        _ => return None,
    };
    let (field, name, value) = change;
    let undo = is_editor.then(|| {
        let about = (!field.is_empty()).then(|| view! { <input type="hidden" name=field value=about /> });
        view! {
            <form method="post" class="undo" action=action>
                {about}
                <input type="hidden" name="view" value=form.filter_only().write() />
                <button class="button small" name=name value=value>"Undo"</button>
            </form>
        }
    });
    Some(view! { <div class="banner" role="status">{icon(TICK)}<span>{text}</span>{undo}</div> })
}
