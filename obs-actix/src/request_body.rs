//! Counting the bytes of a request body that the handler reads.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    dev::{Payload, ServiceRequest},
    error::PayloadError,
    http::{Version, header},
    web::Bytes,
};
use futures_core::Stream;
use obs_core::adapter::{ByteCounter, Observation};

/// A request body that counts the bytes that are read.
pub(crate) struct CountedPayload {
    inner: Payload,
    counter: ByteCounter,
}

// === impl CountedPayload ===

impl Stream for CountedPayload {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = ready!(Pin::new(&mut self.inner).poll_next(cx));
        if let Some(Ok(bytes)) = &chunk {
            self.counter.add(bytes.len() as u64);
        }
        Poll::Ready(chunk)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

/// Reports that the request has no body, or wraps the body to count it.
///
/// The wrapper is boxed, since the payload of actix-web accepts other streams only in a box.
/// Requests without a body do not need it.
pub(crate) fn count_body(request: &mut ServiceRequest, observation: &mut Observation) {
    if !has_body(request) {
        observation.request_size(0);
    } else if let Some(counter) = observation.count_request_body() {
        let (_, payload) = request.parts_mut();
        let counted = CountedPayload {
            inner: payload.take(),
            counter,
        };
        *payload = Payload::Stream {
            payload: Box::pin(counted),
        };
    }
}

/// Whether the request has a body. HTTP/1 declares it in the headers ([RFC 9112,
/// 6.3](https://www.rfc-editor.org/rfc/rfc9112#section-6.3)), regardless of what follows an
/// upgrade; for HTTP/2 and streams of other middlewares, the payload decides.
fn has_body(request: &ServiceRequest) -> bool {
    match request.parts().1 {
        Payload::None => false,
        Payload::H1 { .. } if request.version() <= Version::HTTP_11 => {
            let headers = request.headers();
            headers.contains_key(header::CONTENT_LENGTH) || headers.contains_key(header::TRANSFER_ENCODING)
        }
        _ => true,
    }
}
