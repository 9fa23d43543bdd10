//! The management API, asked as a pipeline asks it: with an API token over the whole router.

mod guard;
mod instances;
mod links;
mod origins;
mod redirects;

use app::{
    api_tokens::{
        form::ApiTokenForm,
        store::{Place, issue},
    },
    history::Actor,
    redirects::Environment,
};
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use serde_json::Value;
use sqlx::PgPool;

use crate::common::{Answer, Site, owner, request, store_my_app};

/// A program with a token.
pub(crate) struct Client {
    site: Site,
    token: String,
}

impl Client {
    /// A program with a token that `maker` has made for `my-app`.
    pub(crate) async fn new(pool: &PgPool, maker: &Actor, scope: &str) -> Self {
        Self::at(pool, maker, Place::Instance("my-app"), scope).await
    }

    /// A program with a token for that place.
    pub(crate) async fn at(pool: &PgPool, maker: &Actor, place: Place<'_>, scope: &str) -> Self {
        let host_pattern = if scope == "preview-origins" { "my-app-*-my-team.vercel.app" } else { "" };
        let form = ApiTokenForm {
            name: format!("{scope} token"),
            scope: scope.into(),
            host_pattern: host_pattern.into(),
            ..ApiTokenForm::default()
        };
        let secret = issue(pool, maker, place, &form.check().unwrap()).await.unwrap();
        Self { site: Site::anonymous(pool), token: secret.text().to_owned() }
    }

    /// A program of the owner of `my-app`, which this creates.
    pub(crate) async fn of_owner(pool: &PgPool, scope: &str) -> Self {
        store_my_app(pool, Environment::Production).await;
        Self::new(pool, &owner(pool).await, scope).await
    }

    /// Sends a request with the token. A body is sent as JSON.
    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut request = request(method, &format!("/management/v1{path}"), headers).header("authorization", bearer);
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        self.site.send_bare(request.body(body.map_or_else(Body::empty, |body| body.to_string().into())).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// The body of an answer that must be 200.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }

    /// Sends a change of what is stored now.
    pub(crate) async fn change(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let etag = self.get("/instances/my-app").await.header("etag").to_owned();
        self.send(method, path, &[("if-match", &etag)], body).await
    }
}

/// The pointers or parameters of a problem's errors.
pub(crate) fn places(answer: &Answer) -> Vec<String> {
    let problem = answer.json();
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().filter_map(|error| error["pointer"].as_str().or(error["parameter"].as_str()).map(str::to_owned)).collect()
}
