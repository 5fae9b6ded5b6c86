//! The vocabulary that every crate of obs shares: names of metrics, labels, span attributes and log keys, the outcomes
//! of requests, statuses of gRPC, and the two naming conventions of RED metrics.
//!
//! It has no dependencies, so that generators and rules can read the names without compiling what records them.
//!
//! ```
//! use obs_conventions::{Convention, GrpcStatus, Outcome, names::metric};
//!
//! assert_eq!(metric::REQUESTS.name("http"), "http_requests_total");
//! assert_eq!(Outcome::of_status(503), Outcome::ServerError);
//! assert_eq!(GrpcStatus::NotFound.outcome(), Outcome::ClientError);
//! assert_eq!(Convention::default(), Convention::Prometheus);
//! ```

pub mod names;

mod convention;
mod defaults;
mod grpc_status;
mod outcome;
mod service_settings;

pub use convention::Convention;
pub use defaults::{DURATION_BUCKETS, KNOWN_METHODS};
pub use grpc_status::GrpcStatus;
pub use outcome::Outcome;
pub use service_settings::ServiceSettings;
