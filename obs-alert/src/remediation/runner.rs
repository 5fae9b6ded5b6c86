//! When a remediation runs.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use obs_core::names::{alert::outcome, target};

use super::Remediation;
use crate::{Alert, manager::Telemetry, subscriber, time::Moment};

const HOUR: Duration = Duration::from_secs(3_600);

/// A remediation at work.
#[derive(Debug)]
pub(crate) struct Runner {
    remediation: Remediation,
    telemetry: Telemetry,
    /// When its runs of the last hour began.
    runs: VecDeque<Moment>,
    is_running: Arc<AtomicBool>,
    /// It was said that it has run often enough.
    was_limited: bool,
}

// === impl Runner ===

impl Runner {
    pub(crate) fn new(remediation: Remediation, telemetry: Telemetry) -> Self {
        Self { remediation, telemetry, runs: VecDeque::new(), is_running: Arc::default(), was_limited: false }
    }

    pub(crate) fn name(&self) -> &str {
        &self.remediation.name
    }

    /// Whether it is for alerts of this name.
    pub(crate) fn is_for(&self, alert: &str) -> bool {
        self.remediation.alerts.iter().any(|name| name == alert)
    }

    /// An alert that it is for fires: runs if it may.
    pub(crate) fn consider(&mut self, alert: &Alert, now: Moment) {
        while self.runs.front().is_some_and(|run| now.since(*run) >= HOUR) {
            self.runs.pop_front();
        }
        let is_cooling = self.runs.back().is_some_and(|last| now.since(*last) < self.remediation.cooldown);
        if is_cooling || self.is_running.load(Ordering::Acquire) {
            return;
        }
        if self.runs.len() >= self.remediation.runs_per_hour as usize {
            self.say_limited(alert);
            return;
        }
        self.runs.push_back(now);
        self.was_limited = false;
        if self.remediation.is_dry_run {
            self.telemetry.remediated(&self.remediation.name, outcome::DRY_RUN);
            tracing::info!(
                target: target::ALERT,
                remediation = self.remediation.name,
                alertname = alert.name(),
                "remediation would run, if it were not a dry run",
            );
        } else {
            self.run(alert.clone());
        }
    }

    fn say_limited(&mut self, alert: &Alert) {
        if std::mem::replace(&mut self.was_limited, true) {
            return;
        }
        self.telemetry.remediated(&self.remediation.name, outcome::LIMITED);
        tracing::warn!(
            target: target::ALERT,
            remediation = self.remediation.name,
            alertname = alert.name(),
            runs_per_hour = self.remediation.runs_per_hour,
            "remediation has run often enough within the hour; somebody has to look",
        );
    }

    fn run(&self, alert: Alert) {
        let (name, action) = (self.remediation.name.clone(), self.remediation.action.clone());
        let (timeout, telemetry) = (self.remediation.timeout, self.telemetry.clone());
        let running = Running::begin(&self.is_running);
        let run = subscriber::carried(move || {
            let (outcome, error) = action.run(&alert, timeout);
            drop(running);
            said(&name, alert.name(), outcome, error.as_deref());
            telemetry.remediated(&name, outcome);
        });
        if let Err(error) = thread::Builder::new().name("obs-alert-remedy".to_owned()).spawn(run) {
            said(&self.remediation.name, "", outcome::FAILED, Some(&error.to_string()));
            self.telemetry.remediated(&self.remediation.name, outcome::FAILED);
        }
    }
}

fn said(name: &str, alert: &str, outcome: &str, error: Option<&str>) {
    match error {
        None => {
            tracing::info!(target: target::ALERT, remediation = name, alertname = alert, outcome, "remediation ran");
        }
        Some(error) => {
            tracing::error!(target: target::ALERT, remediation = name, alertname = alert, outcome, error, "remediation failed");
        }
    }
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
