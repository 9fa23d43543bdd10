//! Form posts, which come to the address of the page that shows the form, with and without JavaScript.
//!
//! What is saved redirects back to the page (303), so that a reload does not post again. What is not saved is answered by
//! the page itself, with everything as it was typed.

use app::paths;
use app::{
    admins::Caller,
    error::AppError,
    fallbacks::{self, form::FallbackForm},
    history::Actor,
    instances::{
        form::InstanceForm,
        store::{self, StoreError},
    },
    layout::loading::Posted,
    preview::{form::PreviewForm, view::Typed},
    redirects::Instance,
    saving::{merge::Merge, saved_instances::SavedInstances},
    ui::form::{FieldError, Problem, Rejected},
};
use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;
use serde::de::DeserializeOwned;

use crate::{
    dashboard::rendering::Pages,
    http::form::{Received, posted, read, read_form},
};

/// How often a form is put over what others save at the same moment, before its page asks.
const MOST_MERGES: usize = 3;

/// `POST /instances/new`
pub(crate) async fn create_instance(State(pages): State<Pages>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    let post = match Post::<InstanceForm>::read(&pages, request).await {
        Ok(post) => post.map(InstanceForm::without_blank_origins),
        Err(response) => return response,
    };
    let saved = match checked(&pages, &post.form) {
        Ok(instance) => store::create(&pages.pool, &caller.actor, &instance, &post.form.domain).await.map(|()| instance.slug().to_owned()),
        Err(errors) => Err(StoreError::Fields(errors)),
    };
    match saved {
        Ok(slug) => {
            SavedInstances::of(&post.parts).mark(&slug);
            Redirect::to(&paths::instance(&slug).redirects()).into_response()
        }
        Err(error) => post.reject(&pages, error).await,
    }
}

/// `POST /instances/{slug}/settings`
pub(crate) async fn save_instance(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    let mut post = match Post::<InstanceForm>::read(&pages, request).await {
        Ok(post) => post.map(InstanceForm::without_blank_origins),
        Err(response) => return response,
    };
    post.form.slug.clone_from(&slug);
    match post.save(&pages, &caller.actor, &slug).await {
        Ok(mark) => {
            SavedInstances::of(&post.parts).mark(&slug);
            Redirect::to(&format!("{}?{mark}", paths::instance(&slug).settings())).into_response()
        }
        Err(error) => post.reject(&pages, error).await,
    }
}

/// `POST /instances/{slug}/redirects`
pub(crate) async fn save_fallbacks(
    State(pages): State<Pages>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    let mut post = match Post::<FallbackForm>::read(&pages, request).await {
        Ok(post) => post,
        Err(response) => return response,
    };
    match post.save(&pages, &caller.actor, &slug).await {
        Ok(mark) => {
            SavedInstances::of(&post.parts).mark(&slug);
            Redirect::to(&format!("{}?{mark}", paths::instance(&slug).redirects())).into_response()
        }
        Err(error) => post.reject(&pages, error).await,
    }
}

