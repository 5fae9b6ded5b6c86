//! Alerts as a health check.

use obs_core::health::Check;

use crate::{Alert, AlertManager, AlertState, Severity};

// === impl AlertManager ===

impl AlertManager {
    /// A check that fails while a critical alert fires, or while rules can't fire because the series that they read
    /// can't exist ([`rules_without_series`](Self::rules_without_series)), for `/ready` of
    /// [`Health`](obs_core::health::Health); it is called `alerts`.
    ///
    /// Think twice before it is required: an alert that is not about this instance alone takes all of them
    /// out of rotation. [`optional`](Check::optional), it only shows.
    ///
    /// ```
    /// use obs_alert::AlertManager;
    /// use obs_core::{health::Health, metrics::Registry};
    ///
    /// let manager = AlertManager::builder().registry(&Registry::new()).build()?;
    /// let health = Health::new().check(manager.health_check().optional());
    /// # Ok::<(), obs_alert::BuildError>(())
    /// ```
    pub fn health_check(&self) -> Check {
        let manager = self.when_alive();
        Check::new("alerts", move || {
            let problem = manager().and_then(|manager| problem(&manager));
            async move { problem.map_or(Ok(()), Err) }
        })
    }
}

fn problem(manager: &AlertManager) -> Option<String> {
    let without_series = manager.rules_without_series();
    let without_series =
        (!without_series.is_empty()).then(|| format!("rules without series: {}", without_series.join(", ")));
    let problems: Vec<String> = critical(&manager.alerts()).into_iter().chain(without_series).collect();
    (!problems.is_empty()).then(|| problems.join("; "))
}

fn critical(alerts: &[Alert]) -> Option<String> {
    let is_critical = |alert: &&Alert| alert.state() == AlertState::Firing && alert.severity() == Severity::Critical;
    let names: Vec<_> = alerts.iter().filter(is_critical).map(Alert::name).collect();
    (!names.is_empty()).then(|| format!("firing: {}", names.join(", ")))
}
