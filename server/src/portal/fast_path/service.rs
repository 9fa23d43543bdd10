//! The fast path before a service, for connections on which something else was asked as well.

use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};

use axum::{http::Request, response::Response};
use futures_util::future::Either;
use tower::Service;

use super::{FastPath, answer::Answer, asked::Asked, concerns, pages::may_be_page};

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
        if !concerns(request.uri().path()) {
            return Either::Right(self.service.call(request));
        }
        let (parts, body) = request.into_parts();
        let answer = if may_be_page(parts.uri.path()) {
            self.fast_path.page(&parts)
        } else {
            Asked::of_parts(&parts).and_then(|asked| self.fast_path.answer(&asked)).map(Answer::into_response)
        };
        match answer {
            Some(answer) => Either::Left(ready(Ok(answer))),
            None => Either::Right(self.service.call(Request::from_parts(parts, body))),
        }
    }
}
