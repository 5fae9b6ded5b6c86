//! Traces.

mod blocking;
mod export;
mod gate;
mod handle;
mod ids;
mod pipeline;
mod resource;
mod sampler;
mod server_span;
mod settings;
mod span_name;

pub(crate) use handle::{Tracing, TracingConfig};
pub(crate) use pipeline::SpanReader;
pub(crate) use server_span::{ServerSpan, SpanStart};
pub(crate) use span_name::span_name;
