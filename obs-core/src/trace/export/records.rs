//! Sending log records.

use opentelemetry::InstrumentationScope;
use opentelemetry_proto::{
    tonic::collector::logs::v1::ExportLogsServiceRequest,
    transform::{common::tonic::ResourceAttributesWithSchema, logs::tonic::group_logs_by_resource_and_scope},
};
use opentelemetry_sdk::{
    Resource,
    logs::{LogBatch, SdkLogRecord},
};
use prost::Message as _;

use super::{exporter::BoxError, progress::Progress, sender::Sender, settings::ExportSettings, worker::BatchExporter};

/// Sends log records to a collector.
#[derive(Debug)]
pub(super) struct Records {
    resource: ResourceAttributesWithSchema,
    sender: Sender,
    /// Who made the records; each record's target takes the place of the name.
    scope: InstrumentationScope,
}

// === impl Records ===

impl Records {
    /// Must be made and used inside a runtime.
    pub(super) fn new(settings: &ExportSettings, resource: &Resource) -> Result<Self, BoxError> {
        Ok(Self { resource: resource.into(), sender: Sender::new(settings)?, scope: InstrumentationScope::default() })
    }

    fn message(&self, batch: &[Box<SdkLogRecord>]) -> Vec<u8> {
        let with_scope: Vec<_> = batch.iter().map(|record| (&**record, &self.scope)).collect();
        let resource_logs = group_logs_by_resource_and_scope(&LogBatch::new(&with_scope), &self.resource);
        ExportLogsServiceRequest { resource_logs }.encode_to_vec()
    }
}

impl BatchExporter for Records {
    type Item = Box<SdkLogRecord>;

    async fn export(&self, batch: Vec<Self::Item>, progress: &Progress) {
        let (message, items) = (self.message(&batch), batch.len());
        drop(batch);
        self.sender.send(message, items, progress).await;
    }
}
