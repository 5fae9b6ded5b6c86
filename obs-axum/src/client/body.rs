//! The response body.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use obs_core::client::ClientObservation;
use pin_project_lite::pin_project;

use crate::{data::show, headers::Headers};

pin_project! {
    /// The body of an answer. That of a gRPC call is watched until its trailers, one of known size until
    /// its end; size, end and frames are the inner body's.
    pub struct ObsClientBody<B> {
        // `None` unless the attempt goes on, until it has ended.
        observation: Option<Box<ClientObservation>>,
        #[pin]
        inner: B,
    }
}

// === impl ObsClientBody ===

impl<B: Body> ObsClientBody<B> {
    pub(super) fn new(inner: B, mut observation: ClientObservation) -> Self {
        if inner.is_end_stream() {
            // Nobody polls a body that has ended.
            observation.end();
        }
        Self { observation: observation.awaits_body().then(|| Box::new(observation)), inner }
    }
}

impl<B: Body> Body for ObsClientBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let Some(observation) = this.observation else { return this.inner.poll_frame(cx) };
        let polling = observation.enter();
        let polled = this.inner.as_mut().poll_frame(cx);
        polling.leave();
        let frame = ready!(polled);
        match &frame {
            Some(Ok(frame)) => match (frame.data_ref(), frame.trailers_ref()) {
                (_, Some(trailers)) => observation.trailers(&Headers(trailers)),
                (data, None) => {
                    if let Some(data) = data.filter(|_| observation.reads_body()) {
                        show(data, |bytes| observation.body_data(bytes));
                    }
                    let bytes = data.map_or(0, Buf::remaining) as u64;
                    observation.body_bytes(bytes, this.inner.is_end_stream());
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

impl<B: Default> Default for ObsClientBody<B> {
    /// A body that belongs to no attempt, as gRPC stacks make it for answers of their own.
    fn default() -> Self {
        Self { observation: None, inner: B::default() }
    }
}

impl<B: fmt::Debug> fmt::Debug for ObsClientBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsClientBody").field("inner", &self.inner).finish_non_exhaustive()
    }
}
