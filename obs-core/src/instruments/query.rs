//! One query on its way.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use super::database::{Ended, Operation};
use crate::clock::Moment;

/// A query that is being worked on; it is recorded once, when it ends or is dropped.
#[derive(Debug)]
#[must_use = "a query that is dropped at once was cancelled"]
pub struct QueryGuard {
    operation: Arc<Operation>,
    started: Moment,
    /// How it ends when nothing else is said.
    if_dropped: Ended,
}

pin_project_lite::pin_project! {
    /// A query as a future; made by [`Database::query`](super::Database::query).
    #[derive(Debug)]
    #[must_use = "a query does nothing until it is awaited"]
    pub struct Query<F> {
        // Dropped first: a query that is given up ends before it is recorded.
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
        Self { operation, started: Moment::now(), if_dropped: Ended::Cancelled }
    }

    /// There was a result.
    pub fn ok(self) {
        self.end(Ended::Ok);
    }

    /// The query failed.
    pub fn error(self) {
        self.end(Ended::Error);
    }

    /// Ends with this result and hands it on.
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
        Self { future, operation, running: None }
    }
}

impl<F: Future<Output = Result<T, E>>, T, E> Future for Query<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let running = this.running.get_or_insert_with(|| QueryGuard::new(Arc::clone(this.operation)));
        // Stays so if the poll doesn't return.
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
