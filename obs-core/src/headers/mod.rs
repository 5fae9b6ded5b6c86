//! Headers of requests: how they are read, and the codecs of `traceparent`, `tracestate` and `baggage`.

mod baggage;
mod extract;
mod reader;
mod traceparent;
mod tracestate;

pub(crate) use extract::{extract, extract_of};
pub(crate) use traceparent::LEN as TRACEPARENT_LEN;

pub(crate) use baggage::percent_decoded;
pub use baggage::{BaggageMember, BaggageMembers, baggage_members};
pub use extract::Extracted;
pub use reader::{CommonHeaders, HeaderReader};
pub use traceparent::TraceParent;
