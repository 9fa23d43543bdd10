//! Lists of links that are posted: checked on their page, or answered as CSV.

use std::sync::Arc;

use app::{
    admins::Caller,
    bulk_check::{
        check::{LinkOutcome, check as check_line},
        export,
        form::BulkCheckForm,
        list,
        selection::Selection,
    },
    database::timed,
    error::AppError,
    heavy_work::{LISTS, NotDone},
    instances::store,
    layout::error_page::PostedFields,
};
use axum::{
    Extension,
    body::Body,
    extract::{
        DefaultBodyLimit, FromRequest, Multipart, Path, Request, State,
        multipart::{Field, MultipartError},
    },
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;
use time::OffsetDateTime;

use super::{Dashboard, failure::Failure, posted_form};
use crate::http::form::read_short;

/// The largest post that is taken to its end, in bytes. A list may have far less, but who sends more of it should read that in the
/// answer, and browsers read no answer to what nobody has taken from them.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// How much of a post is kept, in bytes: the checked list and the pasted one beside it, with their names.
const MAX_KEPT_BYTES: usize = 2 * list::MAX_LIST_BYTES + 64 * 1024;

/// Bounds the bodies of these posts.
pub(crate) fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(LARGEST_BODY)
}

/// `POST /instances/{slug}/preview/links`
pub(crate) async fn check(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    // The turn comes first, so that nothing is read of a list that has to wait.
    let turn = dashboard.turn(&caller).await?;
    let fields = Fields::read(&parts, body).await?;
    let answer = LISTS.run_async(async move { show(&dashboard, parts, fields.form()).await }).await;
    Ok(turn.until_written(answer.map_err(|NotDone| AppError::Unavailable)?))
}

/// `POST /instances/{slug}/preview/links.csv`: the same list as a file. Where there is none to be made, the page says why.
pub(crate) async fn download(
    State(dashboard): State<Dashboard>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let (mut parts, body) = request.into_parts();
    let page = format!("{}?{}", parts.uri.path().trim_end_matches(".csv"), parts.uri.query().unwrap_or_default()).parse();
    parts.uri = page.unwrap_or_default();
    let turn = dashboard.turn(&caller).await?;
    let fields = Fields::read(&parts, body).await?;
    let answer = LISTS.run_async(async move { file(&dashboard, &slug, parts, &fields).await }).await;
    Ok(turn.until_written(answer.map_err(|NotDone| AppError::Unavailable)?))
}

/// The list as a file, or the page that says why there is none.
async fn file(dashboard: &Dashboard, slug: &str, parts: Parts, fields: &Fields) -> Response {
    let form = fields.form();
    let (Ok(lines), Ok(Some(stored))) = (&form.list, store::find(timed(&dashboard.pool), slug).await) else {
        return show(dashboard, parts, form).await;
    };
    let shown = fields.shown().or(Selection::read(parts.uri.query().unwrap_or_default()).outcome);
    let now = Some(OffsetDateTime::now_utc().into());
    let rows: Vec<_> = lines
        .iter()
        .map(|line| check_line(&stored.instance, &stored.fallbacks, now, line))
        .filter(|checked| shown.is_none_or(|shown| checked.outcome == shown))
        .collect();
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}-links.csv\"", stored.instance.slug())),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, export::write(&rows)).into_response()
}

/// Whether a request is a list, as these forms send one.
pub(crate) fn is_list(request: &Request) -> bool {
    request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"))
}

/// The list of somebody who is not let in, to be sent again; `None` where it is none, or longer than any other form that is kept.
pub(crate) async fn kept(request: Request) -> Option<PostedFields> {
    let (parts, body) = request.into_parts();
    let body = read_short(body, posted_form::MAX_KEPT_BYTES).await?;
    let fields = Fields::read(&parts, body.into()).await.ok()?;
    Some(posted(&fields.form()))
}

/// What a form holds, to be sent again: what was read of a file like what was pasted.
fn posted(form: &BulkCheckForm) -> PostedFields {
    let text = form.list.as_ref().map_or_else(|_| form.pasted.clone(), |lines| list::write(lines));
    PostedFields { fields: vec![("links".to_owned(), text)], enctype: Some("multipart/form-data") }
}

