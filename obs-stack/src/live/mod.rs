//! Comparing rules and dashboards with the metrics page of a running service.
//!
//! A rule that reads a metric, a histogram bucket or a label value that the service does
//! not have never fires. [`absent`] finds all of them; usually the definition and the
//! service disagree about namespace, convention, buckets or endpoints.
//!
//! | on the page is missing | found as | not reported |
//! |---|---|---|
//! | a metric | `… is not on the page`, with the namespace or convention under which it is there | metrics that appear with the first failure |
//! | a bucket of a histogram | `… has no bucket le="0.3"`, with the bounds that exist | histograms without series |
//! | a label value | `… has no method="PUT" on the page`, with up to 12 values that exist | statuses, outcomes and types of errors |
//! | a combination of label values | `… has no series with a="1" and b="2"`: each of them exists alone | |
//!
//! The labels `job` and `instance` are not compared: Prometheus adds them.
//!
//! ```
//! use obs_rules::definition::Definition;
//! use obs_stack::live::{self, Page};
//!
//! let text = "version: 1\nservices: [{ name: orders, namespace: shop }]";
//! let definition = Definition::parse(text, "obs.yaml")?;
//! let page = Page::parse(
//!     "# TYPE http_requests_total counter\n# TYPE http_request_duration_seconds histogram\n",
//! );
//! let absent = live::absent(&definition, &definition.services[0], &page);
//! let message = absent
//!     .iter()
//!     .map(ToString::to_string)
//!     .find(|one| one.starts_with("shop_requests_total is not on the page"));
//! assert!(message.is_some_and(|text| text.contains("http_requests_total is: set `namespace: http`")));
//! # Ok::<(), obs_rules::definition::DefinitionError>(())
//! ```

mod drift;
mod names;
mod page;

#[cfg(test)]
mod tests;

pub use drift::{Absent, absent};
pub use page::{FetchError, Page, fetch};
