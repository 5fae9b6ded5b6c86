//! Alert rules and service level objectives that are written once: evaluated in the process, and
//! rendered as `PromQL` for Prometheus.

mod channel;
mod condition;
mod dispatch;
mod evaluate;
mod health;
mod history;
mod manager;
mod naming;
mod remediation;
mod rule;
mod scope;
mod severity;
mod slo;
mod state;
mod subscriber;
mod template;
mod text;
mod time;

pub mod definition;
pub mod promql;
pub mod rules;

pub use channel::{Channel, Notification};
#[cfg(feature = "email")]
pub use channel::{Email, EmailSecurity};
pub use condition::{BadCondition, Comparison, Condition, Custom, Traffic};
pub use dispatch::{Inhibition, Silence, SilenceId};
pub use manager::{AlertManager, AlertManagerBuilder, BuildError, RuleStatus, SloStatus};
pub use naming::{Naming, Tally};
pub use remediation::Remediation;
pub use rule::{AlertRule, BadRule, Defect, NoData};
pub use scope::Scope;
pub use severity::{Severity, UnknownSeverity};
pub use slo::{BadSlo, BurnRate, Sli, Slo};
pub use state::{Alert, AlertState};
pub use time::{Clock, ManualClock, Moment, SystemClock};
