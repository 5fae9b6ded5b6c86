//! Which gRPC status a client makes of an error without an answer.

use std::{error::Error, io};

use super::error::Text;
use crate::{guard::chain, request::GrpcStatus};

/// What h2 calls the reasons that streams and connections are reset for, with what gRPC makes of them
/// ([errors](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors)).
const REASONS: [(&str, GrpcStatus); 12] = [
    ("not a result of an error", GrpcStatus::Internal),
    ("unspecific protocol error detected", GrpcStatus::Internal),
    ("unexpected internal error encountered", GrpcStatus::Internal),
    ("flow-control protocol violated", GrpcStatus::Internal),
    ("settings ack not received in timely manner", GrpcStatus::Internal),
    ("frame with invalid size", GrpcStatus::Internal),
    (
        "unable to maintain the header compression context",
        GrpcStatus::Internal,
    ),
    (
        "connection established in response to a connect request",
        GrpcStatus::Internal,
    ),
    (
        "refused stream before processing any application logic",
        GrpcStatus::Unavailable,
    ),
    ("stream no longer needed", GrpcStatus::Cancelled),
    (
        "detected excessive load generating behavior",
        GrpcStatus::ResourceExhausted,
    ),
    (
        "security properties do not meet minimum requirements",
        GrpcStatus::PermissionDenied,
    ),
];

/// The status that tonic makes of an error of its channel, or of hyper's, by what the error and its
/// sources say.
///
/// ```
/// use std::io::{Error, ErrorKind};
/// use obs_core::{client::grpc_status, request::GrpcStatus};
///
/// assert_eq!(grpc_status(&Error::from(ErrorKind::ConnectionRefused)), GrpcStatus::Unavailable);
/// assert_eq!(grpc_status(&std::fmt::Error), GrpcStatus::Unknown);
/// ```
#[must_use]
pub fn grpc_status(error: &(dyn Error + 'static)) -> GrpcStatus {
    chain(error).find_map(of_link).unwrap_or(GrpcStatus::Unknown)
}

fn of_link(error: &(dyn Error + 'static)) -> Option<GrpcStatus> {
    // Errors of an established connection have texts of hyper and h2: this one is about establishing it.
    if error.is::<io::Error>() {
        return Some(GrpcStatus::Unavailable);
    }
    let text = Text::of(error).0;
    let starts_with = |beginnings: &[&str]| beginnings.iter().any(|beginning| text.starts_with(beginning));
    match &*text {
        // tonic's own deadline.
        "timeout expired" | "operation was canceled" => Some(GrpcStatus::Cancelled),
        // No answer to a ping.
        "operation timed out" => Some(GrpcStatus::Unavailable),
        _ if starts_with(&["tcp ", "dns error", "client error (connect)", "tunnel error"]) => {
            Some(GrpcStatus::Unavailable)
        }
        _ if starts_with(&["stream error ", "connection error ", "protocol error: "]) => {
            let known = REASONS.iter().find(|(reason, _)| text.contains(reason));
            Some(known.map_or(GrpcStatus::Unknown, |(_, status)| *status))
        }
        _ => None,
    }
}
