//! An OTLP receiver: what a collector would have got, and a collector that misbehaves.
//!
//! ```
//! use obs_tests::otlp::{Answer, Receiver};
//!
//! let receiver = Receiver::start();
//! let endpoint = receiver.endpoint(); // the same for OTLP over HTTP and gRPC
//! receiver.answer(Answer::Status(503)); // from now on
//! assert!(receiver.spans().is_empty() && receiver.logs().is_empty());
//! # drop(endpoint);
//! ```

mod answer;
mod encrypted;
mod flatten;
mod log;
mod metric;
mod over_grpc;
mod over_http;
mod receiver;
mod refusal;
mod span;

#[cfg(test)]
mod tests;

pub use {
    answer::{Again, Answer},
    encrypted::encrypted,
    log::ReceivedLog,
    metric::{ReceivedMetric, written},
    receiver::{ReceivedRequest, Receiver, Transport},
    span::ReceivedSpan,
};
