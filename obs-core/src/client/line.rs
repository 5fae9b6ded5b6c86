//! The log line of an attempt.

use opentelemetry::Context as OtelContext;

use super::ClientFinished;
use crate::{context, failure::Failure, names::log, request::GrpcStatus};

/// Writes the event with these fields; a level has to be known when a program is compiled.
macro_rules! event {
    ($level:ident, $finished:expr) => {
        tracing::event!(
            target: log::CLIENT_TARGET,
            tracing::Level::$level,
            { log::METHOD } = $finished.method,
            { log::METHOD_ORIGINAL } = $finished.method_original,
            { log::HOST } = $finished.host,
            { log::URL_TEMPLATE } = $finished.target,
            { log::STATUS } = $finished.status,
            { log::GRPC_STATUS } = $finished.grpc_status.map(GrpcStatus::as_str),
            { log::OUTCOME } = $finished.outcome.as_str(),
            { log::ERROR_TYPE } = $finished.error_type,
            { log::ERROR } = $finished.failure.map(Failure::message),
            { log::ERROR_CHAIN } = $finished.failure.and_then(Failure::chain).as_deref(),
            { log::DURATION_MS } = $finished.duration.as_secs_f64() * 1e3,
            { log::RESEND_COUNT } = $finished.resend_count,
            { log::REQUEST_BYTES } = $finished.request_bytes,
            { log::RESPONSE_BYTES } = $finished.response_bytes,
            "outgoing request"
        )
    };
}

/// Writes the line through `tracing`, with the ids of the request and of the attempt's span: `warn`
/// for errors, else `info`.
pub(super) fn write(finished: &ClientFinished<'_>, otel: Option<&OtelContext>) {
    let _span = otel.map(|otel| context::otel::attach(otel.clone()));
    let _entered = finished.context.map(|context| context::enter(Some(context.clone())));
    if finished.error_type.is_some() {
        event!(WARN, finished);
    } else {
        event!(INFO, finished);
    }
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
