//! The service: a request arrives.

use std::{
    cell::Cell,
    fmt,
    task::{Context, Poll},
};

use http::{Extensions, Request, Response, Version, header};
#[cfg(feature = "axum")]
use obs_core::adapter::PageOwner;
use obs_core::adapter::{LabelValues, LayerState, Observation, RequestHead};
use obs_http::{Headers, protocol};
use tower_service::Service;

use crate::{
    ObsBody, ObsFuture, routing,
    view::{Hooks, RequestView},
};

/// A service that records its requests; created by [`ObsLayer`](crate::ObsLayer).
pub struct ObsService<S> {
    inner: S,
    observer: Observer,
    /// Whether there may be another such service inside, as far as cloning shows: then requests
    /// are marked even if their route is known.
    may_nest: bool,
}

/// Marks a request that is observed already, for layers inside.
#[derive(Clone, Copy, Debug)]
struct Observed;

thread_local! {
    /// The number of services that were cloned on this thread.
    static CLONED: Cell<usize> = const { Cell::new(0) };
}

/// Which requests a service observes.
#[derive(Clone)]
pub(crate) enum Observer {
    /// All requests, with the state of a layer.
    Layer(LayerState),
    /// Requests without a route that no layer observes, as the layer of the page's instance
    /// would. If routers are merged, axum lets the later one handle unmatched requests, so
    /// merging a page would otherwise hide them from the layer.
    #[cfg(feature = "axum")]
    Unmatched(PageOwner),
}

// === impl ObsService ===

impl<S> ObsService<S> {
    /// Wraps a service.
    pub(crate) fn new(inner: S, observer: Observer) -> Self {
        Self {
            inner,
            observer,
            may_nest: true,
        }
    }

    /// The wrapped service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }
}

impl<S, B, R> Service<Request<B>> for ObsService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    // Of what a server can take, all have both: errors, boxed errors, texts.
    S::Error: fmt::Display + 'static,
    B: 'static,
    R: http_body::Body,
{
    type Response = Response<ObsBody<R>>;
    type Error = S::Error;
    type Future = ObsFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let mut observation = self.observer.observe(&mut request, self.may_nest);
        if observation.reports_panics() {
            return self.call_in_context(&mut Some(request), observation);
        }
        let polling = observation.enter();
        let inner = self.inner.call(request);
        polling.leave();
        ObsFuture {
            inner: Some(inner),
            observation: Some(observation),
        }
    }
}

impl<S> ObsService<S> {
    /// Calls the service with the message of a panic recorded.
    // Request and future are large. What passes through the call that catches panics is copied several times, so it is
    // borrowed there.
    #[inline(never)]
    fn call_in_context<B>(
        &mut self,
        request: &mut Option<Request<B>>,
        mut observation: Observation,
    ) -> ObsFuture<S::Future>
    where
        S: Service<Request<B>>,
    {
        let mut future = ObsFuture {
            inner: None,
            observation: None,
        };
        observation.run(|| {
            if let Some(request) = request.take() {
                future.inner = Some(self.inner.call(request));
            }
        });
        future.observation = Some(observation);
        future
    }
}

