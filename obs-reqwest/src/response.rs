//! Responses whose body is observed to its end.

use std::mem;

use obs_core::client::{ClientObservation, ClientResponse};
use obs_http::{Headers, ObsClientBody, protocol};
use reqwest::{Body, Response, ResponseBuilderExt as _};

/// Reports the head. If more of the body follows, the observation goes on with it.
pub(crate) fn answered(response: Response, mut observation: ClientObservation) -> Response {
    let body_bytes = response.content_length();
    observation.head(&ClientResponse {
        status: response.status().as_u16(),
        protocol: Some(protocol(response.version())),
        headers: &Headers(response.headers()),
        peer: response.remote_addr(),
        body_bytes,
        is_body_reported: true,
    });
    if body_bytes == Some(0) {
        // A body that has ended is not polled.
        observation.end();
    }
    if observation.awaits_body() {
        watch(response, observation)
    } else {
        response
    }
}

/// The same response with its body observed.
fn watch(mut response: Response, observation: ClientObservation) -> Response {
    let mut parts = http::Response::builder()
        .status(response.status())
        .version(response.version());
    if let Some(headers) = parts.headers_mut() {
        *headers = mem::take(response.headers_mut());
    }
    if let Some(extensions) = parts.extensions_mut() {
        *extensions = mem::take(response.extensions_mut());
    }
    // Extensions are the only way to set the URL of a response of reqwest.
    let parts = parts.url(response.url().clone());
    let watched = parts.body(Body::wrap(ObsClientBody::new(Body::from(response), observation)));
    // Nothing that was set can fail.
    watched.unwrap_or_default().into()
}
