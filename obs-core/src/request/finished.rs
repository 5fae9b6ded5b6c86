//! The result of a request, for the application's hook.

use std::time::Duration;

use super::{GrpcStatus, Outcome};
use crate::{context::RequestContext, failure::Failure};

/// A request that has ended: the argument of `ObsLayer::on_finish`.
///
/// ```
/// use obs_core::request::{Finished, Outcome};
///
/// // For `ObsLayer::new().on_finish(count_panics)`.
/// fn count_panics(request: &Finished<'_>) {
///     if request.outcome == Outcome::Panic {
///         metrics::counter!("order_panics_total", "endpoint" => request.endpoint.to_owned()).increment(1);
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Finished<'a> {
    /// The method, from the closed set.
    pub method: &'a str,
    /// The method as it was sent, cut after 32 bytes, if it is not in the set.
    pub method_original: Option<&'a str>,
    /// The route's template, or `unmatched`.
    pub endpoint: &'a str,
    /// The status code as it is recorded: 499 for a request cancelled before its head, 500 for a
    /// panic before it.
    pub status: u16,
    /// The status of a gRPC call as it is recorded; none for other requests.
    pub grpc_status: Option<GrpcStatus>,
    /// The outcome.
    pub outcome: Outcome,
    /// The `error_type`, if the outcome is an error.
    pub error_type: Option<&'a str>,
    /// The error behind it, if the outcome is an error and that is known.
    pub failure: Option<&'a Failure>,
    /// The group of the error, if the outcome is one: the same for errors of one endpoint, error type and type that
    /// differ in values alone (numbers, hex digits, UUIDs, what stands in quotes), and for panics at one place. The same
    /// in every process.
    pub fingerprint: Option<u64>,
    /// From arrival to the last byte.
    pub duration: Duration,
    /// From arrival to the response head, if there was one.
    pub head: Option<Duration>,
    /// Bytes of the request body, if known.
    pub request_bytes: Option<u64>,
    /// Bytes of the response body that were sent.
    pub response_bytes: u64,
    /// Ids and fields; none if logs and traces are off.
    pub context: Option<&'a RequestContext>,
}
