//! The answers of collectors.

use std::time::Duration;

use obs_base::{
    guard::chain_text,
    protobuf::{Field, Malformed, fields},
};

use super::progress::Progress;

/// Bytes of an answer that are read, at most. No power of two: an error of gRPC that names this number is about our
/// own limit, not about one of the collector.
pub(super) const MAX_ANSWER: usize = 65_521;
/// Characters of a collector's reason that are logged, at most.
const MAX_REASON: usize = 512;
/// Bytes of the texts of an error and its sources that are read, at most.
const MAX_CHAIN: usize = 4_096;
/// The type of [`RetryInfo`].
const RETRY_INFO: &str = "google.rpc.RetryInfo";

/// The answer to a message that is accepted; the same for spans, log records and metrics.
#[derive(Debug, Default)]
pub(super) struct Answer {
    partial_success: Option<PartialSuccess>,
}

#[derive(Debug, Default)]
struct PartialSuccess {
    /// Spans, log records or data points.
    rejected: i64,
    error_message: String,
}

/// Why a message was not accepted.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) remedy: Remedy,
}

/// How the message can still be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The same message will be refused again.
    None,
    /// The same message may be accepted later; after that delay if the collector requests one.
    Later(Option<Duration>),
    /// A smaller message may be accepted.
    Smaller,
}

/// [`google.rpc.Status`](https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto): the
/// details of a refusal, in the body over HTTP and in a trailer over gRPC.
#[derive(Debug, Default)]
pub(super) struct RpcStatus {
    pub(super) message: String,
    /// When the collector wants the message again, if it says so: the
    /// [`google.rpc.RetryInfo`](https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto)
    /// among its details.
    pub(super) retry_delay: Option<Duration>,
}

// === impl Answer ===

impl Answer {
    /// Decodes an `ExportTraceServiceResponse` or its like.
    pub(super) fn decode(message: &[u8]) -> Result<Self, Malformed> {
        let mut answer = Self::default();
        for field in fields(message) {
            let field = field?;
            if let (1, Some(partial)) = (field.number, field.bytes()) {
                answer.partial_success = Some(PartialSuccess::decode(partial)?);
            }
        }
        Ok(answer)
    }

    /// Reports how many items were accepted: a collector may reject a part, which must not be sent again.
    pub(super) fn report(self, items: usize, progress: &Progress) {
        let Some(PartialSuccess {
            rejected,
            error_message,
        }) = self.partial_success
        else {
            return progress.arrived(items);
        };
        let rejected = usize::try_from(rejected).unwrap_or(0);
        let reason = shortened(&error_message);
        if rejected > 0 {
            progress.refused(
                rejected.min(items),
                format!("the collector rejected {rejected}: {reason}"),
            );
        } else if !reason.is_empty() {
            progress.warned(reason);
        }
        progress.arrived(items.saturating_sub(rejected));
    }
}

// === impl PartialSuccess ===

impl PartialSuccess {
    fn decode(message: &[u8]) -> Result<Self, Malformed> {
        let mut partial = Self::default();
        for field in fields(message) {
            let field = field?;
            match field.number {
                1 => partial.rejected = field.integer().unwrap_or_default(),
                2 => partial.error_message = text(&field),
                _ => {}
            }
        }
        Ok(partial)
    }
}

// === impl Refusal ===

impl Refusal {
    /// A refusal that a retry would meet again.
    pub(super) fn lasting(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            remedy: Remedy::None,
        }
    }

    /// What may be otherwise next time.
    pub(super) fn passing(error: &(dyn std::error::Error + 'static)) -> Self {
        // The outer error of the client says no more than that there was one.
        let reason = chain_text(error, ": ", MAX_CHAIN);
        Self {
            reason: shortened(&reason),
            remedy: Remedy::Later(None),
        }
    }
}

// === impl RpcStatus ===

impl RpcStatus {
    /// Decodes a `google.rpc.Status`.
    pub(super) fn decode(message: &[u8]) -> Result<Self, Malformed> {
        let mut status = Self::default();
        for field in fields(message) {
            let field = field?;
            match (field.number, field.bytes()) {
                (2, _) => status.message = text(&field),
                (3, Some(detail)) => status.retry_delay = status.retry_delay.or(retry_delay(detail)?),
                _ => {}
            }
        }
        Ok(status)
    }
}

