//! What axum stores in requests and responses: routes, addresses, and its body, which can hold any other.

use std::{any::Any, mem, net::SocketAddr};

use axum::{
    body::Body,
    extract::{ConnectInfo, MatchedPath, OriginalUri},
};
use http::{Extensions, Request, Uri};
use http_body::Body as _;
use obs_core::adapter::Observation;

use crate::request_body::CountedBody;

/// Marks a response that the layer leaves unrecorded: the page itself, wherever it is nested.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unobserved;

/// The template of the route that the request has matched.
pub(crate) fn matched_path(extensions: &Extensions) -> Option<&str> {
    extensions.get::<MatchedPath>().map(MatchedPath::as_str)
}

/// The target of the request before nested routers have removed their prefixes.
pub(crate) fn original_uri(extensions: &Extensions) -> Option<&Uri> {
    extensions.get::<OriginalUri>().map(|original| &original.0)
}

/// The address of the connection's other end, if the server stores it.
pub(crate) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0)
}

/// Whether the response is that of a page of obs.
pub(crate) fn is_page(extensions: &Extensions) -> bool {
    extensions.get::<Unobserved>().is_some()
}

/// Reports the size of an empty body, or wraps the body to count it. Returns whether it is axum's own type: the type
/// of a body stays the same, so that no other can be wrapped.
pub(crate) fn count_body<B: 'static>(request: &mut Request<B>, observation: &mut Observation) -> bool {
    let Some(body) = (request.body_mut() as &mut dyn Any).downcast_mut::<Body>() else {
        return false;
    };
    if body.is_end_stream() {
        observation.request_size(0);
    } else if let Some(counter) = observation.count_request_body() {
        *body = Body::new(CountedBody::new(mem::take(body), counter));
    }
    true
}
