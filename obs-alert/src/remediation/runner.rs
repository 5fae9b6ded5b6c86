//! When a remediation runs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use obs_core::{
    guard::guarded,
    names::{alert::outcome, target},
};

use super::{Remediation, Runs, action::Action};
use crate::{Alert, manager::Telemetry, subscriber, time::Moment};

/// A remediation at work.
#[derive(Debug)]
pub(crate) struct Runner {
    remediation: Remediation,
    telemetry: Telemetry,
    runs: Runs,
    is_running: Arc<AtomicBool>,
    /// It was said that it has run often enough.
    was_limited: bool,
}

/// What a remediation does now, to be done without the manager's lock.
#[derive(Debug)]
pub(crate) struct Run {
    name: String,
    alert: Alert,
    telemetry: Telemetry,
    what: What,
}

#[derive(Debug)]
enum What {
    Action {
        action: Action,
        timeout: Duration,
        running: Running,
    },
    /// It would run, if it were not a dry run.
    DryRun,
    /// It has run so many times within the hour.
    Limited(u32),
}

// === impl Runner ===

impl Runner {
    /// One that goes on from what a state file has kept of it.
    pub(crate) fn new(remediation: Remediation, telemetry: Telemetry, runs: Runs) -> Self {
        Self {
            remediation,
            telemetry,
            runs,
            is_running: Arc::default(),
            was_limited: false,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.remediation.name
    }

    pub(crate) const fn runs(&self) -> &Runs {
        &self.runs
    }

    /// Whether it is for alerts of this name.
    pub(crate) fn is_for(&self, alert: &str) -> bool {
        self.remediation.alerts.iter().any(|name| name == alert)
    }

    /// Alerts that it is for fire: what is to be done, for the one that has waited longest, if it may run.
    pub(crate) fn consider(&mut self, alerts: &[&Alert], now: Moment) -> Option<Run> {
        let alert = alerts.get(self.runs.turn_of(alerts.iter().map(|alert| alert.fingerprint()))?)?;
        let is_cooling = self
            .runs
            .last
            .is_some_and(|last| now.since(last) < self.remediation.cooldown);
        if is_cooling || self.is_running.load(Ordering::Acquire) {
            return None;
        }
        if self.runs.within_hour(now) >= self.remediation.runs_per_hour as usize {
            let was_limited = std::mem::replace(&mut self.was_limited, true);
            return (!was_limited).then(|| self.run(alert, What::Limited(self.remediation.runs_per_hour)));
        }
        self.runs.add(alert.fingerprint(), now);
        self.was_limited = false;
        if self.remediation.is_dry_run {
            return Some(self.run(alert, What::DryRun));
        }
        let (action, timeout) = (self.remediation.action.clone(), self.remediation.timeout);
        Some(self.run(
            alert,
            What::Action {
                action,
                timeout,
                running: Running::begin(&self.is_running),
            },
        ))
    }

    fn run(&self, alert: &Alert, what: What) -> Run {
        Run {
            name: self.remediation.name.clone(),
            alert: alert.clone(),
            telemetry: self.telemetry.clone(),
            what,
        }
    }
}

// === impl Run ===

impl Run {
    /// Does it, on a thread of its own.
    pub(crate) fn start(self) {
        let Self {
            name,
            alert,
            telemetry,
            what,
        } = self;
        match what {
            What::Action {
                action,
                timeout,
                running,
            } => {
                let (failed, failed_telemetry) = (name.clone(), telemetry.clone());
                let run = subscriber::carried(move || {
                    let (outcome, error) = action.run(&alert, timeout);
                    // The action may be the last to hold what its closure has caught.
                    let _ = guarded(|| drop(action));
                    drop(running);
                    telemetry.remediated(&name, outcome);
                    said(&name, alert.name(), outcome, error.as_deref());
                });
                if let Err(error) = thread::Builder::new().name("obs-alert-remedy".to_owned()).spawn(run) {
                    failed_telemetry.remediated(&failed, outcome::FAILED);
                    said(&failed, "", outcome::FAILED, Some(&error.to_string()));
                }
            }
            What::DryRun => {
                telemetry.remediated(&name, outcome::DRY_RUN);
                let _ = guarded(|| {
                    tracing::info!(
                        target: target::ALERT,
                        remediation = name,
                        alertname = alert.name(),
                        "remediation would run, if it were not a dry run",
                    );
                });
            }
            What::Limited(runs_per_hour) => {
                telemetry.remediated(&name, outcome::LIMITED);
                let _ = guarded(|| {
                    tracing::warn!(
                        target: target::ALERT,
                        remediation = name,
                        alertname = alert.name(),
                        runs_per_hour,
                        "remediation has reached its limit of runs per hour: the alert needs a person",
                    );
                });
            }
        }
    }
}

fn said(name: &str, alert: &str, outcome: &str, error: Option<&str>) {
    let _ = guarded(|| match error {
        None => {
            tracing::info!(target: target::ALERT, remediation = name, alertname = alert, outcome, "remediation ran");
        }
        Some(error) => {
            tracing::error!(target: target::ALERT, remediation = name, alertname = alert, outcome, error, "remediation failed");
        }
    });
}

/// Set while a run goes on, whatever ends it.
#[derive(Debug)]
struct Running(Arc<AtomicBool>);

// === impl Running ===

impl Running {
    fn begin(flag: &Arc<AtomicBool>) -> Self {
        flag.store(true, Ordering::Release);
        Self(Arc::clone(flag))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
