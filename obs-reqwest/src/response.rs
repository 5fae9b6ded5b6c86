//! Answers whose body is watched to its end.

use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use obs_core::client::{ClientObservation, ClientResponse};
use reqwest::{Body, Response, ResponseBuilderExt as _};

use crate::{headers::Headers, request::protocol};

/// The body of an answer whose attempt goes on; size, end and frames are the inner body's.
struct Watched {
    observation: ClientObservation,
    inner: Body,
}

/// Reports the head. If something is yet to come of the body, the observation goes on with it.
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
        // Nobody polls a body that has ended.
        observation.end();
    }
    if observation.awaits_body() { watch(response, observation) } else { response }
}

/// The same answer with its body watched.
fn watch(mut response: Response, observation: ClientObservation) -> Response {
    let mut parts = http::Response::builder().status(response.status()).version(response.version());
    if let Some(headers) = parts.headers_mut() {
        *headers = mem::take(response.headers_mut());
    }
    if let Some(extensions) = parts.extensions_mut() {
        *extensions = mem::take(response.extensions_mut());
    }
    // Extensions are the one way to tell reqwest the URL of an answer.
    let parts = parts.url(response.url().clone());
    let watched = parts.body(Body::wrap(Watched { observation, inner: response.into() }));
    // Nothing was set that could fail.
    watched.unwrap_or_default().into()
}

// === impl Watched ===

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let Self { observation, inner } = &mut *self;
        let frame = ready!(observation.run(|| Pin::new(&mut *inner).poll_frame(cx)));
        match &frame {
            Some(Ok(frame)) => match (frame.data_ref(), frame.trailers_ref()) {
                (_, Some(trailers)) => observation.trailers(&Headers(trailers)),
                (data, None) => {
                    if let Some(data) = data.filter(|_| observation.reads_body()) {
                        observation.body_data(Some(data));
                    }
                    let bytes = data.map_or(0, Bytes::len) as u64;
                    observation.body_bytes(bytes, inner.is_end_stream());
                }
            },
            Some(Err(_)) => observation.body_error(),
            None => observation.end(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
