//! The measurement of one query.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use super::database::{Ended, Operation};
use crate::clock::Moment;

/// A running query, which is recorded once, when it ends or is dropped.
///
/// Call [`ok`](Self::ok), [`error`](Self::error) or [`finish`](Self::finish) with its result. A guard that is dropped
/// without one of these is recorded as cancelled. The duration lasts from the start of the guard to its end.
#[derive(Debug)]
#[must_use = "a query that is dropped at once was cancelled"]
pub struct QueryGuard {
    operation: Arc<Operation>,
    started: Moment,
    /// The result that is recorded on drop.
    if_dropped: Ended,
}

pin_project_lite::pin_project! {
    /// The future of a query, made by [`Database::query`](super::Database::query).
    ///
    /// Returns the result of the query unchanged. It is measured from its first poll; a future that is dropped before
    /// its end is recorded as cancelled, one that panics as a panic.
    #[derive(Debug)]
    #[must_use = "a query does nothing until it is awaited"]
    pub struct Query<F> {
        // Dropped first: a cancelled query ends before it is recorded.
        #[pin]
        future: F,
        operation: Arc<Operation>,
        // `None` before the first poll and after the end.
        running: Option<QueryGuard>,
    }
}

// === impl QueryGuard ===

impl QueryGuard {
    pub(super) fn new(operation: Arc<Operation>) -> Self {
        Self {
            operation,
            started: Moment::now(),
            if_dropped: Ended::Cancelled,
        }
    }

    /// Records that the query has succeeded.
    pub fn ok(self) {
        self.end(Ended::Ok);
    }

    /// Records that the query has failed.
    pub fn error(self) {
        self.end(Ended::Error);
    }

    /// Records the query by its result, and returns that.
    ///
    /// # Errors
    ///
    /// That of `result`.
    pub fn finish<T, E>(self, result: Result<T, E>) -> Result<T, E> {
        self.end(if result.is_ok() { Ended::Ok } else { Ended::Error });
        result
    }

    pub(super) fn if_dropped(&mut self, ended: Ended) {
        self.if_dropped = ended;
    }

    fn end(mut self, ended: Ended) {
        // Recorded by the drop.
        self.if_dropped = ended;
    }
}

impl Drop for QueryGuard {
    fn drop(&mut self) {
        self.operation.duration.record(self.started.elapsed());
        self.operation.counter(self.if_dropped).increment(1);
    }
}

// === impl Query ===

impl<F> Query<F> {
    pub(super) fn new(operation: Arc<Operation>, future: F) -> Self {
        Self {
            future,
            operation,
            running: None,
        }
    }
}

impl<F: Future<Output = Result<T, E>>, T, E> Future for Query<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let running = this
            .running
            .get_or_insert_with(|| QueryGuard::new(Arc::clone(this.operation)));
        // Recorded if the poll doesn't return.
        running.if_dropped(Ended::Panic);
        let polled = this.future.poll(cx);
        running.if_dropped(Ended::Cancelled);
        let result = ready!(polled);
        match this.running.take() {
            Some(running) => Poll::Ready(running.finish(result)),
            None => Poll::Ready(result),
        }
    }
}
