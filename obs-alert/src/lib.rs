//! Evaluates the alert rules and service level objectives of [`obs_rules`] in the process, over the metrics of its
//! [`Registry`](obs_core::metrics::Registry), and notifies channels of the alerts.
//!
//! Start with [`AlertManager`]. The types of `obs_rules` are re-exported: a service needs only this crate.
//!
//! | type | is |
//! |---|---|
//! | [`AlertRule`], [`Condition`] | a rule: when it fires, how severe that is, what is notified |
//! | [`Slo`] | an objective, whose [`alerts`](Slo::alerts) are rules |
//! | [`Channel`] | a destination of notifications: webhook, Alertmanager, Slack, mail, log, closure |
//! | [`Silence`], [`Inhibition`] | alerts that are not notified: for a time, or as long as another one fires |
//! | [`Remediation`] | a program or a closure that an alert starts |
//! | [`Alert`], [`Notification`] | what channels and remediations get |
//! | [`ManualClock`] | a clock for tests |
//!
//! In a test, the manager evaluates when the test calls it:
//!
//! ```
//! use std::time::Duration;
//! use obs_alert::{AlertManager, AlertRule, AlertState, Clock as _, Comparison, Condition, ManualClock, Severity};
//! use obs_alert::promql::Selector;
//! use obs_core::metrics::Registry;
//!
//! let (registry, clock) = (Registry::new(), ManualClock::new());
//! let full = Condition::Gauge {
//!     selector: Selector::new("queue_length"),
//!     denominator: None,
//!     comparison: Comparison::Above(100.0),
//! };
//! let manager = AlertManager::builder()
//!     .registry(&registry)
//!     .clock(clock.clone())
//!     .rule(AlertRule::new("QueueFull", full, Severity::Warning, "The queue is full"))
//!     .build()?;
//!
//! metrics::with_local_recorder(&registry, || metrics::gauge!("queue_length").set(101.0));
//! let alerts = manager.evaluate(clock.now());
//! assert_eq!((alerts[0].name(), alerts[0].value()), ("QueueFull", Some(101.0)));
//!
//! metrics::with_local_recorder(&registry, || metrics::gauge!("queue_length").set(3.0));
//! clock.advance(Duration::from_secs(10));
//! assert_eq!(manager.evaluate(clock.now())[0].state(), AlertState::Resolved);
//! # Ok::<(), obs_alert::BuildError>(())
//! ```

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
