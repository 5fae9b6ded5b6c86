//! obs-core

pub mod context;
pub mod logs;
pub mod metrics;
pub mod names;
pub mod otel;
pub mod propagation;
pub mod request;
pub mod trace;

mod clock;
pub use obs::{InitError, ShutdownError};

mod obs;
