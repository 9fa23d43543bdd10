//! What the browser calls while somebody types into the Preview tab.
#![expect(missing_docs, reason = "the struct that #[server] makes of a function has its documentation on the function")]

use leptos::{prelude::*, server_fn::codec::Json};

use crate::error::AppError;

/// Previews the form as it is now. `form` is a query string, as the form would post it.
///
/// Returns texts that are separated by zero characters: the page's new address, and then for each section that may have changed the id
/// of its element and its HTML, or `id@attribute` and a value. The browser needs less code to read a text than to read a structure, and
/// HTML contains no zero characters.
#[server(endpoint = "preview", input = Json)]
pub async fn preview(slug: String, form: String) -> Result<String, AppError> {
    use time::OffsetDateTime;

    use super::{form::PreviewForm, sections::Preview};
    use crate::{layout::loading, members::role::Role};

    let is_editor = loading::role(&slug).await? >= Role::Editor;
    let preview =
        Preview::new(loading::instance(&slug).await?, PreviewForm::read(&form), is_editor, Some(OffsetDateTime::now_utc().into()));
    let mut answer = preview.form().address(&slug).unwrap_or_else(|| crate::paths::instance(&slug).preview());
    for (id, html) in preview.render() {
        answer.extend(["\0", &id, "\0", &html.replace('\0', "\u{fffd}")]);
    }
    Ok(answer)
}
