//! The definition of services: who they are, what they promise, what they are watched for.
//!
//! It is written once, as `obs.yaml`; the services start their alerts and buckets from it, and the
//! `obs` command makes the configuration of everything around them from it.

mod service;
mod team;

pub use service::{Definition, Endpoint, Links, Service};
pub use team::Team;
