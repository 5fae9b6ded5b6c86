//! The service: a request arrives.

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
use obs_core::adapter::{LabelValues, LayerState, Observation, Protocol, RequestHead};

use crate::{
    ObsBody, ObsFuture, RequestView,
    endpoint::{Arrival, Hooks},
    headers::Headers,
    patterns::Patterns,
    request_body,
    wire::Wire,
};

/// A service that records its requests; created by [`ObsMiddleware`](crate::ObsMiddleware).
pub struct ObsService<S> {
    inner: S,
    pub(crate) state: LayerState,
    patterns: Patterns,
    instance: Instance,
}

/// Counts the services on this thread while it exists. Applications are built from the inside, so
/// existing services may be inside of the next one.
#[derive(Debug)]
struct Instance {
    may_nest: bool,
}

thread_local! {
    /// The number of such services on this thread.
    static INSTANCES: Cell<usize> = const { Cell::new(0) };
}

/// Marks a request that is observed already, for middlewares inside.
#[derive(Clone, Copy, Debug)]
struct Observed;

// === impl ObsService ===

impl<S> ObsService<S> {
    /// Wraps a service.
    pub(crate) fn new(inner: S, state: LayerState) -> Self {
        Self {
            inner,
            state,
            patterns: Patterns::new(),
            instance: Instance::begin(),
        }
    }

    /// The wrapped service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Starts the observation of a request.
    fn observe(&self, request: &mut ServiceRequest, arrival: &Arrival) -> Observation {
        let view = RequestView::new(request.request());
        let labels = self
            .state
            .hooks()
            .map(|hooks: &Hooks| hooks.labels(|label| label(&view)));
        let mut observation = Observation::start(
            self.state.instrument(),
            &request_head(
                request,
                arrival.as_str(),
                labels.as_ref().map_or(&[], LabelValues::as_slice),
            ),
            &Headers(request.headers()),
        );
        request_body::count_body(request, &mut observation);
        // A mark can cost an allocation.
        if self.instance.may_nest && !observation.is_over() {
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
        // Borrowed by the closure: values that pass through the call that catches panics are copied several times.
        let (mut request, mut inner) = (Some(request), None);
        observation.run(|| inner = request.take().map(|request| self.inner.call(request)));
        ObsFuture::new(inner, observation, arrival, wire)
    }
}

impl<S: fmt::Debug> fmt::Debug for ObsService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

// === impl Instance ===

impl Instance {
    /// Counts one more service.
    fn begin() -> Self {
        let before = INSTANCES.get();
        INSTANCES.set(before + 1);
        Self { may_nest: before > 0 }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        INSTANCES.set(INSTANCES.get().saturating_sub(1));
    }
}

/// The head of a request as the core reads it.
fn request_head<'a>(request: &'a ServiceRequest, endpoint: Option<&'a str>, labels: &'a [&'a str]) -> RequestHead<'a> {
    let uri = request.uri();
    RequestHead {
        method: request.method().as_str(),
        path: uri.path(),
        query: uri.query(),
        endpoint,
        // Of the connection itself: headers of clients and proxies are not trusted.
        scheme: Some(if request.app_config().secure() { "https" } else { "http" }),
        authority: uri.authority().map(Authority::as_str),
        protocol: protocol(request.version()),
        peer: request.peer_addr(),
        request_id: None,
        labels,
        is_observed: Observation::is_around() && request.extensions().get::<Observed>().is_some(),
    }
}

/// The protocol of a request.
fn protocol(version: Version) -> Protocol {
    match version {
        Version::HTTP_09 | Version::HTTP_10 => Protocol::Http10,
        Version::HTTP_2 => Protocol::Http2,
        Version::HTTP_3 => Protocol::Http3,
        _ => Protocol::Http11,
    }
}
