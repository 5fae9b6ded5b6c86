//! The service of a client: an attempt starts.

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::Body;
use obs_core::{
    adapter::{ClientObservation, ClientRequest, ClientState, LabelValues},
    guard::Guarded,
};
use obs_http::{Attempt, Headers, propagate};
use tower_service::Service;

use super::{
    ClassifyError, ObsClientBody, ObsClientFuture,
    request::{client_request, has_target},
};
use crate::{RequestView, view::Hooks};

/// A client that records its attempts; created by [`ObsClientLayer`](super::ObsClientLayer).
#[derive(Clone)]
pub struct ObsClientService<S, C> {
    inner: S,
    state: ClientState,
    classify: Arc<Guarded<C>>,
}

// === impl ObsClientService ===

impl<S, C> ObsClientService<S, C> {
    pub(super) fn new(inner: S, state: ClientState, classify: Arc<Guarded<C>>) -> Self {
        Self { inner, state, classify }
    }

    /// The wrapped client.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Starts an attempt, and writes its headers into the request.
    fn observe<B: Body>(&self, request: &mut Request<B>) -> ClientObservation {
        let hooks: Option<&Hooks> = self.state.hooks();
        let view = RequestView::new(request);
        let named = hooks
            .filter(|_| !has_target(request))
            .and_then(|hooks| hooks.template(|target| target(&view)));
        let labels = hooks.map(|hooks| hooks.labels(|label| label(&view)));
        let attempt = ClientRequest {
            labels: labels.as_ref().map_or(&[][..], LabelValues::as_slice),
            ..client_request(request, named.as_deref())
        };
        let observation = ClientObservation::start(self.state.instrument(), &attempt, &Headers(request.headers()));
        if let Some(propagated) = observation.propagated() {
            propagate(&propagated, request.headers_mut());
        }
        observation
    }
}

impl<S, C, B, R> Service<Request<B>> for ObsClientService<S, C>
where
    S: Service<Request<B>, Response = Response<R>>,
    C: ClassifyError<S::Error>,
    B: Body,
    R: Body,
    R::Error: fmt::Display + 'static,
{
    type Response = Response<ObsClientBody<R>>;
    type Error = S::Error;
    type Future = ObsClientFuture<S::Future, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let mut observation = self.observe(&mut request);
        let inner = observation.run(|| self.inner.call(request));
        ObsClientFuture::new(Attempt::new(inner, observation), Arc::clone(&self.classify))
    }
}

impl<S: fmt::Debug, C> fmt::Debug for ObsClientService<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsClientService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
