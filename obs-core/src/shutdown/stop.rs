//! The notification of a server that it should stop.

use std::future::Future;

use tokio::sync::watch;

/// How far the shutdown has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Requests are welcome, or still come.
    #[default]
    Serving,
    /// No new connections.
    Stopping,
    /// No time left for requests that are in flight.
    Overdue,
}

/// Notifies a server when to stop; clones share one state. From [`Graceful::run`](super::Graceful::run).
#[derive(Clone, Debug)]
pub struct Stop {
    phase: watch::Receiver<Phase>,
}

// === impl Stop ===

impl Stop {
    pub(super) fn new(phase: watch::Receiver<Phase>) -> Self {
        Self { phase }
    }

    /// Completes when the server shall take no new connections and finish what is in flight: for
    /// `with_graceful_shutdown` and its like.
    pub fn requested(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        self.reached(Phase::Stopping)
    }

    /// Completes when the server should abort requests that are still in flight, and return.
    ///
    /// A server that doesn't care is left behind after [`close`](super::Graceful::close): requests
    /// that it still holds are recorded when the runtime ends, too late for their spans.
    pub fn overdue(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        self.reached(Phase::Overdue)
    }

    fn reached(&self, wanted: Phase) -> impl Future<Output = ()> + Send + Sync + use<> {
        let mut phase = self.phase.clone();
        async move {
            // An error means that the sender was dropped: the shutdown is over.
            let _ = phase.wait_for(|phase| *phase >= wanted).await;
        }
    }
}
