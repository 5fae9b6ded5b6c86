//! The service.

use std::{
    cell::Cell,
    fmt,
    task::{Context, Poll},
};

use actix_web::{
    Error, HttpMessage as _,
    body::MessageBody,
    dev::{Service, ServiceRequest, ServiceResponse},
    http::{Version, uri::Authority},
};
use obs_core::request::{LabelValues, LayerState, Observation, Protocol, RequestHead};

use crate::{
    ObsBody, ObsFuture, RequestView,
    endpoint::{Arrival, Hooks},
    headers::Headers,
    patterns::Patterns,
    request_body,
    wire::Wire,
};

/// A service whose requests are recorded; made by [`ObsMiddleware`](crate::ObsMiddleware).
pub struct ObsService<S> {
    inner: S,
    pub(crate) state: LayerState,
    patterns: Patterns,
    standing: Standing,
}

/// A service of ours that stands on this thread; applications are put together from within, so those
/// that stand already may be within the next one.
#[derive(Debug)]
struct Standing {
    may_nest: bool,
}

thread_local! {
    /// How many services of ours stand on this thread.
    static STANDING: Cell<usize> = const { Cell::new(0) };
}

/// Marks a request that a middleware has met: another one within is to tell that it is the same one.
#[derive(Clone, Copy, Debug)]
struct Observed;

// === impl ObsService ===

impl<S> ObsService<S> {
    pub(crate) fn new(inner: S, state: LayerState) -> Self {
        Self { inner, state, patterns: Patterns::new(), standing: Standing::begin() }
    }

    /// The wrapped service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    fn observe(&self, request: &mut ServiceRequest, arrival: &Arrival) -> Observation {
        let view = RequestView::new(request.request());
        let labels = self.state.hooks().map(|hooks: &Hooks| hooks.labels(|label| label(&view)));
        let mut observation = Observation::start(
            self.state.instrument(),
            &request_head(request, arrival.as_str(), labels.as_ref().map_or(&[], LabelValues::as_slice)),
            &Headers(request.headers()),
        );
        request_body::count_body(request, &mut observation);
        // A mark can cost an allocation.
        if self.standing.may_nest && !observation.is_over() {
            request.extensions_mut().insert(Observed);
        }
        observation
    }
}

impl<S, B> Service<ServiceRequest> for ObsService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ObsBody<B>>;
    type Error = Error;
    type Future = ObsFuture<S::Future>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let arrival = Arrival::of(&request, &self.patterns, self.state.hooks());
        let wire = Wire::of(request.version());
        let mut observation = self.observe(&mut request, &arrival);
        // Borrowed by the closure: what passes through the call that catches panics is copied there, several times.
        let (mut request, mut inner) = (Some(request), None);
        observation.run(|| inner = request.take().map(|request| self.inner.call(request)));
        ObsFuture::new(inner, observation, arrival, wire)
    }
}

impl<S: fmt::Debug> fmt::Debug for ObsService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsService").field("inner", &self.inner).finish_non_exhaustive()
    }
}

// === impl Standing ===

impl Standing {
    fn begin() -> Self {
        let before = STANDING.get();
        STANDING.set(before + 1);
        Self { may_nest: before > 0 }
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        STANDING.set(STANDING.get().saturating_sub(1));
    }
}

fn request_head<'a>(request: &'a ServiceRequest, endpoint: Option<&'a str>, labels: &'a [&'a str]) -> RequestHead<'a> {
    let uri = request.uri();
    RequestHead {
        method: request.method().as_str(),
        path: uri.path(),
        query: uri.query(),
        endpoint,
        // The connection's own: what clients and proxies say of it in headers is not believed.
        scheme: Some(if request.app_config().secure() { "https" } else { "http" }),
        authority: uri.authority().map(Authority::as_str),
        protocol: protocol(request.version()),
        peer: request.peer_addr(),
        request_id: None,
        labels,
        is_observed: Observation::is_around() && request.extensions().get::<Observed>().is_some(),
    }
}

fn protocol(version: Version) -> Protocol {
    match version {
        Version::HTTP_09 | Version::HTTP_10 => Protocol::Http10,
        Version::HTTP_2 => Protocol::Http2,
        Version::HTTP_3 => Protocol::Http3,
        _ => Protocol::Http11,
    }
}
