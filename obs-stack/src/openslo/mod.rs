//! The service level objectives as [OpenSLO](https://openslo.com) v1, for other tools.
//!
//! `openslo/SERVICE.yaml`: the service, its objectives, and an alert policy for each burn rate. The format knows
//! one window for a condition: it gets the long one, the exact rule is in `prometheus/rules`.

mod files;
mod objective;
mod policy;

pub use files::files;
