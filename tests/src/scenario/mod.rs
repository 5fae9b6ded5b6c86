//! One request, seen by every signal: metrics, log line, span, and the gauge back at 0, exactly once.
//!
//! A row of the scenario table sends requests and says what they must have left behind; what is left
//! behind beyond that fails the row as much as what is missing.
//!
//! ```no_run
//! use obs_core::request::Outcome;
//! use obs_tests::{logs::LogBuffer, net, scenario::{Expected, Observer}, spans::SpanBuffer};
//!
//! # fn render() -> String { String::new() }
//! # let server = obs_tests::otlp::Receiver::start();
//! let (logs, spans) = (LogBuffer::new(), SpanBuffer::new());
//! // … build an `Obs` that writes to a clone of `logs` and traces with `spans.provider()`
//! let mut observer = Observer::new(render).logs(&logs).spans(&spans);
//!
//! let mark = observer.mark();
//! net::get(server.addr(), "/orders/7");
//! observer.check(&mark, &[Expected::new("GET", "/orders/{id}", 200, Outcome::Ok).response_bytes(12)]);
//! observer.finish();
//! ```

mod check;
mod expected;
mod observer;

#[cfg(test)]
mod tests;

pub use {
    expected::Expected,
    observer::{Mark, Observer},
};
