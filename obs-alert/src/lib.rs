//! Evaluates the alert rules and service level objectives of [`obs_rules`] in the process, over the metrics of its
//! [`Registry`](obs_core::metrics::Registry), and notifies channels of the alerts.
//!
//! [`AlertManager`] is where to begin. The types of `obs_rules` are re-exported: a service needs this crate alone.

mod channel;
mod dispatch;
mod evaluate;
mod health;
mod history;
mod manager;
mod remediation;
mod state;
mod subscriber;
mod text;
mod time;

pub use channel::{Channel, Notification};
#[cfg(feature = "email")]
pub use channel::{Email, EmailSecurity};
pub use dispatch::{Inhibition, Silence, SilenceId};
pub use manager::{AlertManager, AlertManagerBuilder, BuildError, RuleStatus, SloStatus};
pub use remediation::Remediation;
pub use state::{Alert, AlertState};
pub use time::{Clock, ManualClock, Moment, SystemClock};

#[doc(inline)]
pub use obs_rules::{
    AlertRule, BadCondition, BadRule, BadSlo, BurnRate, Comparison, Condition, Custom, Defect, Naming, NoData, Scope,
    Severity, Sli, Slo, Tally, UnknownSeverity, definition, promql, query, rules,
};