/// `POST /instances/{slug}/preview`: stores nothing. Leads to the page whose address says what was typed, where it fits in one.
pub(crate) async fn preview(State(pages): State<Pages>, Path(slug): Path<String>, request: Request) -> Response {
    let (parts, body) = match read(&pages, request).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let mut form = PreviewForm::read(&String::from_utf8_lossy(&body));
    let mut status = StatusCode::OK;
    // What can't be found or asked, the page says itself.
    if let Ok(Some(stored)) = store::find(&pages.pool, &slug).await {
        form.keep_changes(&stored.fallbacks);
        match form.clone().take_link(&stored.instance) {
            Ok(_) => form = form.before_link(),
            Err(_) => status = StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
    if status == StatusCode::OK
        && let Some(address) = form.address(&slug)
    {
        return Redirect::to(&address).into_response();
    }
    let fields = posted(&body);
    let provide = move || {
        provide_context(Typed(form.clone()));
        provide_context(fields.clone());
    };
    pages.render(parts, status, provide).await
}

/// The instance that a form describes. Its portal can't be where the dashboard is: nobody would get there.
fn checked(pages: &Pages, form: &InstanceForm) -> Result<Instance, Vec<FieldError>> {
    let instance = form.check()?;
    if pages.reach.is_taken_by(instance.portal_origin()) {
        let message =
            format!("The dashboard is at this host. Give the portal one of its own, like https://accounts.{}.", instance.domain());
        return Err(vec![FieldError::new("portal_origin", message)]);
    }
    Ok(instance)
}

/// A form that is stored over what is there.
trait Save: Merge + Sync {
    /// Stores it, and answers the version that the instance has now.
    fn save(&self, pages: &Pages, actor: &Actor, slug: &str) -> impl Future<Output = Result<i64, StoreError>> + Send;
}

impl Save for InstanceForm {
    async fn save(&self, pages: &Pages, actor: &Actor, _slug: &str) -> Result<i64, StoreError> {
        let instance = checked(pages, self).map_err(StoreError::Fields)?;
        store::update(&pages.pool, actor, &instance, &self.domain).await
    }
}

impl Save for FallbackForm {
    async fn save(&self, pages: &Pages, actor: &Actor, slug: &str) -> Result<i64, StoreError> {
        fallbacks::store::save(&pages.pool, actor, slug, self).await
    }
}

/// A form of an instance that has arrived, with the request around it.
struct Post<Form> {
    parts: Parts,
    form: Form,
    fields: Posted,
}

impl<Form: DeserializeOwned + Merge + Clone + Send + Sync + 'static> Post<Form> {
    pub(crate) async fn read(pages: &Pages, request: Request) -> Result<Self, Response> {
        let Received { parts, form, posted } = read_form(pages, request).await?;
        Ok(Self { parts, form, fields: posted })
    }

    /// The same post, with its form put in order.
    fn map(self, order: impl FnOnce(Form) -> Form) -> Self {
        Self { form: order(self.form), ..self }
    }

    /// Saves the form, and answers how the page is told. Where somebody else has saved in between, and no field is touched by
    /// both, it is saved together with theirs.
    async fn save(&mut self, pages: &Pages, actor: &Actor, slug: &str) -> Result<&'static str, StoreError>
    where
        Form: Save,
    {
        let mut mark = "saved";
        for _ in 0..MOST_MERGES {
            let stored = match self.form.save(pages, actor, slug).await {
                Ok(_) => return Ok(mark),
                Err(StoreError::Conflict(stored)) => stored,
                Err(error) => return Err(error),
            };
            let (merged, conflict) = self.form.clone().merge(&stored);
            if conflict.ahead || !conflict.both.is_empty() {
                return Err(StoreError::Conflict(stored));
            }
            self.form = merged;
            mark = "merged";
        }
        self.form.save(pages, actor, slug).await.map(|_| mark)
    }

    /// The page again, with what was typed and why it was not saved. It keeps the version that it was filled from, unless
    /// what was stored meanwhile has been put into it.
    async fn reject(self, pages: &Pages, error: StoreError) -> Response {
        let Self { parts, mut form, fields } = self;
        let (status, problem) = match error {
            StoreError::Fields(errors) => (StatusCode::UNPROCESSABLE_ENTITY, Problem::Fields(errors)),
            StoreError::Conflict(stored) => {
                let (merged, mut conflict) = form.merge(&stored);
                conflict.look_up(&pages.pool, &stored).await;
                form = merged;
                (StatusCode::CONFLICT, Problem::Conflict(conflict))
            }
            StoreError::NotFound => return pages.render_error(parts, AppError::NotFound, || ()).await,
            StoreError::Forbidden => return pages.render_error(parts, AppError::Forbidden, || ()).await,
            StoreError::Archived => return pages.render_error(parts, AppError::Archived, || ()).await,
            StoreError::Database(_) | StoreError::Invalid { .. } => {
                tracing::warn!(%error, "a form could not be saved");
                return pages.render_error(parts, AppError::Unavailable, move || provide_context(fields.clone())).await;
            }
        };
        let rejected = Rejected { form, problem };
        let provide = move || {
            provide_context(rejected.clone());
            provide_context(fields.clone());
        };
        pages.render(parts, status, provide).await
    }
}
