//! Sending OTLP messages: divided where they are too large, with retries.

use std::{cell::Cell, time::Duration};

use bytes::Bytes;
use obs_base::clock;
use tokio::time::{Instant, sleep_until, timeout_at};

#[cfg(feature = "grpc")]
use super::over_grpc::OverGrpc;
#[cfg(feature = "http")]
use super::over_http::OverHttp;
use super::{
    BoxError,
    answer::{Answer, Refusal, Remedy},
    divide::Encoded,
    endpoint::Protocol,
    progress::Progress,
    settings::ExportSettings,
};

/// Bytes of a message before compression, at most: collectors accept 4 MiB over gRPC by default, and more over
/// HTTP.
pub(super) const MAX_MESSAGE: usize = 3 * 1024 * 1024;
/// The lowest limit, in bytes: every collector accepts that much.
const LEAST_LIMIT: usize = 64 * 1024;
/// The shortest wait before the first retry, and half of the longest one; each further wait is twice as long.
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
/// Attempts to send one message.
const MAX_ATTEMPTS: u32 = 4;
/// The longest delay that a collector can request (`Retry-After`, `RetryInfo`).
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);
/// The `User-Agent`, unless the user's headers have one
/// ([OTLP exporter](https://opentelemetry.io/docs/specs/otel/protocol/exporter/#user-agent)).
pub(super) const USER_AGENT: &str = concat!("obs-core/", env!("CARGO_PKG_VERSION"));

/// Sends messages to a collector.
#[derive(Debug)]
pub(super) struct Sender {
    transport: Transport,
    /// The timeout of one message with its retries.
    timeout: Duration,
    /// The timeout of one attempt, at most.
    longest: Duration,
    /// How a message with a single item is divided.
    divide_item: fn(&Encoded) -> Option<[Encoded; 2]>,
    /// Bytes from which on messages are divided before they are sent: less than at the start once the collector has
    /// refused one for its size.
    limit: Cell<usize>,
    /// The end of the delay that the collector has requested.
    retry_after: Cell<Option<Instant>>,
}

#[derive(Debug)]
enum Transport {
    #[cfg(feature = "http")]
    Http(Box<OverHttp>),
    #[cfg(feature = "grpc")]
    Grpc(Box<OverGrpc>),
}

// === impl Sender ===

impl Sender {
    /// Must be made and used inside a runtime.
    pub(super) fn new(settings: &ExportSettings) -> Result<Self, BoxError> {
        let transport = match settings.endpoint.protocol {
            #[cfg(feature = "http")]
            Protocol::Http => Transport::Http(Box::new(OverHttp::new(settings)?)),
            #[cfg(feature = "grpc")]
            Protocol::Grpc => Transport::Grpc(Box::new(OverGrpc::new(settings)?)),
        };
        Ok(Self {
            transport,
            timeout: settings.request_timeout,
            longest: settings.export_timeout,
            divide_item: |_| None,
            limit: Cell::new(MAX_MESSAGE),
            retry_after: Cell::new(None),
        })
    }

    /// Divides also a metric that is too large, by its points.
    #[cfg(feature = "metrics")]
    pub(super) fn dividing_metrics(self) -> Self {
        Self {
            divide_item: Encoded::halves_of_points,
            ..self
        }
    }

    /// Sends a message, in several parts if it is too large, and reports what was delivered.
    pub(super) async fn send(&self, message: Vec<u8>, items: usize, progress: &Progress) {
        let mut parts = vec![Encoded {
            bytes: message.into(),
            items,
        }];
        while let Some(part) = parts.pop() {
            let limit = if part.items > 1 { self.limit.get() } else { MAX_MESSAGE };
            let size = part.bytes.len();
            let reason = if size > limit {
                format!("a message of {size} bytes is more than the {limit} that are sent at once")
            } else {
                match self.send_one(part.bytes.clone(), progress).await {
                    Ok(answer) => {
                        progress.forget_error();
                        answer.report(part.items, progress);
                        continue;
                    }
                    Err(Refusal {
                        reason,
                        remedy: Remedy::Smaller,
                    }) => {
                        self.limit.set(self.limit.get().min(size / 2).max(LEAST_LIMIT));
                        reason
                    }
                    Err(Refusal { reason, remedy: _ }) => {
                        progress.refused(part.items, reason);
                        continue;
                    }
                }
            };
            match self.divided(&part) {
                Some([first, second]) => parts.extend([second, first]),
                None => progress.too_large(part.items, reason),
            }
        }
    }

