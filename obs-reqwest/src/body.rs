//! Request bodies that are streams.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use obs_core::context::Carried;
use reqwest::{Body, Request};

/// A body that is polled and dropped in the context in which its request was sent: the task of
/// the connection does both, outside of any request.
struct InContext {
    carried: Carried,
    /// `None` only while this is dropped.
    inner: Option<Body>,
}

/// Wraps the body of a request if it is a stream and the request is sent within another request.
pub(crate) fn carry_context(request: &mut Request) {
    let Some(body) = request.body_mut().as_mut().filter(|body| body.as_bytes().is_none()) else {
        return;
    };
    let carried = Carried::current();
    if carried.has_request() {
        let inner = Some(std::mem::take(body));
        *body = Body::wrap(InContext { carried, inner });
    }
}

// === impl InContext ===

impl http_body::Body for InContext {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let Self { carried, inner } = &mut *self;
        let Some(inner) = inner else { return Poll::Ready(None) };
        carried.run(|| Pin::new(inner).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for InContext {
    fn drop(&mut self) {
        let Self { carried, inner } = self;
        carried.run(|| *inner = None);
    }
}
