//! Sending spans.

use opentelemetry_sdk::{Resource, trace::SpanData};

use super::{
    exporter::BoxError, progress::Progress, sender::Sender, settings::ExportSettings, span_message::Origin,
    worker::BatchExporter,
};

/// Sends spans to a collector.
#[derive(Debug)]
pub(super) struct Spans {
    origin: Origin,
    sender: Sender,
}

// === impl Spans ===

impl Spans {
    /// Must be made and used inside a runtime.
    pub(super) fn new(settings: &ExportSettings, resource: &Resource) -> Result<Self, BoxError> {
        Ok(Self { origin: Origin::new(resource), sender: Sender::new(settings)? })
    }
}

impl BatchExporter for Spans {
    type Item = SpanData;

    async fn export(&self, batch: Vec<SpanData>, progress: &Progress) {
        let (message, items) = (self.origin.request(&batch), batch.len());
        // Their memory is wanted for new ones, long before the collector has answered.
        drop(batch);
        self.sender.send(message, items, progress).await;
    }
}
