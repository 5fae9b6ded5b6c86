//! Every name that leaves a service: metrics, labels, span attributes, log keys.
//!
//! Adapters, generators, dashboards, documentation and tests read them from here, so a name is
//! written once.
//!
//! ```
//! use obs_core::names::metric;
//! assert_eq!(metric::REQUESTS.name("http"), "http_requests_total");
//! assert_eq!(metric::REQUESTS.name("payment"), "payment_requests_total");
//! assert_eq!(metric::REQUESTS.name(""), "requests_total");
//! ```

mod def;

pub mod alert;
pub mod attribute;
pub mod cache;
pub mod database;
pub mod drop_reason;
pub mod error_type;
pub mod grpc_status;
pub mod header;
pub mod kept;
pub mod label;
pub mod log;
pub mod metric;
pub mod query_outcome;
pub mod rpc;
pub mod semconv;
pub mod target;
pub mod value;

pub use def::{MetricDef, MetricType};
