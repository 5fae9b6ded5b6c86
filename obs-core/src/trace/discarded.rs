//! Spans of requests that are left out of all signals once they have started: those of obs's own pages.

use std::{
    cell::Cell,
    sync::{Mutex, PoisonError},
};

use opentelemetry::{Context, trace::TraceContextExt};

/// The largest number of unended spans that are retained: some megabytes.
const MAX_UNENDED: usize = 1_024;

/// Spans that are never ended, so that the application's provider does not export them.
#[derive(Debug, Default)]
pub(super) struct UnendedSpans(Mutex<Vec<Context>>);

thread_local! {
    /// Whether the span that is ending on this thread is dropped.
    static IS_DROPPED: Cell<bool> = const { Cell::new(false) };
}

/// Resets [`IS_DROPPED`] when it is dropped, also after a panic of a processor.
struct ResetOnDrop;

/// Ends a span of our own provider, which drops it: [`is_dropped`] is true while it ends.
pub(super) fn drop_span(span: &Context) {
    IS_DROPPED.set(true);
    let _reset = ResetOnDrop;
    span.span().end();
}

/// Whether the span that is ending on this thread is dropped.
#[inline]
pub(super) fn is_dropped() -> bool {
    IS_DROPPED.get()
}

// === impl UnendedSpans ===

impl UnendedSpans {
    /// Keeps a span of the application's provider from being exported.
    ///
    /// OpenTelemetry can't discard a span: it is exported when it ends, and it ends when it is dropped. So it is
    /// retained, unended, as long as the instance exists. That is rare: requests for expected pages
    /// (`pipeline/expected.rs`) have no span. Spans beyond 1 024 are dropped, and exported.
    pub(super) fn retain(&self, span: &Context) {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spans.len() < MAX_UNENDED {
            spans.push(span.clone());
        }
    }
}

impl Drop for UnendedSpans {
    /// Leaks the spans, which would be exported if they were dropped.
    #[expect(clippy::mem_forget, reason = "a span that is dropped is exported")]
    fn drop(&mut self) {
        std::mem::forget(std::mem::take(self.0.get_mut().unwrap_or_else(PoisonError::into_inner)));
    }
}

impl Drop for ResetOnDrop {
    fn drop(&mut self) {
        IS_DROPPED.set(false);
    }
}