/// The page with its results, or with why there are none.
async fn show(dashboard: &Dashboard, parts: Parts, form: BulkCheckForm) -> Response {
    let status = match &form.list {
        Ok(_) => StatusCode::OK,
        Err(list::ListError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
        Err(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let posted = posted(&form);
    let form = Arc::new(form);
    dashboard
        .render(parts, status, move || {
            provide_context(Arc::clone(&form));
            provide_context(posted.clone());
        })
        .await
}

/// What was posted.
#[derive(Debug, Default)]
struct Fields {
    links: Option<Vec<u8>>,
    file_name: Option<String>,
    file: Vec<u8>,
    show: Option<Vec<u8>>,
    /// What the results carry along if the list came from a file: its name, and what was pasted beside it.
    carried_name: Option<Vec<u8>>,
    carried_paste: Option<Vec<u8>>,
    kept_bytes: usize,
    too_large: bool,
}

impl Fields {
    /// Reads a post.
    ///
    /// # Errors
    /// Fields are missing, unknown or repeated: this dashboard did not make the form.
    async fn read(parts: &Parts, body: Body) -> Result<Self, AppError> {
        let request = Request::from_parts(parts.clone(), body);
        let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| AppError::BadRequest)?;
        let mut fields = Self::default();
        match fields.take(&mut multipart).await {
            Ok(true) => Ok(fields),
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => Ok(Self { too_large: true, ..fields }),
            Ok(false) | Err(_) => Err(AppError::BadRequest),
        }
    }

    /// Takes every field over, as far as it comes. Answers whether it is a form of this dashboard.
    async fn take(&mut self, multipart: &mut Multipart) -> Result<bool, MultipartError> {
        while let Some(field) = multipart.next_field().await? {
            let name = field.name().unwrap_or_default().to_owned();
            // Where no file is chosen, an empty one without a name is sent.
            let file_name = field.file_name().unwrap_or_default().to_owned();
            // Before its content, which may be more than is taken: the error belongs beside the file.
            let is_file = name == "file" && !file_name.is_empty();
            let is_first_file = is_file && self.file_name.replace(file_name).is_none();
            let value = self.keep(field).await?;
            let first = match name.as_str() {
                "links" => self.links.replace(value).is_none(),
                "show" => self.show.replace(value).is_none(),
                "file_name" => self.carried_name.replace(value).is_none(),
                "pasted" => self.carried_paste.replace(value).is_none(),
                "file" if is_file => {
                    self.file = value;
                    is_first_file
                }
                "file" => value.is_empty(),
                _ => false,
            };
            if !first {
                return Ok(false);
            }
        }
        Ok(self.links.is_some())
    }

    /// A field's value, as long as there is room for it. The rest is only taken from the client.
    async fn keep(&mut self, mut field: Field<'_>) -> Result<Vec<u8>, MultipartError> {
        let mut value = Vec::new();
        while let Some(chunk) = field.chunk().await? {
            self.kept_bytes += chunk.len();
            self.too_large |= self.kept_bytes > MAX_KEPT_BYTES;
            if !self.too_large {
                value.extend_from_slice(&chunk);
            }
        }
        Ok(value)
    }

    fn form(&self) -> BulkCheckForm {
        let (links, file) = (self.links.as_deref().unwrap_or_default(), self.file_name.clone());
        match &self.carried_name {
            _ if self.too_large => BulkCheckForm::too_large(links, file),
            Some(name) if file.is_none() => {
                let name = String::from_utf8_lossy(name).into_owned();
                BulkCheckForm::read_again(links, name, self.carried_paste.as_deref().unwrap_or_default())
            }
            _ => BulkCheckForm::read(links, file.map(|name| (name, &*self.file))),
        }
    }

    /// The outcome of the links that are shown; `None` if all are.
    fn shown(&self) -> Option<LinkOutcome> {
        LinkOutcome::from_name(std::str::from_utf8(self.show.as_deref()?).ok()?)
    }
}
