//! Spans and log records of other services, by OTLP over HTTP: protobuf and JSON.
//!
//! Nothing is believed: each text is cut and redacted, lists are cut, and what doesn't fit is counted. A message is decoded
//! where it lies; what is taken of it goes to the query layer's store, which is bounded in bytes and fair to each service.

mod any_value;
mod gate;
mod json;
mod message;
mod protobuf;
mod shape;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use gate::Gate;
#[cfg(test)]
pub(super) use message::take_json;
pub(super) use message::{Encoding, Message, Signal};
