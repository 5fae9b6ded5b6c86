//! Sending one OTLP message of metrics, with retries.

use std::{fmt, time::Duration};
#[cfg(feature = "otlp-http")]
use std::{io::Write as _, sync::Arc};

#[cfg(feature = "otlp-http")]
use flate2::{Compression, write::GzEncoder};
#[cfg(feature = "otlp-http")]
use opentelemetry_http::{Bytes, HttpClient, Request, Response};
#[cfg(feature = "otlp-grpc")]
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
#[cfg(feature = "otlp-http")]
use prost::Message as _;
use tokio::time::{sleep, timeout};
#[cfg(feature = "otlp-grpc")]
use tonic::{
    Code,
    codec::CompressionEncoding,
    metadata::{MetadataKey, MetadataMap, MetadataValue},
    transport::Channel,
};

use super::{connect, endpoint::Protocol, exporter::BoxError, settings::ExportSettings};
use crate::clock;

/// How long the first retry waits at least and, in whole, twice that at most; the next ones wait
/// twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Tries of one message.
const TRIES: u32 = 4;

/// Sends messages to a collector.
#[derive(Debug)]
pub(super) struct Sender {
    transport: Transport,
    /// For one message with its retries.
    timeout: Duration,
}

enum Transport {
    #[cfg(feature = "otlp-http")]
    Http { client: Arc<dyn HttpClient>, url: String, headers: Vec<(String, String)>, gzip: bool },
    #[cfg(feature = "otlp-grpc")]
    Grpc { client: Box<MetricsServiceClient<Channel>>, metadata: MetadataMap },
}

/// Why a message was not taken.
#[derive(Debug)]
struct Refusal {
    reason: String,
    /// Whether the same message may be taken later, and after how long at the earliest.
    retry: Option<Duration>,
}

// === impl Sender ===

impl Sender {
    /// Must be made and used inside a runtime.
    pub(super) fn new(settings: &ExportSettings) -> Result<Self, BoxError> {
        let transport = match settings.endpoint.protocol {
            #[cfg(feature = "otlp-http")]
            Protocol::Http => Transport::Http {
                client: connect::http_client(settings)?,
                url: settings.endpoint.url.clone(),
                headers: settings.transport.headers.pairs().to_vec(),
                gzip: settings.transport.gzip,
            },
            #[cfg(feature = "otlp-grpc")]
            Protocol::Grpc => {
                let client = MetricsServiceClient::new(connect::channel(settings)?);
                let compressed = || client.clone().send_compressed(CompressionEncoding::Gzip);
                let client = if settings.transport.gzip { compressed() } else { client };
                Transport::Grpc { client: Box::new(client), metadata: metadata(settings.transport.headers.pairs())? }
            }
        };
        Ok(Self { transport, timeout: settings.request_timeout })
    }

    /// Sends a message until it is taken, it can't be, or there was time enough.
    pub(super) async fn send(&self, message: &ExportMetricsServiceRequest) -> Result<(), String> {
        let mut last = None;
        let tries = self.tries(message, &mut last);
        match timeout(self.timeout, tries).await {
            Ok(sent) => sent,
            Err(_) => Err(last.unwrap_or_else(|| format!("no answer in {:?}", self.timeout))),
        }
    }

    async fn tries(&self, message: &ExportMetricsServiceRequest, last: &mut Option<String>) -> Result<(), String> {
        let mut pause = FIRST_PAUSE;
        for left in (0..TRIES).rev() {
            let Refusal { reason, retry } = match self.transport.send(message).await {
                Ok(response) => return checked(&response),
                Err(refusal) => refusal,
            };
            let Some(at_least) = retry.filter(|_| left > 0) else { return Err(reason) };
            *last = Some(reason);
            // Services that lost their collector at once must not come back at once.
            let spread = f64::from(clock::unix_now().subsec_micros()) / 1e6;
            sleep(pause.mul_f64(1.0 + spread).max(at_least)).await;
            pause *= 2;
        }
        Ok(())
    }
}

/// A collector may take a part and refuse the rest; to send that again is of no use.
fn checked(response: &ExportMetricsServiceResponse) -> Result<(), String> {
    match &response.partial_success {
        Some(partial) if partial.rejected_data_points > 0 => {
            Err(format!("{} data points were rejected: {}", partial.rejected_data_points, partial.error_message))
        }
        _ => Ok(()),
    }
}

