//! Sending log records.

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    logs::{LogBatch, LogExporter, SdkLogRecord},
};

use super::worker::BatchExporter;

/// Sends log records through an exporter of the SDK.
#[derive(Debug)]
pub(super) struct Records<E> {
    exporter: E,
    /// Who made the records; each record's target takes the place of the name.
    scope: InstrumentationScope,
}

// === impl Records ===

impl<E> Records<E> {
    pub(super) fn new(exporter: E) -> Self {
        Self { exporter, scope: InstrumentationScope::default() }
    }
}

impl<E: LogExporter> BatchExporter for Records<E> {
    type Item = Box<SdkLogRecord>;

    async fn export(&self, batch: Vec<Self::Item>) -> OTelSdkResult {
        let with_scope: Vec<_> = batch.iter().map(|record| (&**record, &self.scope)).collect();
        self.exporter.export(LogBatch::new(&with_scope)).await
    }
}
