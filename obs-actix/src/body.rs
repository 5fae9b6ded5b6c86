//! The response body.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};
use obs_core::request::Observation;
use pin_project_lite::pin_project;

pin_project! {
    /// A response body whose end is the end of its request. Its size is the inner body's.
    pub struct ObsBody<B> {
        observation: Observation,
        #[pin]
        inner: B,
    }
}

// === impl ObsBody ===

impl<B> ObsBody<B> {
    pub(crate) fn new(inner: B, observation: Observation) -> Self {
        Self { observation, inner }
    }
}

impl<B: MessageBody> MessageBody for ObsBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        let polling = this.observation.enter_body();
        let polled = this.inner.poll_next(cx);
        polling.leave();
        let chunk = ready!(polled);
        match &chunk {
            // A body of unknown size tells its end by `None`; of a known one the core counts.
            Some(Ok(bytes)) => this.observation.body_bytes(bytes.len() as u64, false),
            Some(Err(_)) => this.observation.body_error(),
            None => this.observation.end(),
        }
        Poll::Ready(chunk)
    }

    /// Hands the bytes of a complete body on in one piece, which ends the request: middleware
    /// outside of this one (a scope, compression) takes whole bodies so and polls this one no more.
    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let Self { mut observation, inner } = self;
        match inner.try_into_bytes() {
            Ok(bytes) => {
                observation.body_bytes(bytes.len() as u64, true);
                Ok(bytes)
            }
            Err(inner) => Err(Self { observation, inner }),
        }
    }
}

impl<B: fmt::Debug> fmt::Debug for ObsBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsBody").field("inner", &self.inner).finish_non_exhaustive()
    }
}
