//! Alerts as a health check.

use obs_core::health::Check;

use crate::{Alert, AlertManager, AlertState, Severity};

// === impl AlertManager ===

impl AlertManager {
    /// A check that fails while a critical alert fires, for `/ready` of
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
            let firing = manager().and_then(|manager| critical(&manager.alerts()));
            async move { firing.map_or(Ok(()), Err) }
        })
    }
}

fn critical(alerts: &[Alert]) -> Option<String> {
    let is_critical = |alert: &&Alert| alert.state() == AlertState::Firing && alert.severity() == Severity::Critical;
    let names: Vec<_> = alerts.iter().filter(is_critical).map(Alert::name).collect();
    (!names.is_empty()).then(|| format!("firing: {}", names.join(", ")))
}
