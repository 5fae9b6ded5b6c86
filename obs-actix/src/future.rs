//! The future of a response.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::ServiceResponse,
    http::header::{HeaderName, HeaderValue},
};
use obs_core::{
    adapter::{Observation, ResponseHead},
    names,
};
use pin_project_lite::pin_project;

use crate::{
    Endpoint, ObsBody,
    endpoint::Arrival,
    failure,
    headers::{Headers, insert_trace_response},
    page::Unobserved,
    wire::Wire,
};

pin_project! {
    /// The future of [`ObsService`](crate::ObsService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ObsFuture<F> {
        // `None` after completion. Dropped while the request's context is current.
        #[pin]
        inner: Option<F>,
        observation: Option<Observation>,
        arrival: Arrival,
        wire: Wire,
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

impl<F> ObsFuture<F> {
    /// Wraps the future of the inner service.
    pub(crate) fn new(inner: Option<F>, observation: Observation, arrival: Arrival, wire: Wire) -> Self {
        Self {
            inner,
            observation: Some(observation),
            arrival,
            wire,
        }
    }
}

impl<F, B> Future for ObsFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<ObsBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // Polled after completion, which the contract of futures forbids.
        let Some(observation) = this.observation.as_mut() else {
            return Poll::Pending;
        };
        // The response is large: it is written and changed in place, and moved once.
        let mut polled = None;
        observation.run(|| {
            let Some(inner) = this.inner.as_mut().as_pin_mut() else {
                return;
            };
            if polled.get_or_insert_with(|| inner.poll(cx)).is_ready() {
                // Dropped here, so that log lines of its drop have the request's ids.
                this.inner.set(None);
            }
        });
        if !polled.as_ref().is_some_and(Poll::is_ready) {
            return Poll::Pending;
        }
        let Some(mut observation) = this.observation.take() else {
            return Poll::Pending;
        };
        if let Some(Poll::Ready(Ok(response))) = &mut polled {
            respond(response, &mut observation, this.arrival, *this.wire);
        }
        match polled {
            Some(Poll::Ready(Ok(response))) => {
                Poll::Ready(Ok(response.map_body(|_, body| ObsBody::new(body, observation))))
            }
            Some(Poll::Ready(Err(error))) => Poll::Ready(Err(failure::watch(error, observation, *this.wire))),
            Some(Poll::Pending) | None => Poll::Pending,
        }
    }
}

impl<F> fmt::Debug for ObsFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsFuture").finish_non_exhaustive()
    }
}

/// Reports the head of the response, and sets the request id.
fn respond<B: MessageBody>(
    response: &mut ServiceResponse<B>,
    observation: &mut Observation,
    arrival: &Arrival,
    wire: Wire,
) {
    if response.response().extensions().get::<Unobserved>().is_some() {
        observation.discard();
    }
    observation.response_headers(&mut |name, value| {
        if let Ok(value) = HeaderValue::from_str(value) {
            insert_trace_response(response.headers_mut(), HeaderName::from_static(name), value);
        }
    });
    let error = || response.response().error();
    observation.explain_response(response.status().as_u16(), error, failure::describe);
    let request_id = request_id(observation);
    report_head(response, observation, arrival, wire);
    if let Some((name, id)) = request_id {
        response.headers_mut().insert(name, id);
    }
}

/// Reports status, headers, size and endpoint of the response.
fn report_head<B: MessageBody>(
    response: &ServiceResponse<B>,
    observation: &mut Observation,
    arrival: &Arrival,
    wire: Wire,
) {
    let extensions = response.response().extensions();
    let named = extensions.get::<Endpoint>().map(Endpoint::as_str);
    let routed = if named.is_none() {
        arrival.after_routing(response.request())
    } else {
        None
    };
    observation.head(&ResponseHead {
        status: response.status().as_u16(),
        headers: &Headers(response.headers()),
        body: wire.body_size(response.response()),
        endpoint: named.or(routed.as_deref()),
    });
}

/// The request id as a header: under the name that the application has chosen, else as `x-request-id`.
pub(crate) fn request_id(observation: &Observation) -> Option<(HeaderName, HeaderValue)> {
    let value = HeaderValue::from_bytes(observation.request_id()?).ok()?;
    let chosen = observation.request_id_header();
    let chosen = chosen.and_then(|name| HeaderName::from_bytes(name.as_bytes()).ok());
    Some((
        chosen.unwrap_or(HeaderName::from_static(names::header::REQUEST_ID)),
        value,
    ))
}
