//! The result of an attempt, for the application's hook.

use std::time::Duration;

use crate::{
    context::RequestContext,
    failure::Failure,
    headers::TraceParent,
    request::{GrpcStatus, Outcome},
};

/// An attempt that has ended: the argument of a client's `on_finish`. A request that is sent three times has three.
///
/// ```
/// use obs_core::client::ClientFinished;
///
/// // For `ObsClientLayer::new().on_finish(log_retries)`.
/// fn log_retries(attempt: &ClientFinished<'_>) {
///     if attempt.resend_count > 0 {
///         tracing::warn!(host = attempt.host, status = attempt.status, "sent again: {}", attempt.resend_count);
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ClientFinished<'a> {
    /// The method, from the closed set.
    pub method: &'a str,
    /// The method as it was sent, cut after 32 bytes, if it is not in the set.
    pub method_original: Option<&'a str>,
    /// The host, as in the label.
    pub host: &'a str,
    /// The URL template; empty if none was given.
    pub target: &'a str,
    /// The status code; `None` without a response.
    pub status: Option<u16>,
    /// The status of a gRPC call: the one that was sent, or the one derived from the error.
    pub grpc_status: Option<GrpcStatus>,
    /// The outcome.
    pub outcome: Outcome,
    /// The `error_type`, if the outcome is an error.
    pub error_type: Option<&'a str>,
    /// The error behind it, if that is known.
    pub failure: Option<&'a Failure>,
    /// From the start of the attempt to the response head, or to the error; of a gRPC call, to its
    /// trailers.
    pub duration: Duration,
    /// How often the request had been sent before.
    pub resend_count: u32,
    /// Bytes of the request's body, if known.
    pub request_bytes: Option<u64>,
    /// Bytes of the answer's body, if they were known at its head.
    pub response_bytes: Option<u64>,
    /// Trace, span and flags of the attempt, as they were sent.
    pub ids: TraceParent,
    /// The context of the request or job that sent it; `None` outside of both.
    pub context: Option<&'a RequestContext>,
}
