//! Spans that turn out to be of no interest to anyone: those of our own pages.

use std::{
    cell::Cell,
    sync::{Mutex, PoisonError},
};

use opentelemetry::{Context, trace::TraceContextExt};

/// How many spans of the application's provider are held at most: some megabytes.
const MAX_HELD: usize = 1_024;

/// Spans that are never ended, so that the application's provider does not export them.
#[derive(Debug, Default)]
pub(super) struct Held(Mutex<Vec<Context>>);

thread_local! {
    /// Whether the span that ends on this thread is to be dropped.
    static IS_DROPPED: Cell<bool> = const { Cell::new(false) };
}

/// Says so until it is dropped.
struct Dropped;

/// Ends a span of our own provider, which drops it: [`is_dropped`] is true while it ends.
pub(super) fn drop_span(span: &Context) {
    IS_DROPPED.set(true);
    let _dropped = Dropped;
    span.span().end();
}

/// Whether the span that is ending on this thread goes nowhere.
#[inline]
pub(super) fn is_dropped() -> bool {
    IS_DROPPED.get()
}

// === impl Held ===

impl Held {
    /// Keeps a span of the application's provider from being exported.
    ///
    /// OpenTelemetry has no way to take a span back: it is exported when it ends, and it ends when it is
    /// dropped. So it is held, unended, as long as the instance exists. That is for rare cases, such as a
    /// page that was not expected at its path: spans beyond 1 024 are dropped, and exported.
    pub(super) fn hold(&self, span: &Context) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() < MAX_HELD {
            held.push(span.clone());
        }
    }
}

impl Drop for Held {
    /// Not even now are they to be exported.
    #[expect(clippy::mem_forget, reason = "a span that is dropped is exported")]
    fn drop(&mut self) {
        let held = std::mem::take(self.0.get_mut().unwrap_or_else(PoisonError::into_inner));
        std::mem::forget(held);
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        IS_DROPPED.set(false);
    }
}
