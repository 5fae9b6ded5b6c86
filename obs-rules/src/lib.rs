//! What a service promises and what it is watched for, written down once: definitions (`obs.yaml`), alert rules,
//! service level objectives, and the `PromQL` that says the same to Prometheus.
//!
//! Nothing runs here: `obs-alert` evaluates the rules in the process and notifies, `obs-stack` generates the
//! configuration of everything around a service. Both read these types, and so agree.
//!
//! ```
//! use obs_rules::{Naming, definition::Definition};
//!
//! let text = "
//! version: 1
//! services:
//!   - name: orders
//!     slos:
//!       - { name: availability, objective: 99.9, window: 30d }
//! ";
//! let definition = Definition::parse(text, "obs.yaml")?;
//! let service = &definition.services[0];
//! let rule = service.alerts.iter().find(|rule| rule.name() == "ServiceDown").unwrap();
//! assert_eq!(rule.promql(&service.naming()).unwrap().to_string(), "absent(obs_build_info{job=\"orders\"})");
//! # Ok::<(), obs_rules::definition::DefinitionError>(())
//! ```

mod condition;
mod naming;
mod rule;
mod scope;
mod severity;
mod slo;
mod tally;

pub mod definition;
pub mod promql;
pub mod query;
pub mod rules;
pub mod template;

pub use condition::{BadCondition, Comparison, Condition, Custom, Unit};
pub use naming::Naming;
pub use rule::{AlertRule, BadRule, Defect, NoData};
pub use scope::Scope;
pub use severity::{Severity, UnknownSeverity};
pub use slo::{BadSlo, BurnRate, Sli, Slo};
pub use tally::Tally;
