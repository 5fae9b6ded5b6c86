//! Drift between the files and a running service: its metrics page lacks a metric, a bucket, or a value of a label that
//! rules or dashboards ask for.

mod demand;
mod drift;
mod page;
mod promql;

#[cfg(test)]
mod tests;

pub use drift::{Absent, absent};
pub use page::{FetchError, Page, fetch};
