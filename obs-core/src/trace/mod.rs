//! Traces: spans for the work inside a request or a job.
//!
//! Each sampled request has a span already; the functions here add child spans for parts of the work.
//!
//! ```
//! use obs_core::trace;
//!
//! # async fn load_cart() -> Result<u32, std::io::Error> { Ok(3) }
//! # async fn handler() -> Result<(), std::io::Error> {
//! let items = trace::try_in_span("load cart", load_cart()).await?;
//! trace::set_attribute("cart.items", items);
//! # Ok(())
//! # }
//! ```
//!
//! `tracing` spans (`#[tracing::instrument]`) become children in the same way, and events become events of the span
//! around them, if their level is `INFO` or above: below it, libraries such as h2 make spans for each connection and
//! frame; [`ObsBuilder::span_filter`](crate::ObsBuilder::span_filter) sets other levels, for each target. `RUST_LOG`
//! filters lines only. OpenTelemetry's integers are signed: cast `u64` and `usize` fields of `tracing` spans to
//! `i64`, else `tracing-opentelemetry` converts them to text. The functions here convert them to integers.
//!
//! Attributes of a span are bounded and redacted, whichever code sets them: a key that is set again is
//! overwritten, values whose keys name secrets are `REDACTED`
//! ([`ObsBuilder::redact_fields`](crate::ObsBuilder::redact_fields) adds names), credentials within texts are replaced,
//! and texts above
//! [`attribute_value_length_limit`](crate::ObsBuilder::attribute_value_length_limit) are cut.
//!
//! In requests that are not sampled, nothing here costs more than reading a thread-local.

mod active;
mod blocking;
mod builder;
mod client_span;
mod config;
mod discarded;
mod events;
mod exported_span;
#[cfg(test)]
mod field_tests;
mod future;
mod gate;
mod global_provider;
mod handle;
mod ids;
mod keep;
mod kept_child;
mod limited_span;
mod limits;
mod pipeline;
mod rate_limit;
mod record;
mod recorded_layer;
mod recorded_span;
#[cfg(test)]
mod recorded_tests;
mod recording;
mod request_fields;
mod request_span;
mod rules;
mod sampler;
mod sampling;
mod sampling_boost;
mod server_span;
mod span_filter;
mod span_head;
mod span_name;
mod strings;
#[cfg(test)]
mod testing;

pub(crate) use client_span::{ClientSpan, ClientSpanStart};
pub(crate) use config::TracingConfig;
pub(crate) use gate::is_request_span;
pub(crate) use global_provider::{GlobalProvider, GlobalTracing};
pub(crate) use handle::Tracing;
pub(crate) use keep::Keep;
pub(crate) use limits::Limits;
pub(crate) use recorded_span::RunningSpan;
pub(crate) use server_span::SpanStart;
pub(crate) use span_head::{HeadParts, SpanHead, StartAttributes};
pub(crate) use span_name::{SpanName, http_span_name};
pub(crate) use strings::{interned, split_authority};

/// The name of our tracer.
const SCOPE: &str = "obs";

pub use builder::{
    SpanBuilder, SpanKind, in_span, in_span_blocking, process_span, span, try_in_span, try_in_span_blocking,
};
pub use future::{Traced, TryTraced};
pub use keep::SlowThreshold;
pub use pipeline::SpanReader;
pub(crate) use record::exception_of;
pub use record::{record_error, set_attribute};
pub use sampling::Sampling;
