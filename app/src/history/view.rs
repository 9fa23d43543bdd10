//! The History tab of an instance, and the history of the server's accounts: a filter, the changes and the export links.

use crate::paths;
use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    difference::{FieldChange, ValueChange, describe, field_changes, impact},
    export::ExportFormat,
    fields::{fields, label},
    filter::{HistoryFilter, is_day},
    fold::{Line, LinesPage, describe_folded, is_folded, read_lines},
    store::{Change, PAGE_SIZE, Scope, newest_change},
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
        text::{Escaped, moment},
    },
};

/// The history of an instance.
#[component]
pub fn HistoryPage() -> impl IntoView {
    let slug = loading::slug();
    let query = loading::query();
    let restored = url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "restored");
    loading::loaded(async move {
        let stored = loading::instance(&slug).await?;
        let role = loading::role(&slug).await?;
        // Preview origins raise the version too, and what is restored stays as it is.
        let newest = newest_change(&loading::pool()?, stored.id, 0).await.map_err(loading::unavailable)?;
        let in_force = newest.and_then(|change| change.version).unwrap_or_else(|| stored.instance.version());
        let restore = (role >= Role::Editor).then_some(in_force);
        let options = PageOptions { path: paths::instance(&slug).history(), fields: true, restore };
        let history = history(options, Scope::Instance { id: stored.id, role }, HistoryFilter::read(&query)).await?;
        let restored = restored.then(|| view! { <p class="banner" role="status">{icon(TICK)}"Restored. Links follow it from now on."</p> });
        Ok(view! {
            <InstanceFrame stored place=Place::History>
                {restored}
                {history}
            </InstanceFrame>
        })
    })
}

/// The history of the server's accounts.
#[component]
pub fn ServerHistoryPage() -> impl IntoView {
    let query = loading::query();
    loading::loaded(async move {
        if !loading::caller()?.is_server_admin {
            return Err(AppError::Forbidden);
        }
        let options = PageOptions { path: paths::SERVER_HISTORY.to_owned(), fields: false, restore: None };
        let history = history(options, Scope::Server, HistoryFilter::read(&query)).await?;
        Ok(view! {
            <Title text="Server history" />
            <Frame page=ServerPage::History>
                <header class="head">
                    <h1>"Server history"</h1>
                    <p class="host">"Accounts and API tokens of the server: sign-ins, failed sign-ins, new passwords. Changes to an instance are in its own History."</p>
                </header>
                {history}
            </Frame>
        })
    })
}

/// What differs between the pages that show a history.
struct PageOptions {
    /// The page's address.
    path: String,
    /// Whether the filter has a list of fields.
    fields: bool,
    /// The version whose settings and redirects are in force, if the reader may restore another one.
    restore: Option<i64>,
}

