//! The baselines: layers that wrap what a layer of telemetry must wrap, and do nothing.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::Service;

/// A service that wraps the future and the body.
#[derive(Clone, Debug)]
pub struct Identity<S>(pub S);

pin_project! {
    pub struct IdentityFuture<F> {
        #[pin]
        inner: F,
    }
}

pin_project! {
    pub struct IdentityBody<B> {
        #[pin]
        inner: B,
    }
}

// === impl Identity ===

impl<S, A, B> Service<Request<A>> for Identity<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<IdentityBody<B>>;
    type Error = S::Error;
    type Future = IdentityFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        IdentityFuture { inner: self.0.call(request) }
    }
}

// === impl IdentityFuture ===

impl<F, B, E> Future for IdentityFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<IdentityBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.project().inner.poll(cx));
        Poll::Ready(response.map(|response| response.map(|inner| IdentityBody { inner })))
    }
}

// === impl IdentityBody ===

impl<B: Body> Body for IdentityBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.project().inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
