//! Log records on their way to a collector, by OTLP.
//!
//! Events come through the bridge of `opentelemetry-appender-tracing`, requests directly. Both get what
//! a line has: the ids, the fields of the request context, redaction, unique keys and a limit of size.

mod attributes;
mod bridge;
mod pipeline;
mod request;

pub(super) use pipeline::OtlpLogs;
pub(super) use request::RawRequest;
