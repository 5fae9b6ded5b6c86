//! The response body.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use obs_core::request::Observation;
use pin_project_lite::pin_project;

use crate::headers::Headers;

pin_project! {
    /// A response body whose end is the end of its request. Size, end and trailers are the inner
    /// body's.
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

impl<B: Body> Body for ObsBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let polling = this.observation.enter_body();
        let polled = this.inner.as_mut().poll_frame(cx);
        polling.leave();
        let frame = ready!(polled);
        match &frame {
            Some(Ok(frame)) => match frame.data_ref() {
                Some(data) => this.observation.body_bytes(data.remaining() as u64, this.inner.is_end_stream()),
                // Trailers are the last frame.
                None => match frame.trailers_ref() {
                    Some(trailers) => this.observation.trailers(&Headers(trailers)),
                    None => this.observation.end(),
                },
            },
            Some(Err(_)) => this.observation.body_error(),
            None => this.observation.end(),
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

impl<B: Default> Default for ObsBody<B> {
    /// A body that belongs to no request, as gRPC stacks make it for answers of their own.
    fn default() -> Self {
        Self { observation: Observation::none(), inner: B::default() }
    }
}

impl<B: fmt::Debug> fmt::Debug for ObsBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsBody").field("inner", &self.inner).finish_non_exhaustive()
    }
}
