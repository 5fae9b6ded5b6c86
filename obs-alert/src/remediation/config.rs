//! A remediation and its settings.

use std::{collections::BTreeMap, error::Error, ffi::OsString, fmt, sync::Arc, time::Duration};

use super::action::Action;
use crate::Alert;

/// An action that a firing alert starts: it clears a cache, restarts a pool, switches a feature off.
///
/// It runs on a thread of its own, one run at a time. While the alert keeps firing it runs again after its cooldown, up
/// to a number of runs per hour. Silenced alerts don't start it. Each run is logged and counted in
/// `obs_alert_remediations_total{remediation,outcome}`.
///
/// A name that no rule has, a limit of 0 and a timeout of 0 are refused when the manager is built.
///
/// ```
/// use std::time::Duration;
/// use obs_alert::Remediation;
///
/// let restart = Remediation::command("restart-workers", "systemctl", ["restart", "workers"])
///     .on("QueueStuck")
///     .cooldown(Duration::from_secs(600))
///     .runs_per_hour(2)
///     .dry_run(true);
/// ```
#[must_use = "a remediation does nothing until it is given to an `AlertManager`"]
pub struct Remediation {
    pub(super) name: String,
    pub(super) alerts: Vec<String>,
    pub(super) action: Action,
    pub(super) cooldown: Duration,
    pub(super) runs_per_hour: u32,
    pub(super) is_dry_run: bool,
    pub(super) timeout: Duration,
}

// === impl Remediation ===

impl Remediation {
    /// A closure, which gets the alert. It has no timeout: one that hangs is never called again. An error or a panic
    /// is a failed run.
    ///
    /// ```
    /// use std::sync::{Arc, atomic::{AtomicBool, Ordering::Relaxed}};
    /// use obs_alert::{Alert, Remediation};
    ///
    /// let is_degraded = Arc::new(AtomicBool::new(false));
    /// let switch = Arc::clone(&is_degraded);
    /// let degrade = Remediation::closure("switch recommendations off", move |_: &Alert| {
    ///     switch.store(true, Relaxed);
    ///     Ok::<_, std::io::Error>(())
    /// })
    /// .on("HighLatency");
    /// ```
    pub fn closure<E>(name: impl Into<String>, act: impl Fn(&Alert) -> Result<(), E> + Send + Sync + 'static) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Self::new(
            name,
            Action::Closure(Arc::new(move |alert| act(alert).map_err(Into::into))),
        )
    }

    /// A program, started without a shell. It gets the alert as JSON on its standard input, and in the variables
    /// `OBS_ALERT_NAME`, `OBS_ALERT_SEVERITY`, `OBS_ALERT_SUMMARY` and `OBS_ALERT_VALUE`. Its output
    /// is ignored; an exit code other than 0 is a failure. After its [`timeout`](Self::timeout) it is killed.
    pub fn command<A: Into<OsString>>(
        name: impl Into<String>,
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self::new(
            name,
            Action::Command {
                program: program.into(),
                arguments,
                variables: BTreeMap::new(),
            },
        )
    }

    fn new(name: impl Into<String>, action: Action) -> Self {
        Self {
            name: name.into(),
            alerts: Vec::new(),
            action,
            cooldown: Duration::from_secs(300),
            runs_per_hour: 4,
            is_dry_run: false,
            timeout: Duration::from_secs(60),
        }
    }

    /// The alert that starts it, by the name of its rule; call it once for each of several.
    pub fn on(mut self, alert: impl Into<String>) -> Self {
        self.alerts.push(alert.into());
        self
    }

    /// Sets an environment variable of the program; a closure ignores it.
    pub fn variable(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        if let Action::Command { variables, .. } = &mut self.action {
            variables.insert(key.into(), value.into());
        }
        self
    }

    /// The shortest time between the starts of two runs. Defaults to 5 minutes.
    pub const fn cooldown(mut self, span: Duration) -> Self {
        self.cooldown = span;
        self
    }

    /// The largest number of runs within an hour. Defaults to 4.
    pub const fn runs_per_hour(mut self, runs: u32) -> Self {
        self.runs_per_hour = runs;
        self
    }

    /// Logs and counts a run without doing it. Defaults to `false`.
    pub const fn dry_run(mut self, on: bool) -> Self {
        self.is_dry_run = on;
        self
    }

    /// The time after which a program is killed; a closure ignores it. Defaults to a minute.
    pub const fn timeout(mut self, span: Duration) -> Self {
        self.timeout = span;
        self
    }

    /// Its name, in metrics and logs.
    pub(crate) fn called(&self) -> &str {
        &self.name
    }

    pub(crate) fn check(&self, is_rule: impl Fn(&str) -> bool) -> Result<(), String> {
        if self.name.is_empty() || self.name.len() > 64 || self.name.contains(char::is_control) {
            return Err("its name must have 1 to 64 characters, none of them a control character".to_owned());
        }
        if self.alerts.is_empty() {
            return Err("no alert starts it: name one by `on`".to_owned());
        }
        if let Some(unknown) = self.alerts.iter().find(|alert| !is_rule(alert)) {
            return Err(format!(
                "there is no rule {unknown:?}: add the rule first, or correct the name"
            ));
        }
        if self.runs_per_hour == 0 {
            return Err("0 runs an hour: it would never run; say at least 1".to_owned());
        }
        if self.timeout.is_zero() {
            return Err("timeout 0 s: nothing is done in no time, say 60 s".to_owned());
        }
        Ok(())
    }
}

impl fmt::Debug for Remediation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            alerts,
            action,
            cooldown,
            runs_per_hour,
            is_dry_run,
            timeout,
        } = self;
        f.debug_struct("Remediation")
            .field("name", name)
            .field("alerts", alerts)
            .field("action", action)
            .field("cooldown", cooldown)
            .field("runs_per_hour", runs_per_hour)
            .field("is_dry_run", is_dry_run)
            .field("timeout", timeout)
            .finish()
    }
}
