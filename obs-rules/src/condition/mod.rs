//! What has to be so for an alert to fire: [`Condition`], and its `PromQL`.

mod change;
mod check;
mod comparison;
mod custom;
mod kinds;
mod promql;

#[cfg(test)]
mod tests;

pub use check::BadCondition;
pub(crate) use check::{is_label_name, is_metric_name};
pub use comparison::Comparison;
pub use custom::Custom;
pub use kinds::{Condition, Traffic};
pub(crate) use promql::error_ratio;
