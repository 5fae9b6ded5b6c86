//! Pushing metrics.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use prost::Message as _;

use super::{
    sender::Sender,
    worker::{BatchExporter, Loss},
};

/// Reads all metrics as they are at this moment.
pub(crate) type ReadMetrics = Box<dyn Fn() -> ExportMetricsServiceRequest + Send + Sync>;

/// It is time to push. Several that wait become one push.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tick;

/// Reads metrics and sends them.
pub(super) struct Metrics {
    read: ReadMetrics,
    sender: Sender,
}

// === impl Metrics ===

impl Metrics {
    pub(super) fn new(read: ReadMetrics, sender: Sender) -> Self {
        Self { read, sender }
    }
}

impl BatchExporter for Metrics {
    type Item = Tick;

    fn due(&self) -> Option<Tick> {
        Some(Tick)
    }

    async fn export(&self, _: Vec<Tick>) -> Result<(), Loss> {
        // Hooks of the user's run in there; one that panics must not end the pushing.
        let message = catch_unwind(AssertUnwindSafe(&self.read))
            .map_err(|_| Loss::of_all("a hook of before_render panicked".to_owned()))?;
        // A push of which a part was refused has failed.
        self.sender.send(message.encode_to_vec()).await.map_err(|loss| Loss::of_all(loss.error))
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("sender", &self.sender).finish_non_exhaustive()
    }
}
