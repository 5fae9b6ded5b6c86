//! Counting the bytes that a handler reads.

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
use obs_core::request::{ByteCounter, Observation};

/// A request body that counts what is read of it.
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

/// Tells the observation that the request has no body, or puts a counter around the body.
///
/// The counter is the one box of this crate: actix-web's payload has room for a foreign stream only
/// as a boxed one. Requests without a body don't pay for it.
pub(crate) fn count_body(request: &mut ServiceRequest, observation: &mut Observation) {
    if !has_body(request) {
        observation.request_size(0);
    } else if let Some(counter) = observation.count_request_body() {
        let (_, payload) = request.parts_mut();
        let counted = CountedPayload { inner: payload.take(), counter };
        *payload = Payload::Stream { payload: Box::pin(counted) };
    }
}

/// Whether bytes can come. HTTP/1 says so in the headers
/// ([RFC 9112, 6.3](https://www.rfc-editor.org/rfc/rfc9112#section-6.3)), whatever follows an
/// upgrade; of HTTP/2 and of other middleware's streams only the payload knows.
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
