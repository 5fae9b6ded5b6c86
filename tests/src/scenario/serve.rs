//! Serving a tower service with a subscriber of its own.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use tower_service::Service;
use tracing::{Dispatch, dispatcher, instrument::WithSubscriber as _};

/// A service, its futures and its bodies, polled with a subscriber current: what a program has once,
/// a test has for each of its servers.
#[derive(Clone, Debug)]
pub struct Subscribed<S> {
    inner: S,
    subscriber: Dispatch,
}

/// A body polled with a subscriber current.
#[derive(Debug)]
pub struct SubscribedBody<B> {
    inner: Pin<Box<B>>,
    subscriber: Dispatch,
}

// === impl Subscribed ===

impl<S> Subscribed<S> {
    /// `inner` with `subscriber`; without one, with whatever is current.
    #[must_use]
    pub fn new(inner: S, subscriber: Option<Dispatch>) -> Self {
        Self {
            inner,
            subscriber: subscriber.unwrap_or_else(|| dispatcher::get_default(Dispatch::clone)),
        }
    }
}

impl<S, B, R> Service<Request<B>> for Subscribed<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    S::Error: 'static,
    R: 'static,
{
    type Response = Response<SubscribedBody<R>>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let subscriber = self.subscriber.clone();
        let inner = dispatcher::with_default(&subscriber, || self.inner.call(request));
        let answering = inner.with_subscriber(subscriber.clone());
        let wrap = move |body| SubscribedBody {
            inner: Box::pin(body),
            subscriber,
        };
        answering.map(|answer| answer.map(|answer| answer.map(wrap))).boxed()
    }
}

// === impl SubscribedBody ===

impl<B: Body> Body for SubscribedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let Self { inner, subscriber } = &mut *self;
        dispatcher::with_default(subscriber, || inner.as_mut().poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
