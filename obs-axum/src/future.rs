//! The future of a response.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body::Body;
use obs_core::{
    adapter::{BodySize, Failure, Observation, ResponseHead},
    names,
};
use obs_http::{Headers, content_length, insert_trace_response};
use pin_project_lite::pin_project;

use crate::{Endpoint, ObsBody, ResponseError, routing};

const REQUEST_ID: HeaderName = HeaderName::from_static(names::header::REQUEST_ID);

pin_project! {
    /// The future of [`ObsService`](crate::ObsService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ObsFuture<F> {
        // `None` after completion. Dropped while the request's context is current.
        #[pin]
        pub(crate) inner: Option<F>,
        pub(crate) observation: Option<Observation>,
    }

    impl<F> PinnedDrop for ObsFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // A cancelled handler may log while it is dropped, with the request's ids.
            if let Some(observation) = this.observation
                && this.inner.is_some()
            {
                observation.run(|| this.inner.set(None));
            }
        }
    }
}

// === impl ObsFuture ===

impl<F, R, E> Future for ObsFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
    E: fmt::Display + 'static,
{
    type Output = Result<Response<ObsBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // Polled after completion, which the contract of futures forbids.
        let Some(observation) = this.observation.as_mut() else {
            return Poll::Pending;
        };
        let mut polled = if observation.reports_panics() {
            poll_in_context(this.inner.as_mut(), observation, cx)
        } else {
            let polling = observation.enter();
            let polled = poll_inner(this.inner.as_mut(), cx);
            polling.leave();
            polled
        };
        if polled.is_pending() {
            return Poll::Pending;
        }
        let Some(mut observation) = this.observation.take() else {
            return Poll::Pending;
        };
        // The response is large: it is changed where it is, and moved once.
        match &mut polled {
            Poll::Ready(Ok(response)) => respond(response, &mut observation),
            Poll::Ready(Err(error)) => {
                observation.explain(|| Failure::of_value(error));
                observation.service_error();
            }
            Poll::Pending => {}
        }
        polled.map_ok(|response| response.map(|body| ObsBody::new(body, observation)))
    }
}

/// Polls the inner future, and drops it at its end, so that log lines of its drop have the request's ids.
fn poll_inner<F: Future>(mut inner: Pin<&mut Option<F>>, cx: &mut Context<'_>) -> Poll<F::Output> {
    let Some(future) = inner.as_mut().as_pin_mut() else {
        return Poll::Pending;
    };
    let polled = future.poll(cx);
    if polled.is_ready() {
        inner.set(None);
    }
    polled
}

/// The same where the message of a panic is recorded. What passes through the call that catches panics is copied several
/// times, so the result is written in place.
#[inline(never)]
fn poll_in_context<F: Future>(
    inner: Pin<&mut Option<F>>,
    observation: &mut Observation,
    cx: &mut Context<'_>,
) -> Poll<F::Output> {
    let mut polled = None;
    observation.run(|| {
        polled.get_or_insert_with(|| poll_inner(inner, cx));
    });
    polled.unwrap_or(Poll::Pending)
}

impl<F> fmt::Debug for ObsFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsFuture").finish_non_exhaustive()
    }
}

/// Reports the head of the response, and sets the request id.
fn respond<R: Body>(response: &mut Response<R>, observation: &mut Observation) {
    if routing::is_page(response.extensions()) {
        observation.discard();
    }
    observation.response_headers(&mut |name, value| {
        if let Ok(value) = HeaderValue::from_str(value) {
            insert_trace_response(response.headers_mut(), HeaderName::from_static(name), value);
        }
    });
    let size = body_size(response.body(), response.headers());
    let request_id = observation
        .request_id()
        .and_then(|id| HeaderValue::from_bytes(id).ok())
        .map(|id| (request_id_header(observation.request_id_header()), id));
    let error = || response.extensions().get();
    observation.explain_response(response.status().as_u16(), error, ResponseError::failure);
    observation.head(&ResponseHead {
        status: response.status().as_u16(),
        headers: &Headers(response.headers()),
        body: size,
        endpoint: response.extensions().get::<Endpoint>().map(Endpoint::as_str),
    });
    if let Some((name, id)) = request_id {
        response.headers_mut().insert(name, id);
    }
}

/// The header of request ids: the one that the application has chosen, else `x-request-id`.
fn request_id_header(chosen: Option<&'static str>) -> HeaderName {
    let chosen = chosen.and_then(|name| HeaderName::from_bytes(name.as_bytes()).ok());
    chosen.unwrap_or(REQUEST_ID)
}

/// The size of a body, and whether `Content-Length` contradicts it: hyper sends that header
/// unchanged.
fn body_size(body: &impl Body, headers: &HeaderMap) -> BodySize {
    let exact = if body.is_end_stream() {
        Some(0)
    } else {
        body.size_hint().exact()
    };
    let Some(exact) = exact else { return BodySize::Unknown };
    match content_length(headers) {
        Some(declared) if declared != exact => BodySize::Contradicted { declared, exact },
        _ => BodySize::Exact(exact),
    }
}