impl<S: Clone> Clone for ObsService<S> {
    /// Routers clone their services for each request. Services that are cloned meanwhile are
    /// inside of this one.
    fn clone(&self) -> Self {
        let before = CLONED.get();
        let inner = self.inner.clone();
        let may_nest = CLONED.get() != before;
        CLONED.set(before.wrapping_add(1));
        Self {
            inner,
            observer: self.observer.clone(),
            may_nest,
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for ObsService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

// === impl Observer ===

impl Observer {
    /// Starts an observation, if the request is to be observed.
    fn observe<B: 'static>(&self, request: &mut Request<B>, may_nest: bool) -> Observation {
        match self {
            Self::Layer(state) => start(state, request, may_nest),
            #[cfg(feature = "axum")]
            Self::Unmatched(owner) => {
                let layer = if routing::matched_path(request.extensions()).is_some() || Observation::is_around() {
                    None
                } else {
                    owner.layer()
                };
                layer.map_or_else(Observation::none, |layer| start(&layer, request, may_nest))
            }
        }
    }
}

/// Starts the observation of a request by a layer.
fn start<B: 'static>(state: &LayerState, request: &mut Request<B>, may_nest: bool) -> Observation {
    let headers = Headers(request.headers());
    let instrument = state.instrument();
    let hooks: Option<&Hooks> = state.hooks();
    let view = RequestView::new(request);
    let matched = routing::matched_path(request.extensions());
    let is_matched = matched.is_some();
    let named = hooks
        .filter(|_| !is_matched)
        .and_then(|hooks| hooks.template(|endpoint| endpoint(&view)));
    let labels = hooks.map(|hooks| hooks.labels(|label| label(&view)));
    let labels = labels.as_ref().map_or(&[][..], LabelValues::as_slice);
    let head = request_head(request, matched, named.as_deref(), labels, instrument.reads_origin());
    let mut observation = Observation::start(instrument, &head, &headers);
    count_body(request, &mut observation);
    // A mark can cost an allocation. A request with a route passes one layer, unless cloning has shown
    // another; without a route, there may be a router inside with layers of its own.
    if !observation.is_over() && (may_nest || !is_matched) {
        request.extensions_mut().insert(Observed);
    }
    observation
}

/// The head of a request as the core reads it.
fn request_head<'a, B>(
    request: &'a Request<B>,
    matched: Option<&'a str>,
    named: Option<&'a str>,
    labels: &'a [&'a str],
    with_origin: bool,
) -> RequestHead<'a> {
    let extensions = request.extensions();
    let of_origin = Some(extensions).filter(|_| with_origin);
    // A nested router removes its prefix. Metrics need the target only where no route names the endpoint:
    // for unmatched requests, and for gRPC.
    let reads_target = with_origin || matched.is_none() || request.version() > Version::HTTP_11;
    let original = Some(extensions)
        .filter(|_| reads_target)
        .and_then(routing::original_uri);
    let uri = original.unwrap_or(request.uri());
    RequestHead {
        method: request.method().as_str(),
        path: uri.path(),
        query: uri.query(),
        endpoint: named.or(matched),
        scheme: uri.scheme_str(),
        authority: uri.authority().map(http::uri::Authority::as_str),
        protocol: protocol(request.version()),
        peer: of_origin.and_then(routing::peer),
        request_id: of_origin.and_then(request_id),
        labels,
        is_observed: Observation::is_around() && extensions.get::<Observed>().is_some(),
    }
}

/// The id that a layer of tower-http has stored.
#[cfg(feature = "tower-http")]
fn request_id(extensions: &Extensions) -> Option<&[u8]> {
    let id = extensions.get::<tower_http::request_id::RequestId>();
    id.map(|id| id.header_value().as_bytes())
}

#[cfg(not(feature = "tower-http"))]
fn request_id(_: &Extensions) -> Option<&[u8]> {
    None
}

/// Reports the size of the request body, or wraps the body to count it.
fn count_body<B: 'static>(request: &mut Request<B>, observation: &mut Observation) {
    if !routing::count_body(request, observation)
        && let Some(bytes) = declared_size(request)
    {
        observation.request_size(bytes);
    }
}

/// The size in the headers ([RFC 9112, 6.3](https://www.rfc-editor.org/rfc/rfc9112#section-6.3)).
fn declared_size<B>(request: &Request<B>) -> Option<u64> {
    let headers = request.headers();
    if let Some(length) = headers.get(header::CONTENT_LENGTH) {
        return length.to_str().ok()?.parse().ok();
    }
    let is_http1 = request.version() <= Version::HTTP_11;
    (is_http1 && !headers.contains_key(header::TRANSFER_ENCODING)).then_some(0)
}
