//! What the browser asks while one types into the Preview tab.
#![expect(missing_docs, reason = "the struct that #[server] makes of a function has its documentation on the function")]

use leptos::{prelude::*, server_fn::codec::Json};

use crate::error::AppError;

/// Where the link would end, with the form as it is: a query string, as the form would be posted.
///
/// Answers texts with a zero between each two: the page's new address, then for each part of the page that may have changed
/// the id of its place and its HTML, or `id@attribute` and a value. A text is smaller to read in the browser than a structure, and HTML has no zero in it.
#[server(endpoint = "preview", input = Json)]
pub async fn preview(slug: String, form: String) -> Result<String, AppError> {
    use super::{form::PreviewForm, sections::Preview};

    let preview = Preview::new(crate::layout::loading::instance(&slug).await?, PreviewForm::read(&form));
    let mut answer = preview.form().address(&slug).unwrap_or_else(|| crate::paths::instance(&slug).preview());
    for (id, html) in preview.render() {
        answer.extend(["\0", &id, "\0", &html.replace('\0', "\u{fffd}")]);
    }
    Ok(answer)
}
