//! Counting the bytes of a request body that the handler reads.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use obs_core::adapter::ByteCounter;

/// A request body that counts the bytes that are read.
#[derive(Debug)]
pub(crate) struct CountedBody {
    inner: Body,
    counter: ByteCounter,
}

// === impl CountedBody ===

impl CountedBody {
    /// Wraps a body.
    pub(crate) fn new(inner: Body, counter: ByteCounter) -> Self {
        Self { inner, counter }
    }
}

impl http_body::Body for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.counter.add(data.len() as u64);
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
