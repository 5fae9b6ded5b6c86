//! Conditions of alerts: [`Condition`], their checks and their queries.

mod change;
mod check;
mod comparison;
mod custom;
mod kinds;
mod query;
mod unit;

#[cfg(test)]
mod tests;

pub use check::BadCondition;
pub(crate) use check::{is_label_name, is_metric_name};
pub use comparison::Comparison;
pub use custom::Custom;
pub use kinds::Condition;
pub(crate) use query::{complement, error_ratio};
pub use unit::Unit;