    fn divided(&self, part: &Encoded) -> Option<[Encoded; 2]> {
        if part.items > 1 {
            part.halves()
        } else {
            (self.divide_item)(part)
        }
    }

    /// Sends a message until it is accepted, refused for good, or its timeout has elapsed.
    async fn send_one(&self, message: Bytes, progress: &Progress) -> Result<Answer, Refusal> {
        let message = self
            .transport
            .packed(message)
            .map_err(|error| Refusal::lasting(error.to_string()))?;
        let deadline = Instant::now() + self.timeout;
        let last = Cell::new(None);
        match timeout_at(deadline, self.attempts(message, deadline, &last, progress)).await {
            Ok(answered) => answered,
            Err(_) => Err(Refusal::lasting(
                last.take()
                    .unwrap_or_else(|| format!("no answer in {:?}", self.timeout)),
            )),
        }
    }

    async fn attempts(
        &self,
        message: Bytes,
        deadline: Instant,
        last: &Cell<Option<String>>,
        progress: &Progress,
    ) -> Result<Answer, Refusal> {
        self.wait_until_retry_after(last).await;
        let mut backoff = FIRST_BACKOFF;
        let mut left = MAX_ATTEMPTS;
        loop {
            left -= 1;
            let timeout = deadline.saturating_duration_since(Instant::now()).min(self.longest);
            let refusal = match self.transport.send(message.clone(), timeout).await {
                Ok(answer) => return Ok(answer),
                Err(refusal) => refusal,
            };
            let Remedy::Later(delay) = refusal.remedy else {
                return Err(refusal);
            };
            // Jitter: services that lost their collector at the same time must not all retry at the same time.
            let jitter = f64::from(clock::unix_now().subsec_micros()) / 1e6;
            let again = Instant::now() + backoff.mul_f64(1.0 + jitter).max(self.set_retry_after(delay));
            // A retry after the deadline would be too late for this message.
            if left == 0 || (delay.is_some() && again >= deadline) {
                return Err(refusal);
            }
            progress.retrying(&refusal.reason);
            last.set(Some(refusal.reason));
            sleep_until(again).await;
            backoff *= 2;
        }
    }

    /// Stores the delay that the collector has requested, at most [`MAX_RETRY_AFTER`], and returns it.
    fn set_retry_after(&self, delay: Option<Duration>) -> Duration {
        let delay_within = delay.unwrap_or_default().min(MAX_RETRY_AFTER);
        self.retry_after.set(delay.map(|_| Instant::now() + delay_within));
        delay_within
    }

    /// Waits for the end of the delay that the collector has requested for an earlier message.
    async fn wait_until_retry_after(&self, last: &Cell<Option<String>>) {
        let Some(until) = self.retry_after.get().filter(|until| *until > Instant::now()) else {
            return;
        };
        last.set(Some(format!(
            "the collector has requested a delay of {:?} more",
            until - Instant::now()
        )));
        sleep_until(until).await;
    }
}

// === impl Transport ===

impl Transport {
    /// A message as it is sent, each time it is tried.
    #[cfg_attr(
        not(feature = "http"),
        expect(clippy::unnecessary_wraps, reason = "to compress may fail")
    )]
    fn packed(&self, message: Bytes) -> Result<Bytes, BoxError> {
        match self {
            #[cfg(feature = "http")]
            Self::Http(http) => http.packed(message),
            #[cfg(feature = "grpc")]
            Self::Grpc(_) => Ok(message),
        }
    }

    /// Sends a message, for which the sender waits no longer than `timeout`.
    #[cfg_attr(
        not(feature = "http"),
        expect(unused_variables, reason = "gRPC requests end when they are dropped")
    )]
    async fn send(&self, message: Bytes, timeout: Duration) -> Result<Answer, Refusal> {
        match self {
            #[cfg(feature = "http")]
            Self::Http(http) => http.send(message, timeout).await,
            #[cfg(feature = "grpc")]
            Self::Grpc(grpc) => grpc.send(message).await,
        }
    }
}
