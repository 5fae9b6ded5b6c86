//! Pushing metrics.

use std::fmt;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use prost::Message as _;

use super::{
    progress::{Delivery, Progress},
    sender::Sender,
    worker::BatchExporter,
};
use crate::guard::guarded;
use crate::trace::budget::Budget;

/// Reads all metrics as they are at this moment.
pub(crate) type ReadMetrics = Box<dyn Fn() -> ExportMetricsServiceRequest + Send + Sync>;

/// It is time to push. Several that wait become one push.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tick;

/// Reads metrics and sends them.
pub(super) struct Metrics {
    read: ReadMetrics,
    sender: Sender,
    budget: Budget,
}

// === impl Metrics ===

impl Metrics {
    pub(super) fn new(read: ReadMetrics, sender: Sender, budget: Budget) -> Self {
        Self { read, sender: sender.dividing_metrics(), budget }
    }
}

impl BatchExporter for Metrics {
    type Item = Tick;

    fn due(&self) -> Option<Tick> {
        Some(Tick)
    }

    async fn export(&self, ticks: Vec<Tick>, progress: &Progress) {
        // Hooks of the user's run in there; one that panics must not end the pushing.
        let Some(message) = guarded(&self.read) else {
            return progress.refused(ticks.len(), "a hook of before_render panicked".to_owned());
        };
        let metrics = message.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
        let items = metrics.map(|scope| scope.metrics.len()).sum();
        let message = {
            let encoded = message.encode_to_vec();
            drop(message);
            encoded
        };
        // What spans and log records may not hold meanwhile.
        let _held = self.budget.hold(message.len());
        let of_push = Progress::default();
        self.sender.send(message, items, &of_push).await;
        let Delivery { arrived: _, refused, too_large, error, warning } = of_push.into_delivery();
        if let Some(warning) = warning {
            progress.warned(warning);
        }
        // A push of which a part was refused has failed.
        let error = error.unwrap_or_default();
        if refused > 0 {
            progress.refused(ticks.len(), error);
        } else if too_large > 0 {
            progress.too_large(ticks.len(), error);
        }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("sender", &self.sender).finish_non_exhaustive()
    }
}
