//! Comparing rules and dashboards with the metrics page of a running service.
//!
//! A rule that reads a metric, a histogram bucket or a label value that the service does
//! not have never fires. [`absent`] finds all of them; usually the definition and the
//! service disagree about namespace, convention, buckets or endpoints.
//!
//! ```
//! use obs_rules::definition::Definition;
//! use obs_stack::live::{self, Page};
//!
//! let text = "version: 1\nservices: [{ name: orders, namespace: shop }]";
//! let definition = Definition::parse(text, "obs.yaml")?;
//! let page = Page::parse("# TYPE http_requests_total counter\n");
//! let absent = live::absent(&definition, &definition.services[0], &page);
//! assert!(absent.iter().any(|one| one.to_string().starts_with("shop_requests_total is not on the page")));
//! # Ok::<(), obs_rules::definition::DefinitionError>(())
//! ```

mod drift;
mod page;

#[cfg(test)]
mod tests;

pub use drift::{Absent, absent};
pub use page::{FetchError, Page, fetch};
