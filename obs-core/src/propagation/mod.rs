//! W3C Trace Context and Baggage: reading what a caller sent, writing what is sent on.
//!
//! Adapters read the headers of a request with [`extract`] and write those of an outgoing one with
//! [`inject`]. Code that calls another service by hand does the same:
//!
//! ```
//! use obs_core::{context, propagation};
//!
//! context::run_new(|| {
//!     let mut headers: Vec<(&str, String)> = Vec::new();
//!     propagation::inject(&mut |name, value| headers.push((name, value.to_owned())));
//!     assert_eq!(headers[0].0, "traceparent");
//! });
//! ```
//!
//! The codec is strict: a malformed `traceparent` restarts the trace, a malformed `tracestate` is
//! left out without harm to the trace, a malformed member of `baggage` is left out alone. It follows
//! [Trace Context level 2](https://www.w3.org/TR/trace-context-2/) and
//! [Baggage](https://www.w3.org/TR/baggage/).

mod incoming;
mod outgoing;

pub(crate) use incoming::extract_for;
pub(crate) use outgoing::recorded_span;

pub use crate::headers::{BaggageMember, BaggageMembers, Extracted, TraceParent, baggage_members};
pub use incoming::extract;
pub use outgoing::{Outgoing, inject, outgoing};
