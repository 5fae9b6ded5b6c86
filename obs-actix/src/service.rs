//! The service.

use std::{
    fmt,
    task::{Context, Poll},
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{Service, ServiceRequest, ServiceResponse},
    http::{Version, uri::Authority},
};
use obs_core::request::{LayerState, Observation, Protocol, RequestHead};

use crate::{
    ObsBody, ObsFuture,
    endpoint::Arrival,
    headers::Headers,
    hooks::{Hooks, LabelValues},
    patterns::Patterns,
    request_body,
    wire::Wire,
};

/// A service whose requests are recorded; made by [`ObsMiddleware`](crate::ObsMiddleware).
pub struct ObsService<S> {
    inner: S,
    pub(crate) state: LayerState,
    patterns: Patterns,
}

// === impl ObsService ===

impl<S> ObsService<S> {
    pub(crate) fn new(inner: S, state: LayerState) -> Self {
        Self { inner, state, patterns: Patterns::new() }
    }

    /// The wrapped service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    fn observe(&self, request: &mut ServiceRequest, arrival: &Arrival) -> Observation {
        let labels = self.state.hooks().map(|hooks: &Hooks| hooks.labels(request));
        let mut observation = Observation::start(
            self.state.instrument(),
            &request_head(request, arrival.as_str(), labels.as_ref().map_or(&[], LabelValues::as_slice)),
            &Headers(request.headers()),
        );
        request_body::count_body(request, &mut observation);
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
        let polling = observation.enter();
        let inner = self.inner.call(request);
        polling.leave();
        ObsFuture::new(inner, observation, arrival, wire)
    }
}

impl<S: fmt::Debug> fmt::Debug for ObsService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsService").field("inner", &self.inner).finish_non_exhaustive()
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
