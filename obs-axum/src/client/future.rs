//! The response future.

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
    client::{ClientObservation, ClientResponse},
    guard::Guarded,
    names::error_type,
};
use pin_project_lite::pin_project;

use super::{ClassifyError, ObsClientBody};
use crate::{headers::Headers, service::protocol};

pin_project! {
    /// The future of [`ObsClientService`](super::ObsClientService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ObsClientFuture<F, C> {
        // `None` once it is done: dropped while the attempt is current.
        #[pin]
        inner: Option<F>,
        observation: ClientObservation,
        classify: Arc<Guarded<C>>,
    }

    impl<F, C> PinnedDrop for ObsClientFuture<F, C> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.inner.is_some() {
                this.observation.run(|| this.inner.set(None));
            }
        }
    }
}

// === impl ObsClientFuture ===

impl<F, C> ObsClientFuture<F, C> {
    pub(super) fn new(inner: F, observation: ClientObservation, classify: Arc<Guarded<C>>) -> Self {
        Self { inner: Some(inner), observation, classify }
    }
}

impl<F, C, R, E> Future for ObsClientFuture<F, C>
where
    F: Future<Output = Result<Response<R>, E>>,
    C: ClassifyError<E>,
    R: Body,
{
    type Output = Result<Response<ObsClientBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = this.observation.run(|| {
            let polled = this.inner.as_mut().as_pin_mut()?.poll(cx);
            if polled.is_ready() {
                this.inner.set(None);
            }
            Some(polled)
        });
        // Polled again after it was ready, which the contract of futures forbids.
        let result = ready!(polled.unwrap_or(Poll::Pending));
        let mut observation = std::mem::replace(this.observation, ClientObservation::none());
        Poll::Ready(match result {
            Ok(response) => Ok(answered(response, observation)),
            Err(error) => {
                if let Some(Some(status)) = this.classify.call(|classify| classify.grpc_status(&error)) {
                    observation.grpc_error(status);
                }
                let said = this.classify.call(|classify| (classify.error_type(&error), classify.cause(&error)));
                let (error_type, cause) = said.unwrap_or((error_type::OTHER, None));
                observation.error(error_type, cause);
                Err(error)
            }
        })
    }
}

/// Reports the head, and hands the observation on to the body.
fn answered<R: Body>(response: Response<R>, mut observation: ClientObservation) -> Response<ObsClientBody<R>> {
    observation.head(&ClientResponse {
        status: response.status().as_u16(),
        protocol: Some(protocol(response.version())),
        headers: &Headers(response.headers()),
        peer: None,
        body_bytes: body_bytes(response.body()),
        is_body_reported: true,
    });
    response.map(|body| ObsClientBody::new(body, observation))
}

fn body_bytes(body: &impl Body) -> Option<u64> {
    if body.is_end_stream() { Some(0) } else { body.size_hint().exact() }
}

impl<F, C> fmt::Debug for ObsClientFuture<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsClientFuture").finish_non_exhaustive()
    }
}
