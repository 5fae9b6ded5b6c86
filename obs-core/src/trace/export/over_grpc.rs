//! OTLP over gRPC.

use std::{fmt, time::Duration};

use bytes::{BufMut as _, Bytes};
use prost::Message as _;
use tonic::{
    Code, Status,
    client::Grpc,
    codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
    metadata::{MetadataKey, MetadataMap, MetadataValue},
    transport::{Channel, Endpoint},
};

use super::{
    exporter::BoxError,
    sender::{Answer, Refusal, USER_AGENT},
    settings::ExportSettings,
};

/// A way to a collector.
pub(super) struct OverGrpc {
    client: Grpc<Channel>,
    method: PathAndQuery,
    metadata: MetadataMap,
}

/// Messages that are encoded already, and their answers.
#[derive(Clone, Copy, Debug)]
struct Encoded;

// === impl OverGrpc ===

impl OverGrpc {
    pub(super) fn new(settings: &ExportSettings) -> Result<Self, BoxError> {
        let client = Grpc::new(channel(settings)?);
        let gzip = CompressionEncoding::Gzip;
        Ok(Self {
            client: if settings.transport.gzip { client.send_compressed(gzip) } else { client },
            method: PathAndQuery::from_static(settings.signal.grpc_method),
            metadata: metadata(settings.transport.headers.pairs())?,
        })
    }

    pub(super) async fn send(&self, message: Bytes) -> Result<Answer, Refusal> {
        let mut request = tonic::Request::new(message);
        *request.metadata_mut() = self.metadata.clone();
        let mut client = self.client.clone();
        client.ready().await.map_err(|error| Refusal::passing(&error))?;
        let response = client.unary(request, self.method.clone(), Encoded).await;
        response.map(tonic::Response::into_inner).map_err(|status| Refusal::of_status(&status))
    }
}

impl fmt::Debug for OverGrpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may be secrets.
        f.debug_struct("OverGrpc").field("method", &self.method).finish_non_exhaustive()
    }
}

fn channel(settings: &ExportSettings) -> Result<Channel, BoxError> {
    let endpoint = Endpoint::from_shared(settings.endpoint.url.clone())?.timeout(settings.request_timeout);
    let endpoint = endpoint.user_agent(USER_AGENT)?;
    #[cfg(feature = "otlp-tls")]
    if settings.endpoint.is_encrypted() {
        return Ok(endpoint.tls_config(settings.transport.tls.tonic_config())?.connect_lazy());
    }
    Ok(endpoint.connect_lazy())
}

fn metadata(headers: &[(String, String)]) -> Result<MetadataMap, BoxError> {
    let mut metadata = MetadataMap::with_capacity(headers.len());
    for (name, value) in headers {
        let key = MetadataKey::from_bytes(name.to_ascii_lowercase().as_bytes())?;
        metadata.append(key, MetadataValue::try_from(value.as_str())?);
    }
    Ok(metadata)
}

// === impl Encoded ===

impl Codec for Encoded {
    type Encode = Bytes;
    type Decode = Answer;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.reserve(message.len());
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Encoded {
    type Item = Answer;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Answer>, Status> {
        // As over HTTP: who answers something else has taken the message.
        Ok(Some(Answer::decode(buffer).unwrap_or_default()))
    }
}

// === impl Refusal ===

impl Refusal {
    /// ([OTLP/gRPC response](https://opentelemetry.io/docs/specs/otlp/#failures))
    fn of_status(status: &Status) -> Self {
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
