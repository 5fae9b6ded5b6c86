//! Service level objectives: [`Slo`], its error budget, and the alerts on how fast it is spent.

mod alerts;
mod burn_rate;
mod check;
mod objective;
mod query;
mod tier;

#[cfg(test)]
mod tests;

pub use burn_rate::BurnRate;
pub use check::BadSlo;
pub use objective::{Sli, Slo};
