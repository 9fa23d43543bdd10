//! The description of the API as a page: the same document as `/management/v1/openapi.json`, written for people. It has no script.

use app::{manifest::SCHEMA_PATH, ui::text::page_title};
use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use leptos::{nonce::Nonce, prelude::*};
use serde_json::Value;

/// The page's whole style.
const STYLE: &str = include_str!("../../../style/reference.css");

/// The methods of a path, in the order of the page.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The page.
pub(super) fn response(document: &Value) -> Response {
    let nonce = Nonce::new().to_string();
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()), (header::CONTENT_SECURITY_POLICY, policy)];
    (headers, [(header::CACHE_CONTROL, "no-store")], render(document, nonce)).into_response()
}

fn render(document: &Value, nonce: String) -> String {
    let title = text(&document["info"]["title"]);
    let tags = document["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    let tags = tags.iter().map(|tag| section(document, tag)).collect_view();
    let schemas = document["components"]["schemas"].as_object().map(|schemas| schemas.iter().map(schema).collect_view());
    let page = view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="robots" content="noindex" />
                {page_title(&title)}
                <link rel="icon" href="data:," />
                <style nonce=nonce>{STYLE}</style>
            </head>
            <body>
                <main>
                    <h1>{title.clone()}</h1>
                    <p>{with_code(&text(&document["info"]["description"]))}</p>
                    <p class="quiet">
                        "Version "{text(&document["info"]["version"])}". For programs: "<a href="/management/v1/openapi.json">"OpenAPI 3.1"</a>
                        ", and the "<a href=SCHEMA_PATH>"JSON Schema of the settings file"</a>"."
                    </p>
                    {tags}
                    <section aria-labelledby="schemas">
                        <h2 id="schemas">"Schemas"</h2>
                        {schemas}
                    </section>
                </main>
            </body>
        </html>
    };
    page.to_html()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A text whose parts between backticks are code.
fn with_code(text: &str) -> impl IntoView + use<> {
    let part = |(index, part): (usize, &str)| {
        let part = part.to_owned();
        if index % 2 == 0 { part.into_any() } else { view! { <code>{part}</code> }.into_any() }
    };
    text.split('`').enumerate().map(part).collect_view()
}

/// The operations of one tag.
fn section(document: &Value, tag: &Value) -> impl IntoView + use<> {
    let name = text(&tag["name"]);
    let id = name.replace(' ', "-");
    let heading = id.clone();
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations =
        paths.flat_map(|(path, methods)| METHODS.into_iter().filter_map(move |method| Some((path, method, methods.get(method)?))));
    let operations = operations
        .filter(|(_, _, operation)| operation["tags"][0] == tag["name"])
        .map(|(path, method, described)| operation(path, method, described))
        .collect_view();
    let mut title = name;
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    view! {
        <section aria-labelledby=heading>
            <h2 id=id>{title}</h2>
            <p class="quiet">{text(&tag["description"])}"."</p>
            {operations}
        </section>
    }
}

fn operation(path: &str, method: &str, described: &Value) -> impl IntoView + use<> {
    let summary = text(&described["summary"]);
    let more = Some(text(&described["description"]))
        .filter(|more| !more.is_empty() && *more != summary)
        .map(|more| view! { <p>{with_code(&more)}</p> });
    let parameters: Vec<_> = described["parameters"].as_array().into_iter().flatten().map(parameter).collect();
    let parameters = (!parameters.is_empty()).then(|| view! { <h3>"Parameters"</h3><dl>{parameters.into_iter().collect_view()}</dl> });
    let body = described["requestBody"]["content"].as_object().and_then(|content| content.iter().next()).map(|(kind, content)| {
        let name = schema_name(content);
        view! { <h3>"Body"</h3><p><code>{kind.clone()}</code>": "{name}</p> }
    });
    let responses = described["responses"].as_object().into_iter().flatten().map(|(status, response)| {
        let name = response["content"].as_object().and_then(|content| content.values().next()).map(schema_name);
        let name = name.map(|name| view! { ": "{name} });
        view! { <dt><code>{status.clone()}</code>{name}</dt><dd>{with_code(&text(&response["description"]))}</dd> }
    });
    view! {
        <details>
            <summary><code>{method.to_uppercase()}" "{path.to_owned()}</code>" "<span class="quiet">{with_code(&summary)}</span></summary>
            {more}
            {parameters}
            {body}
            <h3>"Answers"</h3>
            <dl>{responses.collect_view()}</dl>
        </details>
    }
}

fn parameter(parameter: &Value) -> impl IntoView + use<> {
    let place = match parameter["in"].as_str() {
        Some("path") => " in the path",
        Some("header") => " (header)",
        _ => "",
    };
    let required = (parameter["required"] == true && parameter["in"] != "path").then_some(", required");
    view! { <dt><code>{text(&parameter["name"])}</code>{place}{required}</dt><dd>{with_code(&text(&parameter["description"]))}</dd> }
}

/// The name of a schema, with a link to it.
fn schema_name(content: &Value) -> impl IntoView + use<> {
    let schema = &content["schema"];
    match schema["$ref"].as_str().and_then(|reference| reference.rsplit_once('/')) {
        Some((_, name)) => view! { <a href=format!("#schema-{name}")>{name.to_owned()}</a> }.into_any(),
        None => view! { <span>"an object"</span> }.into_any(),
    }
}

fn schema((name, schema): (&String, &Value)) -> impl IntoView + use<> {
    let written = serde_json::to_string_pretty(schema).unwrap_or_default();
    let label = format!("The schema {name}");
    view! {
        <details id=format!("schema-{name}")>
            <summary><code>{name.clone()}</code>" "<span class="quiet">{with_code(&text(&schema["description"]))}</span></summary>
            <pre tabindex="0" role="group" aria-label=label>{written}</pre>
        </details>
    }
}
