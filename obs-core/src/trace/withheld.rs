//! Spans that turn out to be of no interest to anyone: those of our own pages.

use std::{
    cell::Cell,
    sync::{Mutex, PoisonError},
};

use opentelemetry::{Context, trace::TraceContextExt};

/// How many spans of providers of others are held at most, in a process: some megabytes.
const MAX_HELD: usize = 1_024;

static HELD: Mutex<Vec<Context>> = Mutex::new(Vec::new());

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

/// Keeps a span of a provider of others from being exported.
///
/// OpenTelemetry has no way to take a span back: it is exported when it ends, and it ends when it is
/// dropped. So it is held, unended, for the life of the process. That is meant for what happens a few
/// times only, as a page that was not expected at its path: beyond 1 024 spans they are let go, and
/// exported.
pub(super) fn hold_span(span: &Context) {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    if held.len() < MAX_HELD {
        held.push(span.clone());
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        IS_DROPPED.set(false);
    }
}
