//! The body of a response.

use std::{
    any::type_name,
    error::Error,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use obs_core::adapter::{Failure, Observation};
use obs_http::{Headers, for_each_chunk};
use pin_project_lite::pin_project;

type BoxError = Box<dyn Error + Send + Sync>;

pin_project! {
    /// The body of a response: the request ends with it. Size hint, end and trailers are those of
    /// the inner body.
    pub struct ObsBody<B> {
        observation: Observation,
        // `None` after its end. Dropped while the request's context is current.
        #[pin]
        inner: Option<B>,
    }

    impl<B> PinnedDrop for ObsBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.inner.is_some() {
                this.observation.run(|| this.inner.set(None));
            }
        }
    }
}

// === impl ObsBody ===

impl<B> ObsBody<B> {
    /// Observes a body to its end.
    pub(crate) fn new(inner: B, observation: Observation) -> Self {
        Self {
            observation,
            inner: Some(inner),
        }
    }
}

impl<B> Body for ObsBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    /// What servers make of any error of a body; it holds that of the inner body.
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        if this.inner.is_none() {
            return Poll::Ready(None);
        }
        let polled = if this.observation.reports_panics() {
            poll_in_context(this.inner.as_mut(), this.observation, cx)
        } else {
            let polling = this.observation.enter_body();
            let polled = poll_inner(this.inner.as_mut(), cx);
            polling.leave();
            polled
        };
        let polled = polled.map_err(Into::<BoxError>::into);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(frame))) => match frame.data_ref() {
                Some(data) => {
                    if this.observation.reads_body() {
                        for_each_chunk(data, |bytes| this.observation.body_data(bytes));
                    }
                    this.observation
                        .body_bytes(data.remaining() as u64, this.inner.is_none());
                }
                // Trailers are the last frame.
                None => match frame.trailers_ref() {
                    Some(trailers) => this.observation.trailers(&Headers(trailers)),
                    None => this.observation.end(),
                },
            },
            Poll::Ready(Some(Err(error))) => {
                this.observation
                    .explain(|| Failure::new(&**error).with_type(type_name::<B::Error>()));
                this.observation.body_error();
            }
            Poll::Ready(None) => this.observation.end(),
        }
        polled
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

/// The result of polling a body.
type Polled<B> = Poll<Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>>;

/// Polls the body, and drops it at its end, so that log lines of its drop have the request's ids.
fn poll_inner<B: Body>(mut inner: Pin<&mut Option<B>>, cx: &mut Context<'_>) -> Polled<B> {
    let Some(body) = inner.as_mut().as_pin_mut() else {
        return Poll::Ready(None);
    };
    let polled = body.poll_frame(cx);
    if is_end(&polled, inner.as_ref().get_ref().as_ref()) {
        inner.set(None);
    }
    polled
}

/// The same where the message of a panic is recorded. Frames are large: what passes through the call that catches panics
/// is copied several times, so the result is written in place.
#[inline(never)]
fn poll_in_context<B: Body>(
    inner: Pin<&mut Option<B>>,
    observation: &mut Observation,
    cx: &mut Context<'_>,
) -> Polled<B> {
    let mut polled = None;
    observation.run_body(|| {
        polled.get_or_insert_with(|| poll_inner(inner, cx));
    });
    polled.unwrap_or(Poll::Ready(None))
}

/// Whether the body has nothing more after this.
fn is_end<B: Body>(polled: &Polled<B>, body: Option<&B>) -> bool {
    match polled {
        Poll::Pending => false,
        Poll::Ready(Some(Ok(frame))) => frame.is_trailers() || body.is_none_or(Body::is_end_stream),
        Poll::Ready(Some(Err(_)) | None) => true,
    }
}

impl<B: Default> Default for ObsBody<B> {
    /// A body without a request, as gRPC libraries create for their own responses.
    fn default() -> Self {
        Self {
            observation: Observation::none(),
            inner: Some(B::default()),
        }
    }
}

impl<B: fmt::Debug> fmt::Debug for ObsBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsBody")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
