//! The body of a client's response.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use obs_core::adapter::{ClientObservation, Failure};
use pin_project_lite::pin_project;

use crate::{Headers, for_each_chunk};

pin_project! {
    /// The body of a client's response, observed as part of its attempt.
    ///
    /// A gRPC response is observed until its trailers, one of known size until its end; any other
    /// body passes through unobserved. Size hint, end and frames are those of the inner body. If it
    /// is dropped before its end, the attempt is recorded as far as it has come.
    pub struct ObsClientBody<B>
    where
        B: Body,
    {
        // Empty if the attempt ended with the head, and after its end.
        observation: ClientObservation,
        // What is recorded of the body's error.
        describe: fn(&B::Error) -> Failure,
        #[pin]
        inner: B,
    }
}

// === impl ObsClientBody ===

impl<B: Body> ObsClientBody<B> {
    /// Observes the body of a response whose head was reported. `describe` says what is recorded of its error.
    pub fn new(inner: B, mut observation: ClientObservation, describe: fn(&B::Error) -> Failure) -> Self {
        if inner.is_end_stream() {
            // A body that has ended is not polled.
            observation.end();
        }
        Self {
            observation,
            describe,
            inner,
        }
    }
}

impl<B: Body> Body for ObsClientBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let observation = this.observation;
        if observation.is_over() {
            return this.inner.poll_frame(cx);
        }
        let frame = ready!(observation.run(|| this.inner.as_mut().poll_frame(cx)));
        match &frame {
            Some(Ok(frame)) => match (frame.data_ref(), frame.trailers_ref()) {
                (_, Some(trailers)) => observation.trailers(&Headers(trailers)),
                (data, None) => {
                    if let Some(data) = data.filter(|_| observation.reads_body()) {
                        for_each_chunk(data, |chunk| observation.body_data(chunk));
                    }
                    let bytes = data.map_or(0, Buf::remaining) as u64;
                    observation.body_bytes(bytes, this.inner.is_end_stream());
                }
            },
            Some(Err(error)) => {
                observation.explain(|| (this.describe)(error));
                observation.body_error();
            }
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

impl<B: Body + Default> Default for ObsClientBody<B> {
    /// A body without an attempt, as gRPC libraries create for their own responses.
    fn default() -> Self {
        Self {
            observation: ClientObservation::none(),
            describe: |_| Failure::of_text("", ""),
            inner: B::default(),
        }
    }
}

impl<B: Body + fmt::Debug> fmt::Debug for ObsClientBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsClientBody")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
