//! Futures that run in a span.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{active::ActiveSpan, builder::Pending};

pin_project! {
    /// A future that runs in a span of its own, see [`in_span`](super::in_span).
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct Traced<F> {
        #[pin]
        running: Running<F>,
    }
}

pin_project! {
    /// A future that runs in a span of its own and whose error is recorded, see
    /// [`try_in_span`](super::try_in_span).
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct TryTraced<F> {
        #[pin]
        running: Running<F>,
    }
}

pin_project! {
    struct Running<F> {
        pending: Option<Pending>,
        span: Option<ActiveSpan>,
        // `None` once it is done: dropped while its span is active.
        #[pin]
        inner: Option<F>,
    }

    impl<F> PinnedDrop for Running<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(span) = this.span
                && this.inner.is_some()
            {
                span.enter(|| this.inner.set(None));
            }
        }
    }
}

// === impl Running ===

impl<F: Future> Running<F> {
    fn new(pending: Option<Pending>, inner: F) -> Self {
        Self {
            pending,
            span: None,
            inner: Some(inner),
        }
    }

    fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        judge: impl FnOnce(&ActiveSpan, &F::Output),
    ) -> Poll<F::Output> {
        let mut this = self.project();
        if let Some(pending) = this.pending.take() {
            *this.span = pending.start();
        }
        // Polled again after it was ready, which the contract of futures forbids.
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let Some(span) = this.span else { return inner.poll(cx) };
        let inner = &mut this.inner;
        let polled = span.enter(|| {
            let polled = inner.as_mut().as_pin_mut()?.poll(cx);
            if polled.is_ready() {
                inner.set(None);
            }
            Some(polled)
        });
        let polled = polled.unwrap_or(Poll::Pending);
        if let Poll::Ready(output) = &polled {
            judge(span, output);
            *this.span = None;
        }
        polled
    }
}

impl<F> fmt::Debug for Running<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}

// === impl Traced ===

impl<F: Future> Traced<F> {
    pub(super) fn new(pending: Option<Pending>, future: F) -> Self {
        Self {
            running: Running::new(pending, future),
        }
    }
}

impl<F: Future> Future for Traced<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().running.poll(cx, |span, _| span.succeeded())
    }
}

// === impl TryTraced ===

impl<F: Future> TryTraced<F> {
    pub(super) fn new(pending: Option<Pending>, future: F) -> Self {
        Self {
            running: Running::new(pending, future),
        }
    }
}

impl<F, T, E> Future for TryTraced<F>
where
    F: Future<Output = Result<T, E>>,
    E: fmt::Display,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().running.poll(cx, ActiveSpan::ended_with)
    }
}
