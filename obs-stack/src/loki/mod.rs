//! Files of Loki: its configuration, for local disks and for S3, and saved queries.
//!
//! Streams have the labels `job` and `service_name` (both the service's name), `env` and `level`, whichever
//! way a line comes: by [Alloy](crate::alloy) or by the [collector](crate::collector). `trace_id`, `span_id`
//! and `request_id` are structured metadata: as labels, each request would make a stream.

mod config;
mod files;
mod queries;
mod stream;

#[cfg(test)]
mod tests;

pub use files::files;
pub use queries::{SavedQuery, queries};
pub(crate) use stream::{LABELS, METADATA, stream, stream_with};
