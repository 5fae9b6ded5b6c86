//! The handle to all three signals: builder, start-up, shutdown.

mod error;
mod service;

pub(crate) use service::ServiceInfo;

pub use error::{InitError, ShutdownError};

/// Whether the process-wide default samples a new trace with this id.
pub(crate) fn default_sampled(_trace_id: crate::context::TraceId) -> bool {
    true
}

/// The process-wide default trace pipeline.
pub(crate) fn default_tracing() -> Option<crate::trace::Tracing> {
    None
}
