//! The request state machine.

mod headers;
mod outcome;

pub use headers::HeaderReader;
pub use outcome::Outcome;
