//! A strict reader of metrics pages, written apart from the code that makes them.
//!
//! It refuses what Prometheus would put up with: a family without help or type, series of one family
//! apart from each other, a bucket that shrinks, a bound such as `le="1"` that isn't a float, a
//! counter without `_total`, a blank line.
//!
//! ```
//! use obs_tests::page::Page;
//!
//! let before = Page::parse("# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total 3\n")?;
//! let after = Page::parse("# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total 5\n")?;
//! assert_eq!(after.delta(&before, "jobs_total", &[]), 2.0);
//! assert_eq!(after.changes(&before), [("jobs_total".to_owned(), 2.0)]);
//! # Ok::<(), String>(())
//! ```

mod check;
mod line;
mod others;
mod parse;
mod query;
mod registry;

#[cfg(test)]
mod tests;

pub use {
    line::{Exemplar, Sample},
    parse::{Family, Format, Kind, Page},
    registry::text_of,
};