// === impl Transport ===

impl Transport {
    async fn send(&self, message: &ExportMetricsServiceRequest) -> Result<ExportMetricsServiceResponse, Refusal> {
        match self {
            #[cfg(feature = "otlp-http")]
            Self::Http { client, url, headers, gzip } => {
                let request = request(message, url, headers, *gzip).map_err(|error| Refusal::final_of(&*error))?;
                let response = client.send_bytes(request).await.map_err(|error| Refusal::passing(&*error))?;
                taken(&response)
            }
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc { client, metadata } => {
                let mut request = tonic::Request::new(message.clone());
                *request.metadata_mut() = metadata.clone();
                let mut client = MetricsServiceClient::clone(client);
                let response = client.export(request).await;
                response.map(tonic::Response::into_inner).map_err(|status| Refusal::of_status(&status))
            }
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may be secrets.
        f.write_str(match self {
            #[cfg(feature = "otlp-http")]
            Self::Http { .. } => "Http",
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc { .. } => "Grpc",
        })
    }
}

#[cfg(feature = "otlp-http")]
fn request(
    message: &ExportMetricsServiceRequest,
    url: &str,
    headers: &[(String, String)],
    gzip: bool,
) -> Result<Request<Bytes>, BoxError> {
    let mut request = Request::post(url).header("content-type", "application/x-protobuf");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let plain = message.encode_to_vec();
    if !gzip {
        return Ok(request.body(plain.into())?);
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 8), Compression::fast());
    encoder.write_all(&plain)?;
    Ok(request.header("content-encoding", "gzip").body(encoder.finish()?.into())?)
}

/// What the answer says
/// ([OTLP/HTTP response](https://opentelemetry.io/docs/specs/otlp/#otlphttp-response)).
#[cfg(feature = "otlp-http")]
fn taken(response: &Response<Bytes>) -> Result<ExportMetricsServiceResponse, Refusal> {
    let status = response.status();
    if status.is_success() {
        // A collector that answers something else has taken the message all the same.
        return Ok(ExportMetricsServiceResponse::decode(response.body().clone()).unwrap_or_default());
    }
    let after = response.headers().get("retry-after").and_then(|after| after.to_str().ok()?.trim().parse().ok());
    let is_passing = matches!(status.as_u16(), 429 | 502 | 503 | 504);
    let retry = is_passing.then(|| Duration::from_secs(after.unwrap_or_default()));
    Err(Refusal { reason: format!("the collector answered {status}"), retry })
}

#[cfg(feature = "otlp-grpc")]
fn metadata(headers: &[(String, String)]) -> Result<MetadataMap, BoxError> {
    let mut metadata = MetadataMap::with_capacity(headers.len());
    for (name, value) in headers {
        let key = MetadataKey::from_bytes(name.to_ascii_lowercase().as_bytes())?;
        metadata.append(key, MetadataValue::try_from(value.as_str())?);
    }
    Ok(metadata)
}

// === impl Refusal ===

impl Refusal {
    /// What will be the same next time.
    #[cfg(feature = "otlp-http")]
    fn final_of(error: &dyn fmt::Display) -> Self {
        Self { reason: error.to_string(), retry: None }
    }

    /// What may be otherwise next time.
    #[cfg(feature = "otlp-http")]
    fn passing(error: &(dyn std::error::Error + 'static)) -> Self {
        // The outer error of the client says no more than that there was one.
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            reason = format!("{reason}: {cause}");
            source = cause.source();
        }
        Self { reason, retry: Some(Duration::ZERO) }
    }

    /// ([OTLP/gRPC response](https://opentelemetry.io/docs/specs/otlp/#failures))
    #[cfg(feature = "otlp-grpc")]
    fn of_status(status: &tonic::Status) -> Self {
        let is_passing = matches!(
            status.code(),
            Code::Aborted
                | Code::Cancelled
                | Code::DataLoss
                | Code::DeadlineExceeded
                | Code::OutOfRange
                | Code::ResourceExhausted
                | Code::Unavailable
        );
        let reason = format!("the collector answered {:?}: {}", status.code(), status.message());
        Self { reason, retry: is_passing.then_some(Duration::ZERO) }
    }
}
