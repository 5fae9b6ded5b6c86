//! Every name that leaves a service: metrics, labels, span attributes, log keys.
//!
//! Adapters, generators, dashboards, documentation and tests read them from here, so a name is
//! written once.
//!
//! ```
//! use obs_conventions::names::metric;
//! assert_eq!(metric::REQUESTS.name("http"), "http_requests_total");
//! assert_eq!(metric::REQUESTS.name("payment"), "payment_requests_total");
//! assert_eq!(metric::REQUESTS.name(""), "requests_total");
//! ```

mod def;
mod values;

pub mod alert;
pub mod attribute;
pub mod cache;
pub mod database;
pub mod ecs;
pub mod google_cloud;
pub mod label;
pub mod log;
pub mod metric;
pub mod semconv;

pub use values::{drop_reason, error_type, grpc_status, header, kept, query_outcome, rpc, target, value};

pub use def::{MetricDef, MetricType};
