//! Pushing metrics.

use std::fmt;

use obs_base::guard::guarded;
use opentelemetry_sdk::Resource;

use super::{
    BoxError,
    progress::{Delivery, Progress},
    sender::Sender,
    settings::ExportSettings,
    span_message::Origin,
    worker::BatchExporter,
};
use crate::{Budget, MetricsMessage, ReadMetrics, Tick};

/// Reads metrics and sends them.
pub(super) struct MetricsExporter {
    origin: Origin,
    read: Box<dyn ReadMetrics>,
    sender: Sender,
    budget: Budget,
}

// === impl MetricsExporter ===

impl MetricsExporter {
    /// Must be called, and the exporter used, within a tokio runtime.
    pub(super) fn new(
        settings: &ExportSettings,
        resource: &Resource,
        read: Box<dyn ReadMetrics>,
        budget: Budget,
    ) -> Result<Self, BoxError> {
        let sender = Sender::new(settings)?.dividing_metrics();
        Ok(Self {
            origin: Origin::new(resource),
            read,
            sender,
            budget,
        })
    }

    /// The message and the number of metrics in it; `None` if a hook of the application panics.
    fn message(&self) -> Option<(Vec<u8>, usize)> {
        let message = guarded(|| {
            let mut message = MetricsMessage::default();
            self.read.read(&mut message);
            message
        })?;
        let (resource, schema_url) = self.origin.parts();
        Some(message.finish(resource, schema_url))
    }
}

impl BatchExporter for MetricsExporter {
    type Item = Tick;

    fn regular_item(&self) -> Option<Tick> {
        Some(Tick)
    }

    async fn export(&self, ticks: Vec<Tick>, progress: &Progress) {
        let Some((message, items)) = self.message() else {
            return progress.refused(ticks.len(), "a hook of before_render panicked".to_owned());
        };
        // Taken from the budget of spans and log records as long as the message exists.
        let _reserved = self.budget.reserve(message.len());
        let of_push = Progress::default();
        self.sender.send(message, items, &of_push).await;
        let Delivery {
            arrived: _,
            refused,
            too_large,
            error,
            warning,
        } = of_push.into_delivery();
        if let Some(warning) = warning {
            progress.warned(warning);
        }
        // A push has failed if a part of it was refused.
        let error = error.unwrap_or_default();
        if refused > 0 {
            progress.refused(ticks.len(), error);
        } else if too_large > 0 {
            progress.too_large(ticks.len(), error);
        }
    }
}

impl fmt::Debug for MetricsExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsExporter")
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}
