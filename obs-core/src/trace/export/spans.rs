//! Sending spans.

use opentelemetry_sdk::{Resource, trace::SpanData};

use super::{
    exporter::BoxError,
    sender::Sender,
    settings::ExportSettings,
    span_message::Origin,
    worker::{BatchExporter, Loss},
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

    async fn export(&self, batch: Vec<SpanData>) -> Result<(), Loss> {
        let message = self.origin.request(&batch);
        // Their memory is wanted for new ones, long before the collector has answered.
        drop(batch);
        self.sender.send(message).await
    }
}
