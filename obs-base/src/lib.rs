//! What the crates of obs share below telemetry: clocks, deadlines, environment variables by their types, guarded calls of
//! the application's code, redaction, bounded formatting, ids, pools of memory, and the errors of start-up and shutdown.
//!
//! This crate is internal to obs: it changes with the other crates of obs and gives no promise of its own. Applications
//! use `obs-core`, which re-exports what they may need.

pub mod clock;
pub mod environment;
pub mod formatting;
pub mod guard;
pub mod ids;
pub mod pool;
pub mod protobuf;
pub mod redact;

mod deadline;
mod error;
mod service;

pub use deadline::deadline;
pub use error::{InitError, ShutdownError};
pub use service::ServiceInfo;
