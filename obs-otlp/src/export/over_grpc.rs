//! OTLP over gRPC.

use std::fmt;

use bytes::{Buf as _, BufMut as _, Bytes};
use tonic::{
    Code, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
    metadata::{MetadataKey, MetadataMap, MetadataValue},
    transport::{Channel, Endpoint},
};

use super::{
    BoxError,
    answer::{Answer, MAX_ANSWER, Refusal, Remedy, RpcStatus, shortened},
    sender::USER_AGENT,
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
        let client = Grpc::new(channel(settings)?).max_decoding_message_size(MAX_ANSWER);
        Ok(Self {
            client: if settings.transport.gzip {
                compressing(client)
            } else {
                client
            },
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
        match response {
            Ok(response) => Ok(response.into_inner()),
            // It has answered, only more than is read: that it has taken the message.
            Err(status) if is_long_answer(&status) => Ok(Answer::default()),
            Err(status) => Err(Refusal::of_status(&status)),
        }
    }
}

impl fmt::Debug for OverGrpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may be secrets.
        f.debug_struct("OverGrpc")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "gzip")]
fn compressing(client: Grpc<Channel>) -> Grpc<Channel> {
    client.send_compressed(tonic::codec::CompressionEncoding::Gzip)
}

/// Is not called: compression is refused at the start then.
#[cfg(not(feature = "gzip"))]
fn compressing(client: Grpc<Channel>) -> Grpc<Channel> {
    client
}

fn channel(settings: &ExportSettings) -> Result<Channel, BoxError> {
    let endpoint = Endpoint::from_shared(settings.endpoint.url.clone())?.timeout(settings.request_timeout);
    let endpoint = endpoint.user_agent(USER_AGENT)?;
    #[cfg(feature = "tls")]
    if settings.endpoint.is_encrypted() {
        return Ok(endpoint
            .tls_config(settings.transport.tls.tonic_config())?
            .connect_lazy());
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
        // As over HTTP: an answer that is something else still accepts the message.
        let answer = buffer.copy_to_bytes(buffer.remaining());
        Ok(Some(Answer::decode(&answer).unwrap_or_default()))
    }
}

// === impl Refusal ===

impl Refusal {
    /// ([OTLP/gRPC response](https://opentelemetry.io/docs/specs/otlp/#failures))
    fn of_status(status: &Status) -> Self {
        let delay = RpcStatus::decode(status.details())
            .ok()
            .and_then(|status| status.retry_delay);
        let remedy = match status.code() {
            _ if is_about_size(status) => Remedy::Smaller,
            Code::Aborted
            | Code::Cancelled
            | Code::DataLoss
            | Code::DeadlineExceeded
            | Code::OutOfRange
            | Code::Unavailable => Remedy::Later(delay),
            // Can be retried only with a delay of the collector.
            Code::ResourceExhausted if delay.is_some() => Remedy::Later(delay),
            _ => Remedy::None,
        };
        let said = format!("the collector answered {:?}", status.code());
        let reason = shortened(status.message());
        Self {
            reason: if reason.is_empty() {
                said
            } else {
                format!("{said}: {reason}")
            },
            remedy,
        }
    }
}

/// Whether this is about our limit for answers, and not about the collector's for messages: tonic, on both sides, has
/// the same text for both.
fn is_long_answer(status: &Status) -> bool {
    status.code() == Code::OutOfRange && status.message().ends_with(&format!("the limit is: {MAX_ANSWER} bytes"))
}

/// Whether a smaller message might be accepted. There is no code for it, only the texts of gRPC in Go, Java, C++, .NET
/// and Rust.
fn is_about_size(status: &Status) -> bool {
    const WORDS: [&str; 6] = [
        "larger than max",
        "message length too large",
        "message too large",
        "exceeds maximum size",
        "exceeds the maximum",
        "http status code 413",
    ];
    let is_possible = matches!(
        status.code(),
        Code::ResourceExhausted | Code::OutOfRange | Code::InvalidArgument | Code::Internal | Code::Unknown
    );
    let message = status.message().to_ascii_lowercase();
    is_possible && WORDS.iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_for_size_are_known_by_the_words_of_every_grpc() {
        for (code, message) in [
            (
                Code::ResourceExhausted,
                "grpc: received message larger than max (5000000 vs. 4194304)",
            ),
            (
                Code::ResourceExhausted,
                "grpc: received message after decompression larger than max 4194304",
            ),
            (
                Code::ResourceExhausted,
                "SERVER: Received message larger than max (4194305 vs. 4194304)",
            ),
            (
                Code::ResourceExhausted,
                "gRPC message exceeds maximum size 4194304: 5000000",
            ),
            (
                Code::ResourceExhausted,
                "Decompressed gRPC message exceeds maximum size 4194304",
            ),
            (
                Code::ResourceExhausted,
                "Received message exceeds the maximum configured message size.",
            ),
            (
                Code::OutOfRange,
                "Error, decoded message length too large: found 5 bytes, the limit is: 4 bytes",
            ),
            (
                Code::Unknown,
                "grpc-status header missing, mapped from HTTP status code 413",
            ),
        ] {
            assert_eq!(
                Refusal::of_status(&Status::new(code, message)).remedy,
                Remedy::Smaller,
                "{message}"
            );
        }
        for (code, message, remedy) in [
            (Code::ResourceExhausted, "quota of the team is used up", Remedy::None),
            (Code::Unavailable, "the queue is larger than max", Remedy::Later(None)),
            (Code::OutOfRange, "", Remedy::Later(None)),
            (Code::InvalidArgument, "an id has 15 bytes", Remedy::None),
        ] {
            assert_eq!(
                Refusal::of_status(&Status::new(code, message)).remedy,
                remedy,
                "{message}"
            );
        }
    }
}