async fn history(options: PageOptions, scope: Scope, filter: HistoryFilter) -> Result<impl IntoView + use<>, AppError> {
    let (page, errors) = match filter.check() {
        Ok(criteria) => (Some(read_lines(&loading::pool()?, scope, &criteria, PAGE_SIZE).await.map_err(loading::unavailable)?), Vec::new()),
        Err(errors) => (None, errors),
    };
    if page.is_none()
        && let Some(response) = use_context::<leptos_axum::ResponseOptions>()
    {
        response.set_status(axum::http::StatusCode::UNPROCESSABLE_ENTITY);
    }
    let links = errors.iter().map(|error| (format!("#{}", error.field), format!("{}: {}", name(&error.field), error.message)));
    let wrong = (!errors.is_empty()).then(|| summary("The filter is not valid", "Fix these fields, then filter again:", links.collect()));
    let changes = page.map(|page| changes(&options, &filter, page));
    Ok(view! {
        {wrong}
        {filter_form(&options, &filter, &errors)}
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

fn filter_form(options: &PageOptions, filter: &HistoryFilter, errors: &[FieldError]) -> impl IntoView + use<> {
    let text = |name: &'static str, kind: &'static str, value: &str| {
        Field { name, label: self::name(name), kind, autocomplete: "off", value: value.to_owned(), ..Field::default() }.show(errors)
    };
    // A browser's date field shows nothing where the text is not a date.
    let day = |name, value: &str| text(name, if is_day(value) { "date" } else { "text" }, value);
    let fields = options.fields.then(|| {
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
    let all = (!filter.is_empty()).then(|| view! { <a class="button plain small" href=options.path.clone()>"Show all"</a> });
    view! {
        <div role="search">
        <form method="get" action=options.path.clone() class="changes-filter" autocomplete="off">
            {text("person", "text", &filter.person)}
            {fields}
            {day("from", &filter.from)}
            {day("to", &filter.to)}
            <div class="end">
                <button class="button small">"Filter"</button>
                {all}
            </div>
            <p class="help">"Days are in UTC."</p>
        </form>
        </div>
    }
}

fn changes(options: &PageOptions, filter: &HistoryFilter, page: LinesPage) -> impl IntoView + use<> {
    let at = |path: &str, query: String| if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let exports = [ExportFormat::Csv, ExportFormat::Json].map(|format| {
        let href = at(&format!("{}/export.{}", options.path, format.name()), filter.from_before(None).write());
        let name = format.name().to_uppercase();
        view! { <a class="button small" href=href download=""><span class="unseen">"Download as "</span>{name}</a> }
    });
    let newest = filter.before.map(|_| {
        let href = at(&options.path, filter.from_before(None).write());
        view! { <a class="button" href=href>"Newest"</a> }
    });
    let older = page.older.map(|id| {
        let href = at(&options.path, filter.from_before(Some(id)).write());
        view! { <a class="button" href=href rel="next">"Older"</a> }
    });
    let body = if page.lines.is_empty() {
        let (title, text) = match (filter.is_empty(), filter.before) {
            (_, Some(_)) => ("Nothing older", "The history ends here."),
            (true, None) => ("Nothing yet", "Changes from now on are recorded here."),
            (false, None) => ("No change matches the filter", "Try a shorter part of the name, another field or more days."),
        };
        view! { <div class="card empty"><h3>{title}</h3><p>{text}</p></div> }.into_any()
    } else {
        let rows = page.lines.into_iter().map(|line| line_view(options, line)).collect_view();
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

fn line_view(options: &PageOptions, line: Line) -> AnyView {
    match line {
        Line::One(change) => change_view(options, *change).into_any(),
        Line::Folded(changes) => folded_view(options, changes).into_any(),
    }
}

/// Changes that are told as one, and each of them where that is opened.
fn folded_view(options: &PageOptions, changes: Vec<Change>) -> impl IntoView + use<> {
    let author = changes.first().map(author);
    let description = describe_folded(&changes);
    let times = changes.last().map(|change| moment(change.at)).zip(changes.first().map(|change| moment(change.at)));
    let times = times.map(|(first, last)| view! { "First "{first}", last "{last} });
    let all = format!("Show all {}", changes.len());
    let rows = changes.into_iter().map(|change| change_view(options, change)).collect_view();
    view! {
        <li class="folded">
            <div>
                <p>{author}" "{description}</p>
                <p class="help">{times}</p>
                <details>
                    <summary>{all}</summary>
                    <ol>{rows}</ol>
                </details>
            </div>
        </li>
    }
}

fn change_view(options: &PageOptions, change: Change) -> impl IntoView + use<> {
    let (description, fields) = (describe(&change), field_changes(&change));
    let fields = (!fields.is_empty()).then(|| {
        let fields = fields.into_iter().map(field_view).collect_view();
        view! { <ul class="difference">{fields}</ul> }
    });
    let version = change.version.map(|version| {
        let now = (options.restore == Some(version)).then_some(", in force");
        view! { <span class="badge">"Version "{version}{now}</span> }
    });
    let restore = options.restore.zip(change.version).filter(|(now, version)| now != version && !is_folded(change.kind)).map(|(_, version)| {
        view! {
            <a class="button small" href=format!("{}/{version}", options.path)>"Restore"<span class="unseen">" version "{version}</span></a>
        }
    });
    let impact = impact(&change).map(|impact| view! { <p class="help">{impact}</p> });
    let (author, colon) = (author(&change), change.attempts.map(|_| ":"));
    let when = match change.attempts {
        Some(attempts) if attempts.count > 1 => {
            let from = change.address.map(|address| format!("From {address}. "));
            view! { {from}"First "{moment(change.at)}", last "{moment(attempts.last_at)} }.into_any()
        }
        _ => {
            let address = change.address.map(|address| format!(" from {address}"));
            view! { {moment(change.at)}{address} }.into_any()
        }
    };
    view! {
        <li>
            <div>
                <p>{author}{colon}" "{Escaped(&description).to_string()}" "{version}</p>
                <p class="help">{when}</p>
                {fields}
                {impact}
            </div>
            {restore}
        </li>
    }
}

/// Who made a change, and the API token that their program made it with.
pub(crate) fn author(change: &Change) -> impl IntoView + use<> {
    let token = change.api_token.as_deref().map(|token| view! { " with the API token " <strong>{Escaped(token).to_string()}</strong> });
    view! { <strong>{Escaped(&change.who).to_string()}</strong>{token} }
}

/// What a change did to one field.
pub(crate) fn field_view(FieldChange { label, values }: FieldChange) -> impl IntoView {
    let escaped = |text: &String| Escaped(text).to_string();
    let was = |lead: &'static str, text: &String| view! { <del><span class="unseen">{lead}</span>{escaped(text)}</del> };
    let is = |lead: &'static str, text: &String| view! { <ins><span class="unseen">{lead}</span>{escaped(text)}</ins> };
    let values = match values {
        ValueChange::Single { before, after } => {
            let arrow = (before.is_some() && after.is_some()).then(|| icon(ARROW));
            view! { {before.as_ref().map(|text| was("was ", text))}{arrow}{after.as_ref().map(|text| is("now ", text))} }.into_any()
        }
        ValueChange::List { removed, added } => {
            let removed = removed.iter().map(|text| was("removed ", text)).collect_view();
            view! { {removed}{added.iter().map(|text| is("added ", text)).collect_view()} }.into_any()
        }
    };
    view! { <li><b>{label}</b><span class="values">{values}</span></li> }
}
