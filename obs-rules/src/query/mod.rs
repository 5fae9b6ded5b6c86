//! The meaning of a condition: a tree that is written as `PromQL` and evaluated in the process.
//!
//! A [`Query`] is made once, by [`Condition::query`](crate::Condition::query). Its [`Display`](std::fmt::Display) is the
//! `PromQL` that Prometheus evaluates, [`Query::eval`] evaluates it over a [`Source`] in the process; a property test
//! compares both on random trees.
//!
//! ```
//! use obs_rules::{
//!     promql::{Selector, Window},
//!     query::{Growth, Query, Relation, Source, Values},
//! };
//!
//! let growth = |metric: &str| Growth::new(Selector::new(metric), Window::minutes(5));
//! let query = Query::ratio(growth("jobs_failed_total"), growth("jobs_total")).test(Relation::Above, Query::Number(0.05));
//! assert_eq!(
//!     query.to_string(),
//!     "(sum(rate(jobs_failed_total[5m])) or vector(0)) / (sum(rate(jobs_total[5m])) > 0) > 0.05",
//! );
//!
//! /// Everything has grown by 7.
//! struct Seven;
//! impl<I> Source<I> for Seven {
//!     fn read(&self, _: &I) -> Values<'_> {
//!         Values::one(7.0)
//!     }
//! }
//! let samples = query.eval(&Seven);
//! assert!(samples.iter().all(|sample| sample.holds && sample.value == 1.0));
//! ```

mod eval;
mod input;
mod tree;

#[cfg(test)]
mod tests;

pub use eval::{Sample, Series, Source, Values};
pub use input::{Growth, Input};
pub use tree::{Operator, Query, Relation};
