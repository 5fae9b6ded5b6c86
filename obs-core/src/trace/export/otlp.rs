//! The OTLP exporters of opentelemetry-otlp, set up.

use std::error::Error;

use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, trace::SpanExporter as _};

use super::{endpoint::Protocol, settings::ExportSettings};

/// The exporter. It must be made and used inside a runtime.
///
/// Its own retries (three, within the request timeout) stay on: a collector that restarts must not
/// cost spans. The worker limits the whole by the export timeout.
pub(super) fn span_exporter(
    settings: &ExportSettings,
    resource: &Resource,
) -> Result<SpanExporter, Box<dyn Error + Send + Sync>> {
    let ExportSettings { endpoint, request_timeout, .. } = settings;
    let mut exporter = match endpoint.protocol {
        #[cfg(feature = "otlp-http")]
        Protocol::Http => SpanExporter::builder()
            .with_http()
            .with_protocol(opentelemetry_otlp::Protocol::HttpBinary)
            .with_endpoint(&endpoint.url)
            .with_timeout(*request_timeout)
            .build()?,
        #[cfg(feature = "otlp-grpc")]
        Protocol::Grpc => {
            SpanExporter::builder().with_tonic().with_endpoint(&endpoint.url).with_timeout(*request_timeout).build()?
        }
    };
    exporter.set_resource(resource);
    Ok(exporter)
}

#[cfg(test)]
#[path = "otlp_tests.rs"]
mod tests;
