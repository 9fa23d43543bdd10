//! The History tab of an instance, and the history of the server's accounts: a filter, the changes, and the way to a file.

use crate::paths;
use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    difference::{Line, Values, deed, fields, label, lines},
    export::Format,
    filter::{HistoryFilter, is_day},
    store::{self, Change, ON_A_PAGE, Page, Scope},
};
use crate::{
    admins::Role,
    error::AppError,
    layout::{
        frame::{Frame, InstanceFrame, Place, ServerPage},
        loading,
    },
    ui::{
        field::{Field, error_of},
        form::{FieldError, summary},
        icon::{ARROW, TICK, icon},
        text::{Seen, moment},
    },
};

/// Who changed what of an instance.
#[component]
pub fn HistoryPage() -> impl IntoView {
    let slug = loading::slug();
    let query = loading::query();
    let restored = url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "restored");
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let role = loading::role(&slug).await?;
        let restore = (role >= Role::Editor).then(|| stored.instance.version());
        let place = Shown { path: paths::instance(&slug).history(), fields: true, restore };
        let history = history(place, Scope::Instance { id: stored.id, role }, HistoryFilter::read(&query)).await?;
        let restored = restored.then(|| view! { <p class="banner" role="status">{icon(TICK)}"Restored. Links follow it from now on."</p> });
        Ok(view! {
            <InstanceFrame stored place=Place::History>
                {restored}
                {history}
            </InstanceFrame>
        })
    })
}

/// What became of the server's accounts.
#[component]
pub fn ServerHistoryPage() -> impl IntoView {
    let query = loading::query();
    loading::loaded(async move {
        if !loading::caller()?.is_server_admin {
            return Err(AppError::Forbidden);
        }
        let place = Shown { path: paths::SERVER_HISTORY.to_owned(), fields: false, restore: None };
        let history = history(place, Scope::Server, HistoryFilter::read(&query)).await?;
        Ok(view! {
            <Title text="Server history" />
            <Frame page=ServerPage::History>
                <header class="head">
                    <h1>"Server history"</h1>
                    <p class="host">"Accounts: sign-ins, failed sign-ins, new passwords. What was changed of an instance is in its own History."</p>
                </header>
                {history}
            </Frame>
        })
    })
}

/// Where a history is shown.
struct Shown {
    /// The page's address.
    path: String,
    /// Whether there are fields to filter by.
    fields: bool,
    /// The version that is in force, where the reader may put another one back.
    restore: Option<i64>,
}

async fn history(place: Shown, scope: Scope, filter: HistoryFilter) -> Result<impl IntoView + use<>, AppError> {
    let (page, errors) = match filter.check() {
        Ok(wanted) => (Some(store::page(&loading::pool()?, scope, &wanted, ON_A_PAGE).await.map_err(loading::unavailable)?), Vec::new()),
        Err(errors) => (None, errors),
    };
    if page.is_none()
        && let Some(response) = use_context::<leptos_axum::ResponseOptions>()
    {
        response.set_status(axum::http::StatusCode::UNPROCESSABLE_ENTITY);
    }
    let links = errors.iter().map(|error| (format!("#{}", error.field), format!("{}: {}", name(&error.field), error.message)));
    let wrong = (!errors.is_empty()).then(|| summary("That can't be searched for", "Mend this, then filter again:", links.collect()));
    let changes = page.map(|page| changes(&place, &filter, page));
    Ok(view! {
        {wrong}
        {filter_form(&place, &filter, &errors)}
        {changes}
    })
}

fn name(field: &str) -> &'static str {
    match field {
        "person" => "Person",
        "field" => "Field",
        "from" => "From",
        _ => "To",
    }
}

fn filter_form(place: &Shown, filter: &HistoryFilter, errors: &[FieldError]) -> impl IntoView + use<> {
    let text = |name: &'static str, kind: &'static str, value: &str| {
        Field { name, label: self::name(name), kind, autocomplete: "off", value: value.to_owned(), ..Field::default() }.show(errors)
    };
    // A browser's own field for days shows nothing of what is none.
    let day = |name, value: &str| text(name, if is_day(value) { "date" } else { "text" }, value);
    let fields = place.fields.then(|| {
        let error = errors.iter().find(|error| error.field == "field").map(|error| error.message.clone());
        let chosen = filter.field.clone();
        let choices = fields().map(|field| view! { <option value=field selected=field == chosen>{label(field)}</option> });
        let choices = choices.collect_view();
        view! {
            <div class="field">
                <label for="field">"Field"</label>
                <div class="input">
                    <select id="field" name="field" aria-describedby="field-error" aria-invalid=error.is_some().then_some("true")>
                        <option value="">"Any"</option>
                        {choices}
                    </select>
                </div>
                {error.map(|message| error_of("field", message))}
            </div>
        }
    });
    let all = (!filter.is_empty()).then(|| view! { <a class="button" href=place.path.clone()>"Show all"</a> });
    view! {
        <div role="search">
        <form method="get" action=place.path.clone() class="card changes-filter" autocomplete="off">
            {text("person", "text", &filter.person)}
            {fields}
            {day("from", &filter.from)}
            {day("to", &filter.to)}
            <div class="end">
                <p class="help">"Days are in UTC, like the times below."</p>
                {all}
                <button class="button primary">"Filter"</button>
            </div>
        </form>
        </div>
    }
}

