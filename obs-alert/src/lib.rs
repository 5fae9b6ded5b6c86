//! Alert rules and service level objectives that are written once: evaluated in the process, and
//! rendered as `PromQL` for Prometheus.

mod condition;
mod naming;
mod rule;
mod scope;
mod severity;
mod slo;

pub mod definition;
pub mod promql;

pub use condition::{Comparison, Condition, Custom};
pub use naming::{Naming, Tally};
pub use rule::{AlertRule, NoData};
pub use scope::Scope;
pub use severity::{Severity, UnknownSeverity};
pub use slo::{BurnRate, Sli, Slo};
