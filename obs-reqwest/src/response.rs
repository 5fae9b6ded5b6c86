//! Responses whose body is observed to its end.

use std::mem;

use obs_core::adapter::{ClientObservation, ClientResponse};
use obs_http::{Headers, ObsClientBody, protocol};
use reqwest::{Body, Response, ResponseBuilderExt as _};

use crate::error::describe;

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
    // Extensions are the only way to set the URL of a response of reqwest, and a builder to set that extension.
    let mut extended = http::Response::builder();
    if let Some(extensions) = extended.extensions_mut() {
        *extensions = mem::take(response.extensions_mut());
    }
    let mut extended = extended.url(response.url().clone());
    let extensions = extended.extensions_mut().map(mem::take);
    let (mut parts, body) = http::Response::<Body>::from(response).into_parts();
    parts.extensions = extensions.unwrap_or_default();
    let body = Body::wrap(ObsClientBody::new(body, observation, describe));
    http::Response::from_parts(parts, body).into()
}