fn changes(place: &Shown, filter: &HistoryFilter, page: Page) -> impl IntoView + use<> {
    let at = |path: &str, query: String| if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let exports = [Format::Csv, Format::Json].map(|format| {
        let href = at(&format!("{}/export.{}", place.path, format.name()), filter.from_before(None).write());
        let name = format.name().to_uppercase();
        view! { <a class="button small" href=href download=""><span class="unseen">"Download as "</span>{name}</a> }
    });
    let newest = filter.before.map(|_| {
        let href = at(&place.path, filter.from_before(None).write());
        view! { <a class="button" href=href>"Newest"</a> }
    });
    let older = page.older.map(|id| {
        let href = at(&place.path, filter.from_before(Some(id)).write());
        view! { <a class="button" href=href rel="next">"Older"</a> }
    });
    let body = if page.changes.is_empty() {
        let (title, text) = match (filter.is_empty(), filter.before) {
            (_, Some(_)) => ("Nothing older", "The history ends here."),
            (true, None) => ("Nothing yet", "What is changed from now on is recorded here."),
            (false, None) => ("Nothing fits the filter", "Try less of a name, another field, or more days."),
        };
        view! { <div class="card empty"><h3>{title}</h3><p>{text}</p></div> }.into_any()
    } else {
        let rows = page.changes.into_iter().map(|change| change_view(place, change)).collect_view();
        view! { <ol class="card changes">{rows}</ol> }.into_any()
    };
    view! {
        <section aria-labelledby="changes-title">
            <div class="changes-head">
                <h2 id="changes-title">"Changes"</h2>
                <p class="exports"><span>"Download:"</span>{exports.into_iter().collect_view()}</p>
            </div>
            {body}
            <nav class="pager" aria-label="Pages">{newest}{older}</nav>
        </section>
    }
}

fn change_view(place: &Shown, change: Change) -> impl IntoView + use<> {
    let (deed, lines) = (deed(&change), lines(&change));
    let lines = (!lines.is_empty()).then(|| {
        let lines = lines.into_iter().map(line_view).collect_view();
        view! { <ul class="difference">{lines}</ul> }
    });
    let version = change.version.map(|version| {
        let now = (place.restore == Some(version)).then_some(", in force");
        view! { <span class="badge">"Version "{version}{now}</span> }
    });
    let restore = place.restore.zip(change.version).filter(|(now, version)| now != version).map(|(_, version)| {
        view! {
            <a class="button small" href=format!("{}/{version}", place.path)>"Restore"<span class="unseen">" version "{version}</span></a>
        }
    });
    let address = change.address.map(|address| format!(" from {address}"));
    view! {
        <li>
            <div>
                <p><strong>{Seen(&change.who).to_string()}</strong>" "{Seen(&deed).to_string()}" "{version}</p>
                <p class="help">{moment(change.at)}{address}</p>
                {lines}
            </div>
            {restore}
        </li>
    }
}

fn line_view(Line { label, values }: Line) -> impl IntoView {
    let seen = |text: &String| Seen(text).to_string();
    let was = |said: &'static str, text: &String| view! { <del><span class="unseen">{said}</span>{seen(text)}</del> };
    let is = |said: &'static str, text: &String| view! { <ins><span class="unseen">{said}</span>{seen(text)}</ins> };
    let values = match values {
        Values::One { before, after } => {
            let arrow = (before.is_some() && after.is_some()).then(|| icon(ARROW));
            view! { {before.as_ref().map(|text| was("was ", text))}{arrow}{after.as_ref().map(|text| is("now ", text))} }.into_any()
        }
        Values::Many { removed, added } => {
            let removed = removed.iter().map(|text| was("removed ", text)).collect_view();
            view! { {removed}{added.iter().map(|text| is("added ", text)).collect_view()} }.into_any()
        }
    };
    view! { <li><b>{label}</b><span class="values">{values}</span></li> }
}
