//! The context of the request that the current task works on: ids, and fields for its log lines.
//!
//! The adapters create one for each request and keep it current while the handler runs. Everything
//! that obs records meanwhile has its ids: log lines, exemplars, outgoing headers.
//!
//! ```
//! use obs_core::context;
//!
//! context::run_new(|| {
//!     context::set_field("user_id", "user-456");
//!     tracing::info!(action = "login", "user action"); // carries request_id, trace_id, user_id
//!     assert_eq!(context::current().unwrap().fields().len(), 1);
//! });
//! assert!(context::current().is_none());
//! ```
//!
//! [`record`] sets a field of the lines and an attribute of the request's span in one call.
//!
//! The fields belong to one request, whatever threads work on it. [`clear`] removes them; at the
//! end of the request they are dropped. [`logs`](crate::logs) compares this with a logger object that has
//! a context.
//!
//! A new task or thread starts without a context. Carry it there:
//!
//! | to | with |
//! |---|---|
//! | `tokio::spawn`, `actix_web::rt::spawn`, `Arbiter::spawn` | [`in_current`], or [`scope`] with a context that was kept |
//! | `spawn_blocking`, `web::block`, `std::thread::spawn`, `Arbiter::spawn_fn` | [`carry`], or [`run_in`] with a context that was kept |
//!
//! ```no_run
//! # async fn send_receipt() {}
//! # fn print_receipt() {}
//! # async fn handler() {
//! use obs_core::context::{carry, in_current};
//!
//! tokio::spawn(in_current(send_receipt()));
//! tokio::task::spawn_blocking(carry(print_receipt));
//! # }
//! ```
//!
//! Work that no request started has a context of its own:
//!
//! | work | async | blocking |
//! |---|---|---|
//! | a job | [`in_new`] | [`run_new`] |
//! | a message from a queue, in the trace of its producer | [`in_continued`] | [`run_continued`] |
//! | a batch of messages, linked to their producers | [`scope`] with [`RequestContext::linked_to`] | [`run_in`] with it |
//!
//! A body or a stream, which is polled elsewhere, keeps its context in a [`Carried`]. The futures of [`in_current`] and
//! the other functions also drop what they hold in their context.
//!
//! The caller's `baggage` is read by [`RequestContext::baggage_value`]. It is in OpenTelemetry's context too, so that
//! other instrumentation propagates it.
//!
//! # When a thread ends
//!
//! Destructors of thread-locals may log, make spans and use all of this. If OpenTelemetry's thread-local is destroyed
//! already, there is no active span; nothing panics. Two cases are outside the reach of obs:
//! `tracing-subscriber` panics when such a destructor opens or enters a `tracing` span, or logs under a
//! filter with directives for spans (`target[span]=level`); and on a thread that has used OpenTelemetry, but never
//! obs or `tracing`, the first access to its context from such a destructor is a panic that is caught.

mod carried;
mod consumer;
mod current;
mod fields;
mod global_propagator;
mod instance;
#[cfg(test)]
mod job_tests;
pub(crate) mod otel;
mod owner;
mod propagators;
mod request_context;
mod scope;

pub(crate) use consumer::ProducerLinks;
pub(crate) use current::{Entered, enter, exchange, exemplar_ids, with_current};
pub(crate) use fields::NotedFailure;
pub(crate) use global_propagator::GlobalPropagator;
pub(crate) use instance::{Instance, InstanceRef, Parts, outside_instance, set_default_instance, set_thread_default};
pub(crate) use obs_base::ids::RequestId;
pub(crate) use owner::{Ownership, owner};
pub(crate) use propagators::{OwnPropagator, Propagators, header_name, request_id_header};

pub use crate::field_value::FieldValue;
pub use carried::Carried;
pub use consumer::{in_continued, run_continued};
pub use current::{clear, current, record, set_field};
pub use obs_base::ids::{SpanId, TraceFlags, TraceId};
#[doc(hidden)]
pub use owner::carry_instance;
pub use request_context::RequestContext;
pub use scope::{Scoped, carry, in_current, in_new, run_in, run_new, scope};
