//! Alert rules: [`AlertRule`], its `PromQL`, and what makes a good one.

mod alert_rule;
mod check;
mod quality;
mod query;

#[cfg(test)]
mod tests;

pub use alert_rule::{AlertRule, NoData};
pub use check::BadRule;
pub use quality::Defect;
