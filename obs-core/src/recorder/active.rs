//! The child span that is active on this thread, in a request whose spans are not OpenTelemetry's.

use std::cell::Cell;

use obs_base::ids::SpanId;

/// A child span that is active, and the request that it belongs to; 0 for none.
///
/// A span of another request than the current one doesn't count, so nothing needs to be changed when the context does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ActiveSpan {
    request: u64,
    span: u64,
}

/// Makes the span before active again when it is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Activated(ActiveSpan);

thread_local! {
    static ACTIVE: Cell<ActiveSpan> = const { Cell::new(ActiveSpan { request: 0, span: 0 }) };
}

// === impl ActiveSpan ===

impl ActiveSpan {
    /// A child span of the request with this span id.
    pub(crate) fn new(request: SpanId, span: SpanId) -> Self {
        Self {
            request: request.get(),
            span: span.get(),
        }
    }

    /// The one that is active here.
    #[inline]
    pub(crate) fn current() -> Self {
        ACTIVE.get()
    }

    /// Makes it active until the guard is dropped.
    #[inline]
    pub(crate) fn activate(self) -> Activated {
        Activated(ACTIVE.replace(self))
    }

    /// Makes it active; returns the one before.
    pub(crate) fn replace(self) -> Self {
        ACTIVE.replace(self)
    }

    /// The span, if it belongs to the request with this span id.
    #[inline]
    pub(crate) fn of(self, request: SpanId) -> Option<SpanId> {
        SpanId::new(self.span).filter(|_| self.request == request.get())
    }
}

impl Drop for Activated {
    #[inline]
    fn drop(&mut self) {
        ACTIVE.set(self.0);
    }
}
