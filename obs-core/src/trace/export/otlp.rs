//! The OTLP exporters of opentelemetry-otlp, set up.

#[cfg(feature = "otlp-logs")]
use opentelemetry_otlp::LogExporter;
#[cfg(feature = "otlp-http")]
use opentelemetry_otlp::WithHttpConfig;
#[cfg(feature = "otlp-grpc")]
use opentelemetry_otlp::WithTonicConfig;
use opentelemetry_otlp::{Compression, SpanExporter, WithExportConfig};
#[cfg(feature = "otlp-logs")]
use opentelemetry_sdk::logs::LogExporter as _;
use opentelemetry_sdk::{Resource, trace::SpanExporter as _};

use super::{connect, endpoint::Protocol, exporter::BoxError, settings::ExportSettings};

/// The exporter of spans. It must be made and used inside a runtime.
///
/// Its own retries (three, within the request timeout) stay on: a collector that restarts must not
/// cost spans. The worker limits the whole by the export timeout.
pub(super) fn span_exporter(settings: &ExportSettings, resource: &Resource) -> Result<SpanExporter, BoxError> {
    let builder = SpanExporter::builder();
    let mut exporter = match settings.endpoint.protocol {
        #[cfg(feature = "otlp-http")]
        Protocol::Http => over_http(builder.with_http(), settings)?.build()?,
        #[cfg(feature = "otlp-grpc")]
        Protocol::Grpc => over_grpc(builder.with_tonic(), settings)?.build()?,
    };
    exporter.set_resource(resource);
    Ok(exporter)
}

/// The exporter of log records; as [`span_exporter`].
#[cfg(feature = "otlp-logs")]
pub(super) fn log_exporter(settings: &ExportSettings, resource: &Resource) -> Result<LogExporter, BoxError> {
    let builder = LogExporter::builder();
    let mut exporter = match settings.endpoint.protocol {
        #[cfg(feature = "otlp-http")]
        Protocol::Http => over_http(builder.with_http(), settings)?.build()?,
        #[cfg(feature = "otlp-grpc")]
        Protocol::Grpc => over_grpc(builder.with_tonic(), settings)?.build()?,
    };
    exporter.set_resource(resource);
    Ok(exporter)
}

#[cfg(feature = "otlp-http")]
fn over_http<B: WithExportConfig + WithHttpConfig>(builder: B, settings: &ExportSettings) -> Result<B, BoxError> {
    let builder = configured(builder, settings).with_protocol(opentelemetry_otlp::Protocol::HttpBinary);
    let builder = if settings.transport.gzip { builder.with_compression(Compression::Gzip) } else { builder };
    Ok(builder.with_shared_http_client(connect::http_client(settings)?))
}

#[cfg(feature = "otlp-grpc")]
fn over_grpc<B: WithExportConfig + WithTonicConfig>(builder: B, settings: &ExportSettings) -> Result<B, BoxError> {
    let builder = configured(builder, settings);
    let builder = if settings.transport.gzip { builder.with_compression(Compression::Gzip) } else { builder };
    Ok(builder.with_channel(connect::channel(settings)?))
}

/// What all exporters have in common.
fn configured<B: WithExportConfig>(builder: B, settings: &ExportSettings) -> B {
    let ExportSettings { endpoint, request_timeout, .. } = settings;
    builder.with_endpoint(&endpoint.url).with_timeout(*request_timeout)
}

#[cfg(test)]
#[path = "otlp_tests.rs"]
mod tests;
