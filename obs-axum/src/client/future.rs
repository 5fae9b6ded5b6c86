//! The future of a client's response.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::Response;
use http_body::Body;
use obs_core::{
    adapter::{ClientObservation, ClientResponse, Failure},
    guard::Guarded,
    names::error_type,
};
use obs_http::{Attempt, Headers, protocol};
use pin_project_lite::pin_project;

use super::{ClassifyError, ObsClientBody};

pin_project! {
    /// The future of [`ObsClientService`](super::ObsClientService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ObsClientFuture<F, C> {
        #[pin]
        attempt: Attempt<F>,
        classify: Arc<Guarded<C>>,
    }
}

// === impl ObsClientFuture ===

impl<F, C> ObsClientFuture<F, C> {
    pub(super) fn new(attempt: Attempt<F>, classify: Arc<Guarded<C>>) -> Self {
        Self { attempt, classify }
    }
}

impl<F, C, R, E> Future for ObsClientFuture<F, C>
where
    F: Future<Output = Result<Response<R>, E>>,
    C: ClassifyError<E>,
    R: Body,
    R::Error: fmt::Display + 'static,
{
    type Output = Result<Response<ObsClientBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (result, mut observation) = ready!(this.attempt.poll(cx));
        Poll::Ready(match result {
            Ok(response) => Ok(answered(response, observation)),
            Err(error) => {
                report_error(this.classify, &error, &mut observation);
                Err(error)
            }
        })
    }
}

fn report_error<E, C: ClassifyError<E>>(classify: &Guarded<C>, error: &E, observation: &mut ClientObservation) {
    if let Some(Some(status)) = classify.call(|classify| classify.grpc_status(error)) {
        observation.grpc_error(status);
    }
    let error_type = classify.call(|classify| classify.error_type(error));
    if let Some(Some(failure)) = classify.call(|classify| classify.describe(error)) {
        observation.explain(|| failure);
    }
    observation.error(error_type.unwrap_or(error_type::OTHER), None);
}

/// Reports the head of the response, and passes the observation on to the body.
fn answered<R>(response: Response<R>, mut observation: ClientObservation) -> Response<ObsClientBody<R>>
where
    R: Body,
    R::Error: fmt::Display + 'static,
{
    observation.head(&ClientResponse {
        status: response.status().as_u16(),
        protocol: Some(protocol(response.version())),
        headers: &Headers(response.headers()),
        peer: None,
        body_bytes: body_bytes(response.body()),
        is_body_reported: true,
    });
    response.map(|body| ObsClientBody::new(body, observation, Failure::of_value))
}

fn body_bytes(body: &impl Body) -> Option<u64> {
    if body.is_end_stream() {
        Some(0)
    } else {
        body.size_hint().exact()
    }
}

impl<F, C> fmt::Debug for ObsClientFuture<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsClientFuture").finish_non_exhaustive()
    }
}
