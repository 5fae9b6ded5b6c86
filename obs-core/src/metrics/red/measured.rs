//! What is measured of a request; one number for a status of HTTP or of gRPC, and the label that it becomes.

use std::{borrow::Cow, time::Duration};

use obs_base::ids::{SpanId, TraceId};
use obs_conventions::{GrpcStatus, Outcome};

/// Statuses of gRPC are numbered from here on: no status of HTTP has four digits.
const GRPC: u16 = 1_000;

/// What is known of a request at its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured<'a> {
    /// The status that was sent, or its substitute; 0 if a client got none. That of gRPC where the page has it.
    pub(crate) status: u16,
    /// The same of HTTP in any case.
    pub(crate) http_status: u16,
    pub(crate) outcome: Outcome,
    /// What went wrong; `None` if nothing did.
    pub(crate) error_type: Option<&'a str>,
    pub(crate) duration: Duration,
    /// `None` if unknown, which is not 0.
    pub(crate) request_bytes: Option<u64>,
    /// `None` if unknown, which is not 0.
    pub(crate) response_bytes: Option<u64>,
    /// The ids of a sampled request.
    pub(crate) exemplar: Option<(TraceId, SpanId)>,
}

/// The number of a gRPC status where one of HTTP is expected; [`status_label`] turns it into text.
pub(crate) const fn grpc_as_status(status: GrpcStatus) -> u16 {
    GRPC + status.code() as u16
}

/// The value of the label `status`: a number of HTTP's, or a name of gRPC's.
pub(crate) fn status_label(status: u16) -> Cow<'static, str> {
    let grpc = status
        .checked_sub(GRPC)
        .and_then(|code| GrpcStatus::ALL.get(usize::from(code)));
    match grpc {
        Some(status) => Cow::Borrowed(status.as_str()),
        None => Cow::Owned(status.to_string()),
    }
}

// === impl Measured ===

impl Measured<'_> {
    /// As the conventions of OpenTelemetry have it: with the status of HTTP alone.
    pub(super) fn over_http(&self) -> Self {
        Self {
            status: self.http_status,
            ..*self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_of_grpc_become_names() {
        for status in GrpcStatus::ALL {
            assert_eq!(status_label(grpc_as_status(status)), status.as_str());
        }
    }

    #[test]
    fn statuses_of_http_stay_numbers() {
        for status in [0, 200, 404, 999, 1017, u16::MAX] {
            assert_eq!(status_label(status), status.to_string());
        }
    }
}
