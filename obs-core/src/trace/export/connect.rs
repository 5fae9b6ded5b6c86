//! Clients that reach the collector, with and without encryption.

#[cfg(feature = "otlp-http")]
use std::sync::Arc;

#[cfg(feature = "otlp-http")]
use opentelemetry_http::{HttpClient, hyper::HyperClient};
#[cfg(feature = "otlp-grpc")]
use tonic::transport::{Channel, Endpoint};

use super::{exporter::BoxError, settings::ExportSettings};

/// For OTLP over HTTP.
#[cfg(feature = "otlp-http")]
#[cfg_attr(not(feature = "otlp-tls"), expect(clippy::unnecessary_wraps, reason = "certificates may be missing"))]
pub(super) fn http_client(settings: &ExportSettings) -> Result<Arc<dyn HttpClient>, BoxError> {
    let timeout = settings.request_timeout;
    #[cfg(feature = "otlp-tls")]
    if settings.endpoint.is_encrypted() {
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(settings.transport.tls.client_config()?)
            .https_only()
            .enable_http1()
            .build();
        return Ok(Arc::new(HyperClient::new(connector, timeout, None)));
    }
    Ok(Arc::new(HyperClient::with_default_connector(timeout, None)))
}

/// For OTLP over gRPC.
#[cfg(feature = "otlp-grpc")]
pub(super) fn channel(settings: &ExportSettings) -> Result<Channel, BoxError> {
    let endpoint = Endpoint::from_shared(settings.endpoint.url.clone())?.timeout(settings.request_timeout);
    #[cfg(feature = "otlp-tls")]
    if settings.endpoint.is_encrypted() {
        return Ok(endpoint.tls_config(settings.transport.tls.tonic_config())?.connect_lazy());
    }
    Ok(endpoint.connect_lazy())
}
