//! Sending one OTLP message, with retries.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{sleep, timeout};

#[cfg(feature = "otlp-grpc")]
use super::over_grpc::OverGrpc;
#[cfg(feature = "otlp-http")]
use super::over_http::OverHttp;
use super::{endpoint::Protocol, exporter::BoxError, settings::ExportSettings, worker::Loss};
use crate::clock;

/// How long the first retry waits at least and, in whole, twice that at most; the next ones wait
/// twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Tries of one message.
const TRIES: u32 = 4;
/// Who sends, unless the user's headers say otherwise
/// ([OTLP exporter](https://opentelemetry.io/docs/specs/otel/protocol/exporter/#user-agent)).
pub(super) const USER_AGENT: &str = concat!("obs-core/", env!("CARGO_PKG_VERSION"));

/// Sends messages to a collector.
#[derive(Debug)]
pub(super) struct Sender {
    transport: Transport,
    /// For one message with its retries.
    timeout: Duration,
}

#[derive(Debug)]
enum Transport {
    #[cfg(feature = "otlp-http")]
    Http(OverHttp),
    #[cfg(feature = "otlp-grpc")]
    Grpc(Box<OverGrpc>),
}

/// What a collector says to a message that it takes; the same for spans, log records and metrics.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Answer {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PartialSuccess {
    /// Spans, log records or data points.
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

/// Why a message was not taken.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) reason: String,
    /// Whether the same message may be taken later, and after how long at the earliest.
    pub(super) retry: Option<Duration>,
}

// === impl Sender ===

impl Sender {
    /// Must be made and used inside a runtime.
    pub(super) fn new(settings: &ExportSettings) -> Result<Self, BoxError> {
        let transport = match settings.endpoint.protocol {
            #[cfg(feature = "otlp-http")]
            Protocol::Http => Transport::Http(OverHttp::new(settings)?),
            #[cfg(feature = "otlp-grpc")]
            Protocol::Grpc => Transport::Grpc(Box::new(OverGrpc::new(settings)?)),
        };
        Ok(Self { transport, timeout: settings.request_timeout })
    }

    /// Sends a message until it is taken, it can't be, or there was time enough.
    pub(super) async fn send(&self, message: Vec<u8>) -> Result<(), Loss> {
        let mut last = None;
        let tries = self.tries(message, &mut last);
        match timeout(self.timeout, tries).await {
            Ok(sent) => sent,
            Err(_) => Err(Loss::of_all(last.unwrap_or_else(|| format!("no answer in {:?}", self.timeout)))),
        }
    }

    async fn tries(&self, message: Vec<u8>, last: &mut Option<String>) -> Result<(), Loss> {
        let message = self.transport.packed(message).map_err(|error| Loss::of_all(error.to_string()))?;
        let mut pause = FIRST_PAUSE;
        for left in (0..TRIES).rev() {
            let Refusal { reason, retry } = match self.transport.send(message.clone()).await {
                Ok(answer) => return answer.checked(),
                Err(refusal) => refusal,
            };
            let Some(at_least) = retry.filter(|_| left > 0) else { return Err(Loss::of_all(reason)) };
            *last = Some(reason);
            // Services that lost their collector at once must not come back at once.
            let spread = f64::from(clock::unix_now().subsec_micros()) / 1e6;
            sleep(pause.mul_f64(1.0 + spread).max(at_least)).await;
            pause *= 2;
        }
        Ok(())
    }
}

// === impl Transport ===

impl Transport {
    /// A message as it is sent, each time it is tried.
    #[cfg_attr(not(feature = "otlp-http"), expect(clippy::unnecessary_wraps, reason = "to compress may fail"))]
    fn packed(&self, message: Vec<u8>) -> Result<Bytes, BoxError> {
        match self {
            #[cfg(feature = "otlp-http")]
            Self::Http(http) => http.packed(message),
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc(_) => Ok(message.into()),
        }
    }

    async fn send(&self, message: Bytes) -> Result<Answer, Refusal> {
        match self {
            #[cfg(feature = "otlp-http")]
            Self::Http(http) => http.send(message).await,
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc(grpc) => grpc.send(message).await,
        }
    }
}

// === impl Answer ===

impl Answer {
    /// A collector may take a part and refuse the rest; to send that again is of no use.
    fn checked(self) -> Result<(), Loss> {
        match self.partial_success {
            Some(PartialSuccess { rejected, error_message }) if rejected > 0 => Err(Loss {
                items: Some(usize::try_from(rejected).unwrap_or(usize::MAX)),
                error: format!("the collector rejected {rejected}: {error_message}"),
            }),
            _ => Ok(()),
        }
    }
}

// === impl Refusal ===

impl Refusal {
    /// What will be the same next time.
    #[cfg(feature = "otlp-http")]
    pub(super) fn final_of(error: &dyn std::fmt::Display) -> Self {
        Self { reason: error.to_string(), retry: None }
    }

    /// What may be otherwise next time.
    pub(super) fn passing(error: &(dyn std::error::Error + 'static)) -> Self {
        // The outer error of the client says no more than that there was one.
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            reason = format!("{reason}: {cause}");
            source = cause.source();
        }
        Self { reason, retry: Some(Duration::ZERO) }
    }
}
