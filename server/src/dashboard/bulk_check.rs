//! Lists of links that are posted: checked on their page, or answered as CSV.

use std::sync::Arc;

use app::{
    bulk_check::{
        check::{LinkOutcome, check as check_line},
        export,
        form::BulkCheckForm,
        list,
        selection::Selection,
    },
    error::AppError,
    instances::store,
    layout::error_page::PostedFields,
};
use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Request, State, multipart::MultipartError},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;

use crate::dashboard::rendering::Dashboard;

/// The largest post that is read to its end, in bytes. A list may have far less, but who sends more of it should read that in the
/// answer, and browsers read no answer to what nobody has taken from them.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// Bounds the bodies of these posts.
pub(crate) fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(LARGEST_BODY)
}

/// `POST /instances/{slug}/preview/links`
pub(crate) async fn check(State(dashboard): State<Dashboard>, request: Request) -> Response {
    match Fields::read(request).await {
        Ok((parts, fields)) => show(&dashboard, parts, fields.form()).await,
        Err((parts, error)) => dashboard.render_error(parts, error, || ()).await,
    }
}

/// `POST /instances/{slug}/preview/links.csv`: the same list as a file. Where there is none to be made, the page says why.
pub(crate) async fn download(State(dashboard): State<Dashboard>, Path(slug): Path<String>, mut request: Request) -> Response {
    let csv = request.uri();
    let page = format!("{}?{}", csv.path().trim_end_matches(".csv"), csv.query().unwrap_or_default()).parse();
    *request.uri_mut() = page.unwrap_or_default();
    let (parts, fields) = match Fields::read(request).await {
        Ok(read) => read,
        Err((parts, error)) => return dashboard.render_error(parts, error, || ()).await,
    };
    let form = fields.form();
    let (Ok(lines), Ok(Some(stored))) = (&form.list, store::find(&dashboard.pool, &slug).await) else {
        return show(&dashboard, parts, form).await;
    };
    let shown = fields.shown().or(Selection::read(parts.uri.query().unwrap_or_default()).outcome);
    let rows: Vec<_> = lines
        .iter()
        .map(|line| check_line(&stored.instance, &stored.fallbacks, line))
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

/// What was posted, to be sent again; `None` where it is no list.
pub(crate) async fn kept(request: Request) -> Option<PostedFields> {
    let (_, fields) = Fields::read(request).await.ok()?;
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
    links: Option<Bytes>,
    file_name: Option<String>,
    file: Bytes,
    show: Option<Bytes>,
    /// What the results carry along if the list came from a file: its name, and what was pasted beside it.
    carried_name: Option<Bytes>,
    carried_paste: Option<Bytes>,
    too_large: bool,
}

impl Fields {
    /// Reads a post. Missing, unknown and repeated fields are a form that this dashboard did not make.
    async fn read(request: Request) -> Result<(Parts, Self), (Parts, AppError)> {
        let (parts, body) = request.into_parts();
        let Ok(mut multipart) = Multipart::from_request(Request::from_parts(parts.clone(), body), &()).await else {
            return Err((parts, AppError::BadRequest));
        };
        let mut fields = Self::default();
        match fields.take(&mut multipart).await {
            Ok(true) => Ok((parts, fields)),
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => Ok((parts, Self { too_large: true, ..fields })),
            Ok(false) | Err(_) => Err((parts, AppError::BadRequest)),
        }
    }

    /// Takes every field over, as far as it comes. Answers whether it is a form of this dashboard.
    async fn take(&mut self, multipart: &mut Multipart) -> Result<bool, MultipartError> {
        while let Some(field) = multipart.next_field().await? {
            let name = field.name().unwrap_or_default().to_owned();
            // Where no file is chosen, an empty one without a name is sent.
            let file_name = field.file_name().unwrap_or_default().to_owned();
            let first = match name.as_str() {
                "links" => self.links.replace(field.bytes().await?).is_none(),
                "show" => self.show.replace(field.bytes().await?).is_none(),
                "file_name" => self.carried_name.replace(field.bytes().await?).is_none(),
                "pasted" => self.carried_paste.replace(field.bytes().await?).is_none(),
                "file" if file_name.is_empty() => field.bytes().await?.is_empty(),
                "file" => {
                    let first = self.file_name.replace(file_name).is_none();
                    self.file = field.bytes().await?;
                    first
                }
                _ => false,
            };
            if !first {
                return Ok(false);
            }
        }
        Ok(self.links.is_some())
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
