//! The fast path before a service, for connections on which something else was asked as well.

use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};

use axum::{http::Request, response::Response};
use futures_util::future::Either;
use tower::Service;

use super::{FastPath, asked::Asked, concerns};

impl FastPath {
    /// Puts the fast path before a service.
    pub fn before<S>(self, service: S) -> WithFastPath<S> {
        WithFastPath { fast_path: self, service }
    }
}

/// A service with the fast path before it.
#[derive(Clone, Debug)]
pub struct WithFastPath<S> {
    fast_path: FastPath,
    service: S,
}

impl<S, B> Service<Request<B>> for WithFastPath<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<Ready<Result<Response, S::Error>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let asked = concerns(request.uri().path()).then(|| Asked::of_request(&request)).flatten();
        match asked.and_then(|asked| self.fast_path.answer(&asked)) {
            Some(answer) => Either::Left(ready(Ok(answer.into_response()))),
            None => Either::Right(self.service.call(request)),
        }
    }
}