/// The delay of a detail, a `google.protobuf.Any`, if it is a `google.rpc.RetryInfo`. Without a delay it says that it
/// makes sense to try again.
fn retry_delay(detail: &[u8]) -> Result<Option<Duration>, Malformed> {
    let (mut type_url, mut info) = (String::new(), &[][..]);
    for field in fields(detail) {
        let field = field?;
        match (field.number, field.bytes()) {
            (1, _) => type_url = text(&field),
            (2, Some(value)) => info = value,
            _ => {}
        }
    }
    if type_url.rsplit('/').next() != Some(RETRY_INFO) {
        return Ok(None);
    }
    let (mut seconds, mut nanos) = (0, 0);
    for field in fields(info) {
        let (1, Some(delay)) = field.map(|field| (field.number, field.bytes()))? else {
            continue;
        };
        for field in fields(delay) {
            let field = field?;
            match field.number {
                1 => seconds = field.integer().unwrap_or_default(),
                2 => nanos = field.integer().unwrap_or_default(),
                _ => {}
            }
        }
    }
    let nanos = u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    Ok(Some(Duration::new(
        u64::try_from(seconds).unwrap_or_default(),
        nanos.unwrap_or_default(),
    )))
}

/// A string; bytes that aren't UTF-8 are replaced.
fn text(field: &Field<'_>) -> String {
    String::from_utf8_lossy(field.bytes().unwrap_or_default()).into_owned()
}

/// The start of a text, on one line.
pub(super) fn shortened(text: &str) -> String {
    let text = text.trim();
    let mut short: String = text
        .chars()
        .take(MAX_REASON)
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use obs_base::protobuf::Message;

    use super::*;
    use crate::export::progress::Delivery;

    fn delivery(rejected: i64, message: &str) -> Delivery {
        let progress = Progress::default();
        let error_message = message.to_owned();
        Answer {
            partial_success: Some(PartialSuccess {
                rejected,
                error_message,
            }),
        }
        .report(5, &progress);
        progress.into_delivery()
    }

    fn status(type_url: &str, seconds: i64, nanos: i32) -> RpcStatus {
        let mut message = Message::default();
        message.varint(1, 8);
        message.message(3, |detail| detail.bytes(1, b"google.rpc.Help"));
        message.message(3, |detail| {
            detail.bytes(1, type_url.as_bytes());
            detail.message(2, |info| {
                info.message(1, |delay| {
                    delay.varint(1, seconds.cast_unsigned());
                    delay.varint(2, i64::from(nanos).cast_unsigned());
                });
            });
        });
        message.bytes(2, b"busy");
        RpcStatus::decode(message.as_bytes()).unwrap()
    }

    #[test]
    fn no_collector_can_reject_more_than_it_got() {
        let counts = |rejected| {
            let Delivery { arrived, refused, .. } = delivery(rejected, "why");
            (arrived, refused)
        };
        assert_eq!([counts(2), counts(7), counts(-1)], [(3, 2), (0, 5), (5, 0)]);
        assert_eq!(
            delivery(2, "quota\n").error.as_deref(),
            Some("the collector rejected 2: quota")
        );
    }

    #[test]
    fn a_collector_may_warn_about_what_it_takes() {
        assert_eq!(delivery(0, "old field").warning.as_deref(), Some("old field"));
        assert_eq!(delivery(0, " ").warning, None);
    }

    #[test]
    fn the_delay_is_found_among_the_details_whatever_it_is() {
        assert_eq!(
            status("type.googleapis.com/google.rpc.RetryInfo", 1, 5).retry_delay,
            Some(Duration::new(1, 5))
        );
        assert_eq!(status("google.rpc.RetryInfo", -1, -5).retry_delay, Some(Duration::ZERO));
        assert!(status("google.rpc.RetryInfo", i64::MAX, i32::MAX).retry_delay.is_some());
        assert_eq!(status("type.googleapis.com/google.rpc.Help", 1, 5).retry_delay, None);
    }

    #[test]
    fn a_reason_is_one_line_and_not_long() {
        assert_eq!(shortened(" a\nb "), "a b");
        assert!(shortened(&"ä".repeat(10_000)).chars().count() == MAX_REASON + 1);
    }
}
